//! Power cuts: what a disk holds at one moment, and nothing that was still on its way.
//!
//! A [`Rig`] is a file system in an image file. What lies in the image has reached the block device; what the kernel
//! still holds has not. A cut stops the victim, reads what it has acknowledged, takes the image as it is, kills the
//! victim, and mounts what was taken: the file system replays its journal as behind a real cut. A kill alone says nothing
//! about fsync, because the kernel's memory outlives the process.
//!
//! What it does not show: a system call in which the victim is stopped comes to its end first, so no cut falls into the
//! middle of an fsync; the device itself does not reorder; f2fs and APFS are not to be had here.

mod filesystem;
mod snapshot;

use std::fmt::Debug;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use filesystem::FileSystem;

use crate::Victim;
use crate::disk::Mounted;

/// One rig at a time: a process that another test starts would hold its files for a moment, and it could not unmount.
static ALONE: Mutex<()> = Mutex::new(());

/// A file system that can lose its power. Fields are dropped in this order.
#[derive(Debug)]
pub struct Rig {
    mounted: Option<Mounted>,
    kind: FileSystem,
    disk: Mounted,
    _folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Rig {
    /// Makes an empty file system.
    ///
    /// # Errors
    /// What is missing for it, for a skip.
    ///
    /// # Panics
    /// If there is no folder for it.
    pub fn make(kind: FileSystem) -> Result<Self, String> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Mounted::tmpfs(folder.path(), "2g")?;
        let mut rig = Self { mounted: None, kind, disk, _folder: folder, _alone: alone };
        for folder in [rig.folder(), rig.hardware()] {
            std::fs::create_dir(folder).expect("makes a folder");
        }
        kind.make(&rig.image())?;
        rig.mounted = Some(rig.mount()?);
        Ok(rig)
    }

    /// A folder whose content is cut.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.disk.path().join("mounted")
    }

    /// A folder that outlives every cut, for what a phone has in hardware.
    #[must_use]
    pub fn hardware(&self) -> PathBuf {
        self.disk.path().join("hardware")
    }

    /// Cuts the power while the victim works; gives what it had acknowledged. Behind it the folder holds what a phone
    /// finds that is switched on again.
    ///
    /// # Panics
    /// If the victim had ended by itself, or the file system cannot be mounted again.
    #[must_use]
    pub fn cut<L: FromStr<Err: Debug> + Clone>(&mut self, mut victim: Victim<L>) -> Vec<L> {
        victim.stop();
        let taken = self.disk.path().join("taken");
        snapshot::take(&self.image(), &taken).expect("copies the image");
        let heard = victim.kill();
        self.mounted.take().expect("is mounted between cuts").unmount();
        std::fs::rename(taken, self.image()).expect("replaces the image");
        self.mounted = Some(self.mount().expect("the file system outlives the cut"));
        heard
    }

    fn image(&self) -> PathBuf {
        self.disk.path().join("image")
    }

    fn mount(&self) -> Result<Mounted, String> {
        Mounted::image(&self.folder(), &self.image(), self.kind.as_str())
    }
}
