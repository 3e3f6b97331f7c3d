//! What the kernel says about a process and a folder.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Locks and open files of a process in a folder, as `/proc` lists them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub locks: usize,
    pub files: Vec<PathBuf>,
}

impl Held {
    pub fn nothing() -> Self {
        Self::default()
    }

    pub fn of(pid: u32, folder: &Path) -> Self {
        let folder = folder.canonicalize().expect("is there");
        let mut inodes = BTreeSet::new();
        collect(&folder, &mut inodes);
        let locks = std::fs::read_to_string("/proc/locks").expect("Linux lists the locks");
        let locks = locks.lines().filter(|line| is_of(line, pid, &inodes)).count();
        let links = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("is alive");
        let links = links.filter_map(|entry| std::fs::read_link(entry.expect("an entry").path()).ok());
        Self { locks, files: links.filter(|path| path.starts_with(&folder)).collect() }
    }
}

/// Without opening a file: closing it again would end the locks of this process on it.
fn collect(path: &Path, inodes: &mut BTreeSet<u64>) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    inodes.insert(metadata.ino());
    for entry in std::fs::read_dir(path).into_iter().flatten() {
        collect(&entry.expect("an entry").path(), inodes);
    }
}

/// A line such as `1: POSIX  ADVISORY  WRITE 4711 fe:00:131075 0 EOF`.
fn is_of(line: &str, pid: u32, inodes: &BTreeSet<u64>) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| !matches!(*word, "READ" | "WRITE")).skip(1);
    let holder = words.next().and_then(|word| word.parse().ok());
    let inode = words.next().and_then(|file| file.rsplit(':').next()?.parse().ok());
    holder == Some(pid) && inode.is_some_and(|inode| inodes.contains(&inode))
}
