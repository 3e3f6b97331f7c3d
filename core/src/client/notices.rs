//! What an app tells the officer besides the answers of calls.

use std::sync::PoisonError;

use super::Client;
use crate::vault::Damage;

/// Something that opening, unlocking or handing over has found. Each is in the journal, too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// A record is not what the journal or a signature says. All others stay usable.
    Damaged(Damage),
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
