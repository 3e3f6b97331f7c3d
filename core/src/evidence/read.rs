//! Reading a sealed photo back, chunk by chunk.

use std::io::{self, Read};

use super::PhotoError;
use super::look::{Look, PhotoFacts};
use crate::domain::Salt;
use crate::seal::{Binding, CHUNK, ChunkOpener, HEADER, Hash, ObjectKey, SealError, Sha256Stream};

const SEALED_CHUNK: u64 = CHUNK as u64 + 16;

/// A reader of the plaintext of a sealed file. It reports damage as [`io::ErrorKind::InvalidData`], at the latest when
/// the end is reached: only then is the whole known to be good.
pub struct SealedReader<R> {
    source: R,
    opener: ChunkOpener,
    chunk: Vec<u8>,
    taken: usize,
    following: Vec<u8>,
    done: bool,
}

impl<R: Read> SealedReader<R> {
    /// Begins to read a file that must be what `expected` says.
    ///
    /// # Errors
    /// [`PhotoError::Seal`] if it is something else, [`PhotoError::Unreadable`].
    pub fn new(mut source: R, key: &ObjectKey, expected: &Binding) -> Result<Self, PhotoError> {
        let mut header = [0; HEADER];
        source.read_exact(&mut header).map_err(|error| PhotoError::Unreadable(error.kind()))?;
        let opener = ChunkOpener::new(key, expected, &header)?;
        let mut reader = Self { source, opener, chunk: Vec::new(), taken: 0, following: Vec::new(), done: false };
        reader.following = reader.read_chunk().map_err(|error| PhotoError::Unreadable(error.kind()))?;
        Ok(reader)
    }

    fn read_chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::with_capacity(CHUNK + 16);
        (&mut self.source).take(SEALED_CHUNK).read_to_end(&mut chunk)?;
        Ok(chunk)
    }

    fn advance(&mut self) -> io::Result<()> {
        let mut chunk = std::mem::take(&mut self.following);
        self.following = self.read_chunk()?;
        self.done = self.following.is_empty();
        let begun = !self.chunk.is_empty();
        let opened = self.opener.open(&mut chunk, self.done);
        if opened.is_err() || (begun && chunk.is_empty()) {
            return Err(io::ErrorKind::InvalidData.into()); // an empty chunk ends only an empty value
        }
        (self.chunk, self.taken) = (chunk, 0);
        Ok(())
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() && !self.done {
            self.advance()?;
        }
        let rest = self.chunk.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        self.taken += count;
        Ok(count)
    }
}

/// What a sealed photo file is, found by reading it to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Bytes of the original.
    pub length: u64,
    /// Salted hash of the original.
    pub commitment: Hash,
    /// What the file says about itself.
    pub facts: PhotoFacts,
}

/// Reads a sealed photo to its end, as when a crash has left it without a row.
///
/// # Errors
/// [`PhotoError::Seal`] for a file that is torn, changed or belongs elsewhere.
pub fn inspect(source: impl Read, key: &ObjectKey, expected: &Binding, salt: &Salt) -> Result<Inspected, PhotoError> {
    let mut reader = SealedReader::new(source, key, expected)?;
    let (mut hash, mut look) = (Sha256Stream::salted(salt), Look::default());
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = reader.read(&mut chunk).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => PhotoError::Seal(SealError::Open),
            kind => PhotoError::Unreadable(kind),
        })?;
        let bytes = chunk.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            let (length, commitment) = (look.length, hash.finish());
            return Ok(Inspected { length, commitment, facts: look.facts() });
        }
        hash.update(bytes);
        look.push(bytes);
    }
}
