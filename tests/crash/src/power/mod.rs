//! Power cuts: what a disk holds at one moment, and nothing that was still on its way.
//!
//! A [`Rig`] is a file system in an image file. What lies in the image has reached the block device; what the kernel
//! still holds has not. A cut reads what the victim has acknowledged, takes the image as it is at one [`Moment`], kills
//! the victim, and mounts what was taken: the file system replays its journal as behind a real cut. A kill alone says
//! nothing about fsync, because the kernel's memory outlives the process.
//!
//! What this does not show: a disk with a cache of its own that forgets or reorders what it was given, and a file system
//! that does not tell it to flush. f2fs and APFS are not to be had here.

mod filesystem;
mod snapshot;

use std::fmt::{Debug, Display, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use filesystem::FileSystem;

use crate::Victim;
use crate::disk::Mounted;
use crate::settings::Alone;

/// When the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The victim is stopped first: each of its threads behind the system call that it is in.
    BetweenCalls,
    /// The victim works on, perhaps in the middle of an fsync. The image lies on an XFS, which clones it at once.
    WithinCalls,
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::BetweenCalls => "between calls",
            Self::WithinCalls => "within calls",
        })
    }
}

/// A file system that can lose its power. Fields are dropped in this order.
#[derive(Debug)]
pub struct Rig {
    mounted: Option<Mounted>,
    kind: FileSystem,
    moment: Moment,
    _surface: Option<Mounted>,
    memory: Mounted,
    _folder: tempfile::TempDir,
    _alone: Alone,
}

impl Rig {
    /// Makes an empty file system.
    ///
    /// # Errors
    /// What is missing for it, for a skip.
    ///
    /// # Panics
    /// If there is no folder for it.
    pub fn make(kind: FileSystem, moment: Moment) -> Result<Self, String> {
        let alone = Alone::wait();
        let folder = tempfile::tempdir().expect("a folder");
        let memory = Mounted::tmpfs(folder.path(), "2g")?;
        for name in ["mounted", "hardware", "surface"] {
            std::fs::create_dir(memory.path().join(name)).expect("makes a folder");
        }
        let (disk, at) = (memory.path().join("disk"), memory.path().join("surface"));
        let surface = match moment {
            Moment::BetweenCalls => None,
            Moment::WithinCalls => {
                FileSystem::Xfs.make(&disk, 1 << 30)?;
                Some(Mounted::image(&at, &disk, FileSystem::Xfs.as_str())?)
            }
        };
        let mut rig = Self { mounted: None, kind, moment, _surface: surface, memory, _folder: folder, _alone: alone };
        kind.make(&rig.image(), kind.size())?;
        rig.mounted = Some(rig.mount()?);
        Ok(rig)
    }

    /// A folder whose content is cut.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.memory.path().join("mounted")
    }

    /// A folder that outlives every cut, for what a phone has in hardware.
    #[must_use]
    pub fn hardware(&self) -> PathBuf {
        self.memory.path().join("hardware")
    }

    /// Cuts the power while the victim works; gives what it had acknowledged before. Behind it the folder holds what a
    /// phone finds that is switched on again. The anchor, if it has one, lies elsewhere and loses its power at the same
    /// moment: what it is told behind the image does not count.
    ///
    /// # Panics
    /// If the victim had ended by itself, or the file system cannot be mounted again.
    #[must_use]
    pub fn cut<L: FromStr<Err: Debug> + Clone>(&mut self, mut victim: Victim<L>, anchor: Option<&Path>) -> Vec<L> {
        let taken = self.surface().join("taken");
        // Before the image: an anchor may lag behind the journal, and never leads.
        let anchored = anchor.map(|anchor| (anchor, std::fs::read(anchor).ok()));
        let acknowledged = match self.moment {
            Moment::BetweenCalls => {
                victim.stop();
                let acknowledged = victim.listen();
                snapshot::copy(&self.image(), &taken).expect("copies the image");
                acknowledged
            }
            Moment::WithinCalls => {
                let acknowledged = victim.listen();
                snapshot::clone(&self.image(), &taken).expect("clones the image");
                acknowledged
            }
        };
        let mut heard = victim.kill();
        heard.truncate(acknowledged);
        if let Some((anchor, mark)) = anchored {
            set_back(anchor, mark).expect("sets the anchor back to the moment");
        }
        self.mounted.take().expect("is mounted between cuts").unmount();
        std::fs::rename(taken, self.image()).expect("replaces the image");
        self.mounted = Some(self.mount().expect("the file system outlives the cut"));
        heard
    }

    fn surface(&self) -> PathBuf {
        self.memory.path().join("surface")
    }

    fn image(&self) -> PathBuf {
        self.surface().join("image")
    }

    fn mount(&self) -> Result<Mounted, String> {
        Mounted::image(&self.folder(), &self.image(), self.kind.as_str())
    }
}

/// Gives a file the content it had, or had not.
fn set_back(file: &Path, content: Option<Vec<u8>>) -> std::io::Result<()> {
    match content {
        Some(content) => std::fs::write(file, content),
        None if file.exists() => std::fs::remove_file(file),
        None => Ok(()),
    }
}
