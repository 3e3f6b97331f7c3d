//! What an app tells the officer besides the answers of calls.

use std::sync::PoisonError;

use super::Client;
use crate::vault::Damage;

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
    /// The disk ran full while something was being written, and the vault has given up what it held back, so that it
    /// could be finished. No case can be begun until there is room again.
    BallastGiven {
        /// Given back to the disk.
        bytes: u64,
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

    pub(super) fn notify(&self, notice: Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
}
