//! Foreign eyes: vectors that nobody of this project made, run through the functions that seal, sign and derive.
//!
//! The sets are Project Wycheproof's, those of RFC 9180 and of the X-Wing and HPKE-PQ drafts (`core/tests/vectors`), and
//! the one of the XChaCha draft. Every vector of a set is judged, and [`Tally::settle`] asserts how many fell on which
//! side, so that none can be passed over unseen: a set that grows, or a rule that changes, fails here.

mod aead;
mod derivation;
mod hpke;
mod signatures;

use super::Hash;

/// On which side the vectors of a set have fallen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Sound by the set, and taken with the very bytes it names.
    accepted: usize,
    /// Unsound by the set, and refused.
    refused: usize,
    /// Sound by the set, and refused by a rule of ours that is stricter.
    stricter: usize,
    /// Not to be said in the types of our function, which is a refusal, too.
    inexpressible: usize,
}

impl Tally {
    /// Prints the counts; holds them against what is known of the set.
    fn settle(&self, set: &str, vectors: usize, expected: &Self) {
        let Self { accepted, refused, stricter, inexpressible } = self;
        println!(
            "{set}: {vectors} vectors, {accepted} accepted, {refused} refused, {stricter} refused by stricter rules, \
             {inexpressible} inexpressible"
        );
        assert_eq!(self, expected, "{set}");
        assert_eq!(accepted + refused + stricter + inexpressible, vectors, "{set}: not every vector was judged");
    }
}

/// HMAC-SHA256 by its definition (RFC 2104), over the product's own hash: what derivations are compared with.
fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { Hash::of(&[key]).0.to_vec() } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let (inner, outer) = (pad(0x36), pad(0x5c));
    let inside = Hash::of(&[&[inner.as_slice()], message].concat());
    Hash::of(&[&outer, &inside.0]).0
}

/// HKDF-Expand with SHA-256 (RFC 5869), up to one block of 32 bytes.
fn expand(key: &[u8], info: &[&[u8]]) -> [u8; 32] {
    hmac(key, &[info, &[&[1]]].concat())
}
