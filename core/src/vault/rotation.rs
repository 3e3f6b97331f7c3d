//! One epoch after another, so that what was purged cannot be opened even from old blocks of the flash memory.
//!
//! **Order.** (1) row with alias; (2) hardware key, root wrapped by it and given back as proof; (3) root, canary and
//! journal keys in one transaction that makes the epoch the current one; (4) what lives is sealed again under it;
//! (5) when nothing is left under an old root, its row loses it, the write-ahead log is emptied, its hardware key is
//! deleted, and its row says so. Until (5) both roots open what they sealed.
//!
//! **A crash** before (3) leaves a prepared row, which is discarded; behind it the next open goes on with (4) and (5).
//! A key store that fails puts the rest off in the same way.

use rusqlite::Transaction;

use super::epochs::{self, EpochRow, EpochState};
use super::journal::{JournalEvent, JournalWriter};
use super::keys::Root;
use super::{Vault, VaultError, cases, outbox, reseal, shifts};
use crate::seal::{JournalKey, RootKey};

impl Vault {
    /// Begins a new epoch, seals again what lives, and erases the old one.
    ///
    /// # Errors
    /// [`VaultError::KeyStore`] if the store fails. Everything stays readable, and the next opening or rotation goes on.
    pub fn rotate_keys(&self) -> Result<(), VaultError> {
        let _changing = self.changing();
        self.keys.current()?;
        self.begin_epoch()?;
        self.retire_epochs()
    }

    /// Whether the current epoch is worth erasing: all is handed over, and something was purged under it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn is_drained(&self) -> Result<bool, VaultError> {
        let current = self.keys.current()?;
        self.database.read(|connection| {
            let is_idle = shifts::open(connection)?.is_none() && !outbox::has_open(connection)?;
            Ok(is_idle && cases::any_purged(connection, current)?)
        })
    }

    /// Begins an epoch under a new hardware key.
    ///
    /// # Errors
    /// [`VaultError::KeyStore`]; then what was current stays so.
    pub(super) fn begin_epoch(&self) -> Result<(), VaultError> {
        let key = RootKey::generate(&*self.entropy)?;
        let (epoch, alias) = self.database.write(|transaction| epochs::prepare(transaction, &*self.entropy))?;
        match self.hardware.wrap_new(&alias, &key) {
            Ok(wrapped) => self.install(Root { epoch, key }, Some(&wrapped)),
            Err(error) => {
                self.discard_prepared()?;
                Err(error.into())
            }
        }
    }

    /// Makes a prepared epoch the current one, carrying all journal keys at hand.
    fn install(&self, root: Root, wrapped: Option<&[u8]>) -> Result<(), VaultError> {
        let (epoch, own) = (root.epoch, JournalKey::generate(&*self.entropy)?);
        let canary = root.canary(&*self.entropy)?;
        let escrow = self.trusted_recipients()?.map(|set| self.escrow(epoch, &root.key, &set)).transpose()?.flatten();
        self.keys.add(epoch, root.key, vec![(epoch, own)]);
        let done = self.database.write(|transaction| {
            epochs::make_current(transaction, epoch, wrapped, &canary)?;
            if let Some(escrow) = &escrow {
                epochs::set_recovery(transaction, epoch, escrow)?;
            }
            reseal::carry_journal_keys(transaction, epoch, &self.keys, &*self.entropy)?;
            self.keys.set_current(epoch);
            if epoch == 1 { Ok(()) } else { self.tell(transaction, JournalEvent::EpochBegun { epoch }) }
        });
        done.inspect_err(|_| self.undo_install(epoch))
    }

    /// A failed call may have failed behind its commit; the rows know.
    fn undo_install(&self, epoch: u16) {
        match self.database.read(epochs::current) {
            Ok(current) if current == Some(epoch) => {}
            Ok(current) => self.keys.undo(epoch, current.filter(|current| self.keys.holds(*current))),
            Err(_) => self.keys.undo(epoch, None),
        }
    }

    /// Empties and erases the epochs before the current one, as far as their roots are at hand and the store obeys.
    pub(super) fn retire_epochs(&self) -> Result<(), VaultError> {
        let current = self.keys.current()?;
        for row in self.database.read(epochs::living)?.into_iter().filter(|row| row.epoch != current) {
            let is_empty = match row.state {
                EpochState::Retiring => self.empty(row.epoch)?,
                // A state that was forged must not cost a hardware key.
                EpochState::Erasing => row.wrapped.is_none() && !self.lives(row.epoch, current)?,
                _ => false,
            };
            if is_empty {
                self.erase(&row)?;
            }
        }
        Ok(())
    }

    fn lives(&self, epoch: u16, current: u16) -> Result<bool, VaultError> {
        self.database.read(|connection| epochs::has_living_values(connection, epoch, current))
    }

    /// Seals again what lives under an old root, and takes the root away if nothing is left under it.
    fn empty(&self, epoch: u16) -> Result<bool, VaultError> {
        if self.keys.holds(epoch) {
            self.write(|transaction| reseal::all(transaction, epoch, &self.keys, &*self.entropy))?;
        }
        let current = self.keys.current()?;
        let is_empty = self.database.write(|transaction| {
            let is_empty = !epochs::has_living_values(transaction, epoch, current)?;
            if is_empty {
                epochs::take_root(transaction, epoch)?;
            }
            Ok(is_empty)
        })?;
        if is_empty {
            self.keys.remove(epoch);
        }
        Ok(is_empty)
    }

    fn erase(&self, row: &EpochRow) -> Result<(), VaultError> {
        self.database.checkpoint()?; // the log must not keep the root either
        if let Some(alias) = &row.alias {
            self.hardware.delete(alias)?;
        }
        self.write(|transaction| {
            epochs::set_erased(transaction, row.epoch)?;
            self.tell(transaction, JournalEvent::EpochErased { epoch: row.epoch })
        })
    }

    /// Journals something that the vault does of itself.
    pub(super) fn tell(&self, transaction: &Transaction<'_>, event: JournalEvent) -> Result<(), VaultError> {
        JournalWriter::new(self, transaction, self.moment()?)?.append(event).map(drop)
    }
}
