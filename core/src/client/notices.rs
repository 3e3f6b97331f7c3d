//! What an app tells the officer besides the answers of calls.

use std::sync::PoisonError;

use super::Client;
use crate::domain::CaseId;
use crate::vault::{Damage, KeyState, Salvage};

/// Something that opening, unlocking or handing over has found. Each is in the journal, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A crash had left files without rows.
    Recovered {
        /// Photos taken into their drafts.
        adopted: u32,
        /// Torn files removed; none was acknowledged.
        deleted: u32,
        /// Files set aside in the quarantine.
        quarantined: u32,
    },
    /// A damaged database was set aside and built again; see [`Client::salvage`].
    Salvaged(Box<Salvage>),
    /// The database has lost rows: spare copies tell of so many cases, events and shifts that it does not know. It works
    /// on; a salvage brings them back.
    RowsLost(u32),
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
    /// The shift was closed over a draft whose key is gone. The recovery key opens it.
    DraftStranded {
        /// The draft.
        case: CaseId,
    },
    /// A record is not what the journal or a signature says. All others stay usable.
    Damaged(Damage),
    /// The journal had come further, or another way, than the vault's folder shows: it was set back to an older state, or
    /// replaced. What happened since is not on this phone.
    SetBack {
        /// Number of the newest entry that the anchor outside the folder knows of.
        anchored: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
    /// Another copy of the vault's folder has been opened in between.
    Copied,
    /// The box knows an entry of this phone's journal that is not in it: the folder was set back, or replaced. The box
    /// has an alarm about it, too.
    BoxKnowsMore {
        /// Number of the newest entry that the box knows of.
        known: u64,
    },
    /// The box has lost a case, or parts of it, that it had given a receipt for. It is sent again.
    CaseRequeued {
        /// The case.
        case: CaseId,
    },
    /// The box has lost a case that it had given a receipt for, and its payload is gone from the phone. The receipt is the
    /// evidence; see [`Client::receipts_export`].
    CaseLost {
        /// The case.
        case: CaseId,
    },
    /// The box holds another manifest under the id of a case than the one it had given a receipt for.
    CaseDiffers {
        /// The case.
        case: CaseId,
    },
    /// Somebody else has worked on the vault while it was suspended, or has put another state in its place.
    ChangedWhileSuspended {
        /// Number of the newest journal entry when it was left.
        left: u64,
        /// Number of the newest entry that was found.
        found: u64,
    },
}

impl Client {
    /// All notices since the vault was opened, oldest first.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a notice, unless the same is there already; whether it was new.
    pub(super) fn notify(&self, notice: Notice) -> bool {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !notices.contains(&notice);
        if is_new {
            notices.push(notice);
        }
        is_new
    }
}
