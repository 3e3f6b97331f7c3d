//! SHA-256, and the salted commitment to a plaintext.

use sha2::{Digest, Sha256};

use crate::domain::{HexError, Salt, from_hex, to_hex};

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// All zero: what stands before the first link of a journal.
    pub const ZERO: Self = Self([0; 32]);

    /// Hashes parts one after another.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut stream = Sha256Stream::default();
        for part in parts {
            stream.update(part);
        }
        stream.finish()
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl TryFrom<String> for Hash {
    type Error = HexError;
    fn try_from(text: String) -> Result<Self, HexError> {
        from_hex(&text).map(Self)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// SHA-256 over bytes that arrive piece by piece.
#[derive(Clone, Default)]
pub struct Sha256Stream(Sha256);

impl Sha256Stream {
    /// A stream that has already taken the salt of a commitment.
    #[must_use]
    pub fn salted(salt: &Salt) -> Self {
        let mut stream = Self::default();
        stream.update(salt.as_bytes());
        stream
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

impl std::fmt::Debug for Sha256Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256Stream(..)")
    }
}

/// Commitment to a plaintext: `H(salt || plaintext)`. Tells nothing before the salt is known.
#[must_use]
pub fn commitment(salt: &Salt, plaintext: &[u8]) -> Hash {
    Hash::of(&[salt.as_bytes(), plaintext])
}
