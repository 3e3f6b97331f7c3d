//! The phone's disk: one of its own, in memory, that can be made full to the page. Mounting it needs root; without, the
//! phone lies in a plain folder that never fills.

use std::path::Path;
use std::process::{Command, Stdio};

const BYTES: u64 = 96 << 20;
const PAGE: u64 = 4_096;

/// A disk, unmounted when dropped.
pub struct Disk {
    folder: tempfile::TempDir,
    is_mounted: bool,
}

impl Disk {
    /// Mounts one, if that is allowed here.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a folder");
        let is_mounted = mount(&["-t", "tmpfs", "-o", &format!("size={BYTES}"), "tmpfs"], folder.path());
        Self { folder, is_mounted }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it can be filled.
    pub const fn can_be_full(&self) -> bool {
        self.is_mounted
    }

    /// Takes all room but for some pages.
    pub fn fill(&self, pages_left: u64) {
        if self.is_mounted {
            let found = rustix::fs::statvfs(self.path()).expect("is mounted");
            let used = (found.f_blocks - found.f_bfree) * found.f_frsize;
            self.resize(used + pages_left * PAGE);
        }
    }

    /// Gives it back.
    pub fn free(&self) {
        if self.is_mounted {
            self.resize(BYTES);
        }
    }

    fn resize(&self, bytes: u64) {
        assert!(mount(&["-o", &format!("remount,size={bytes}")], self.path()), "what was mounted can be resized");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            // Lazily, so that a test that fails with files open still leaves nothing mounted.
            let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
        }
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}
