//! What an app tells the officer besides the answers of calls.

use std::sync::PoisonError;

use super::Client;
use crate::vault::Salvage;

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
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }
}
