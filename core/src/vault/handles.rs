//! The open files of the vault, so that suspending can close them under whoever holds them.
//!
//! A photo that is being taken over waits for its source for as long as the source likes; a suspended app has seconds.
//! So suspending waits for steps only, which are bounded by the disk, and closes files without asking: their holder is
//! told at its next read or write.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};

use super::VaultError;

/// What an operation on a file finds out when the vault was suspended under it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the vault is suspended")]
pub(super) struct Suspended;

type Slot = Mutex<Option<File>>;

/// All open files, and the steps that must not be cut in two.
#[derive(Default)]
pub(super) struct Handles {
    suspended: AtomicBool,
    closings: AtomicU64,
    steps: RwLock<()>,
    open: Mutex<Vec<Weak<Slot>>>,
}

impl Handles {
    /// Begins a step that handles files and rows together. It holds suspending up; a step must not begin another.
    pub(super) fn step(&self) -> Result<RwLockReadGuard<'_, ()>, VaultError> {
        let step = self.steps.read().unwrap_or_else(PoisonError::into_inner);
        if self.are_closed() { Err(VaultError::Suspended) } else { Ok(step) }
    }

    /// Opens a file and keeps an eye on it.
    pub(super) fn open(&self, open: impl FnOnce() -> io::Result<File>) -> Result<ObjectFile, VaultError> {
        let mut all = lock(&self.open);
        if self.are_closed() {
            return Err(VaultError::Suspended);
        }
        let slot = Arc::new(Mutex::new(Some(open()?)));
        all.retain(|slot| slot.strong_count() > 0);
        all.push(Arc::downgrade(&slot));
        Ok(ObjectFile(slot))
    }

    pub(super) fn are_closed(&self) -> bool {
        self.suspended.load(Ordering::SeqCst)
    }

    /// How often all files were closed. A holder whose file is gone compares: by now the vault may be open again.
    pub(super) fn closings(&self) -> u64 {
        self.closings.load(Ordering::SeqCst)
    }

    /// Waits for the running steps, closes all files, and opens no other until [`Self::allow`].
    pub(super) fn close(&self) {
        self.suspended.store(true, Ordering::SeqCst);
        self.closings.fetch_add(1, Ordering::SeqCst);
        drop(self.steps.write().unwrap_or_else(PoisonError::into_inner));
        let open = std::mem::take(&mut *lock(&self.open));
        open.iter().filter_map(Weak::upgrade).for_each(|slot| drop(lock(&slot).take()));
    }

    pub(super) fn allow(&self) {
        self.suspended.store(false, Ordering::SeqCst);
    }
}

/// An open file of the vault. When the vault is suspended it is closed, and says so at the next use.
#[derive(Debug)]
pub struct ObjectFile(Arc<Slot>);

impl ObjectFile {
    /// Its length, bytes.
    ///
    /// # Errors
    /// As the file system says.
    pub fn length(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.metadata()?.len()))
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        lock(&self.0).as_mut().map_or_else(|| Err(io::Error::other(Suspended)), work)
    }
}

impl Read for ObjectFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|file| file.read(buffer))
    }
}

impl Write for ObjectFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(File::flush)
    }
}

impl Seek for ObjectFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.with(|file| file.seek(to))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks can leave what they guard half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_closed_under_its_holder_says_so_and_no_other_is_opened() {
        let handles = Handles::default();
        let mut file = handles.open(tempfile::tempfile).expect("opens");
        file.write_all(b"one").expect("writes");
        handles.close();
        let error = file.write_all(b"two").expect_err("closed");
        assert!(matches!(VaultError::from(error), VaultError::Suspended));
        assert!(matches!(file.read(&mut [0]).map_err(VaultError::from), Err(VaultError::Suspended)));
        assert!(matches!(handles.open(tempfile::tempfile).map(drop), Err(VaultError::Suspended)));
        assert!(matches!(handles.step().map(drop), Err(VaultError::Suspended)));
        handles.allow();
        handles.open(tempfile::tempfile).expect("opens again");
        drop(handles.step().expect("goes on"));
    }

    #[test]
    fn closing_waits_for_a_step() {
        let handles = Handles::default();
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let step = handles.step().expect("begins");
            let closing = scope.spawn(|| {
                handles.close();
                ended.load(Ordering::SeqCst)
            });
            while !handles.are_closed() {
                std::thread::yield_now();
            }
            ended.store(true, Ordering::SeqCst);
            drop(step);
            assert!(closing.join().expect("ends"), "closed before the step had ended");
        });
    }
}
