//! One epoch after another.
//!
//! **Order of a beginning:** row with alias; hardware key, root wrapped by it and given back as proof; root, canary and
//! journal keys in one transaction that makes the epoch the current one. A crash before the last leaves a prepared row,
//! which the next open discards.

use super::epochs;
use super::keys::Root;
use super::{Vault, VaultError};
use crate::seal::{JournalKey, RootKey};

impl Vault {
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
        let mut carried = self.keys.journal_keys();
        carried.push((epoch, own.clone()));
        let seal =
            |(generation, key): &(u16, JournalKey)| Ok((*generation, root.carry(*generation, key, &*self.entropy)?));
        let sealed = carried.iter().map(seal).collect::<Result<Vec<_>, VaultError>>()?;
        self.keys.add(epoch, root.key, vec![(epoch, own)]);
        let done = self.database.write(|transaction| {
            epochs::make_current(transaction, epoch, wrapped, &canary)?;
            sealed
                .iter()
                .try_for_each(|(generation, key)| epochs::insert_journal_key(transaction, epoch, *generation, key))?;
            if let Some(escrow) = &escrow {
                epochs::set_recovery(transaction, epoch, escrow)?;
            }
            self.keys.set_current(epoch);
            Ok(())
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
}
