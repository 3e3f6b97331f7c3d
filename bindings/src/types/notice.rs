//! What an app tells the officer besides the answers of calls.

use streife_core::client::{Damage, KeyState, Notice, Space, SpaceLevel};
use streife_core::domain::CaseId;

use super::SalvageView;

/// Something that opening, unlocking or handing over has found.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NoticeView {
    /// A crash had left files without rows.
    Recovered {
        /// Photos taken into their drafts.
        adopted: u32,
        /// Torn files removed; none was acknowledged.
        deleted: u32,
        /// Files set aside in the quarantine.
        quarantined: u32,
    },
    /// A damaged database was set aside and built again.
    Salvaged {
        /// What has come back.
        salvage: SalvageView,
    },
    /// The database has lost rows. Close the vault and call `salvage`; it works on without, too.
    RowsLost {
        /// Cases, events and shifts it does not know any more.
        count: u32,
    },
    /// The disk ran full while something was being written, and the vault has given up what it held back, so that it
    /// could be finished. No case can be begun until there is room again.
    BallastGiven {
        /// Given back to the disk.
        bytes: u64,
    },
    /// The key store says something else than before about the vault's newest key. What is under a key it does not give
    /// stays, and the work goes on.
    Keys {
        /// What it says now.
        state: KeyState,
    },
    /// The shift was closed over a draft whose key is gone. The agency's recovery key opens it.
    DraftStranded {
        /// The draft.
        case: CaseId,
    },
    /// Somebody else has worked on the vault while it was suspended, or has put another state in its place.
    ChangedWhileSuspended {
        /// Number of the newest journal entry when it was left.
        left: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
    /// A record is not what the journal or a signature says. All others stay usable.
    Damaged {
        /// The record, by its kind and id: `case 00…`.
        record: String,
        /// What is wrong with it, in plain words: `missing`, `changed`, `outdated` ….
        fault: String,
        /// Number of the journal entry that tells what it should be.
        entry: Option<u64>,
        /// First chunk of a sealed file that does not open, from 0.
        chunk: Option<u32>,
    },
    /// The vault's folder was set back to an older state, or replaced. What happened since is not on this phone.
    SetBack {
        /// Number of the newest entry that the anchor outside the folder knows of.
        anchored: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
    /// Another copy of the vault's folder has been opened in between.
    Copied,
    /// The box has lost a case, or parts of it, that it had given a receipt for. It is sent again.
    CaseRequeued {
        /// The case.
        case: CaseId,
    },
    /// The box has lost a case that it had given a receipt for, and the payload is gone from the phone. The receipt is the
    /// evidence; see `receipts`.
    CaseLost {
        /// The case.
        case: CaseId,
    },
    /// The box holds another manifest under the id of a case than the one it had given a receipt for.
    CaseDiffers {
        /// The case.
        case: CaseId,
    },
    /// The box knows an entry of this phone's journal that is not in it: the folder was set back, or replaced.
    BoxKnowsMore {
        /// Number of the newest entry that the box knows of.
        known: u64,
    },
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Recovered { adopted, deleted, quarantined } => Self::Recovered { adopted, deleted, quarantined },
            Notice::Salvaged(salvage) => Self::Salvaged { salvage: (*salvage).into() },
            Notice::RowsLost(count) => Self::RowsLost { count },
            Notice::BallastGiven { bytes } => Self::BallastGiven { bytes },
            Notice::Keys { state } => Self::Keys { state },
            Notice::DraftStranded { case } => Self::DraftStranded { case },
            Notice::ChangedWhileSuspended { left, found } => Self::ChangedWhileSuspended { left, found },
            Notice::SetBack { anchored, found } => Self::SetBack { anchored, found },
            Notice::CaseRequeued { case } => Self::CaseRequeued { case },
            Notice::CaseLost { case } => Self::CaseLost { case },
            Notice::CaseDiffers { case } => Self::CaseDiffers { case },
            Notice::Copied => Self::Copied,
            Notice::BoxKnowsMore { known } => Self::BoxKnowsMore { known },
            Notice::Damaged(Damage { record, fault, entry, chunk }) => {
                Self::Damaged { record: record.to_string(), fault: fault.to_string(), entry, chunk }
            }
        }
    }
}

/// What may be begun with the room that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SpaceLevelView {
    /// There is room.
    Enough,
    /// A case can be begun and finished; the officer should make room.
    Low,
    /// No case can be begun. One that was begun can be finished, and the queue can be handed over.
    Full,
}

/// Room on the vault's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SpaceView {
    /// What it means.
    pub level: SpaceLevelView,
    /// Free for this app, bytes.
    pub free: u64,
    /// Held back by the vault, bytes; less than configured after the disk was full.
    pub ballast: u64,
}

impl From<Space> for SpaceView {
    fn from(Space { level, free, ballast }: Space) -> Self {
        let level = match level {
            SpaceLevel::Enough => SpaceLevelView::Enough,
            SpaceLevel::Low => SpaceLevelView::Low,
            SpaceLevel::Full => SpaceLevelView::Full,
        };
        Self { level, free, ballast }
    }
}
