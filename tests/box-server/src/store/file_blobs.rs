//! Sealed objects as files: `uploads/` while they arrive, `objects/` once they are verified.
//!
//! A name is made durable by a sync of its folder. That of a part is synced before its first byte is, that of an object
//! behind the rename; the names of one-shots never, for they need not outlive anything.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_core::domain::ObjectId;
use streife_core::seal::{Hash, Sha256Stream};

use super::{Appending, Blob, BlobStore};
use crate::files::{self, SharedSync};

/// The two folders.
#[derive(Clone, Debug)]
pub struct FileBlobs {
    objects: PathBuf,
    uploads: PathBuf,
    names: Arc<[SharedSync; 2]>,
}

impl FileBlobs {
    /// Opens the folders below the data folder, and makes them if they are not there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(data: &Path) -> io::Result<Self> {
        let (objects, uploads) = (data.join("objects"), data.join("uploads"));
        fs::create_dir_all(&objects)?;
        fs::create_dir_all(&uploads)?;
        let names = Arc::new([SharedSync::new(&objects), SharedSync::new(&uploads)]);
        Ok(Self { objects, uploads, names })
    }

    fn path(&self, blob: Blob) -> PathBuf {
        match blob {
            Blob::Part(object) => self.uploads.join(format!("{object}.part")),
            Blob::OneShot(object) => self.uploads.join(format!("{object}.put")),
            Blob::Stored(object) => self.objects.join(format!("{object}.sbx")),
        }
    }
}

impl BlobStore for FileBlobs {
    fn append(&self, upload: Blob) -> io::Result<Box<dyn Appending>> {
        if matches!(upload, Blob::Stored(_)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let file = File::options().append(true).create(true).open(self.path(upload))?;
        let length = file.metadata()?.len();
        if length == 0 && matches!(upload, Blob::Part(_)) {
            let [_, uploads] = self.names.as_ref();
            uploads.sync()?; // the name must outlive a power cut like its bytes
        }
        Ok(Box::new(AppendingFile { file, length }))
    }

    fn length(&self, blob: Blob) -> io::Result<Option<u64>> {
        match fs::metadata(self.path(blob)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn verify(&self, blob: Blob, length: u64, hash: &Hash) -> io::Result<bool> {
        let mut file = File::open(self.path(blob))?;
        if file.metadata()?.len() != length || hash_of(&mut file)? != *hash {
            return Ok(false);
        }
        file.sync_all()?;
        Ok(true)
    }

    fn promote(&self, upload: Blob) -> io::Result<()> {
        fs::rename(self.path(upload), self.path(Blob::Stored(upload.object())))?;
        let [objects, _] = self.names.as_ref();
        objects.sync()
    }

    fn read(&self, object: ObjectId, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(self.path(Blob::Stored(object)))?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn remove(&self, blob: Blob) -> io::Result<()> {
        files::remove(&self.path(blob))
    }

    fn recover(&self) -> io::Result<Vec<ObjectId>> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(&self.uploads)? {
            let path = entry?.path();
            match part_in(&path) {
                Some(object) => parts.push(object),
                None => files::remove(&path)?,
            }
        }
        Ok(parts)
    }

    fn file(&self, object: ObjectId) -> Option<PathBuf> {
        Some(self.path(Blob::Stored(object)))
    }
}

/// The object whose part a file is, by its name.
fn part_in(path: &Path) -> Option<ObjectId> {
    let is_part = path.extension().is_some_and(|extension| extension == "part");
    path.file_stem().filter(|_| is_part)?.to_str()?.parse().ok()
}

fn hash_of(file: &mut File) -> io::Result<Hash> {
    let mut hash = Sha256Stream::default();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finish()),
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

struct AppendingFile {
    file: File,
    length: u64,
}

impl Appending for AppendingFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        // Starts write-back of what was just written (ADR 0012). A hint: where it is not understood, the sync does all the work.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data() // the length is part of what is needed to read the data, the times are not
    }

    fn take_back(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = length;
        self.sync()
    }
}
