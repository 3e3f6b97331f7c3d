//! Suspending, when the app goes to the background, and resuming.

use super::{Client, Notice, SyncEnd, SyncLimits};
use crate::domain::Moment;
use crate::error::Error;
use crate::log;
use crate::ports::Cancel;
use crate::vault::{JournalEvent, Resumed, VaultError};

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
        if let Ok(mut engine) = self.engine() {
            engine.forget();
        }
        self.notify(Notice::ChangedWhileSuspended { left, found });
        let noted = self.vault.note(self.now()?, JournalEvent::ChangedWhileSuspended { left, found });
        super::recover::unless_full(noted.map(drop).map_err(Error::from))?;
        self.report_look(&look)?;
        self.recover(&sweep)
    }

    /// What a call says that failed because the vault was suspended under it, `before` being the suspensions when it began.
    pub(super) fn unless_suspended(&self, before: u64, error: Error) -> Error {
        if self.vault.suspensions() == before { error } else { VaultError::Suspended.into() }
    }
}

/// The caller's wish to stop, or the vault's, or the end of the caller's time.
pub(super) struct UntilSuspended<'a> {
    client: &'a Client,
    asked: &'a dyn Cancel,
    started: Moment,
    max_ms: Option<u64>,
}

impl<'a> UntilSuspended<'a> {
    pub(super) const fn new(client: &'a Client, limits: &SyncLimits<'a>, started: Moment) -> Self {
        Self { client, asked: limits.cancel, started, max_ms: limits.max_ms }
    }

    /// Why a call must end now, if it must.
    ///
    /// # Errors
    /// [`VaultError::Suspended`]: the caller of `suspend` has asked for it, not the caller of this call.
    pub(super) fn end(&self) -> Result<Option<SyncEnd>, VaultError> {
        if self.client.vault.is_suspended() {
            return Err(VaultError::Suspended);
        }
        if self.asked.is_cancelled() {
            return Ok(Some(SyncEnd::Cancelled));
        }
        Ok((self.time_left_ms() == Some(0)).then_some(SyncEnd::Deadline))
    }
}

impl Cancel for UntilSuspended<'_> {
    fn is_cancelled(&self) -> bool {
        !matches!(self.end(), Ok(None))
    }

    fn time_left_ms(&self) -> Option<u64> {
        let max_ms = self.max_ms?;
        // A clock that shows an impossible time ends nothing; the next step says so.
        let elapsed = self.client.now().map_or(0, |now| u64::try_from(now.since_ms(&self.started)).unwrap_or_default());
        Some(max_ms.saturating_sub(elapsed))
    }
}
