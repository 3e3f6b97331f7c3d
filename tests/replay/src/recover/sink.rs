//! Where plain files go: a folder of the caller's own, files that only the caller reads, nothing overwritten.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::ReplayError;

const WHAT: &str = "--out";

/// A folder that was empty.
pub struct Sink {
    folder: PathBuf,
}

impl Sink {
    /// Makes the folder, or takes an empty one.
    ///
    /// # Errors
    /// [`ReplayError`] if something lies in it, or it cannot be made.
    pub fn new(folder: &Path) -> Result<Self, ReplayError> {
        private_folder(folder)?;
        if std::fs::read_dir(folder).map_err(ReplayError::file(WHAT))?.next().is_some() {
            return Err(ReplayError::setup(WHAT)(&"the folder is not empty; nothing is overwritten"));
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes a file under a name that is relative to the folder.
    ///
    /// # Errors
    /// [`ReplayError::File`], also if there is one of that name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ReplayError> {
        let path = self.folder.join(name);
        path.parent().map_or(Ok(()), private_folder)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).and_then(|mut file| file.write_all(bytes)).map_err(ReplayError::file(WHAT))
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn json(&self, name: &str, value: &impl Serialize) -> Result<(), ReplayError> {
        let json = serde_json::to_vec_pretty(value).map_err(std::io::Error::other).map_err(ReplayError::file(WHAT))?;
        self.write(name, &json)
    }
}

fn private_folder(folder: &Path) -> Result<(), ReplayError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(ReplayError::file(WHAT))
}
