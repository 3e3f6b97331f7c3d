//! Sealed objects in memory.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streife_core::domain::ObjectId;
use streife_core::seal::Hash;

use crate::store::{Appending, Blob, BlobStore};

/// A store of sealed objects in memory.
///
/// What is written is there at once, so `sync` has nothing to do. Readers of a stored object share its bytes.
#[derive(Clone, Default)]
pub struct MemoryBlobs(Arc<Mutex<BTreeMap<Blob, Arc<Vec<u8>>>>>);

impl MemoryBlobs {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Blob, Arc<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self, blob: Blob) -> io::Result<Arc<Vec<u8>>> {
        self.all().get(&blob).map(Arc::clone).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl std::fmt::Debug for MemoryBlobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryBlobs(..)")
    }
}

impl BlobStore for MemoryBlobs {
    fn append(&self, upload: Blob) -> io::Result<Box<dyn Appending>> {
        if matches!(upload, Blob::Stored(_)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let length = self.all().entry(upload).or_default().len() as u64;
        Ok(Box::new(AppendingBytes { blobs: self.clone(), upload, length }))
    }

    fn length(&self, blob: Blob) -> io::Result<Option<u64>> {
        Ok(self.all().get(&blob).map(|bytes| bytes.len() as u64))
    }

    fn verify(&self, blob: Blob, length: u64, hash: &Hash) -> io::Result<bool> {
        let bytes = self.bytes(blob)?;
        Ok(bytes.len() as u64 == length && Hash::of(&[&bytes]) == *hash)
    }

    fn promote(&self, upload: Blob) -> io::Result<()> {
        let mut all = self.all();
        let bytes = all.remove(&upload).ok_or(io::ErrorKind::NotFound)?;
        all.insert(Blob::Stored(upload.object()), bytes);
        Ok(())
    }

    fn read(&self, object: ObjectId, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut bytes = Cursor::new(Shared(self.bytes(Blob::Stored(object))?));
        bytes.set_position(from);
        Ok(Box::new(bytes))
    }

    fn remove(&self, blob: Blob) -> io::Result<()> {
        self.all().remove(&blob);
        Ok(())
    }

    fn recover(&self) -> io::Result<Vec<ObjectId>> {
        let mut all = self.all();
        all.retain(|blob, _| !matches!(blob, Blob::OneShot(_)));
        let parts = all.keys().filter(|blob| matches!(blob, Blob::Part(_)));
        Ok(parts.map(|blob| blob.object()).collect())
    }

    fn file(&self, _: ObjectId) -> Option<PathBuf> {
        None
    }
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

struct AppendingBytes {
    blobs: MemoryBlobs,
    upload: Blob,
    length: u64,
}

impl AppendingBytes {
    fn change(&mut self, work: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut all = self.blobs.all();
        let bytes = Arc::make_mut(all.get_mut(&self.upload).ok_or(io::ErrorKind::NotFound)?);
        work(bytes);
        self.length = bytes.len() as u64;
        Ok(())
    }
}

impl Appending for AppendingBytes {
    fn length(&self) -> u64 {
        self.length
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.change(|all| all.extend_from_slice(bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn take_back(&mut self, length: u64) -> io::Result<()> {
        self.change(|all| all.truncate(usize::try_from(length).unwrap_or(usize::MAX)))
    }
}
