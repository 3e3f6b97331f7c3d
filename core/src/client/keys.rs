//! Key epochs, as an app sees them: they follow each other by themselves.
//!
//! Erasing a purged case is deleting the hardware key of its epoch, because flash memory keeps old blocks. So an epoch
//! ends with each shift, and once more when everything of it has been handed over.

use super::{Client, Notice};
use crate::domain::Officer;
use crate::error::Error;
use crate::log;
use crate::vault::KeyState;

impl Client {
    /// Begins a new key epoch and erases the old one with its hardware key. Happens by itself when a shift closes and
    /// when all is handed over; an app calls it if the agency asks for more.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::KeyStore`] if the key store fails. Everything stays readable.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        Ok(self.vault.rotate_keys()?)
    }

    /// Wipes every key from memory, and what grants access to the box. Whatever needs a key fails with
    /// [`crate::vault::VaultError::Locked`] until [`Self::unlock`]; what was recorded under an escape epoch can then only be opened by
    /// the recovery key. May be called from any thread. A sync that waits for the network ends with its answer.
    pub fn lock(&self) {
        self.vault.lock();
        if let Ok(mut engine) = self.engine.try_lock() {
            self.forget_session(&mut engine);
        }
    }

    /// Asks the key store for the keys: behind [`Self::lock`], and again while it is silent. The core asks by itself when
    /// it syncs and when a shift opens or closes.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::KeyStore`] if the store is silent and no recovery key is installed to record under.
    pub fn unlock(&self) -> Result<KeyState, Error> {
        let before = self.vault.key_state();
        let state = self.vault.unlock()?;
        self.tell_keys(before);
        if let Err(error) = self.vault.finish_rotation() {
            log::event("the rotation of keys is put off", &[("error", &Error::from(error))]);
        }
        Ok(state)
    }

    /// States the officer of the open shift anew, when the one stated is under a key that is not at hand. Without an
    /// officer no case can be sealed.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] if no shift is open or its officer can be read; [`Error::Input`] for a name beyond limits.
    pub fn restate_officer(&self, officer: &Officer) -> Result<(), Error> {
        officer.check()?;
        Ok(self.vault.restate_officer(officer, self.now()?)?)
    }

    /// Asks again for keys that may have come, and goes on without them.
    pub(super) fn retry_keys(&self) {
        if self.vault.misses_keys()
            && let Err(error) = self.unlock()
        {
            log::event("keys are missing", &[("error", &error)]);
        }
    }

    /// Tells the app if the key store does not stand as before.
    pub(super) fn tell_keys(&self, before: KeyState) {
        let state = self.vault.key_state();
        if state != before {
            log::event("the key store's state has changed", &[("state", &state)]);
            self.notify(Notice::Keys { state });
        }
    }

    /// Rotates behind a commit. The call it belongs to has done its work, whatever becomes of the keys.
    pub(super) fn rotate_behind_commit(&self) {
        if let Err(error) = self.rotate_keys() {
            log::event("the rotation of keys is put off", &[("error", &error)]);
        }
    }

    /// Rotates if there is nothing left to hand over and something was purged.
    pub(super) fn rotate_when_drained(&self) {
        if matches!(self.vault.is_drained(), Ok(true)) {
            self.rotate_behind_commit();
        }
    }
}
