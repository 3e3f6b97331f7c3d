//! What a look at the whole vault has found.

use streife_core::client::{Audit, Damage};

/// One record that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DamageView {
    /// The record, by its kind and id: `case 00…`.
    pub record: String,
    /// What is wrong with it, in plain words: `missing`, `changed`, `outdated` ….
    pub fault: String,
    /// Number of the journal entry that tells what it should be.
    pub entry: Option<u64>,
    /// First chunk of a sealed file that does not open, from 0.
    pub chunk: Option<u32>,
}

impl From<Damage> for DamageView {
    fn from(Damage { record, fault, entry, chunk }: Damage) -> Self {
        Self { record: record.to_string(), fault: fault.to_string(), entry, chunk }
    }
}

/// What was found, and how much was looked at.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AuditView {
    /// What is damaged; nothing in a sound vault.
    pub findings: Vec<DamageView>,
    /// Journal entries read.
    pub entries: u64,
    /// Rows compared.
    pub rows: u64,
    /// Sealed values opened.
    pub values: u64,
    /// Object files read to their end.
    pub files: u64,
    /// Their chunks.
    pub chunks: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Entries, values and files that no key at hand opens. They are no findings.
    pub unread: u64,
}

impl From<Audit> for AuditView {
    fn from(Audit { findings, checked }: Audit) -> Self {
        Self {
            findings: findings.into_iter().map(DamageView::from).collect(),
            entries: checked.entries,
            rows: checked.rows,
            values: checked.values,
            files: checked.files,
            chunks: checked.chunks,
            signatures: checked.signatures,
            unread: checked.unread,
        }
    }
}
