//! The facade: one file a use case, nothing but orchestration.
//!
//! ```text
//! Client::open -> enrol -> open_shift -> begin_case -> edit_case, add_photo, make_thumbnails -> findings
//!   -> seal_case -> sync -> ... -> void_case -> close_shift -> sync
//! ```
//!
//! Every call is synchronous and may block on disk; `sync` may block on the network. Calls may come from any thread.
//! What a call has acknowledged is durable. No lock is held while hardware or network is called,
//! except that one `sync` runs at a time and a second one is told so; clock and entropy are asked anywhere and must
//! not call back.

mod attachments;
mod audit;
mod config;
mod damage;
mod derivatives;
mod drafts;
mod findings;
mod handover;
mod keys;
mod memory;
mod notices;
mod numbers;
mod open;
mod photos;
mod places;
mod plates;
mod prenotes;
mod proceedings;
mod progress;
mod provision;
mod quarantine;
mod recover;
mod reissue;
mod retention;
mod salvage;
mod sealing;
mod shifts;
mod signing;
mod space;
mod status;
mod suspend;
mod transfer;
mod voiding;

pub use config::{Config, Ports};
pub use derivatives::Derivative;
pub use handover::{ProgressListener, SyncEnd, SyncLimits, SyncReport};
pub use notices::Notice;
pub use numbers::SlipUse;
pub use open::Client;
pub use photos::AddedPhoto;
pub use places::{PlaceProposal, ProposedAddress};
pub use proceedings::TowDetails;
pub use progress::SyncState;
pub use retention::Retention;
pub use sealing::SealedView;
pub use status::Status;
pub use transfer::{Transfer, TransferToken};

// What the calls take and give of the layers below, so that a binding names this module only.
pub use crate::evidence::PhotoError;
pub use crate::geo::Coverage;
pub use crate::seal::{SealError, VerifyingKey};
pub use crate::sync::{Battery, Network, Policy, Waiting};
pub use crate::vault::{
    Audit, CaseState, CaseSummary, Checked, Damage, Fault, KeyState, QuarantineExport, Record, Salvage, Space,
    SpaceLevel, StorageConfig, VaultError,
};
