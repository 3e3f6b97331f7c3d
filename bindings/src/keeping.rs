//! What an app does to keep the vault safe: background and foreground, and what there is to tell the officer.

use crate::types::NoticeView;
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

    /// What the officer should be told besides the answers of calls, oldest first, since the vault was opened. All of it
    /// is in the journal, too.
    ///
    /// # Errors
    /// None.
    pub fn notices(&self) -> Result<Vec<NoticeView>, StreifeError> {
        Ok(self.client().notices().into_iter().map(Into::into).collect())
    }
}
