//! What has become of a journal entry on the disk: it says something, its key is away, or it is damaged.

use super::journal::JournalRecord;

/// Whether an entry can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all of a journal is this variant")]
pub enum Reading {
    /// This is what it says.
    Record(JournalRecord),
    /// Its key is not at hand.
    NoKey,
    /// It does not open where it stands.
    Damaged,
}

impl Reading {
    /// What the entry says, if it can be read.
    #[must_use]
    pub const fn record(&self) -> Option<&JournalRecord> {
        match self {
            Self::Record(record) => Some(record),
            Self::NoKey | Self::Damaged => None,
        }
    }
}
