//! Room on the disk: what the app is told before the shutter, and when the disk ran full.

use super::{Client, Notice};
use crate::error::Error;
use crate::log;
use crate::vault::{JournalEvent, Space};

impl Client {
    /// Room on the vault's disk. An app asks before it opens the camera; at [`crate::vault::SpaceLevel::Full`]
    /// [`Self::begin_case`] is refused. Also answers while the vault is suspended.
    ///
    /// # Errors
    /// [`Error`] of the file system.
    pub fn space(&self) -> Result<Space, Error> {
        Ok(self.vault.space()?)
    }

    /// Held by a call that writes: when the call ends, however it ends, it tells what the disk has cost.
    pub(super) const fn watch_disk(&self) -> DiskWatch<'_> {
        DiskWatch(self)
    }

    fn tell_of_ballast(&self, bytes: u64) -> Result<(), Error> {
        self.notify(Notice::BallastGiven { bytes });
        self.vault.note(self.now()?, JournalEvent::BallastGiven { bytes })?;
        Ok(())
    }
}

pub(super) struct DiskWatch<'a>(&'a Client);

impl Drop for DiskWatch<'_> {
    fn drop(&mut self) {
        let bytes = self.0.vault.take_given();
        if bytes > 0 {
            log::event("the disk was full and the ballast is given up", &[("bytes", &bytes)]);
            if let Err(error) = self.0.tell_of_ballast(bytes) {
                log::event("the ballast given up is not in the journal", &[("error", &error)]);
            }
        }
        if self.0.vault.is_unsynced() {
            log::event("the vault's folder could not be made durable", &[]);
        }
    }
}
