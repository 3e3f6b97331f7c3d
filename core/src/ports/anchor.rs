//! A small place outside the vault's folder that remembers how far the journal had come.
//!
//! Whoever sets the folder back to an older state, or copies it, does not set this back with it: the Keychain, or a file
//! sealed by the Android Keystore in another folder. A host without one uses [`NoAnchor`]; then only the box notices.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Why an anchor did not answer. Never the end of a call: what was captured counts more than the proof of its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Not now: the device is locked or the service is busy. Try later.
    #[error("the anchor is not available now")]
    NotNow,
    /// It failed in a way it does not explain.
    #[error("the anchor failed")]
    Failed,
}

/// Keeps the newest mark of one vault, at most 256 bytes, durably.
pub trait Anchor: Send + Sync {
    /// The mark stored last, or nothing if there was none.
    ///
    /// # Errors
    /// [`AnchorError`].
    fn load(&self) -> Result<Option<Vec<u8>>, AnchorError>;

    /// Replaces the mark: after a crash there is the old one or the new one.
    ///
    /// # Errors
    /// [`AnchorError`].
    fn store(&self, mark: &[u8]) -> Result<(), AnchorError>;
}

/// For hosts that have no such place.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAnchor;

impl Anchor for NoAnchor {
    fn load(&self) -> Result<Option<Vec<u8>>, AnchorError> {
        Ok(None)
    }

    fn store(&self, _mark: &[u8]) -> Result<(), AnchorError> {
        Ok(())
    }
}

/// An anchor in a file, for desktops and tests. It protects as well as its folder does.
#[derive(Clone, Debug)]
pub struct FileAnchor {
    file: PathBuf,
}

impl FileAnchor {
    /// The anchor in this file, which need not be there yet; its folder must be.
    #[must_use]
    pub const fn new(file: PathBuf) -> Self {
        Self { file }
    }

    fn replace(&self, mark: &[u8]) -> std::io::Result<()> {
        let next = self.file.with_extension("next");
        let mut file = File::create(&next)?;
        file.write_all(mark)?;
        file.sync_all()?;
        std::fs::rename(&next, &self.file)?;
        self.file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

impl Anchor for FileAnchor {
    fn load(&self) -> Result<Option<Vec<u8>>, AnchorError> {
        match std::fs::read(&self.file) {
            Ok(mark) => Ok(Some(mark)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(_) => Err(AnchorError::Failed),
        }
    }

    fn store(&self, mark: &[u8]) -> Result<(), AnchorError> {
        self.replace(mark).map_err(|_| AnchorError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_newest_mark() {
        let folder = tempfile::tempdir().expect("folder");
        let anchor = FileAnchor::new(folder.path().join("anchor"));
        assert_eq!(anchor.load(), Ok(None));
        for mark in [b"one".as_slice(), b"two"] {
            anchor.store(mark).expect("stores");
            assert_eq!(anchor.load().expect("loads").as_deref(), Some(mark));
        }
        assert_eq!(FileAnchor::new(folder.path().join("no/anchor")).store(b"x"), Err(AnchorError::Failed));
    }
}
