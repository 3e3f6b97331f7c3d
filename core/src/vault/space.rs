//! How much room is left, and what may be begun with it.

use std::io;
use std::path::Path;

use super::ballast::Draining;
use super::{Vault, VaultError};

/// Room on the vault's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpaceLevel {
    /// There is room.
    Enough,
    /// A case can be begun and finished; the officer should make room.
    Low,
    /// No case can be begun. One that was begun can be finished, and the queue can be handed over.
    Full,
}

/// Room on the vault's disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What it means.
    pub level: SpaceLevel,
    /// Free for this app, bytes.
    pub free: u64,
    /// Held back by the vault, bytes; less than configured after the disk was full.
    pub ballast: u64,
}

/// Below this many times the ballast, room is low.
const LOW: u64 = 3;

impl Vault {
    /// Room on the vault's disk. Also answers while the vault is suspended.
    ///
    /// # Errors
    /// [`VaultError::Io`].
    pub fn space(&self) -> Result<Space, VaultError> {
        let (free, ballast, size) = (free(self.database.folder())?, self.ballast.held(), self.ballast.size());
        let level = match size {
            _ if ballast < size || free < size => SpaceLevel::Full,
            _ if free < size.saturating_mul(LOW) => SpaceLevel::Low,
            _ => SpaceLevel::Enough,
        };
        Ok(Space { level, free, ballast })
    }

    /// Whether a case may be begun: asked before the shutter, so that nothing is captured that cannot be kept. Room that
    /// somebody has made meanwhile is taken note of.
    ///
    /// # Errors
    /// [`VaultError::DiskFull`].
    pub fn expect_room(&self) -> Result<(), VaultError> {
        if self.space()?.level < SpaceLevel::Full {
            return Ok(());
        }
        self.restore_ballast();
        if self.space()?.level < SpaceLevel::Full { Ok(()) } else { Err(VaultError::DiskFull) }
    }

    /// Makes the ballast whole again, if there is room. If it cannot be made, [`Self::space`] says so: nothing else
    /// depends on it.
    pub fn restore_ballast(&self) {
        if let Ok(_step) = self.objects.handles.step() {
            drop(self.ballast.restore());
        }
    }

    /// While the result lives, the queue is handed over, and the last part of the ballast may be given up for it.
    #[must_use]
    pub fn drain(&self) -> Draining<'_> {
        self.ballast.drain()
    }

    /// Bytes of the ballast that were given up since this was asked last.
    #[must_use]
    pub fn take_given(&self) -> u64 {
        self.ballast.take_given()
    }

    /// Whether the last commit's folder could not be made durable. The commit itself was; it is tried again.
    #[must_use]
    pub fn is_unsynced(&self) -> bool {
        self.database.is_unsynced()
    }
}

/// Bytes that an ordinary process may still write.
pub(super) fn free(folder: &Path) -> Result<u64, VaultError> {
    let found = rustix::fs::statvfs(folder).map_err(|error| VaultError::from(io::Error::from(error)))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
