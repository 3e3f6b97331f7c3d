//! Recording while the key store is silent.
//!
//! An escape epoch has a root that only the agency's recovery keys open, and that lives in memory until the vault is
//! locked or closed. It begins when something has to be sealed and no other root is at hand; a vault that is only opened
//! leaves none behind. As soon as the store answers, the hardware wraps the root under a fresh alias, and the epoch is
//! one like all others.
//!
//! Where there is no recovery key to wrap a root for, nothing begins: what only this memory could open would be lost
//! with it.

use super::epochs;
use super::journal::{JournalEvent, JournalWriter};
use super::keys::Root;
use super::{KeyState, Vault, VaultError};
use crate::ports::KeyStoreError;
use crate::seal::{Role, RootKey};

impl Vault {
    /// Sees to it that there is a root to seal under.
    ///
    /// # Errors
    /// [`VaultError::Locked`], or [`VaultError::KeyStore`] if nobody could ever open what is sealed.
    pub(super) fn ready_keys(&self) -> Result<(), VaultError> {
        match self.keys.current() {
            Ok(_) => Ok(()),
            Err(VaultError::KeyStore(why)) => self.begin_escape(why),
            Err(error) => Err(error),
        }
    }

    fn begin_escape(&self, why: KeyStoreError) -> Result<(), VaultError> {
        let _changing = self.changing();
        if !matches!(self.keys.current(), Err(VaultError::KeyStore(_))) {
            return Ok(()); // another thread was here first
        }
        self.allow_escape(why)?;
        let key = RootKey::generate(&*self.entropy)?;
        let epoch = self.database.write(epochs::prepare_escape)?;
        self.install(Root { epoch, key }, None)
    }

    /// Whether an escape epoch could begin.
    ///
    /// # Errors
    /// Why the hardware gives no root, if there is no recovery key either.
    pub(super) fn allow_escape(&self, why: KeyStoreError) -> Result<(), VaultError> {
        let set = self.trusted_recipients()?;
        let has_key = set.is_some_and(|set| set.recipients.iter().any(|recipient| recipient.role == Role::Recovery));
        if has_key { Ok(()) } else { Err(why.into()) }
    }

    /// Lets the hardware wrap an escape root, if the store answers again.
    pub(super) fn adopt_escape(&self) -> Result<(), VaultError> {
        let Some(epoch) = self.keys.escaped().filter(|_| !self.keys.state().may_change()) else { return Ok(()) };
        let alias = epochs::alias(epoch, &*self.entropy)?;
        self.database.write(|transaction| epochs::set_alias(transaction, epoch, Some(&alias)))?;
        let wrapped = match self.hardware.wrap_new(&alias, &self.keys.root(epoch)?) {
            Ok(wrapped) => wrapped,
            Err(error) => {
                self.keys.set_state(error.into());
                return self.discard_prepared(); // not yet
            }
        };
        self.keys.set_state(KeyState::Available);
        self.journaled_now(self.moment()?, |transaction, journal| {
            epochs::set_wrapped(transaction, epoch, &wrapped)?;
            self.tell_state(journal)
        })?;
        self.keys.set_current(epoch, false);
        self.keys.told();
        drop(self.mirror_epochs()); // what fails is made good at the next opening
        Ok(())
    }

    /// Journals the state of the key store, if it is another than the one journalled last.
    pub(super) fn tell_state(&self, journal: &mut JournalWriter<'_>) -> Result<(), VaultError> {
        let state = self.keys.untold();
        state.map_or(Ok(()), |state| journal.append(JournalEvent::KeysChanged { state }).map(drop))
    }
}
