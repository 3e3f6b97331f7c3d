//! Suspending, when the app goes to the background, and resuming.

use super::{Client, Notice};
use crate::error::Error;
use crate::log;
use crate::ports::Cancel;
use crate::vault::{JournalEvent, Resumed, Vault, VaultError};

impl Client {
    /// Leaves the vault's folder alone: when this returns, no lock is held and no file in it is open. It waits for a
    /// running transaction, never for the network or for the source of a photo; calls in flight end with
    /// [`VaultError::Suspended`], and so does every later one until [`Self::resume`]. May be called from any thread, and
    /// again.
    ///
    /// A transport that was handed a file to send is asked to stop; until it has, it may still have that file open.
    ///
    /// # Errors
    /// [`Error`] of the vault if its last entry cannot be read; it is suspended all the same.
    pub fn suspend(&self) -> Result<(), Error> {
        Ok(self.vault.suspend()?)
    }

    /// Takes the vault up where it was left. If somebody else has changed it meanwhile, this is a [`Notice`] and an entry
    /// of the journal, and the work goes on with what is there.
    ///
    /// # Errors
    /// [`VaultError::InUse`] while another process has the vault, or as [`Self::open`]. The vault then stays suspended, as
    /// it was; call again.
    pub fn resume(&self) -> Result<(), Error> {
        let Resumed::Changed { left, found, sweep, look } = self.vault.resume()? else { return Ok(()) };
        let (left, found) = (left.n, found.n);
        log::event("changed while suspended", &[("left", &left), ("found", &found)]);
        self.forget_provisioned();
        self.notify(Notice::ChangedWhileSuspended { left, found });
        let noted = self.vault.note(self.now()?, JournalEvent::ChangedWhileSuspended { left, found });
        super::recover::unless_full(noted.map(drop).map_err(Error::from))?;
        self.report_look(&look)?;
        self.recover(&sweep)
    }

    /// What a call says that failed because the vault was suspended under it.
    pub(super) fn unless_suspended(&self, error: Error) -> Error {
        if self.vault.is_suspended() { VaultError::Suspended.into() } else { error }
    }
}

/// The caller's wish to stop, or the vault's.
pub(super) struct UntilSuspended<'a> {
    pub(super) asked: &'a dyn Cancel,
    pub(super) vault: &'a Vault,
}

impl Cancel for UntilSuspended<'_> {
    fn is_cancelled(&self) -> bool {
        self.asked.is_cancelled() || self.vault.is_suspended()
    }
}
