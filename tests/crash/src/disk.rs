//! File systems of their own for a test. Mounting needs root.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: usize = 4096;

/// A mounted file system, unmounted when dropped.
#[derive(Debug)]
pub struct Mounted {
    at: PathBuf,
    unmounted: bool,
}

impl Mounted {
    /// Mounts a tmpfs of this size (`24m`) on a folder.
    ///
    /// # Errors
    /// The reason why it cannot be mounted, for a skip.
    pub fn tmpfs(at: &Path, size: &str) -> Result<Self, String> {
        Self::mount(at, Path::new("tmpfs"), "tmpfs", &format!("size={size}"))
    }

    /// Mounts an image of a file system on a folder, over a loop device.
    ///
    /// # Errors
    /// As [`Self::tmpfs`].
    pub fn image(at: &Path, image: &Path, file_system: &str) -> Result<Self, String> {
        Self::mount(at, image, file_system, "loop,noatime")
    }

    fn mount(at: &Path, device: &Path, file_system: &str, options: &str) -> Result<Self, String> {
        run(Command::new("mount").args(["-t", file_system, "-o", options]).arg(device).arg(at))?;
        Ok(Self { at: at.to_owned(), unmounted: false })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Unmounts it: everything written reaches its device.
    ///
    /// # Panics
    /// If it is in use.
    pub fn unmount(mut self) {
        run(Command::new("umount").arg(&self.at)).expect("nothing is open on it");
        self.unmounted = true;
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if !self.unmounted {
            // Lazily, so that a test that fails with files open still leaves nothing mounted.
            let _ = run(Command::new("umount").arg("--lazy").arg(&self.at));
        }
    }
}

/// Runs a command to its end; the error is what it says, in one line.
///
/// # Errors
/// If it is not there or fails.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr);
            Err(format!("{program}: {}", words.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
        Err(error) => Err(format!("{program} cannot be started ({error})")),
    }
}

/// A disk of 24 MB that can be filled to the page: a tmpfs.
#[derive(Debug)]
pub struct SmallDisk {
    mounted: Mounted,
    _folder: tempfile::TempDir,
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
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Mounted::tmpfs(folder.path(), "24m").map_err(|_| "needs root".to_owned())?;
        Ok(Self { mounted, _folder: folder })
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
