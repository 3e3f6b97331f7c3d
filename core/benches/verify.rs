//! What verifying and making an ES256 signature costs, `ring` beside `p256`, in turns (ADR 0030).
//!
//! ```text
//! cargo bench -p streife-core --bench verify
//! ```
//!
//! Of each the fastest of many rounds counts: on a machine with other work that one is the steadiest. The row of the core is
//! [`VerifyingKey::verify`] as all callers meet it: `p256` reads the signature, `ring` verifies.

use std::hint::black_box;
use std::time::{Duration, Instant};

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use streife_core::seal::VerifyingKey;

const ROUNDS: usize = 60;
const EACH: u32 = 25;
/// About a manifest's length.
const MESSAGE: [u8; 1_500] = [7; 1_500];

fn main() {
    let secret = [7; 32];
    let key = SigningKey::from_slice(&secret).expect("a scalar");
    let point = key.verifying_key().to_sec1_point(false);
    let signature: Signature = key.sign(&MESSAGE);
    let (signature, raw) = (signature.normalize_s(), signature.normalize_s().to_vec());
    let core = VerifyingKey::from_sec1(point.as_bytes()).expect("a point of the curve");
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &secret,
        point.as_bytes(),
        &random,
    );
    let pair = pair.expect("a key");
    let ring = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes());
    let rows: [(&str, &dyn Fn()); 5] = [
        ("verify, p256", &|| key.verifying_key().verify(black_box(&MESSAGE), &signature).expect("verifies")),
        ("verify, ring", &|| ring.verify(black_box(&MESSAGE), &raw).expect("verifies")),
        ("verify, core", &|| core.verify(black_box(&MESSAGE), &raw).expect("verifies")),
        ("sign, p256", &|| _ = black_box::<Signature>(key.sign(black_box(&MESSAGE)))),
        ("sign, ring", &|| _ = black_box(pair.sign(&random, black_box(&MESSAGE)).expect("signs"))),
    ];
    let mut fastest = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        for ((_, work), fastest) in rows.iter().zip(&mut fastest) {
            *fastest = (*fastest).min(timed(work));
        }
    }
    for ((what, _), fastest) in rows.iter().zip(fastest) {
        say(what, fastest);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed(work: &dyn Fn()) -> Duration {
    let begun = Instant::now();
    (0..EACH).for_each(|_| work());
    begun.elapsed() / EACH
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is started for")]
fn say(what: &str, took: Duration) {
    println!("{what:<14}{:>7.1} us", took.as_secs_f64() * 1e6);
}
