//! What an app shows of the queue, and what it can export.

use super::Client;
use crate::domain::{CaseId, ShiftId};
use crate::error::Error;
use crate::vault::{CaseRow, CaseState, CaseSummary, Journal, KeyState, ShiftRow};

/// The queue in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The open shift.
    pub shift: Option<ShiftId>,
    /// Cases being recorded.
    pub drafts: u32,
    /// Cases that wait for the signing key.
    pub unsigned: u32,
    /// Signed cases that wait for the box.
    pub waiting: u32,
    /// Cases the box has receipted, whether or not the phone has let them go.
    pub handed_over: u32,
    /// Of these, cases whose payload is still here.
    pub kept: u32,
    /// Cases the box refused; kept for ever.
    pub quarantined: u32,
    /// Sealed cases that lost their manifest with a damaged database; see [`Client::reissue_case`].
    pub stranded: u32,
    /// Bytes still to be sent.
    pub bytes_waiting: u64,
    /// How the key store stands.
    pub keys: KeyState,
    /// Whether the keys were wiped by [`Client::lock`].
    pub locked: bool,
    /// Cases whose key is not at hand: sealed ones are handed over all the same, drafts wait for it.
    pub unreadable: u32,
    /// Case numbers left. With none, cases are sealed without one; the next handover brings more.
    pub numbers_left: u32,
}

impl Client {
    /// The queue in numbers.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn status(&self) -> Result<Status, Error> {
        let mut status = Status { shift: self.vault.open_shift_row()?.map(|row| row.shift), ..Status::default() };
        for (state, count) in self.vault.case_counts()? {
            status.kept += if state == CaseState::Receipted { count } else { 0 };
            *match state {
                CaseState::Draft => &mut status.drafts,
                CaseState::Unsigned => &mut status.unsigned,
                CaseState::Sealed => &mut status.waiting,
                CaseState::Receipted | CaseState::Purging | CaseState::Purged => &mut status.handed_over,
                CaseState::Quarantined => &mut status.quarantined,
                CaseState::Stranded => &mut status.stranded,
            } += count;
        }
        status.bytes_waiting = self.vault.open_bytes()?;
        (status.keys, status.locked) = (self.vault.key_state(), self.vault.is_locked());
        status.numbers_left = self.vault.numbers_left();
        status.unreadable = self.vault.unreadable_cases()?;
        Ok(status)
    }

    /// All cases on this phone, tombstones included, in the order they were begun. A list that is shown asks for
    /// [`Self::cases_page`].
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn cases(&self) -> Result<Vec<CaseSummary>, Error> {
        Ok(self.vault.summaries()?)
    }

    /// At most `limit` cases, newest first: the newest, or those begun before `after`, the last of the page before. What
    /// a page costs depends on `limit` and not on how many cases there are.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::NotFound`] if there is no case `after`.
    pub fn cases_page(&self, after: Option<CaseId>, limit: u32) -> Result<Vec<CaseSummary>, Error> {
        Ok(self.vault.summaries_page(after, limit)?)
    }

    /// The row of a case: state, hashes, manifest and receipt as far as they are there.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::NotFound`].
    pub fn case(&self, case: CaseId) -> Result<CaseRow, Error> {
        Ok(self.vault.case(case)?)
    }

    /// Transactions since the vault was opened: for tests of what a call costs.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.vault.commits()
    }

    /// All shifts of this phone.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn shifts(&self) -> Result<Vec<ShiftRow>, Error> {
        Ok(self.vault.shifts()?)
    }

    /// The whole journal, for verification and export.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn journal(&self) -> Result<Journal, Error> {
        Ok(self.vault.journal()?)
    }
}
