//! The box's log: that a case is in it, and that it only ever grew.
//!
//! The log is a Merkle tree over the payload hashes of all manifests, in the order in which they were declared. The box
//! signs its root in two forms. A [`Checkpoint`] says "so large was my log then, under this root". The proofs are COSE
//! Receipts (RFC 9942): the signature covers a root that does not travel, because whoever verifies computes it from the
//! proof. Two checkpoints that no proof of consistency joins convict the box: it showed different logs, or took something
//! back.

use ciborium::Value;
use coset::{CoseSign1, CoseSign1Builder, Header, HeaderBuilder, Label, TaggedCborSerializable, iana};

use super::cbor::{self, MapReader, MapWriter};
use super::cose::{parse, raw_signature};
use super::{Hash, Namespace, SealError, SignedPayload, VerifyingKey, merkle};
use crate::domain::{BoxId, KeyId};
use crate::ports::Signer;

/// How large the log is, and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The box.
    pub box_id: BoxId,
    /// Number of cases in the log.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was signed, unix milliseconds by the box's clock.
    pub unix_ms: i64,
}

impl SignedPayload for Checkpoint {
    const NAMESPACE: Namespace = Namespace::Checkpoint;

    fn encode(&self) -> Vec<u8> {
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.box_id.as_bytes())
            .put(3, self.size)
            .bytes(4, self.root.0)
            .put(5, self.unix_ms);
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "checkpoint")?, "checkpoint")?;
        map.version_1()?;
        let checkpoint = Self { box_id: map.fixed(2)?, size: map.uint(3)?, root: map.fixed(4)?, unix_ms: map.time(5)? };
        map.finish()?;
        Ok(checkpoint)
    }
}

/// That one case is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Size of the log that the proof speaks of.
    pub size: u64,
    /// Place of the case, from 0.
    pub index: u64,
    /// Hashes that lead to the root, nearest first.
    pub path: Vec<Hash>,
}

impl LogProof {
    /// Signs the root as a COSE Receipt that carries this proof.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign(&self, root: &Hash, signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
        sign(INCLUSION, &[self.size, self.index], &self.path, (root, signer))
    }

    /// Verifies that the log of the box with this key holds `entry`, the hash of a manifest's payload. Returns the root
    /// that the box has signed, too: it must be the one of every checkpoint of the same size.
    ///
    /// # Errors
    /// [`SealError::Malformed`], or [`SealError::Signature`] if it proves something else or another key has signed.
    pub fn verify(bytes: &[u8], entry: &Hash, key: &VerifyingKey) -> Result<(Self, Hash), SealError> {
        let (sign1, [size, index], path) = read(INCLUSION, bytes)?;
        let root = merkle::root_by_inclusion(entry, index, size, &path).ok_or(SealError::Signature)?;
        verify(&sign1, &root, key)?;
        Ok((Self { size, index, path }, root))
    }
}

/// That the log grew from one size to another without a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConsistency {
    /// The earlier size, at least 1.
    pub from: u64,
    /// The later size.
    pub to: u64,
    /// Hashes that lead from the root of the one to the root of the other.
    pub path: Vec<Hash>,
}

impl LogConsistency {
    /// Signs the later root as a COSE Receipt that carries this proof.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign(&self, root: &Hash, signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
        sign(CONSISTENCY, &[self.from, self.to], &self.path, (root, signer))
    }

    /// Verifies that the log that had the root `old` at size `from` has become the one whose root this returns.
    ///
    /// # Errors
    /// As [`LogProof::verify`].
    pub fn verify(bytes: &[u8], old: &Hash, key: &VerifyingKey) -> Result<(Self, Hash), SealError> {
        let (sign1, [from, to], path) = read(CONSISTENCY, bytes)?;
        let root = merkle::root_by_consistency(old, from, to, &path).ok_or(SealError::Signature)?;
        verify(&sign1, &root, key)?;
        Ok((Self { from, to, path }, root))
    }
}

/// Header parameter: which kind of verifiable data structure.
const STRUCTURE: i64 = 395;
/// RFC 9162 with SHA-256.
const RFC9162_SHA256: i64 = 1;
/// Header parameter: its proofs.
const PROOFS: i64 = 396;
const INCLUSION: i64 = -1;
const CONSISTENCY: i64 = -2;
/// More siblings than a tree of 2^63 leaves has on the way to two of its places.
const LONGEST: usize = 130;

fn header(key: KeyId) -> Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .key_id(key.as_bytes().to_vec())
        .value(STRUCTURE, Value::from(RFC9162_SHA256))
        .build()
}

fn sign(
    kind: i64,
    numbers: &[u64; 2],
    path: &[Hash],
    (root, signer): (&Hash, &dyn Signer),
) -> Result<Vec<u8>, SealError> {
    let key = VerifyingKey::from_sec1(&signer.public_key()?)?;
    let path = Value::Array(path.iter().map(|hash| cbor::bytes(hash.0)).collect());
    let proof = Value::Array(numbers.iter().map(|number| Value::from(*number)).chain([path]).collect());
    let proofs = Value::Array(vec![cbor::bytes(cbor::encode(&proof))]);
    let map = Value::Map(vec![(Value::from(kind), proofs)]);
    let sign1 = CoseSign1Builder::new()
        .protected(header(key.id()))
        .unprotected(HeaderBuilder::new().value(PROOFS, map).build())
        .try_create_detached_signature(&root.0, &[], |message| raw_signature(message, signer, &key))?
        .build();
    sign1.to_tagged_vec().map_err(|_| MALFORMED)
}

fn verify(sign1: &CoseSign1, root: &Hash, key: &VerifyingKey) -> Result<(), SealError> {
    if sign1.protected.header != header(key.id()) {
        return Err(SealError::Signature);
    }
    sign1.verify_detached_signature(&root.0, &[], |signature, message| key.verify(message, signature))
}

/// The one proof of this kind that the structure carries, and nothing besides it.
fn read(kind: i64, bytes: &[u8]) -> Result<(CoseSign1, [u64; 2], Vec<Hash>), SealError> {
    let sign1 = parse(bytes)?;
    let Header { rest, .. } = sign1.unprotected.clone();
    let alone = Header { rest: rest.clone(), ..Header::default() } == sign1.unprotected;
    let [(Label::Int(PROOFS), proofs)] = rest.as_slice() else { return Err(MALFORMED) };
    if !alone || sign1.payload.is_some() {
        return Err(MALFORMED);
    }
    let mut proofs = MapReader::new(proofs.clone(), WHAT)?;
    let [proof] = <[Value; 1]>::try_from(proofs.array(kind)?).map_err(|_| MALFORMED)?;
    let proof = cbor::decode(proof.as_bytes().ok_or(MALFORMED)?, WHAT)?;
    let [one, other, path] = proof.into_array().ok().and_then(|parts| parts.try_into().ok()).ok_or(MALFORMED)?;
    let numbers = [proofs.as_uint(&one)?, proofs.as_uint(&other)?];
    proofs.finish()?;
    Ok((sign1, numbers, hashes(path)?))
}

fn hashes(path: Value) -> Result<Vec<Hash>, SealError> {
    let path = path.into_array().map_err(|_| MALFORMED)?;
    if path.len() > LONGEST {
        return Err(MALFORMED);
    }
    path.iter().map(|hash| Hash::try_from(hash.as_bytes().ok_or(MALFORMED)?.as_slice())).collect()
}

const WHAT: &str = "log proof";
const MALFORMED: SealError = SealError::Malformed(WHAT);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{Signed, SoftwareKey, sign_payload};

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::from_bytes(&[seed; 32]).expect("a key")
    }

    fn log(size: u8) -> (Vec<Hash>, Hash) {
        let entries: Vec<Hash> = (0..size).map(|n| Hash::of(&[&[n]])).collect();
        let root = merkle::root(&entries);
        (entries, root)
    }

    /// Nodes made of the entries each time.
    fn at(entries: &[Hash]) -> impl FnMut(merkle::Place) -> Result<Hash, ()> {
        |(level, place)| {
            let start = usize::try_from(place << level).map_err(drop)?;
            entries.get(start..start + (1 << level)).map(merkle::root).ok_or(())
        }
    }

    #[test]
    fn a_case_is_proven_to_whoever_knows_the_key_and_the_manifest() {
        let (entries, root) = log(11);
        for (index, entry) in entries.iter().enumerate() {
            let path = merkle::inclusion_proof(&entries, index).expect("within");
            let proof = LogProof { size: 11, index: index as u64, path };
            let bytes = proof.sign(&root, &key(1)).expect("signs");
            assert_eq!(LogProof::verify(&bytes, entry, &key(1).verifying_key()), Ok((proof, root)));
            let other = LogProof::verify(&bytes, &Hash::ZERO, &key(1).verifying_key());
            assert_eq!(other, Err(SealError::Signature), "another manifest");
            let other = LogProof::verify(&bytes, entry, &key(2).verifying_key());
            assert_eq!(other, Err(SealError::Signature), "another box");
        }
    }

    #[test]
    fn a_log_that_grew_is_proven_to_whoever_has_the_earlier_root() {
        let (entries, root) = log(23);
        for from in 1..=23 {
            let path = merkle::grown_consistency(from, 23, at(&entries)).expect("within");
            let old = merkle::grown_root(from, at(&entries)).expect("within");
            let proof = LogConsistency { from, to: 23, path };
            let bytes = proof.sign(&root, &key(1)).expect("signs");
            assert_eq!(LogConsistency::verify(&bytes, &old, &key(1).verifying_key()), Ok((proof, root)));
            assert!(LogConsistency::verify(&bytes, &Hash::ZERO, &key(1).verifying_key()).is_err(), "{from}");
            assert!(LogProof::verify(&bytes, &old, &key(1).verifying_key()).is_err(), "another kind of proof");
        }
    }

    #[test]
    fn no_changed_byte_passes() {
        let (entries, root) = log(6);
        let path = merkle::inclusion_proof(&entries, 4).expect("within");
        let bytes = LogProof { size: 6, index: 4, path }.sign(&root, &key(1)).expect("signs");
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(LogProof::verify(&changed, &entries[4], &key(1).verifying_key()).is_err(), "byte {place}");
        }
        assert!(LogProof::verify(&[&bytes[..], &[0]].concat(), &entries[4], &key(1).verifying_key()).is_err());
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was_signed() {
        let checkpoint =
            Checkpoint { box_id: BoxId::new([7; 16]), size: 3, root: log(3).1, unix_ms: 1_781_503_200_000 };
        let bytes = sign_payload(Namespace::Checkpoint, checkpoint.encode(), &key(1)).expect("signs");
        let back = Signed::<Checkpoint>::verify(&bytes, &key(1).verifying_key()).expect("verifies");
        assert_eq!(back.into_payload(), checkpoint);
    }
}
