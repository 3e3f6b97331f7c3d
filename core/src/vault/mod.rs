//! The vault: the encrypted queue on the phone. SQLite for what is small, sealed files for objects.
//!
//! **Invariants.** What a call has acknowledged survives a kill and a power cut. Nothing personal lies in clear in any
//! file. Nothing is deleted before a verified receipt, and then by destroying its key first. Nothing creates or
//! overwrites a key while something sealed under it exists.
//!
//! **A crash in the middle** of a call leaves the state before it or after it, plus at most files without a row; those
//! are found at the next open and adopted, deleted (torn, never acknowledged) or set aside in `quarantine/`.
//!
//! **Why not a whole-database cipher:** sealing values costs half of SQLCipher, binds each value to its row, lets one
//! case be destroyed alone, and stock tools can still read the queue's shape. Why photos are files: as rows they cost
//! 2.3 times the floor, and a phone's background uploader wants a path.
//!
//! **Write order of an object:** bytes to `.part` with early write-back, fsync, rename, fsync of the folder, commit,
//! fsync of the database's folder (some phones flush only then), acknowledge.

mod anchor;
mod audit;
mod ballast;
mod bases;
mod cases;
mod compare;
mod config;
mod damage;
mod database;
mod documents;
mod drafts;
mod epoch_copy;
mod epochs;
mod error;
mod escape;
mod events;
mod handles;
mod hardware;
mod heal;
mod journal;
mod key_state;
mod keys;
mod mark;
mod migrate;
mod mirror;
mod numbers;
mod objects;
mod outbox;
mod proof;
mod purge;
mod quarantine;
mod queue;
mod reading;
mod receipts;
mod requeue;
mod reseal;
mod root;
mod rotation;
mod salvage;
mod sealing;
mod settings;
mod shifts;
mod signing;
mod slips;
mod space;
mod spare;
mod store;
mod story;
mod stranded;
mod suspend;
mod sweep;
mod transitions;
mod unlock;
mod unreadable;
mod upkeep;

pub use anchor::History;
pub use audit::{Audit, AuditKeys, Checked};
pub use ballast::Draining;
pub use bases::Bases;
pub use cases::{CaseRow, CaseState, SealedCase};
pub use config::{StorageConfig, Trust, VaultPorts};
pub use damage::{Damage, Fault, Record};
pub use documents::Document;
pub use epoch_copy::EpochCopy;
pub use error::VaultError;
pub use events::{EventRow, Void};
pub use handles::ObjectFile;
pub use journal::{Journal, JournalEntry, JournalEvent, JournalRecord, ObjectProof};
pub use key_state::KeyState;
pub use mark::Look;
#[cfg(any(test, feature = "testing"))]
pub use migrate::rehearse_migrations;
pub use objects::{ObjectRow, PartFile};
pub use outbox::{Item, ItemKind, ItemState, Outbox, Window};
pub use quarantine::{ExportPapers, QuarantineExport};
pub use queue::CaseSummary;
pub use reading::Reading;
pub use salvage::Salvage;
pub use sealing::NextPlace;
pub use shifts::{Salvaged, ShiftRow};
pub use signing::Stretch;
pub use space::{Space, SpaceLevel};
pub use store::{Opened, Vault};
pub use suspend::Resumed;
pub use sweep::{Orphan, Sweep};
pub use transitions::Step;
pub use upkeep::Upkeep;
