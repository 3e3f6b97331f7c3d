//! Streife for Kotlin, Swift and Python: the core's surface as UniFFI carries it. Conversions only, no rules.
//!
//! **Shape.** One object, [`Streife`], holds a vault. Every call is synchronous, may block, may come from any thread
//! and returns a `Result`, so that a panic becomes an exception of the host's language and never ends the app.
//! Suspending and awaiting are added by the packages in each language, which have the threads for it.
//!
//! **What crosses.** Ids are lower-case hexadecimal strings; photos are paths, because a 6 MB array would be copied
//! twice and read byte by byte (17 ms and three times the memory, against 0.5 ms for a path); closed lists are enums.
//! Texts that a rule of the domain governs are checked at the border and fail with [`StreifeError::BadInput`].
//!
//! **What the host gives.** [`HostSigner`], [`HostKeyStore`], [`HostClock`] and perhaps [`LogSink`] and [`HostAnchor`]. What they throw becomes
//! a typed failure; the text of an unexpected exception is dropped unread, because it may hold anything.
//!
//! **A crash in the middle** of a call is the core's affair: this crate keeps no state.

mod beat;
mod cancel;
mod error;
mod faults;
mod handover;
mod host;
mod keeping;
mod plate;
mod proceedings;
mod recording;
mod streife;
mod types;

pub use cancel::CancelToken;
pub use error::StreifeError;
pub use faults::{Input, KeyStoreFault, PhotoFault, PlateRule, SignerFault};
pub use host::{
    HostAnchor, HostAnchorError, HostClock, HostClockReading, HostError, HostKeyStore, HostKeyStoreError, HostProgress,
    HostSigner, HostSignerError, LogSink,
};
pub use plate::parse_plate;
pub use streife::Streife;
pub use types::{
    AddedPhotoView, AddressView, CaseSummaryView, CheckInput, ConfigInput, ConfirmationInput, FixInput, HeaderView,
    JournalHeadView, MunicipalityView, NotesInput, NoticeView, OcrCandidateView, OcrInput, OffenceInput, OffenceView,
    OffencesInput, PayeeInput, PlaceInput, PlaceProposalView, PlateReadingView, PlateView, PreNoteView, ReceiptView,
    RecoveryView, SlipInput, SpaceLevelView, SpaceView, StatusView, SyncEndView, SyncReportView, SyncStateView,
    TowInput, TransferBody, TransferFailure, TransferOutcome, TransferView, VehicleInput, VerdictView,
};

uniffi::setup_scaffolding!();
