//! Leaving the folder alone while the app is in the background, and taking it up again.
//!
//! iOS ends an app that is suspended while it holds a lock; a second process of the app may want the vault. So a
//! suspended vault has nothing open in its folder: no lock, no connection, no file. Keys stay in memory. Taking it up
//! again is cheap if the journal's head is the one left behind; otherwise it is opened as carefully as the first time.
//!
//! Taking up asks the key store, which may be slow, and iOS gives a process seconds to go to sleep. So suspending never
//! waits for a resumption: it closes the folder under it, the resumption fails, and what it had found is told by the next.

use std::sync::{MutexGuard, PoisonError};

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
        let _one_at_a_time = self.resuming.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((left, found, closings)) = self.reopen()? else { return Ok(Resumed::Unchanged) };
        let taken_up = self.take_up(left, found);
        if taken_up.is_err() {
            self.leave_as_found(left, found, closings)?;
        }
        taken_up
    }

    /// Opens the folder if it is closed: the head that was left, the one that is there, and how often it was closed.
    fn reopen(&self) -> Result<Option<(JournalHead, JournalHead, u64)>, VaultError> {
        let left = self.left();
        let found = self.database.resume(|connection| {
            let found = journal::head(connection)?;
            if found != *left {
                quick_check(connection)?;
            }
            Ok(found)
        })?;
        let Some(found) = found else { return Ok(None) };
        self.objects.handles.allow();
        Ok(Some((*left, found, self.suspensions())))
    }

    /// Closes the folder again, unless somebody has. What somebody else has done is not told yet: the next resumption must
    /// find it, too.
    fn leave_as_found(&self, was: JournalHead, found: JournalHead, closings: u64) -> Result<(), VaultError> {
        let mut left = self.left();
        if self.suspensions() == closings {
            self.close(&mut left)?;
        }
        if found != was {
            *left = was;
        }
        Ok(())
    }

    /// Whether the vault is suspended, or about to be.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.objects.handles.are_closed()
    }

    /// How often the vault was suspended since it was opened: a call that fails finds out whether that was why, even if the
    /// vault was resumed meanwhile.
    #[must_use]
    pub fn suspensions(&self) -> u64 {
        self.objects.handles.closings()
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

    /// Locked for as long as opening or closing the folder takes, so that neither meets the other half done.
    fn left(&self) -> MutexGuard<'_, JournalHead> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
