//! Links of the journal (FORMATS 8): each binds its entry to all entries before it, and needs no key to be checked.

use super::Hash;

/// What stands before the first entry.
pub const GENESIS: Hash = Hash::ZERO;

/// Link of entry `n` (from 1), whose stored bytes hash to `entry`, behind the link before it.
#[must_use]
pub fn link(previous: &Hash, n: u64, entry: &Hash) -> Hash {
    Hash::of(&[b"streife/1 link", &previous.0, &n.to_be_bytes(), &entry.0])
}
