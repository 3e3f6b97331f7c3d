//! What an app does to keep the vault safe: background and foreground, and what there is to tell the officer.

use crate::types::{NoticeView, SpaceView};
use crate::{Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Leaves the vault's folder alone, as an app in the background must: when this returns, no lock is held and no file
    /// is open in it. Calls in flight, and every later one until [`Self::resume`], fail with `State`. May be called from
    /// any thread, and again.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault if its last entry cannot be read; it is suspended all the same.
    pub fn suspend(&self) -> Result<(), StreifeError> {
        self.call(|client| client.suspend())
    }

    /// Takes the vault up where it was left. If it was changed meanwhile, [`Self::notices`] tells.
    ///
    /// # Errors
    /// `InUse` while another process has the vault; as `open`. The vault then stays suspended; call again.
    pub fn resume(&self) -> Result<(), StreifeError> {
        self.call(|client| client.resume())
    }

    /// Room on the vault's disk. Ask before the camera opens: at `Full`, `begin_case` is refused.
    ///
    /// # Errors
    /// `Storage` if the file system does not answer.
    pub fn space(&self) -> Result<SpaceView, StreifeError> {
        self.call(|client| Ok(client.space()?.into()))
    }

    /// Begins a new key epoch and erases the old one with its hardware key. Happens by itself when a shift closes and when
    /// everything is handed over.
    ///
    /// # Errors
    /// `KeyUnavailable` if the key store fails. Everything stays readable; the next turn goes on where this one stopped.
    pub fn rotate_keys(&self) -> Result<(), StreifeError> {
        self.call(|client| client.rotate_keys())
    }

    /// What the officer should be told besides the answers of calls, oldest first, since the vault was opened. All of it
    /// is in the journal, too.
    ///
    /// # Errors
    /// None.
    pub fn notices(&self) -> Result<Vec<NoticeView>, StreifeError> {
        Ok(self.client().notices().into_iter().map(Into::into).collect())
    }
}
