//! Places at which the journal goes on behind entries that are lost (document `journal-base`, FORMATS 16).
//!
//! A salvage that knows the chain had gone further than the entries it found goes on behind the newest place that is
//! known: so no number is given to two entries, as far as anybody has heard of the first.

use rusqlite::Connection;

use super::VaultError;
use super::documents::{self, Document};
use crate::seal::{Hash, JournalHead};

const PLACE: usize = 8 + 32;

/// All such places, oldest first. None in a journal that was never salvaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bases(Vec<JournalHead>);

impl Bases {
    pub(super) fn read(connection: &Connection) -> Result<Self, VaultError> {
        Ok(documents::get(connection, Document::JournalBase)?.map(|bytes| Self::decode(&bytes)).unwrap_or_default())
    }

    /// The place before entry `n`, if `head` is the one before it as far as entries tell.
    pub(super) fn before(&self, n: u64, head: JournalHead) -> JournalHead {
        let jumps = |base: &&JournalHead| base.n > head.n && base.n.checked_add(1) == Some(n);
        self.0.iter().find(jumps).copied().unwrap_or(head)
    }

    /// The place with this number.
    pub(super) fn at(&self, n: u64) -> Option<JournalHead> {
        self.0.iter().find(|base| base.n == n).copied()
    }

    pub(super) fn add(&mut self, base: JournalHead) {
        self.0.push(base);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|base| base.n.to_be_bytes().into_iter().chain(base.link.0)).collect()
    }

    /// Whether these are the bytes of such places, oldest first.
    pub(super) fn is_whole(bytes: &[u8]) -> bool {
        let Self(bases) = Self::decode(bytes);
        bytes.len() == bases.len() * PLACE && bases.is_sorted_by(|one, next| one.n < next.n)
    }

    fn decode(bytes: &[u8]) -> Self {
        let base = |bytes: &[u8]| {
            let (n, link) = bytes.split_first_chunk::<8>()?;
            Some(JournalHead { n: u64::from_be_bytes(*n), link: Hash(link.try_into().ok()?) })
        };
        Self(bytes.chunks(PLACE).filter_map(base).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_taken_only_forward_and_only_to_its_own_place() {
        let head = |n| JournalHead { n, link: Hash([u8::try_from(n).expect("small"); 32]) };
        let mut bases = Bases::default();
        assert_eq!(bases.before(1, JournalHead::GENESIS), JournalHead::GENESIS);
        bases.add(head(7));
        bases.add(head(20));
        assert_eq!(Bases::decode(&bases.encode()), bases);
        assert_eq!(bases.before(8, head(3)), head(7));
        assert_eq!(bases.before(9, head(3)), head(3));
        assert_eq!(bases.before(8, head(9)), head(9));
        assert_eq!((bases.at(20), bases.at(8)), (Some(head(20)), None));
    }
}
