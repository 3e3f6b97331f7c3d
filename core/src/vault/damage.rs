//! What is wrong with a record of the vault, and where exactly. Ids and numbers only: no name, no place, no path.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ItemKind, VaultError};
use crate::domain::{CaseId, EventId, ObjectId, ShiftId};

/// A record, as an error or a finding names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the fields are ids named like their types")]
pub enum Record {
    /// The vault as a whole.
    Vault,
    /// A row that has no readable id, by the name of its table.
    Table(Cow<'static, str>),
    /// A setting, by its name.
    Setting(String),
    /// A document of the agency, by its name.
    Document(String),
    /// A key epoch, by its number.
    Epoch(u16),
    /// A shift.
    Shift(ShiftId),
    /// The officer of a shift.
    Officer(ShiftId),
    /// A case: its row, its key, its draft, its manifest.
    Case(CaseId),
    /// A sealed object: its row or its file.
    Object { case: CaseId, object: ObjectId },
    /// An event of a case.
    Event { case: CaseId, event: EventId },
    /// An entry of the journal, by its number.
    Entry(u64),
    /// An item of the outbox; `target` is the id of what is sent.
    Item { kind: ItemKind, target: String },
}

impl Record {
    /// It holds what no version of the library writes.
    pub(super) const fn malformed(self) -> VaultError {
        VaultError::Malformed { record: self }
    }

    /// Its sealed value does not open.
    pub(super) const fn sealed(self) -> VaultError {
        VaultError::Sealed { record: self }
    }
}

impl From<&'static str> for Record {
    fn from(table: &'static str) -> Self {
        Self::Table(Cow::Borrowed(table))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault => f.write_str("the vault"),
            Self::Table(table) => write!(f, "a row of table {table}"),
            Self::Setting(name) => write!(f, "setting {name}"),
            Self::Document(name) => write!(f, "document {name}"),
            Self::Epoch(epoch) => write!(f, "key epoch {epoch}"),
            Self::Shift(shift) => write!(f, "shift {shift}"),
            Self::Officer(shift) => write!(f, "the officer of shift {shift}"),
            Self::Case(case) => write!(f, "case {case}"),
            Self::Object { case, object } => write!(f, "object {object} of case {case}"),
            Self::Event { case, event } => write!(f, "event {event} of case {case}"),
            Self::Entry(n) => write!(f, "entry {n} of the journal"),
            Self::Item { kind, target } => write!(f, "outbox item {kind:?} {target}"),
        }
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It is not there, and nothing allows it to be gone.
    Missing,
    /// It is there, and the journal knows nothing of it.
    Unknown,
    /// It does not open where it stands: changed, moved or cut.
    Sealed,
    /// It opens or lies in clear, and is nothing this library writes.
    Malformed,
    /// Its bytes are not those whose hash is journalled or signed.
    Changed,
    /// It is an older version of itself.
    Outdated,
    /// Its state contradicts the journal.
    State,
    /// Its signature is not of the key it must be signed with.
    Signature,
    /// Its link does not follow from the one before.
    Link,
    /// It ends before a place that it had reached.
    Cut,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown to the journal",
            Self::Sealed => "does not open",
            Self::Malformed => "malformed",
            Self::Changed => "changed",
            Self::Outdated => "outdated",
            Self::State => "in a state that contradicts the journal",
            Self::Signature => "not signed as it must be",
            Self::Link => "not linked to what is before it",
            Self::Cut => "cut off",
        })
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Damage {
    /// The record.
    pub record: Record,
    /// What is wrong with it.
    pub fault: Fault,
    /// Number of the journal entry that tells what it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// First chunk of a sealed file that does not open, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk: Option<u32>,
}

impl Damage {
    /// A finding without a position.
    pub(super) const fn new(record: Record, fault: Fault) -> Self {
        Self { record, fault, entry: None, chunk: None }
    }

    /// A case whose stored receipt does not cover it.
    #[must_use]
    pub const fn of_receipt(case: CaseId) -> Self {
        Self::new(Record::Case(case), Fault::Signature)
    }

    /// The same with the first chunk that does not open.
    pub(super) fn in_chunk(self, chunk: u32) -> Self {
        Self { chunk: Some(chunk), ..self }
    }

    /// The same with the journal entry it contradicts.
    pub(super) fn by(self, entry: impl Into<Option<u64>>) -> Self {
        Self { entry: entry.into(), ..self }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is damaged: {}", self.record, self.fault)?;
        self.chunk.map_or(Ok(()), |chunk| write!(f, ", chunk {chunk}"))?;
        self.entry.map_or(Ok(()), |entry| write!(f, ", see entry {entry} of the journal"))
    }
}

/// Findings as they are made, one a record: what is found first is the cause, the rest follows from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    found: BTreeMap<Record, Damage>,
    order: Vec<Record>,
}

impl Findings {
    pub(super) fn add(&mut self, damage: Damage) {
        if !self.found.contains_key(&damage.record) {
            self.order.push(damage.record.clone());
            self.found.insert(damage.record.clone(), damage);
        }
    }

    /// In the order they were found.
    pub(super) fn into_list(mut self) -> Vec<Damage> {
        self.order.iter().filter_map(|record| self.found.remove(record)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_record_and_place_and_survives_the_journal() {
        let case = CaseId::new([1; 16]);
        let damage = Damage::new(Record::Object { case, object: ObjectId::new([2; 16]) }, Fault::Sealed).by(7);
        let damage = damage.in_chunk(3);
        let text = damage.to_string();
        assert!(text.contains(&case.to_string()) && text.contains("chunk 3") && text.contains("entry 7"), "{text}");
        for record in
            [Record::from("cases"), Record::Vault, Record::Item { kind: ItemKind::Event, target: "ab".into() }]
        {
            let damage = Damage::new(record, Fault::Missing);
            let json = serde_json::to_vec(&damage).expect("serialises");
            assert_eq!(serde_json::from_slice::<Damage>(&json).expect("comes back"), damage);
        }
    }
}
