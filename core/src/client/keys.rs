//! Key epochs, as an app sees them: they follow each other by themselves.
//!
//! Erasing a purged case is deleting the hardware key of its epoch, because flash memory keeps old blocks. So an epoch
//! ends with each shift, and once more when everything of it has been handed over.

use super::Client;
use crate::error::Error;
use crate::log;

impl Client {
    /// Begins a new key epoch and erases the old one with its hardware key. Happens by itself when a shift closes and
    /// when all is handed over; an app calls it if the agency asks for more.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::KeyStore`] if the key store fails. Everything stays readable.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        Ok(self.vault.rotate_keys()?)
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
