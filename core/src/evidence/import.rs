//! Taking a photo over: one pass that reads, hashes, checks and seals.
//!
//! A second thread reads and hashes the plaintext while this one seals, hashes the ciphertext and writes, so two
//! cores share the work. Buffers of 64 KiB travel between them, eight at most: a photo of 40 MB takes no more memory
//! than one of 4 MB.

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
    let (to_reader, from_sealer) = sync_channel(IN_FLIGHT);
    let salt = *job.salt;
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || Plain::new(&salt).read(source, &to_sealer, &from_sealer));
        let sealed = Sealed::write(job.sealer, out, &from_reader, &to_reader);
        drop((from_reader, to_reader)); // a sealer that failed must not leave the reader waiting
        let plain = reader.join().map_err(|_| PhotoError::Undecodable)?;
        match (plain, sealed) {
            // A reader that ends early because the sealer failed has the lesser story to tell.
            (_, Err(error @ (PhotoError::DiskFull | PhotoError::Unwritable(_) | PhotoError::Seal(_)))) => Err(error),
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(plain), Ok(sealed)) => Ok(plain.into_import(sealed)),
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

/// The sealer's side.
struct Sealed {
    hash: Sha256Stream,
    length: u64,
}

impl Sealed {
    fn write(
        mut sealer: ChunkSealer,
        out: &mut impl Write,
        chunks: &Receiver<Chunk>,
        spare: &SyncSender<Vec<u8>>,
    ) -> Result<Self, PhotoError> {
        let mut sealed = Self { hash: Sha256Stream::default(), length: 0 };
        sealed.put(out, sealer.header())?;
        loop {
            // The reader hangs up only after an error of its own.
            let Ok((mut chunk, last)) = chunks.recv() else { return Err(PhotoError::Truncated) };
            sealer.seal(&mut chunk, last)?;
            sealed.put(out, &chunk)?;
            if last {
                return Ok(sealed);
            }
            let _ = spare.try_send(chunk); // a reader that has enough buffers makes no new ones either
        }
    }

    fn put(&mut self, out: &mut impl Write, bytes: &[u8]) -> Result<(), PhotoError> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        out.write_all(bytes).map_err(|error| PhotoError::writing(&error))
    }
}
