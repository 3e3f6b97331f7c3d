//! Sealed objects.

use std::io::{ErrorKind, Read};

use streife_box::store::{Blob, BlobStore};
use streife_core::domain::ObjectId;
use streife_core::seal::Hash;

use crate::kit::{Broken, hold, object_id, same};

pub type BlobCheck = fn(&dyn BlobStore) -> Result<(), Broken>;

const BYTES: &[u8] = b"sealed bytes of a photo";

fn id(number: u8) -> ObjectId {
    object_id(number, number)
}

/// Writes and syncs; the length afterwards.
fn append(store: &dyn BlobStore, upload: Blob, bytes: &[u8]) -> Result<u64, Broken> {
    let mut end = store.append(upload)?;
    end.write(bytes)?;
    end.sync()?;
    Ok(end.length())
}

fn read(store: &dyn BlobStore, object: ObjectId, from: u64) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    store.read(object, from)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub fn an_upload_grows_at_its_end(store: &dyn BlobStore) -> Result<(), Broken> {
    let part = Blob::Part(id(1));
    same!(store.length(part)?, None, "no upload by itself");
    let mut end = store.append(part)?;
    same!(end.length(), 0, "an upload begins empty");
    end.write(&BYTES[..3])?;
    end.write(&BYTES[3..7])?;
    end.sync()?;
    same!((end.length(), store.length(part)?), (7, Some(7)), "what is synced is counted");
    drop(end);
    same!(append(store, part, &BYTES[7..])?, BYTES.len() as u64, "the next request goes on at the end");
    hold!(store.verify(part, BYTES.len() as u64, &Hash::of(&[BYTES]))?, "the bytes are in their order");
    same!(store.length(Blob::OneShot(id(1)))?, None, "a one-shot of the same object is another upload");
    same!(store.length(Blob::Part(id(2)))?, None, "another object is another upload");
    Ok(())
}

pub fn what_was_taken_back_is_gone(store: &dyn BlobStore) -> Result<(), Broken> {
    let part = Blob::Part(id(1));
    append(store, part, &BYTES[..5])?;
    let mut end = store.append(part)?;
    end.write(b"wrong")?;
    end.sync()?;
    end.take_back(5)?;
    same!((end.length(), store.length(part)?), (5, Some(5)), "an upload goes back to a length it had");
    end.write(&BYTES[5..])?;
    end.sync()?;
    drop(end);
    hold!(store.verify(part, BYTES.len() as u64, &Hash::of(&[BYTES]))?, "and goes on from there");
    Ok(())
}

pub fn an_upload_is_verified_by_length_and_hash(store: &dyn BlobStore) -> Result<(), Broken> {
    let (part, length, hash) = (Blob::Part(id(1)), BYTES.len() as u64, Hash::of(&[BYTES]));
    let missing = store.verify(part, length, &hash).map_err(|error| error.kind());
    same!(missing, Err(ErrorKind::NotFound), "what is not there cannot be verified");
    append(store, part, BYTES)?;
    hold!(store.verify(part, length, &hash)?, "the right bytes are right");
    hold!(!store.verify(part, length + 1, &hash)?, "another length is wrong");
    hold!(!store.verify(part, length, &Hash([0; 32]))?, "another hash is wrong");
    Ok(())
}

pub fn a_promoted_upload_is_an_object(store: &dyn BlobStore) -> Result<(), Broken> {
    for (upload, object) in [(Blob::Part(id(1)), id(1)), (Blob::OneShot(id(2)), id(2))] {
        append(store, upload, BYTES)?;
        hold!(store.read(object, 0).is_err(), "an upload cannot be read as an object");
        store.promote(upload)?;
        same!(store.length(upload)?, None, "the upload is gone");
        let stored = Blob::Stored(object);
        same!(store.length(stored)?, Some(BYTES.len() as u64), "the object is there");
        hold!(store.verify(stored, BYTES.len() as u64, &Hash::of(&[BYTES]))?, "with its bytes");
        store.promote(stored)?;
        same!(read(store, object, 0)?, BYTES, "what has its name keeps it");
        let refused = store.append(stored).map(drop).map_err(|error| error.kind());
        same!(refused, Err(ErrorKind::InvalidInput), "an object takes no bytes");
        if let Some(file) = store.file(object) {
            same!(std::fs::read(file)?, BYTES, "a file that is named has the bytes");
        }
    }
    append(store, Blob::Part(id(1)), BYTES)?;
    store.promote(Blob::Part(id(1)))?;
    same!(read(store, id(1), 0)?, BYTES, "the same object again replaces itself");
    hold!(store.promote(Blob::Part(id(3))).is_err(), "what is not there is not promoted");
    Ok(())
}

pub fn an_object_is_read_from_any_place(store: &dyn BlobStore) -> Result<(), Broken> {
    append(store, Blob::Part(id(1)), BYTES)?;
    store.promote(Blob::Part(id(1)))?;
    same!(read(store, id(1), 7)?, BYTES[7..], "from the middle");
    same!(read(store, id(1), BYTES.len() as u64)?.len(), 0, "at the end there is nothing");
    same!(read(store, id(1), 9_999)?.len(), 0, "nor behind it");
    hold!(store.read(id(2), 0).is_err(), "what is not there cannot be read");
    Ok(())
}

pub fn what_is_removed_is_gone_and_nothing_else(store: &dyn BlobStore) -> Result<(), Broken> {
    let all = [Blob::Part(id(1)), Blob::OneShot(id(1)), Blob::Part(id(2))];
    for upload in all {
        append(store, upload, BYTES)?;
    }
    store.promote(Blob::Part(id(2)))?;
    store.remove(Blob::Part(id(1)))?;
    store.remove(Blob::Part(id(1)))?;
    let left = [store.length(all[0])?, store.length(all[1])?, store.length(Blob::Stored(id(2)))?];
    same!(left, [None, Some(23), Some(23)], "one blob is removed");
    store.remove(Blob::Stored(id(2)))?;
    same!(store.length(Blob::Stored(id(2)))?, None, "an object can be removed");
    same!(append(store, all[0], b"x")?, 1, "an upload that was removed begins anew");
    Ok(())
}

pub fn a_start_finds_parts_and_drops_one_shots(store: &dyn BlobStore) -> Result<(), Broken> {
    same!(store.recover()?, [], "nothing is found where nothing was");
    for upload in [Blob::Part(id(1)), Blob::OneShot(id(2)), Blob::Part(id(3)), Blob::Part(id(4))] {
        append(store, upload, BYTES)?;
    }
    store.promote(Blob::Part(id(4)))?;
    let mut parts = store.recover()?;
    parts.sort_unstable();
    same!(parts, [id(1), id(3)], "parts are found");
    same!(store.length(Blob::OneShot(id(2)))?, None, "one-shots are dropped");
    same!(store.length(Blob::Part(id(1)))?, Some(BYTES.len() as u64), "parts are kept");
    same!(store.length(Blob::Stored(id(4)))?, Some(BYTES.len() as u64), "objects are kept");
    Ok(())
}

/// The control: a store that forgets to cut what was taken back.
#[derive(Default)]
pub struct Forgetful(streife_box::store::MemoryBlobs);

struct ForgetfulEnd(Box<dyn streife_box::store::Appending>);

impl streife_box::store::Appending for ForgetfulEnd {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write(bytes)
    }

    fn sync(&mut self) -> std::io::Result<()> {
        self.0.sync()
    }

    fn take_back(&mut self, _: u64) -> std::io::Result<()> {
        Ok(())
    }
}

impl BlobStore for Forgetful {
    fn append(&self, upload: Blob) -> std::io::Result<Box<dyn streife_box::store::Appending>> {
        Ok(Box::new(ForgetfulEnd(self.0.append(upload)?)))
    }

    fn length(&self, blob: Blob) -> std::io::Result<Option<u64>> {
        self.0.length(blob)
    }

    fn verify(&self, blob: Blob, length: u64, hash: &Hash) -> std::io::Result<bool> {
        self.0.verify(blob, length, hash)
    }

    fn promote(&self, upload: Blob) -> std::io::Result<()> {
        self.0.promote(upload)
    }

    fn read(&self, object: ObjectId, from: u64) -> std::io::Result<Box<dyn Read + Send>> {
        self.0.read(object, from)
    }

    fn remove(&self, blob: Blob) -> std::io::Result<()> {
        self.0.remove(blob)
    }

    fn recover(&self) -> std::io::Result<Vec<ObjectId>> {
        self.0.recover()
    }

    fn file(&self, object: ObjectId) -> Option<std::path::PathBuf> {
        self.0.file(object)
    }
}
