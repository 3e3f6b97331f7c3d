//! Wrapping a case key to a recipient with HPKE (RFC 9180), base mode.
//!
//! KDF HKDF-SHA256, AEAD ChaCha20-Poly1305, KEM as the recipient's key says: X-Wing (ML-KEM-768 with X25519) by
//! default, so that what is recorded today stays closed to a later quantum computer; P-256 where hardware demands it.
//! The context stands in `info` and the associated data stays empty, because not every other implementation has it.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{DhP256HkdfSha256, XWing};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::{SealError, cose::key_id};
use crate::domain::KeyId;
use crate::ports::{Entropy, EntropyError};

/// Key encapsulation of a recipient's key, by its HPKE number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Kem {
    /// DHKEM(P-256, HKDF-SHA256).
    P256 = 0x0010,
    /// X-Wing: ML-KEM-768 and X25519.
    XWing = 0x647a,
}

impl Kem {
    /// The mechanism of a number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0x0010 => Some(Self::P256),
            0x647a => Some(Self::XWing),
            _ => None,
        }
    }
}

/// Public key of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientPublicKey {
    kem: Kem,
    bytes: Vec<u8>,
}

/// Private key of a recipient. Lives with case workers and in tests, never on a phone.
pub struct RecipientPrivateKey {
    kem: Kem,
    bytes: Zeroizing<Vec<u8>>,
}

/// A wrapped key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// Encapsulated key: 1120 bytes for X-Wing, 65 for P-256.
    pub enc: Vec<u8>,
    /// Sealed key and tag: 48 bytes.
    pub ct: Vec<u8>,
}

impl RecipientPublicKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] unless it is a valid key of that mechanism.
    pub fn new(kem: Kem, bytes: &[u8]) -> Result<Self, SealError> {
        match kem {
            Kem::P256 => <DhP256HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(bytes).map(drop),
            Kem::XWing => <XWing as hpke::Kem>::PublicKey::from_bytes(bytes).map(drop),
        }
        .map_err(|_| SealError::PublicKey)?;
        Ok(Self { kem, bytes: bytes.to_vec() })
    }

    /// Its mechanism.
    #[must_use]
    pub const fn kem(&self) -> Kem {
        self.kem
    }

    /// Its encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Names it.
    #[must_use]
    pub fn id(&self) -> KeyId {
        key_id(&self.bytes)
    }

    /// Wraps 32 key bytes for this recipient. `context` is the 16-byte id that the wrap belongs to.
    ///
    /// # Errors
    /// [`SealError::Entropy`] or [`SealError::PublicKey`].
    pub fn wrap(&self, key: &[u8; 32], context: &[u8; 16], entropy: &dyn Entropy) -> Result<Wrap, SealError> {
        self.seal(&info(context, self.id()), &[], key, entropy)
    }

    /// Single shot of RFC 9180 in base mode.
    pub(super) fn seal(&self, info: &[u8], aad: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Result<Wrap, SealError> {
        match self.kem {
            Kem::P256 => seal::<DhP256HkdfSha256>(&self.bytes, info, aad, plain, entropy),
            Kem::XWing => seal::<XWing>(&self.bytes, info, aad, plain, entropy),
        }
    }
}

impl RecipientPrivateKey {
    /// Makes a key pair from 32 random bytes.
    #[must_use]
    pub fn derive(kem: Kem, seed: &[u8; 32]) -> Self {
        let bytes = match kem {
            Kem::P256 => DhP256HkdfSha256::derive_keypair(seed).0.to_bytes().to_vec(),
            Kem::XWing => XWing::derive_keypair(seed).0.to_bytes().to_vec(),
        };
        Self { kem, bytes: Zeroizing::new(bytes) }
    }

    /// Reads a private key: 32 bytes for both mechanisms.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] unless it is a valid key of that mechanism.
    pub fn new(kem: Kem, bytes: &[u8]) -> Result<Self, SealError> {
        let key = Self { kem, bytes: Zeroizing::new(bytes.to_vec()) };
        key.public().map(|_| key)
    }

    /// Its encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The public half.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] if the private key is not valid.
    pub fn public(&self) -> Result<RecipientPublicKey, SealError> {
        let bytes = match self.kem {
            Kem::P256 => public_half::<DhP256HkdfSha256>(&self.bytes)?,
            Kem::XWing => public_half::<XWing>(&self.bytes)?,
        };
        Ok(RecipientPublicKey { kem: self.kem, bytes })
    }

    /// Unwraps a key that was wrapped for this recipient and this context.
    ///
    /// # Errors
    /// [`SealError::Open`].
    pub fn unwrap(&self, wrap: &Wrap, context: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let plain = self.open(&info(context, self.public()?.id()), &[], wrap)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| SealError::Open)?;
        Ok(Zeroizing::new(key))
    }

    /// The way back of [`RecipientPublicKey::seal`].
    pub(super) fn open(&self, info: &[u8], aad: &[u8], wrap: &Wrap) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match self.kem {
            Kem::P256 => open::<DhP256HkdfSha256>(&self.bytes, info, aad, wrap),
            Kem::XWing => open::<XWing>(&self.bytes, info, aad, wrap),
        }
    }
}

impl std::fmt::Debug for RecipientPrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecipientPrivateKey({:?}, ..)", self.kem)
    }
}

fn info(context: &[u8; 16], recipient: KeyId) -> Vec<u8> {
    [b"streife/1 wrap\0", context.as_slice(), recipient.as_bytes()].concat()
}

fn public_half<K: hpke::Kem>(private: &[u8]) -> Result<Vec<u8>, SealError> {
    let key = K::PrivateKey::from_bytes(private).map_err(|_| SealError::PublicKey)?;
    Ok(K::sk_to_pk(&key).to_bytes().to_vec())
}

fn seal<K: hpke::Kem>(
    public: &[u8],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
    entropy: &dyn Entropy,
) -> Result<Wrap, SealError> {
    let public = K::PublicKey::from_bytes(public).map_err(|_| SealError::PublicKey)?;
    let mut rng = EntropyRng { entropy, failed: false };
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        &public,
        info,
        plain,
        aad,
        &mut rng,
    );
    if rng.failed {
        return Err(EntropyError.into()); // what was sealed with it is dropped unseen
    }
    let (enc, ct) = sealed.map_err(|_| SealError::PublicKey)?;
    Ok(Wrap { enc: enc.to_bytes().to_vec(), ct })
}

fn open<K: hpke::Kem>(private: &[u8], info: &[u8], aad: &[u8], wrap: &Wrap) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let private = K::PrivateKey::from_bytes(private).map_err(|_| SealError::PublicKey)?;
    let enc = K::EncappedKey::from_bytes(&wrap.enc).map_err(|_| SealError::Open)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeR::Base, &private, &enc, info, &wrap.ct, aad)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Open)
}

/// The entropy port in the shape that HPKE asks for. It cannot say that it failed, so it remembers.
struct EntropyRng<'a> {
    entropy: &'a dyn Entropy,
    failed: bool,
}

impl TryRng for EntropyRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if self.entropy.fill(out).is_err() {
            self.failed = true;
            // A constant that ends rejection sampling; the result is thrown away.
            out.fill(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for EntropyRng<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const CONTEXT: [u8; 16] = [4; 16];

    #[test]
    fn a_wrap_opens_for_its_recipient_and_context_only() {
        for (kem, enc) in [(Kem::XWing, 1120), (Kem::P256, 65)] {
            let private = RecipientPrivateKey::derive(kem, &[1; 32]);
            let public = private.public().expect("valid");
            let wrap = public.wrap(&[7; 32], &CONTEXT, &OsEntropy).expect("wraps");
            assert_eq!((wrap.enc.len(), wrap.ct.len()), (enc, 48));
            assert_eq!(*private.unwrap(&wrap, &CONTEXT).expect("opens"), [7; 32]);
            assert!(private.unwrap(&wrap, &[5; 16]).is_err());
            assert!(RecipientPrivateKey::derive(kem, &[2; 32]).unwrap(&wrap, &CONTEXT).is_err());
            let again = RecipientPrivateKey::new(kem, private.as_bytes()).expect("reads back");
            assert_eq!(again.public(), Ok(public));
        }
    }

    #[test]
    fn failing_randomness_wraps_nothing() {
        struct Broken;
        impl Entropy for Broken {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        for kem in [Kem::XWing, Kem::P256] {
            let public = RecipientPrivateKey::derive(kem, &[1; 32]).public().expect("valid");
            assert_eq!(public.wrap(&[7; 32], &CONTEXT, &Broken), Err(SealError::Entropy(EntropyError)));
        }
    }
}
