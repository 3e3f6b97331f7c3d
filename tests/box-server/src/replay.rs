//! Remembers the ids of proofs and assertions for as long as they could be shown again.
//!
//! The memory ends with the process. That is enough here: a proof is worth nothing without the TLS session's content,
//! and every request it could repeat is idempotent. It grows with the load: some tens of bytes a request, for ten minutes at
//! most.

use std::collections::HashMap;
use std::sync::Mutex;

use streife_core::seal::Hash;

/// Seconds that clocks may differ.
pub const SKEW_S: i64 = 300;

/// What was seen.
#[derive(Debug, Default)]
pub struct ReplayCache(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Issuer and id, hashed to 128 bits, with the second after which they are too old anyway.
    until: HashMap<[u8; 16], i64>,
    /// How many there were after the last clearing.
    kept: usize,
}

impl ReplayCache {
    /// `true` the first time an id issued at `iat` is shown. `key` names the issuer, so that strangers cannot use up
    /// each other's ids.
    pub fn is_first(&self, key: &str, jti: &str, iat: i64, now_s: i64) -> bool {
        let mut seen = self.0.lock().expect("no holder panics");
        // Doubling keeps the cost of clearing constant per request.
        if seen.until.len() >= PRUNE_AT.max(2 * seen.kept) {
            seen.until.retain(|_, until| *until >= now_s);
            seen.kept = seen.until.len();
        }
        let Hash(name) = Hash::of(&[key.as_bytes(), &[0], jti.as_bytes()]);
        let name = name.first_chunk().copied().unwrap_or_default();
        seen.until.insert(name, iat.saturating_add(SKEW_S)).is_none_or(|until| until < now_s)
    }
}

const PRUNE_AT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_counts_once_for_its_issuer_until_it_is_too_old() {
        let cache = ReplayCache::default();
        assert!(cache.is_first("a", "1", 1000, 1000));
        assert!(!cache.is_first("a", "1", 1000, 1300));
        assert!(cache.is_first("b", "1", 1000, 1000));
        assert!(cache.is_first("a", "1", 1000, 1301));
    }

    #[test]
    fn old_ids_are_forgotten() {
        let cache = ReplayCache::default();
        for id in 0..PRUNE_AT {
            cache.is_first("a", &id.to_string(), 0, 0);
        }
        cache.is_first("a", "last", 1000, 1000);
        assert_eq!(cache.0.lock().expect("no holder panics").until.len(), 1);
    }
}
