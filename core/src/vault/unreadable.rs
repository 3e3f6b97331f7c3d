//! What is under a key that is not at hand, and how the work goes on over it.

use super::journal::JournalEvent;
use super::spare::Spare;
use super::store::to_json;
use super::{Record, Vault, VaultError, cases, epochs, shifts};
use crate::domain::{CaseId, Moment, Officer, ShiftId};

impl Vault {
    /// How many cases have their key under a root that the store does not give: sealed ones are handed over all the same,
    /// drafts wait. None while the vault is locked.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unreadable_cases(&self) -> Result<u32, VaultError> {
        if self.keys.is_locked() {
            return Ok(0);
        }
        self.database.read(|connection| {
            let mut count = 0;
            for row in epochs::living(connection)?.iter().filter(|row| !self.keys.holds(row.epoch)) {
                count += cases::count_under(connection, row.epoch)?;
            }
            Ok(count)
        })
    }

    /// States the officer of the open shift anew, if no statement can be read. The one before stays as it is.
    ///
    /// # Errors
    /// [`VaultError::State`] if no shift is open or its officer can be read.
    pub fn restate_officer(&self, officer: &Officer, at: Moment) -> Result<(), VaultError> {
        let (shift, sealed) = self.journaled(at, |transaction, journal| {
            let shift = shifts::open(transaction)?.ok_or(VaultError::State)?.shift;
            if shifts::officers(transaction, shift)?.iter().any(|stated| self.keys.holds(stated.epoch)) {
                return Err(VaultError::State);
            }
            let plain = to_json(officer, Record::Officer(shift))?;
            let sealed = shifts::seal_officer(&self.keys, shift, &plain, &*self.entropy)?;
            shifts::insert_officer(transaction, shift, &sealed)?;
            journal.append(JournalEvent::OfficerRestated { shift })?;
            Ok((shift, sealed.value))
        })?;
        self.spare.keep(Spare::Officer, shift.as_bytes(), &sealed);
        Ok(())
    }

    /// The drafts of a shift.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn drafts_of(&self, shift: ShiftId) -> Result<Vec<CaseId>, VaultError> {
        let drafts = self.database.read(|connection| cases::drafts(connection, shift))?;
        Ok(drafts.into_iter().map(|(case, _)| case).collect())
    }

    /// Whether a shift may close over a draft under this epoch.
    pub(super) fn refuse_unless_stranded(&self, epoch: u16) -> Result<(), VaultError> {
        match (self.keys.holds(epoch), self.keys.may_come(epoch)) {
            (true, _) => Err(VaultError::State),
            (false, true) => Err(VaultError::KeyMissing { epoch }),
            (false, false) => Ok(()),
        }
    }
}
