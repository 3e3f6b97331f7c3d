//! Leaving the folder alone while the app is in the background, and taking it up again.
//!
//! iOS ends an app that is suspended while it holds a lock; a second process of the app may want the vault. So a
//! suspended vault has nothing open in its folder: no lock, no connection, no file. Keys stay in memory. Taking it up
//! again is cheap if the journal's head is the one left behind; otherwise it is opened as carefully as the first time.

use super::database::quick_check;
use super::journal;
use super::{Look, Sweep, Vault, VaultError};
use crate::seal::JournalHead;

/// What was found when the vault was taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// It was not suspended, or it is as it was left.
    Unchanged,
    /// Somebody else has worked on it, or has put another state in its place.
    Changed {
        /// The newest entry of the journal when it was left.
        left: JournalHead,
        /// The newest entry now.
        found: JournalHead,
        /// What a crash of the other had left.
        sweep: Sweep,
        /// What is not as it was left.
        look: Look,
    },
}

impl Vault {
    /// Waits for the running step, then closes everything in the folder. Files that are being read or written are closed
    /// under their holder. Every later call gives [`VaultError::Suspended`] until [`Self::resume`].
    ///
    /// # Errors
    /// [`VaultError`] if the journal's head cannot be read; the vault is suspended all the same.
    pub fn suspend(&self) -> Result<(), VaultError> {
        self.anchorage.settle();
        self.close(&mut self.left())
    }

    /// Opens the folder again.
    ///
    /// # Errors
    /// [`VaultError::InUse`] while another process has it, or as opening; the vault then stays suspended.
    pub fn resume(&self) -> Result<Resumed, VaultError> {
        let mut left = self.left();
        let found = self.database.resume(|connection| {
            let found = journal::head(connection)?;
            if found != *left {
                quick_check(connection)?;
            }
            Ok(found)
        })?;
        let Some(found) = found else { return Ok(Resumed::Unchanged) };
        self.objects.handles.allow();
        let taken_up = self.take_up(*left, found);
        if taken_up.is_err() {
            self.close(&mut left)?;
        }
        taken_up
    }

    /// Whether the vault is suspended, or about to be.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.objects.handles.are_closed()
    }

    fn take_up(&self, left: JournalHead, found: JournalHead) -> Result<Resumed, VaultError> {
        if found == left {
            if self.keys.current().is_err() {
                self.open_keys()?; // the suspension came in the middle of a rotation
            }
            self.finish_purges()?;
            return Ok(Resumed::Unchanged);
        }
        if self.keys.current().is_ok() {
            self.open_keys()?; // the other may have begun another epoch
        }
        let look = self.inspect()?;
        self.finish_purges()?;
        Ok(Resumed::Changed { left, found, sweep: self.sweep()?, look })
    }

    fn close(&self, left: &mut JournalHead) -> Result<(), VaultError> {
        self.objects.handles.close();
        if let Some(head) = self.database.suspend(journal::head)? {
            *left = head;
        }
        Ok(())
    }

    /// Locked for as long as suspending or resuming takes, so that neither meets the other half done.
    fn left(&self) -> std::sync::MutexGuard<'_, JournalHead> {
        self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
