//! What an app shows of the queue, and what it can export.

use super::Client;
use crate::domain::{CaseId, ShiftId};
use crate::error::Error;
use crate::vault::{CaseRow, CaseState, ItemState, Journal, ShiftRow};

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
    /// Cases the box has receipted and the phone has let go.
    pub handed_over: u32,
    /// Cases the box refused; kept for ever.
    pub quarantined: u32,
    /// Sealed cases that lost their manifest with a damaged database; see [`Client::reissue_case`].
    pub stranded: u32,
    /// Bytes still to be sent.
    pub bytes_waiting: u64,
}

/// One case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// How far it has come.
    pub state: CaseState,
    /// Number within the shift, once sealed.
    pub seq: Option<u32>,
    /// Whether it was voided.
    pub voided: bool,
    /// The box's refusal, if it is quarantined.
    pub reason: Option<String>,
}

impl Client {
    /// The queue in numbers.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn status(&self) -> Result<Status, Error> {
        let mut status = Status { shift: self.vault.open_shift_row()?.map(|row| row.shift), ..Status::default() };
        for row in self.vault.cases()? {
            let count = match row.state {
                CaseState::Draft => &mut status.drafts,
                CaseState::Unsigned => &mut status.unsigned,
                CaseState::Sealed => &mut status.waiting,
                CaseState::Receipted | CaseState::Purging | CaseState::Purged => &mut status.handed_over,
                CaseState::Quarantined => &mut status.quarantined,
                CaseState::Stranded => &mut status.stranded,
            };
            *count += 1;
        }
        let outbox = self.vault.outbox()?;
        let open = [ItemState::Blocked, ItemState::Ready].into_iter().flat_map(|state| outbox.in_state(state));
        status.bytes_waiting = open.map(|item| item.size).sum();
        Ok(status)
    }

    /// All cases on this phone, tombstones included, in the order they were begun.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn cases(&self) -> Result<Vec<CaseSummary>, Error> {
        let (events, outbox) = (self.vault.events()?, self.vault.outbox()?);
        let summary = |row: CaseRow| {
            let own = |id: &[u8; 16]| id == row.case.as_bytes();
            let refused = outbox.in_state(ItemState::Quarantined).find(|item| own(&item.target) || own(&item.owner));
            CaseSummary {
                voided: events.iter().any(|event| event.case == row.case),
                reason: refused.and_then(|item| item.reason.clone()),
                case: row.case,
                shift: row.shift,
                state: row.state,
                seq: row.seq,
            }
        };
        Ok(self.vault.cases()?.into_iter().map(summary).collect())
    }

    /// The row of a case: state, hashes, manifest and receipt as far as they are there.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::NotFound`].
    pub fn case(&self, case: CaseId) -> Result<CaseRow, Error> {
        Ok(self.vault.case(case)?)
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
