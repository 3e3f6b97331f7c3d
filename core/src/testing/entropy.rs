//! Randomness that can be repeated.

use std::sync::Mutex;

use crate::ports::{Entropy, EntropyError};
use crate::seal::Hash;

/// Bytes that follow from a seed, so that a run can be repeated byte for byte. Anyone who knows the seed knows every
/// key: never outside tests and replays.
#[derive(Debug)]
pub struct DangerousSeededEntropy {
    seed: u64,
    drawn: Mutex<u64>,
}

impl DangerousSeededEntropy {
    /// Begins the sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::new(0) }
    }
}

impl Entropy for DangerousSeededEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let mut drawn = self.drawn.lock().expect("no holder panics");
        for block in out.chunks_mut(32) {
            let Hash(bytes) = Hash::of(&[b"dangerous seed", &self.seed.to_be_bytes(), &drawn.to_be_bytes()]);
            *drawn += 1;
            for (to, from) in block.iter_mut().zip(bytes) {
                *to = from;
            }
        }
        Ok(())
    }
}
