//! A disk of 24 MB that can be filled to the page. It needs root: it is a tmpfs of its own.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PAGE: usize = 4096;

/// A small disk, unmounted when dropped.
pub struct SmallDisk {
    mounted: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one.
    ///
    /// # Errors
    /// The reason why it cannot be mounted, for a skip.
    ///
    /// # Panics
    /// If there is no folder for it.
    pub fn mount() -> Result<Self, String> {
        let mounted = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(mounted.path()).stderr(Stdio::null());
        match mount.status() {
            Ok(status) if status.success() => Ok(Self { mounted }),
            _ => Err("needs root".to_owned()),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.mounted.path()
    }

    /// Fills it until so many pages are left.
    ///
    /// # Panics
    /// If it is full already and the filler cannot give so many pages back.
    pub fn fill(&self, pages_left: u64) {
        let mut filler = File::options().append(true).create(true).open(self.filler()).expect("opens the filler");
        let block = [0x5a; PAGE];
        loop {
            match filler.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("fills the disk: {error}"),
            }
        }
        let length = filler.metadata().expect("its length").len();
        filler
            .set_len(length.checked_sub(pages_left * PAGE as u64).expect("pages to give back"))
            .expect("gives pages back");
    }

    /// Removes the filler.
    ///
    /// # Panics
    /// If it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("removes the filler");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, so that a test that fails with files open still leaves nothing mounted.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
