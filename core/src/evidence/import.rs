//! Taking a photo over: one pass that reads, checks, hashes, seals and writes.
//!
//! The calling thread reads, checks, seals and writes; the two hashes are made beside it (see `hashing`). What of them is
//! left when the last byte is written is done while the disk makes the file durable. Buffers of 64 KiB go round, so a
//! photo of 40 MB takes no more memory than one of 4 MB.

use std::io::{Read, Write};

use super::PhotoError;
use super::hashing::{Batch, Desk, Hashes};
use super::limits::LIMITS;
use super::look::{Look, PhotoFacts};
use crate::domain::Salt;
use crate::seal::{CHUNK, ChunkSealer, Hash, Sha256Stream};

/// Chunks that are read, hashed and sealed together.
const BATCH: usize = 4;
/// A chunk and its tag.
const SEALED_CHUNK: usize = CHUNK + 16;

/// What an import needs besides the photo and the file it goes to.
pub struct ImportJob<'a> {
    /// Seals for the photo's place.
    pub sealer: ChunkSealer,
    /// Blinds the commitment to the plaintext.
    pub salt: &'a Salt,
}

/// What has been learned on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Bytes of the original.
    pub length: u64,
    /// Bytes of the sealed file.
    pub sealed_length: u64,
    /// Hash of the sealed file.
    pub hash: Hash,
    /// Salted hash of the original.
    pub commitment: Hash,
    /// What the file says about itself.
    pub facts: PhotoFacts,
}

/// Reads a photo to its end and writes it sealed. The flush at the end is the place for `out` to become durable.
///
/// # Errors
/// [`PhotoError`]; what was written to `out` is then worthless.
pub fn import(source: impl Read, out: &mut impl Write, job: ImportJob<'_>) -> Result<Import, PhotoError> {
    let desk = Desk::new(Sha256Stream::salted(job.salt));
    let plain = std::thread::scope(|scope| {
        let helper = scope.spawn(|| desk.help());
        let closing = Closing(&desk);
        let plain = Plain::default().seal(source, out, job.sealer, &desk)?;
        drop(closing);
        out.flush().map_err(|error| PhotoError::writing(&error))?;
        desk.help();
        helper.join().map_err(|_| PhotoError::Undecodable)?;
        Ok::<_, PhotoError>(plain)
    })?;
    let hashes = desk.into_hashes().ok_or(PhotoError::Undecodable)?;
    Ok(plain.into_import(hashes))
}

/// Lets the helper end, whatever becomes of the import.
struct Closing<'a>(&'a Desk);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What is known of the original.
#[derive(Default)]
struct Plain {
    look: Look,
}

impl Plain {
    fn seal(
        mut self,
        mut source: impl Read,
        out: &mut impl Write,
        mut sealer: ChunkSealer,
        desk: &Desk,
    ) -> Result<Self, PhotoError> {
        let mut sealed = vec![sealer.header().to_vec()];
        desk.put_plain(self.next(&mut source, desk)?);
        loop {
            let following = self.next(&mut source, desk)?;
            let last = following.is_empty();
            if last {
                // Found before the last chunk is sealed: a cut photo never becomes a whole object.
                self.look.judge()?;
            }
            let batch = desk.take_hashed();
            desk.put_plain(following);
            seal_all(&mut sealer, batch, last, &mut sealed)?;
            for bytes in &sealed {
                out.write_all(bytes).map_err(|error| PhotoError::writing(&error))?;
            }
            desk.put_sealed(std::mem::take(&mut sealed));
            if last {
                return Ok(self);
            }
        }
    }

    /// Reads the next chunks; none at the end of the file.
    fn next(&mut self, source: &mut impl Read, desk: &Desk) -> Result<Batch, PhotoError> {
        let mut batch = Batch::with_capacity(BATCH);
        while batch.len() < BATCH {
            let chunk = self.chunk(source, desk.spare().unwrap_or_else(|| Vec::with_capacity(SEALED_CHUNK)))?;
            let ends = chunk.len() < CHUNK;
            if !chunk.is_empty() {
                batch.push(chunk);
            }
            if ends {
                break;
            }
        }
        Ok(batch)
    }

    /// Reads and checks one chunk, shorter only at the end of the file.
    fn chunk(&mut self, source: &mut impl Read, mut chunk: Vec<u8>) -> Result<Vec<u8>, PhotoError> {
        let read = source.take(CHUNK as u64).read_to_end(&mut chunk);
        let read = read.map_err(|error| PhotoError::Unreadable(error.kind()))?;
        if self.look.length + read as u64 > LIMITS.photo_bytes {
            return Err(PhotoError::TooLarge { limit: LIMITS.photo_bytes });
        }
        self.look.push(&chunk);
        if self.look.may_be_picture() { Ok(chunk) } else { Err(PhotoError::NotAPicture) }
    }

    fn into_import(self, hashes: Hashes) -> Import {
        Import {
            length: self.look.length,
            sealed_length: hashes.sealed_length,
            hash: hashes.sealed,
            commitment: hashes.plain,
            facts: self.look.facts(),
        }
    }
}

/// Seals chunks in place and puts them behind what is there.
fn seal_all(sealer: &mut ChunkSealer, batch: Batch, last: bool, sealed: &mut Batch) -> Result<(), PhotoError> {
    let ends = batch.len();
    for (number, mut chunk) in (1..).zip(batch) {
        sealer.seal(&mut chunk, last && number == ends)?;
        sealed.push(chunk);
    }
    Ok(())
}
