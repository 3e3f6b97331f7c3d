//! The only source of chance in a photo: SplitMix64, so that a seed means the same picture on every machine.
//!
//! Nothing here is a secret and nothing here may guard one. Floats are built from integers alone, with no call into
//! the platform's mathematics library, whose last bit differs between systems.

/// A SplitMix64 generator.
pub(super) struct Random(u64);

impl Random {
    /// Starts a stream; streams of one seed with different `salt` are independent of each other.
    pub(super) fn new(seed: u64, salt: u64) -> Self {
        let mut stream = Self(seed ^ salt.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        stream.next();
        stream
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to `end - 1`; 0 if `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let high = u128::from(self.next()) * (end as u128);
        usize::try_from(high >> 64).unwrap_or(0)
    }

    /// A number from `low` (included) to `high` (left out).
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        let fraction = self.below(1 << 16) as f32 / 65_536.0;
        low + (high - low) * fraction
    }

    /// True once in `n` draws.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of the choices; `None` only for an empty slice.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len()))
    }
}
