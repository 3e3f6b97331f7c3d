//! The walk over a photo's markers or boxes: the same whatever pieces the bytes come in, and what it lets through does not
//! make a decoder panic beyond its barrier.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::evidence::{JpegScan, facts, thumbnail};

/// Decoding is slow beside the walk; small pictures are enough to reach all of it.
const DECODED: u32 = 256;

fuzz_target!(|bytes: &[u8]| {
    let whole = JpegScan::of(bytes);
    let mut slowly = JpegScan::default();
    bytes.chunks(3).for_each(|piece| slowly.push(piece));
    assert_eq!(whole, slowly);
    assert!(whole.trailing <= bytes.len() as u64);
    assert_eq!(facts([bytes]), facts(bytes.chunks(5)));
    let frame = whole.frame;
    if whole.is_complete() && whole.is_within_limits() && frame.width <= DECODED && frame.height <= DECODED {
        let _ = thumbnail(bytes, 6);
    }
});
