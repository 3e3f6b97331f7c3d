//! Letting go: the key first, then the files, then the rows. Each step can be repeated after a crash.

use super::cases::{self, CaseState};
use super::journal::JournalEvent;
use super::{Vault, VaultError, database, migrate, objects};
use crate::domain::{CaseId, Moment};

impl Vault {
    /// Destroys the local payload of a receipted case. What stays is the tombstone: ids, hashes, receipt, journal.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case has a verified receipt.
    pub fn purge(&self, case: CaseId, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            cases::destroy_key(transaction, case)?;
            journal.append(JournalEvent::PayloadPurged { case })
        })?;
        self.finish_purge(case)
    }

    /// Finishes purges that a crash has interrupted. On a full disk they wait for the next time.
    pub(super) fn finish_purges(&self) -> Result<(), VaultError> {
        let _draining = self.ballast.drain();
        for case in self.cases_in_state(CaseState::Purging)? {
            if !self.database.read(|connection| cases::is_destroyed(connection, case))? {
                continue; // a forged state must not cost a file
            }
            match self.finish_purge(case) {
                Err(VaultError::DiskFull) => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    fn finish_purge(&self, case: CaseId) -> Result<(), VaultError> {
        let _step = self.objects.handles.step()?;
        migrate::drop_backups(self.database.folder())?; // they hold the key that was destroyed
        self.forget_case(case.as_bytes())?;
        // By their ids alone: a row that is damaged otherwise must not keep its file.
        for object in self.database.read(|connection| objects::ids_of_case(connection, case))? {
            self.objects.remove(object)?;
        }
        database::sync_folder(&self.objects.objects)?;
        self.database.write(|transaction| {
            transaction.execute("DELETE FROM objects WHERE case_id = ?1", [case.as_bytes()])?;
            cases::set_state(transaction, case, CaseState::Purging, CaseState::Purged)
        })?;
        self.database.checkpoint()
    }
}
