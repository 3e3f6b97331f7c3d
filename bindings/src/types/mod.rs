//! The values that cross the border.
//!
//! Closed lists and small plain records are the core's own types, described a second time for UniFFI; a variant or
//! field that is missing here does not compile. Ids and governed texts cross as strings and are checked when they come
//! in. The rest has a record of its own, named `...Input` on the way in and `...View` on the way out.

mod audit;
mod beat;
mod codes;
mod input;
mod notice;
mod proceedings;
mod salvage;
mod text;
mod transfer;
mod view;

pub use audit::AuditView;
pub use beat::{
    AddressView, MunicipalityView, OcrCandidateView, OcrInput, PlaceProposalView, PlateReadingView, PreNoteView,
    TowInput, VerdictView,
};
pub use input::{
    CheckInput, ConfigInput, ConfirmationInput, FixInput, NotesInput, OffenceInput, OffencesInput, PayeeInput,
    PlaceInput, SlipInput, VehicleInput,
};
pub use notice::{NoticeView, SpaceLevelView, SpaceView};
pub use salvage::SalvageView;
pub use transfer::{
    HeaderView, ReceiptView, SyncStateView, TransferBody, TransferFailure, TransferOutcome, TransferView,
};
pub use view::{
    AddedPhotoView, CaseSummaryView, JournalHeadView, OffenceView, PlateView, RecoveryView, StatusView, SyncEndView,
    SyncReportView,
};
