//! Sealed objects as files: `uploads/` while they arrive, `objects/` once they are verified.
//!
//! The file comes first, the mark in the database second. A crash in between leaves a file without a mark, which the
//! next start verifies again; it never leaves a mark without a file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_core::domain::ObjectId;
use streife_core::seal::{Hash, Sha256Stream};

use crate::files::SharedSync;

/// The two folders.
#[derive(Clone, Debug)]
pub struct Blobs {
    objects: PathBuf,
    uploads: PathBuf,
    names: Arc<[SharedSync; 2]>,
}

impl Blobs {
    /// Opens the folders below the data folder, and makes them if they are not there.
    pub fn open(data: &Path) -> io::Result<Self> {
        let (objects, uploads) = (data.join("objects"), data.join("uploads"));
        fs::create_dir_all(&objects)?;
        fs::create_dir_all(&uploads)?;
        let names = Arc::new([SharedSync::new(&objects), SharedSync::new(&uploads)]);
        Ok(Self { objects, uploads, names })
    }

    /// File of a verified object.
    pub fn object(&self, object: ObjectId) -> PathBuf {
        self.objects.join(format!("{object}.sbx"))
    }

    /// File of a resumable upload.
    pub fn part(&self, object: ObjectId) -> PathBuf {
        self.uploads.join(format!("{object}.part"))
    }

    /// File of an upload in one request; it does not outlive the request.
    pub fn one_shot(&self, object: ObjectId) -> PathBuf {
        self.uploads.join(format!("{object}.put"))
    }

    /// Bytes of a resumable upload that are here.
    pub fn part_length(&self, object: ObjectId) -> io::Result<u64> {
        length(&self.part(object)).map(Option::unwrap_or_default)
    }

    /// Gives a verified and synced file its final name, durably.
    pub fn promote(&self, file: &Path, object: ObjectId) -> io::Result<()> {
        fs::rename(file, self.object(object))?;
        let [objects, _] = self.names.as_ref();
        objects.sync()
    }

    /// Writes an object that came in one request, durably but for its name.
    pub fn write_one_shot(&self, object: ObjectId, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.one_shot(object);
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        Ok(path)
    }

    /// Makes names of new uploads durable.
    pub fn sync_uploads(&self) -> io::Result<()> {
        let [_, uploads] = self.names.as_ref();
        uploads.sync()
    }

    /// All files of uploads.
    pub fn uploads(&self) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(&self.uploads)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }
}

/// Length of a file, `None` if there is none.
pub fn length(file: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(file) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a file has exactly this length and hash. Reads it piece by piece and syncs it.
pub fn is_exactly(file: &Path, expected_length: u64, expected: &Hash) -> io::Result<bool> {
    let mut file = File::open(file)?;
    if file.metadata()?.len() != expected_length {
        return Ok(false);
    }
    let mut hash = Sha256Stream::default();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
    file.sync_all()?;
    Ok(hash.finish() == *expected)
}
