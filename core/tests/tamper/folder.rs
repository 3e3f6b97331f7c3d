//! Folders: where they lie, and copies of them.

use std::path::{Path, PathBuf};

/// In memory if the machine has such a place: thousands of vaults are opened here, and none of it is to last.
pub fn folder() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    let made = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("folder")
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

pub fn copy_files(from: &Path, to: &Path) {
    for path in files(from) {
        std::fs::copy(&path, to.join(path.file_name().expect("has a name"))).expect("copies");
    }
}

pub fn copy(from: &Path, to: &Path) {
    copy_files(from, to);
    for entry in std::fs::read_dir(from).expect("lists") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            let target = to.join(path.file_name().expect("has a name"));
            std::fs::create_dir_all(&target).expect("makes");
            copy(&path, &target);
        }
    }
}
