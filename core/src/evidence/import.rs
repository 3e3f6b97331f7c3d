//! Taking a photo over: one pass that reads, hashes, checks and seals.
//!
//! Three stages on threads of their own: one reads, checks and hashes the plaintext, this one seals and writes, the
//! last hashes the ciphertext. Buffers of 64 KiB travel from stage to stage and back to the first, so a photo of 40 MB
//! takes no more memory than one of 4 MB. Sealing and both hashes cost about the same each; in a row they would make
//! an import half as slow again.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::marker::JpegScan;
use super::{PhotoError, exif, limits};
use crate::domain::{ExifFacts, Salt};
use crate::seal::{CHUNK, ChunkSealer, Hash, Sha256Stream};

const IN_FLIGHT: usize = 8;

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
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
    /// Bytes behind the picture's end.
    pub trailing: u64,
    /// What the file says about itself.
    pub exif: ExifFacts,
}

/// Reads a photo to its end and writes it sealed. The caller makes `out` durable.
///
/// # Errors
/// [`PhotoError`]; what was written to `out` is then worthless.
pub fn import(source: impl Read + Send, out: &mut impl Write, job: ImportJob<'_>) -> Result<Import, PhotoError> {
    let (to_sealer, from_reader) = sync_channel(IN_FLIGHT);
    let (to_hasher, from_sealer) = sync_channel(IN_FLIGHT);
    let (to_reader, spare) = sync_channel(IN_FLIGHT);
    let salt = *job.salt;
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || Plain::new(&salt).read(source, &to_sealer, &spare));
        let hasher = scope.spawn(move || hash_sealed(&from_sealer, &to_reader));
        let written = write(job.sealer, out, &from_reader, &to_hasher);
        drop((from_reader, to_hasher)); // a sealer that failed must not leave the others waiting
        let plain = reader.join().map_err(|_| PhotoError::Undecodable)?;
        let sealed = hasher.join().map_err(|_| PhotoError::Undecodable)?;
        match (plain, written) {
            // A reader that ends early because the sealer failed has the lesser story to tell.
            (_, Err(error @ (PhotoError::DiskFull | PhotoError::Unwritable(_) | PhotoError::Seal(_)))) => Err(error),
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(plain), Ok(())) => Ok(plain.into_import(sealed)),
        }
    })
}

/// A chunk on its way, and whether it is the last.
type Chunk = (Vec<u8>, bool);

/// The reader's side.
struct Plain {
    hash: Sha256Stream,
    scan: JpegScan,
    head: Vec<u8>,
    length: u64,
}

impl Plain {
    fn new(salt: &Salt) -> Self {
        Self { hash: Sha256Stream::salted(salt), scan: JpegScan::default(), head: Vec::new(), length: 0 }
    }

    fn read(
        mut self,
        mut source: impl Read,
        out: &SyncSender<Chunk>,
        spare: &Receiver<Vec<u8>>,
    ) -> Result<Self, PhotoError> {
        let mut chunk = self.next(&mut source, Vec::new())?;
        loop {
            let following = self.next(&mut source, spare.try_recv().unwrap_or_default())?;
            let last = following.is_empty();
            if last {
                // Found before the last chunk is sealed: a cut photo never becomes a whole object.
                self.judge()?;
            }
            if out.send((chunk, last)).is_err() || last {
                return Ok(self); // the sealer's own error tells why it stopped listening
            }
            chunk = following;
        }
    }

    /// Whether what has been read is a whole picture.
    fn judge(&self) -> Result<(), PhotoError> {
        let has_size = self.scan.width > 0 && self.scan.height > 0;
        match (self.scan.is_jpeg(), self.scan.is_complete()) {
            (true, true) if has_size => Ok(()),
            (true, false) => Err(PhotoError::Truncated),
            _ => Err(PhotoError::NotAPicture),
        }
    }

    /// Reads one chunk, shorter only at the end of the file.
    fn next(&mut self, source: &mut impl Read, mut chunk: Vec<u8>) -> Result<Vec<u8>, PhotoError> {
        chunk.clear();
        let read = source.take(CHUNK as u64).read_to_end(&mut chunk);
        let read = read.map_err(|error| PhotoError::Unreadable(error.kind()))?;
        self.length += read as u64;
        if self.length > limits::PHOTO_BYTES {
            return Err(PhotoError::TooLarge { limit: limits::PHOTO_BYTES });
        }
        self.hash.update(&chunk);
        self.scan.push(&chunk);
        if self.head.len() < limits::HEAD_BYTES {
            self.head.extend_from_slice(&chunk);
        }
        if !self.scan.is_jpeg() && self.length > 2 {
            return Err(PhotoError::NotAPicture);
        }
        Ok(chunk)
    }

    fn into_import(self, sealed: Sealed) -> Import {
        Import {
            length: self.length,
            sealed_length: sealed.length,
            hash: sealed.hash.finish(),
            commitment: self.hash.finish(),
            width: self.scan.width,
            height: self.scan.height,
            trailing: self.scan.trailing,
            exif: exif::facts(&self.head),
        }
    }
}

/// What the last stage knows when all has passed.
struct Sealed {
    hash: Sha256Stream,
    length: u64,
}

/// The middle stage: seals each chunk, writes it and passes it on.
fn write(
    mut sealer: ChunkSealer,
    out: &mut impl Write,
    chunks: &Receiver<Chunk>,
    hasher: &SyncSender<Vec<u8>>,
) -> Result<(), PhotoError> {
    put(out, hasher, sealer.header().to_vec())?;
    loop {
        // The reader hangs up only after an error of its own.
        let Ok((mut chunk, last)) = chunks.recv() else { return Err(PhotoError::Truncated) };
        sealer.seal(&mut chunk, last)?;
        put(out, hasher, chunk)?;
        if last {
            return Ok(());
        }
    }
}

fn put(out: &mut impl Write, hasher: &SyncSender<Vec<u8>>, bytes: Vec<u8>) -> Result<(), PhotoError> {
    out.write_all(&bytes).map_err(|error| PhotoError::writing(&error))?;
    // The hasher hangs up only if it panics, and then its join says so.
    let _ = hasher.send(bytes);
    Ok(())
}

/// The last stage: hashes what was written and sends the buffer back to be filled again.
fn hash_sealed(written: &Receiver<Vec<u8>>, reader: &SyncSender<Vec<u8>>) -> Sealed {
    let mut sealed = Sealed { hash: Sha256Stream::default(), length: 0 };
    for bytes in written {
        sealed.hash.update(&bytes);
        sealed.length += bytes.len() as u64;
        let _ = reader.try_send(bytes); // a reader that has enough buffers makes no new ones either
    }
    sealed
}
