//! COSE_Sign1 (RFC 9052), one purpose a signature.
//!
//! ES256 with tag 18, an embedded payload and a purpose of its own in `external_aad` and content type. Platforms sign
//! in DER; what is stored is r || s with s in the lower half, so a signature has one form. Verification comes before
//! parsing: a [`Signed`] value exists only with a good signature.

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use p256::ecdsa::Signature;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::{Hash, SealError, cbor};
use crate::domain::KeyId;
use crate::ports::{Signer, SignerError};

/// Purpose of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// Case manifest, by the device.
    Manifest,
    /// Opening of a shift, by the device.
    Shift,
    /// Seal of a shift, by the device.
    Seal,
    /// Event of a case, by the device.
    Event,
    /// Storage receipt, by the box.
    Receipt,
    /// Decision over a case, by the box.
    Decision,
    /// Time statement, by the box.
    Time,
    /// Range of case numbers, by the box.
    Numbers,
    /// Size and root of the box's log, by the box.
    Checkpoint,
    /// Recipient set, by the agency root.
    Recipients,
    /// Offence catalogue, by the agency root.
    Catalogue,
    /// Rule set, by the agency root.
    Rules,
    /// Geo pack, by the agency root.
    GeoPack,
    /// Table of plates, by the agency root.
    PlateTable,
}

impl Namespace {
    const fn external_aad(self) -> &'static [u8] {
        match self {
            Self::Manifest => b"streife/1 manifest",
            Self::Shift => b"streife/1 shift",
            Self::Seal => b"streife/1 seal",
            Self::Event => b"streife/1 event",
            Self::Receipt => b"streife/1 receipt",
            Self::Decision => b"streife/1 decision",
            Self::Time => b"streife/1 time",
            Self::Numbers => b"streife/1 numbers",
            Self::Checkpoint => b"streife/1 checkpoint",
            Self::Recipients => b"streife/1 recipients",
            Self::Catalogue => b"streife/1 catalogue",
            Self::Rules => b"streife/1 rules",
            Self::GeoPack => b"streife/1 geo pack",
            Self::PlateTable => b"streife/1 plate table",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Manifest => "application/vnd.streife.manifest+cbor",
            Self::Shift => "application/vnd.streife.shift+cbor",
            Self::Seal => "application/vnd.streife.seal+cbor",
            Self::Event => "application/vnd.streife.event+cbor",
            Self::Receipt => "application/vnd.streife.receipt+cbor",
            Self::Decision => "application/vnd.streife.decision+cbor",
            Self::Time => "application/vnd.streife.time+cbor",
            Self::Numbers => "application/vnd.streife.numbers+cbor",
            Self::Checkpoint => "application/vnd.streife.checkpoint+cbor",
            Self::Recipients => "application/vnd.streife.recipients+cbor",
            Self::Catalogue => "application/vnd.streife.catalogue+json",
            Self::Rules => "application/vnd.streife.rules+json",
            Self::GeoPack => "application/vnd.streife.geo-pack",
            Self::PlateTable => "application/vnd.streife.plate-table+json",
        }
    }
}

/// A public P-256 key that signatures are verified with.
///
/// `p256` reads the key and the signature, `ring` verifies: it takes a fifth of the time, and a busy box does little else
/// (ADR 0030). What `ring` would read for itself has been read before it, so both accept the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    sec1: [u8; 65],
    id: KeyId,
}

impl VerifyingKey {
    /// Reads a key in SEC 1 form, uncompressed, 65 bytes.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] unless it is a point of the curve in that form.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, SealError> {
        let sec1 = bytes.try_into().map_err(|_| SealError::PublicKey)?;
        p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map_err(|_| SealError::PublicKey)?;
        Ok(Self { sec1, id: key_id(bytes) })
    }

    /// SEC 1 form, uncompressed, 65 bytes.
    #[must_use]
    pub fn to_sec1(&self) -> Vec<u8> {
        self.sec1.to_vec()
    }

    /// First 16 bytes of the hash of the SEC 1 form.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Verifies 64 bytes r || s with low s over `message`.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SealError> {
        let read = Signature::from_slice(signature).map_err(|_| SealError::Signature)?;
        if read.normalize_s() != read {
            return Err(SealError::Signature);
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.sec1);
        key.verify(message, signature).map_err(|_| SealError::Signature)
    }
}

/// Names a public key of any kind: first 16 bytes of the hash of its encoding.
pub(super) fn key_id(public_key: &[u8]) -> KeyId {
    let Hash(hash) = Hash::of(&[public_key]);
    let (id, _) = hash.split_at(16);
    KeyId::try_from(id).expect("16 of 32 bytes")
}

/// A payload that has a purpose and a deterministic encoding.
pub trait SignedPayload: Sized {
    /// Its purpose.
    const NAMESPACE: Namespace;

    /// Encodes it.
    fn encode(&self) -> Vec<u8>;

    /// Parses its one encoding.
    ///
    /// # Errors
    /// [`SealError::Malformed`] or [`SealError::UnknownFormat`].
    fn decode(bytes: &[u8]) -> Result<Self, SealError>;
}

/// A payload whose signature has been verified, with the bytes that were signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<T> {
    payload: T,
    bytes: Vec<u8>,
    payload_hash: Hash,
}

impl<T: SignedPayload> Signed<T> {
    /// Verifies `bytes` against one key and parses the payload.
    ///
    /// # Errors
    /// [`SealError::Signature`] for a bad signature, another key or another purpose; else as the payload's parser.
    pub fn verify(bytes: &[u8], key: &VerifyingKey) -> Result<Self, SealError> {
        let sign1 = parse(bytes)?;
        if sign1.protected.header != header(T::NAMESPACE, key.id()) || !sign1.unprotected.is_empty() {
            return Err(SealError::Signature);
        }
        sign1.verify_signature(T::NAMESPACE.external_aad(), |signature, message| key.verify(message, signature))?;
        let payload = sign1.payload.as_deref().ok_or(SealError::Malformed("signed structure"))?;
        Ok(Self { payload: T::decode(payload)?, bytes: bytes.to_vec(), payload_hash: Hash::of(&[payload]) })
    }
}

/// The payload of a signed structure, **without a look at its signature**: for a reader that does not have the signer's
/// key and proves the payload in another way, by the journal that holds its hash.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::Signature`] for a structure of another purpose.
pub fn unverified_payload(namespace: Namespace, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let sign1 = parse(bytes)?;
    let kid = KeyId::try_from(sign1.protected.header.key_id.as_slice()).map_err(|_| SealError::Signature)?;
    if sign1.protected.header != header(namespace, kid) || !sign1.unprotected.is_empty() {
        return Err(SealError::Signature);
    }
    sign1.payload.ok_or(SealError::Malformed("signed structure"))
}

impl<T> Signed<T> {
    /// The payload.
    #[must_use]
    pub const fn payload(&self) -> &T {
        &self.payload
    }

    /// Takes the payload out.
    #[must_use]
    pub fn into_payload(self) -> T {
        self.payload
    }

    /// The signed bytes as they travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Hash of the payload's bytes. Chains and trees use it, so that they do not depend on the signature.
    #[must_use]
    pub const fn payload_hash(&self) -> Hash {
        self.payload_hash
    }
}

/// Signs an encoded payload for a purpose.
///
/// # Errors
/// [`SealError::Signer`] if the signer fails or its answer is no signature of its own key.
pub fn sign_payload(namespace: Namespace, payload: Vec<u8>, signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
    let key = VerifyingKey::from_sec1(&signer.public_key()?)?;
    let sign1 = CoseSign1Builder::new()
        .protected(header(namespace, key.id()))
        .payload(payload)
        .try_create_signature(namespace.external_aad(), |message| raw_signature(message, signer, &key))?
        .build();
    sign1.to_tagged_vec().map_err(|_| SealError::Malformed("signed structure"))
}

/// Signs and brings the signature into its one form. The answer is checked at once: a signer that answers wrongly
/// would otherwise be noticed only by a court.
pub(super) fn raw_signature(message: &[u8], signer: &dyn Signer, key: &VerifyingKey) -> Result<Vec<u8>, SealError> {
    let answer = signer.sign(message)?;
    let signature = Signature::from_der(&answer)
        .or_else(|_| Signature::from_slice(&answer))
        .map_err(|_| SealError::Signer(SignerError::Failed))?
        .normalize_s()
        .to_vec();
    key.verify(message, &signature).map_err(|_| SealError::Signer(SignerError::Failed))?;
    Ok(signature)
}

fn header(namespace: Namespace, key: KeyId) -> coset::Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .content_type(namespace.content_type().to_owned())
        .key_id(key.as_bytes().to_vec())
        .build()
}

pub(super) fn parse(bytes: &[u8]) -> Result<CoseSign1, SealError> {
    let malformed = SealError::Malformed("signed structure");
    cbor::decode(bytes, "signed structure")?;
    let sign1 = CoseSign1::from_tagged_slice(bytes).map_err(|_| malformed)?;
    let protected = sign1.protected.original_data.clone().ok_or(malformed)?;
    let again = sign1.protected.header.clone().to_vec().map_err(|_| malformed)?;
    if protected == again { Ok(sign1) } else { Err(malformed) }
}
