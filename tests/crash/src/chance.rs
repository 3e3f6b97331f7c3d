//! Chance with a seed that is printed, and time that passes by work instead of by sleeping.

use std::hint::black_box;

use streife_core::ports::{Entropy, OsEntropy};
use streife_core::seal::Hash;

use crate::settings;

/// Random numbers that follow from a seed (`SplitMix64`).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// A new seed for each run, or the one of `STREIFE_CRASH_SEED`. It is printed: together with the number of kills it
    /// gives the same sequence of moments, though not the same interleaving.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn announced(suite: &str) -> Self {
        let entropy: &dyn Entropy = &OsEntropy;
        let seed = settings::seed().unwrap_or_else(|| u64::from_be_bytes(entropy.array().expect("randomness")));
        settings::say(&format_args!("{suite}: STREIFE_CRASH_SEED={seed}"));
        Self(seed)
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed >> 33) % u64::from(limit)).unwrap_or_default()
    }

    /// One of these, unless there is none.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let length = u32::try_from(list.len()).ok().filter(|length| *length > 0)?;
        list.get(self.below(length) as usize).copied()
    }
}

/// Hashes so many KiB: some microseconds each, while the victim goes on working.
pub fn spin(kib: u32) {
    let block = [0x5a; 1024];
    for _ in 0..kib {
        black_box(Hash::of(&[black_box(&block)]));
    }
}
