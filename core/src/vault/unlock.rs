//! Getting the keys: what the hardware gives back for the rows of the epochs.
//!
//! A new vault begins its first epoch. An existing one never makes a key in the place of one that is not to be had; its
//! canary tells a wrong root from changed data.

use super::epochs::{self, EpochRow, EpochState};
use super::keys::{ROOTED, Root};
use super::{Vault, VaultError};
use crate::ports::KeyStoreError;
use crate::seal::JournalKey;

impl Vault {
    /// Puts every key on the ring that the hardware gives back.
    pub(super) fn open_keys(&self) -> Result<(), VaultError> {
        self.discard_prepared()?;
        let mut rows = self.database.read(epochs::living)?;
        rows.retain(|row| row.state != EpochState::Prepared);
        if rows.is_empty() {
            return self.begin_epoch();
        }
        for row in &rows {
            match self.open_epoch(row) {
                Ok(()) if row.state == EpochState::Current => self.keys.set_current(row.epoch),
                Err(error) if row.state == EpochState::Current => return Err(error),
                _ => {}
            }
        }
        self.unseal_documents()?;
        self.escrow_roots()
    }

    fn open_epoch(&self, row: &EpochRow) -> Result<(), VaultError> {
        let root = self.unwrap(row)?;
        let mut journal = Vec::new();
        let stored = self.database.read(|connection| epochs::journal_keys(connection, row.epoch))?;
        for (generation, sealed) in stored {
            journal.push((generation, root.carried(generation, &sealed)?));
        }
        let knows = |wanted| journal.iter().any(|(generation, _)| *generation == wanted);
        let (rooted, own) = (knows(ROOTED), knows(row.epoch));
        if row.epoch == 1 && !rooted && self.database.read(epochs::has_rooted_entries)? {
            journal.push((ROOTED, JournalKey::new(*root.key.as_bytes())));
        }
        if row.state == EpochState::Current && !own {
            journal.push((row.epoch, self.make_journal_key(&root)?));
        }
        self.keys.add(row.epoch, root.key, journal);
        Ok(())
    }

    fn unwrap(&self, row: &EpochRow) -> Result<Root, VaultError> {
        let (Some(alias), Some(wrapped), Some(canary)) = (&row.alias, &row.wrapped, &row.canary) else {
            return Err(KeyStoreError::Gone.into());
        };
        let root = Root { epoch: row.epoch, key: self.hardware.unwrap(alias, wrapped)? };
        if root.proves(canary) { Ok(root) } else { Err(VaultError::WrongKey) }
    }

    /// An epoch of schema 1 has no journal key yet.
    fn make_journal_key(&self, root: &Root) -> Result<JournalKey, VaultError> {
        let key = JournalKey::generate(&*self.entropy)?;
        let sealed = root.carry(root.epoch, &key, &*self.entropy)?;
        self.database.write(|transaction| epochs::insert_journal_key(transaction, root.epoch, root.epoch, &sealed))?;
        Ok(key)
    }

    /// Removes epochs that have not come to be: first the hardware key, if it got so far, then the row. What the store
    /// does not delete now is harmless, and found again.
    pub(super) fn discard_prepared(&self) -> Result<(), VaultError> {
        for row in self.database.read(epochs::living)?.iter().filter(|row| row.state == EpochState::Prepared) {
            let named = self.database.read(|connection| epochs::is_named(connection, row.epoch))?;
            let Some(alias) = row.alias.as_ref().filter(|_| !named) else { continue };
            if self.hardware.delete(alias).is_ok() {
                self.database.write(|transaction| epochs::discard(transaction, row.epoch))?;
            }
        }
        Ok(())
    }
}
