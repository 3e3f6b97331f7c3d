//! Bytes held back on the disk, so that a case that was begun can be finished when the disk is full.
//!
//! A file of pseudo-random bytes, really written and fsynced: neither a sparse file nor one that a file system can press
//! together would free anything. It is given up in two parts: most of it by the first write that meets a full disk, the
//! last eighth only while the queue is handed over, so that a full disk can always be drained.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::VaultError;
use super::database::sync_folder;
use super::space::{free, is_full};

const PIECE: usize = 1 << 16;
const SECTOR: u64 = 512;
/// It is made only where this many times its size is free.
const ROOM: u64 = 3;
/// The part of it that is kept for handing over.
const LAST: u64 = 8;

/// The ballast of one vault.
#[derive(Debug)]
pub(super) struct Ballast {
    folder: PathBuf,
    file: PathBuf,
    size: u64,
    /// Bytes it occupies now.
    held: Mutex<u64>,
    /// Calls that hand the queue over.
    draining: AtomicU32,
    /// Bytes given up that nobody has been told of.
    given: AtomicU64,
}

impl Ballast {
    /// The ballast as it lies in the folder. Nothing is made or removed yet.
    pub(super) fn at(folder: &Path, size: u64) -> Self {
        let file = folder.join("ballast");
        let held = Mutex::new(occupied(&file));
        let (draining, given) = (AtomicU32::new(0), AtomicU64::new(0));
        Self { folder: folder.to_owned(), file, size, held, draining, given }
    }

    /// How large it is to be.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes it occupies now.
    pub(super) fn held(&self) -> u64 {
        *self.lock()
    }

    /// Makes it as large as it is to be, if there is room.
    ///
    /// # Errors
    /// As the file system says; what could not be made durable is removed.
    pub(super) fn restore(&self) -> Result<(), VaultError> {
        let mut held = self.lock();
        if *held == self.size || (*held < self.size && free(&self.folder)? < self.size.saturating_mul(ROOM)) {
            return Ok(());
        }
        let made = if self.size == 0 { self.remove() } else { self.resize(*held) };
        if made.is_err() {
            let _ = self.remove();
        }
        *held = occupied(&self.file);
        made
    }

    /// Gives space back to the disk for a write that found it full; tells whether there was something to give.
    pub(super) fn give(&self) -> bool {
        let mut held = self.lock();
        let keep = if self.draining.load(Ordering::SeqCst) > 0 { 0 } else { self.size / LAST };
        if *held <= keep {
            return false;
        }
        let cut = if keep == 0 { self.remove() } else { self.cut(keep) };
        let before = std::mem::replace(&mut *held, occupied(&self.file));
        let given = before.saturating_sub(*held);
        self.given.fetch_add(given, Ordering::SeqCst);
        cut.is_ok() && given > 0
    }

    /// While the result lives, the last part may be given, too.
    pub(super) fn drain(&self) -> Draining<'_> {
        self.draining.fetch_add(1, Ordering::SeqCst);
        Draining(self)
    }

    /// Bytes given up since this was asked last.
    pub(super) fn take_given(&self) -> u64 {
        self.given.swap(0, Ordering::SeqCst)
    }

    fn resize(&self, held: u64) -> Result<(), VaultError> {
        if held > self.size {
            return self.cut(self.size);
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        // A power cut can leave a file that is long and occupies less: it is written from the beginning then.
        let from = if file.metadata()?.len() == held { held } else { 0 };
        file.set_len(from)?;
        fill(&mut file, from, self.size)?;
        file.sync_all()?;
        sync_folder(&self.folder)
    }

    fn cut(&self, to: u64) -> Result<(), VaultError> {
        let file = OpenOptions::new().write(true).open(&self.file)?;
        file.set_len(to)?;
        Ok(file.sync_all()?) // some file systems give the space back only then
    }

    fn remove(&self) -> Result<(), VaultError> {
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => sync_folder(&self.folder),
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        // The number is read from the disk again behind each change.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it lives, the queue is being handed over.
pub struct Draining<'a>(&'a Ballast);

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        self.0.draining.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Writes all bytes, giving ballast up when the disk is full.
pub(super) fn write_all(file: &mut File, mut bytes: &[u8], ballast: &Ballast) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_full(&error) && ballast.give() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Bytes that a file really occupies, at most its length.
fn occupied(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len().min(file.blocks().saturating_mul(SECTOR)))
}

/// Appends bytes that no file system can press together, up to a length. Secret they need not be.
fn fill(file: &mut File, from: u64, to: u64) -> io::Result<()> {
    let mut state = from ^ 0x5354_5246;
    let mut piece = Vec::with_capacity(PIECE);
    let mut left = to.saturating_sub(from);
    while left > 0 {
        piece.clear();
        while piece.len() < PIECE {
            piece.extend_from_slice(&next(&mut state).to_le_bytes());
        }
        piece.truncate(usize::try_from(left).unwrap_or(PIECE).min(PIECE));
        file.write_all(&piece)?;
        left -= piece.len() as u64;
    }
    Ok(())
}

/// `SplitMix64`.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 1 << 20;

    fn made() -> (tempfile::TempDir, Ballast) {
        let folder = tempfile::tempdir().expect("folder");
        let ballast = Ballast::at(folder.path(), SIZE);
        ballast.restore().expect("there is room");
        assert_eq!(ballast.held(), SIZE);
        (folder, ballast)
    }

    #[test]
    fn it_occupies_the_disk_and_its_bytes_are_all_different() {
        let (folder, _) = made();
        let file = folder.path().join("ballast");
        assert!(std::fs::metadata(&file).expect("is there").blocks() * SECTOR >= SIZE);
        let bytes = std::fs::read(file).expect("reads");
        let blocks: std::collections::BTreeSet<_> = bytes.chunks(16).collect();
        assert_eq!(blocks.len(), bytes.len() / 16);
    }

    #[test]
    fn the_last_eighth_is_given_only_while_the_queue_is_handed_over() {
        let (folder, ballast) = made();
        assert!(ballast.give());
        assert_eq!((ballast.held(), ballast.take_given()), (SIZE / 8, SIZE / 8 * 7));
        assert!(!ballast.give());
        let draining = ballast.drain();
        assert!(ballast.give());
        assert!(!folder.path().join("ballast").exists());
        assert!(!ballast.give());
        drop(draining);
        assert_eq!((ballast.held(), ballast.take_given(), ballast.take_given()), (0, SIZE / 8, 0));
        ballast.restore().expect("there is room");
        assert_eq!(ballast.held(), SIZE);
    }

    #[test]
    fn it_is_made_whole_from_whatever_lies_there() {
        let (folder, _) = made();
        let file = folder.path().join("ballast");
        let whole = std::fs::read(&file).expect("reads");
        let sparse = File::create(folder.path().join("sparse")).expect("makes");
        sparse.set_len(SIZE).expect("sparse");
        for (from, to) in [("sparse", "ballast"), ("none", "none")] {
            let _ = std::fs::rename(folder.path().join(from), folder.path().join(to));
            let ballast = Ballast::at(folder.path(), SIZE);
            ballast.restore().expect("there is room");
            assert_eq!(ballast.held(), SIZE);
            assert_eq!(std::fs::read(&file).expect("reads"), whole);
            std::fs::remove_file(&file).expect("removes");
        }
        std::fs::write(&file, vec![7; 3 << 20]).expect("writes");
        for (size, length) in [(SIZE, Some(SIZE)), (0, None)] {
            let ballast = Ballast::at(folder.path(), size);
            ballast.restore().expect("there is room");
            assert_eq!(ballast.held(), size);
            assert_eq!(std::fs::metadata(&file).ok().map(|file| file.len()), length);
        }
    }

    #[test]
    fn without_room_nothing_is_made() {
        let folder = tempfile::tempdir().expect("folder");
        let ballast = Ballast::at(folder.path(), u64::MAX / 2);
        ballast.restore().expect("is no error");
        assert_eq!(ballast.held(), 0);
        assert!(!folder.path().join("ballast").exists());
    }
}
