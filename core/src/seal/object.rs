//! SBX1, the one container for photos, records, thumbnails and column values (FORMATS 3).
//!
//! A 64-byte header and chunks of 64 KiB, each sealed with XChaCha20-Poly1305 in the STREAM construction with the
//! header as associated data. The header says what the value is and whose; a reader builds the header it expects
//! from the place where it found the value and compares first, so a value moved elsewhere does not open. A stream
//! that ends on a chunk not marked last has been cut.
//!
//! 64 KiB costs 0.026 % and lets any chunk be read alone; chunk size was measured not to matter for speed.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};

use super::{ObjectKey, SealError};
use crate::domain::{CaseId, ObjectId};
use crate::ports::Entropy;

/// Bytes of the header.
pub const HEADER: usize = 64;
/// Plaintext bytes of a chunk.
pub const CHUNK: usize = 65_536;
const TAG: usize = 16;
const MAGIC_TO_CHUNK: [u8; 7] = [b'S', b'B', b'X', b'1', 1, 1, 16];
/// The random part of a nonce, as the header carries it.
const NONCE: usize = 19;
/// Nonce of a chunk: the random part, the chunk's number, and whether it is the last.
type ChunkNonce = [u8; 24];

/// What a sealed value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Photo as the camera wrote it.
    Photo = 1,
    /// Case record.
    Record = 2,
    /// Citizen's view record.
    View = 3,
    /// Preview picture.
    Preview = 4,
    /// Thumbnail.
    Thumbnail = 5,
    /// Masked copy.
    MaskedCopy = 6,
    /// Wrapped key.
    WrappedKey = 7,
    /// Journal entry.
    JournalEntry = 8,
    /// Setting.
    Setting = 9,
    /// Draft.
    Draft = 10,
    /// Attachment, such as the note of a void.
    Attachment = 11,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Photo,
        Self::Record,
        Self::View,
        Self::Preview,
        Self::Thumbnail,
        Self::MaskedCopy,
        Self::WrappedKey,
        Self::JournalEntry,
        Self::Setting,
        Self::Draft,
        Self::Attachment,
    ];

    /// The kind of a number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| u64::from(*kind as u8) == number)
    }
}

/// Who may open a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// Case workers.
    Full = 0,
    /// The citizen, too.
    View = 1,
}

impl Scope {
    /// The scope of a number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Full),
            1 => Some(Self::View),
            _ => None,
        }
    }
}

/// Where a value belongs: all of its header but the nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What it is.
    pub kind: Kind,
    /// Its case; zeros where there is none.
    pub case: CaseId,
    /// Its own id, or the row it stands in.
    pub object: ObjectId,
    /// Key epoch; 0 where the key comes from a case key.
    pub epoch: u16,
    /// Schema version of the payload.
    pub schema: u16,
    /// Who may open it.
    pub scope: Scope,
}

impl Binding {
    /// An object of a case, schema version 1, for case workers.
    #[must_use]
    pub const fn of_case(kind: Kind, case: CaseId, object: ObjectId) -> Self {
        Self { kind, case, object, epoch: 0, schema: 1, scope: Scope::Full }
    }

    /// The same with another scope.
    #[must_use]
    pub const fn with_scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Where a sealed value says that it belongs. True only if it opens there: for readers that have lost the row, the
    /// manifest or the name that would tell.
    ///
    /// # Errors
    /// [`SealError::UnknownFormat`] for another format, kind or scope; [`SealError::Open`] if it is cut.
    pub fn claimed(sealed: &[u8]) -> Result<Self, SealError> {
        let (header, _) = sealed.split_first_chunk::<HEADER>().ok_or(SealError::Open)?;
        let rest = header.strip_prefix(&MAGIC_TO_CHUNK).ok_or(SealError::UnknownFormat)?;
        let (kind, rest) = rest.split_first().ok_or(SealError::Open)?;
        let (case, rest) = rest.split_first_chunk::<16>().ok_or(SealError::Open)?;
        let (object, rest) = rest.split_first_chunk::<16>().ok_or(SealError::Open)?;
        let (epoch, rest) = rest.split_first_chunk::<2>().ok_or(SealError::Open)?;
        let (schema, rest) = rest.split_first_chunk::<2>().ok_or(SealError::Open)?;
        let scope = rest.first().and_then(|scope| Scope::from_number(u64::from(*scope)));
        Ok(Self {
            kind: Kind::from_number(u64::from(*kind)).ok_or(SealError::UnknownFormat)?,
            case: CaseId::new(*case),
            object: ObjectId::new(*object),
            epoch: u16::from_be_bytes(*epoch),
            schema: u16::from_be_bytes(*schema),
            scope: scope.ok_or(SealError::UnknownFormat)?,
        })
    }

    fn prefix(&self) -> [u8; HEADER - NONCE] {
        let mut out = [0; HEADER - NONCE];
        let parts: [&[u8]; 7] = [
            &MAGIC_TO_CHUNK,
            &[self.kind as u8],
            self.case.as_bytes(),
            self.object.as_bytes(),
            &self.epoch.to_be_bytes(),
            &self.schema.to_be_bytes(),
            &[self.scope as u8],
        ];
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    fn header(&self, nonce: &[u8; NONCE]) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let prefix = self.prefix();
        for (to, from) in out.iter_mut().zip(prefix.iter().chain(nonce)) {
            *to = *from;
        }
        out
    }
}

/// Length of a sealed value with `plaintext` bytes in it: 64 + n + 16 for each chunk begun, at least one.
#[must_use]
pub const fn sealed_length(plaintext: u64) -> u64 {
    let chunks = if plaintext == 0 { 1 } else { plaintext.div_ceil(CHUNK as u64) };
    HEADER as u64 + plaintext + TAG as u64 * chunks
}

/// Seals a value chunk by chunk.
pub struct ChunkSealer {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER],
    next: u32,
}

impl ChunkSealer {
    /// Begins a value with a fresh nonce.
    ///
    /// # Errors
    /// [`SealError::Entropy`] if randomness fails.
    pub fn new(key: &ObjectKey, binding: &Binding, entropy: &dyn Entropy) -> Result<Self, SealError> {
        let nonce = entropy.array::<NONCE>()?;
        Ok(Self { cipher: cipher(key), header: binding.header(&nonce), next: 0 })
    }

    /// The header, to be written before the first chunk.
    #[must_use]
    pub const fn header(&self) -> &[u8; HEADER] {
        &self.header
    }

    /// Seals the next chunk in place and appends its tag. All but the last have exactly [`CHUNK`] bytes; the last
    /// one has none only if the whole value is empty.
    ///
    /// # Errors
    /// [`SealError::TooLong`] after 2^32 chunks.
    pub fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        seal_chunk(&self.cipher, &chunk_nonce(&self.header, self.next, last), &self.header, chunk)?;
        self.next = self.next.checked_add(1).ok_or(SealError::TooLong)?;
        Ok(())
    }
}

/// Opens a value chunk by chunk. What it gave out counts only once the last chunk has opened.
pub struct ChunkOpener {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER],
    next: u32,
}

impl ChunkOpener {
    /// Begins with a header, which must be the one that `expected` says, whatever its nonce.
    ///
    /// # Errors
    /// [`SealError::UnknownFormat`] for another format or suite, [`SealError::Open`] for another place.
    pub fn new(key: &ObjectKey, expected: &Binding, header: &[u8]) -> Result<Self, SealError> {
        let header: [u8; HEADER] = header.try_into().map_err(|_| SealError::Open)?;
        let (prefix, _) = header.split_at(HEADER - NONCE);
        if !prefix.starts_with(&MAGIC_TO_CHUNK) {
            return Err(SealError::UnknownFormat);
        }
        if prefix != expected.prefix() {
            return Err(SealError::Open);
        }
        Ok(Self { cipher: cipher(key), header, next: 0 })
    }

    /// Opens the next chunk in place, tag included on the way in.
    ///
    /// # Errors
    /// [`SealError::Open`].
    pub fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        open_chunk(&self.cipher, &chunk_nonce(&self.header, self.next, last), &self.header, chunk)?;
        self.next = self.next.checked_add(1).ok_or(SealError::Open)?;
        Ok(())
    }
}

/// Seals a whole value.
///
/// # Errors
/// [`SealError::Entropy`] if randomness fails.
pub fn seal(key: &ObjectKey, binding: &Binding, plaintext: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
    let mut sealer = ChunkSealer::new(key, binding, entropy)?;
    let mut out = sealer.header().to_vec();
    out.reserve(plaintext.len() + plaintext.len() / 4096 + TAG);
    let mut chunks = plaintext.chunks(CHUNK).peekable();
    loop {
        let mut chunk = chunks.next().unwrap_or_default().to_vec();
        let last = chunks.peek().is_none();
        sealer.seal(&mut chunk, last)?;
        out.append(&mut chunk);
        if last {
            return Ok(out);
        }
    }
}

/// Opens a whole value that must stand where `expected` says.
///
/// # Errors
/// [`SealError::UnknownFormat`] or [`SealError::Open`].
pub fn open(key: &ObjectKey, expected: &Binding, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (header, body) = sealed.split_at_checked(HEADER).ok_or(SealError::Open)?;
    let mut opener = ChunkOpener::new(key, expected, header)?;
    let mut out = Vec::with_capacity(body.len());
    let mut chunks = body.chunks(CHUNK + TAG).peekable();
    loop {
        let mut chunk = chunks.next().unwrap_or_default().to_vec();
        let last = chunks.peek().is_none();
        opener.open(&mut chunk, last)?;
        if last && chunk.is_empty() && !out.is_empty() {
            return Err(SealError::Open); // an empty chunk ends only an empty value
        }
        out.append(&mut chunk);
        if last {
            return Ok(out);
        }
    }
}

pub(super) fn cipher(key: &ObjectKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.as_bytes().into())
}

fn chunk_nonce(header: &[u8; HEADER], number: u32, last: bool) -> ChunkNonce {
    let (_, prefix) = header.split_at(HEADER - NONCE);
    let mut out = [0; 24];
    for (to, from) in out.iter_mut().zip(prefix.iter().chain(&number.to_be_bytes()).chain(&[u8::from(last)])) {
        *to = *from;
    }
    out
}

/// The one call of the cipher that seals. Below the nonce layout, so that the vectors of others reach it.
pub(super) fn seal_chunk(
    cipher: &XChaCha20Poly1305,
    nonce: &ChunkNonce,
    aad: &[u8],
    chunk: &mut Vec<u8>,
) -> Result<(), SealError> {
    cipher.encrypt_in_place(nonce.into(), aad, chunk).map_err(|_| SealError::TooLong)
}

/// The one call of the cipher that opens; takes the tag off.
pub(super) fn open_chunk(
    cipher: &XChaCha20Poly1305,
    nonce: &ChunkNonce,
    aad: &[u8],
    chunk: &mut Vec<u8>,
) -> Result<(), SealError> {
    cipher.decrypt_in_place(nonce.into(), aad, chunk).map_err(|_| SealError::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const BINDING: Binding = Binding::of_case(Kind::Photo, CaseId::new([1; 16]), ObjectId::new([2; 16]));

    fn key() -> ObjectKey {
        ObjectKey::new([9; 32])
    }

    #[test]
    fn every_length_around_a_chunk_comes_back_and_has_the_length_said() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let plain = vec![0x5a; length];
            let sealed = seal(&key(), &BINDING, &plain, &OsEntropy).expect("seals");
            assert_eq!(sealed.len() as u64, sealed_length(length as u64));
            assert_eq!(open(&key(), &BINDING, &sealed), Ok(plain));
        }
    }

    #[test]
    fn every_header_byte_and_every_chunk_is_bound() {
        let sealed = seal(&key(), &BINDING, &vec![1; CHUNK + 10], &OsEntropy).expect("seals");
        for at in (0..HEADER).chain([HEADER, HEADER + CHUNK, HEADER + CHUNK + TAG, sealed.len() - 1]) {
            let mut changed = sealed.clone();
            *changed.get_mut(at).expect("within") ^= 1;
            assert!(open(&key(), &BINDING, &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_cut_at_a_chunk_border_or_a_swap_of_chunks_shows() {
        let sealed = seal(&key(), &BINDING, &vec![1; 2 * CHUNK + 10], &OsEntropy).expect("seals");
        for cut in [10, HEADER, HEADER + CHUNK + TAG, HEADER + 2 * (CHUNK + TAG), sealed.len() - 1] {
            assert!(open(&key(), &BINDING, sealed.get(..cut).expect("within")).is_err(), "cut at {cut}");
        }
        let (header, body) = sealed.split_at(HEADER);
        let (first, rest) = body.split_at(CHUNK + TAG);
        let (second, last) = rest.split_at(CHUNK + TAG);
        assert!(open(&key(), &BINDING, &[header, second, first, last].concat()).is_err());
    }

    #[test]
    fn a_value_opens_only_where_it_belongs() {
        let sealed = seal(&key(), &BINDING, b"x", &OsEntropy).expect("seals");
        let elsewhere = [
            Binding { kind: Kind::Record, ..BINDING },
            Binding { case: CaseId::new([3; 16]), ..BINDING },
            Binding { object: ObjectId::new([3; 16]), ..BINDING },
            Binding { epoch: 1, ..BINDING },
            Binding { schema: 2, ..BINDING },
            BINDING.with_scope(Scope::View),
        ];
        for binding in elsewhere {
            assert_eq!(open(&key(), &binding, &sealed), Err(SealError::Open));
        }
    }
}
