//! Small files of the data folder, written so that a power cut leaves the old or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use streife_core::domain::from_hex;

use crate::BoxError;

/// Writes a file that everyone may read.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write(file, bytes, 0o644)
}

/// Writes a file that only its owner may read.
pub fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    write(file, text.as_bytes(), 0o600)
}

/// Reads 32 bytes in hexadecimal.
pub fn read_secret(file: &Path) -> Result<[u8; 32], BoxError> {
    let text = fs::read_to_string(file).map_err(|_| BoxError::Damaged("a key file cannot be read"))?;
    from_hex(text.trim()).map_err(|_| BoxError::Damaged("a key file holds no key"))
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let fresh = file.with_extension("new");
    remove(&fresh)?; // its mode would stay what it was
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut out = options.open(&fresh)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(fresh, file)?;
    file.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes names in one folder durable for all who ask, with as few writes to the medium as serve them.
#[derive(Debug)]
pub struct SharedSync {
    folder: PathBuf,
    rounds: Mutex<Rounds>,
    ended: Condvar,
}

/// Rounds are counted from 1.
#[derive(Debug, Default)]
struct Rounds {
    begun: u64,
    ended: u64,
    /// The last one that failed, and how.
    failed: Option<(u64, io::ErrorKind)>,
}

impl SharedSync {
    /// For this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), rounds: Mutex::default(), ended: Condvar::new() }
    }

    /// Makes durable what was renamed before. A round that had begun before may have missed it, so this waits for the one
    /// after; whoever comes first once the medium is free makes it for all.
    pub fn sync(&self) -> io::Result<()> {
        let mut rounds = self.rounds.lock().expect("no holder panics");
        let mine = rounds.begun + 1;
        while rounds.ended < mine {
            if rounds.begun > rounds.ended {
                rounds = self.ended.wait(rounds).expect("no holder panics");
                continue;
            }
            rounds.begun += 1;
            drop(rounds);
            let result = sync_folder(&self.folder);
            rounds = self.rounds.lock().expect("no holder panics");
            rounds.ended = rounds.begun;
            if let Err(error) = result {
                rounds.failed = Some((rounds.ended, error.kind()));
            }
            self.ended.notify_all();
        }
        match rounds.failed {
            Some((failed, kind)) if failed >= mine => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

/// Removes a file that may not be there.
pub fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_ask_are_served_and_share_rounds() {
        let folder = tempfile::tempdir().expect("a folder");
        let shared = SharedSync::new(folder.path());
        std::thread::scope(|scope| {
            let asking: Vec<_> = (0..32).map(|_| scope.spawn(|| shared.sync())).collect();
            assert!(asking.into_iter().all(|one| one.join().is_ok_and(|done| done.is_ok())));
        });
        let rounds = shared.rounds.lock().expect("free");
        assert!((1..=32).contains(&rounds.begun));
        assert_eq!(rounds.begun, rounds.ended);
    }

    #[test]
    fn a_folder_that_cannot_be_synced_is_an_error_for_each_and_not_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        let shared = SharedSync::new(&inner);
        assert_eq!(shared.sync().expect_err("is not there").kind(), io::ErrorKind::NotFound);
        fs::create_dir(&inner).expect("creates");
        assert!(shared.sync().is_ok());
    }
}
