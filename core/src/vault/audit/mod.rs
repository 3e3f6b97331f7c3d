//! The whole vault under the eye: every entry, every row, every sealed value, every file, every signature.
//!
//! Opening looks at the newest entries and no more; this looks at everything, and takes its time. It works while the
//! vault is in use: the journal is read on before each look at rows, under one lock with them, so what is changed in the
//! meantime is no finding. What cannot be opened for want of a key is counted and is no finding either.
//!
//! What it cannot see: whoever holds the vault's root key can write a journal of their own that fits its rows. Only heads
//! that have left the phone tell against that (FORMATS 19).

mod files;
mod outbox;
mod rows;
mod signed;

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::damage::{Damage, Fault, Findings, Record};
use super::epochs::EpochRow;
use super::story::Story;
use super::{Vault, VaultError};
use crate::domain::{CaseId, DeviceId};
use crate::seal::{JournalHead, VerifyingKey};

/// Entries read before the vault is let go for others.
const AT_ONCE: u64 = 512;
/// Cases looked at.
const CASES_AT_ONCE: usize = 64;

/// What a whole look at the vault has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What is damaged: journal entries first, by number; one finding a record.
    pub findings: Vec<Damage>,
    /// What was looked at.
    pub checked: Checked,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Journal entries.
    pub entries: u64,
    /// Rows compared with the journal.
    pub rows: u64,
    /// Sealed values opened.
    pub values: u64,
    /// Object files read to their end.
    pub files: u64,
    /// Their chunks.
    pub chunks: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Entries, values and files that no key at hand opens.
    pub unread: u64,
}

/// The keys that signatures are verified with.
#[derive(Clone, Copy, Debug)]
pub struct AuditKeys<'a> {
    /// The device's own; without it its signatures are not looked at.
    pub device: Option<&'a VerifyingKey>,
    /// The box's.
    pub receipts: &'a VerifyingKey,
    /// The agency root's.
    pub root: &'a VerifyingKey,
}

/// An audit while it runs.
struct Auditor<'a> {
    vault: &'a Vault,
    keys: AuditKeys<'a>,
    device: Option<DeviceId>,
    /// Epochs that something may lie under.
    living: BTreeSet<u16>,
    story: Story,
    findings: Findings,
    checked: Checked,
}

impl Vault {
    /// Looks at everything; mends what the outbox has lost.
    ///
    /// # Errors
    /// [`VaultError`] if the database or the disk fails. Damage is no error.
    pub fn audit(&self, keys: AuditKeys<'_>) -> Result<Audit, VaultError> {
        let (story, findings, checked) = Default::default();
        let mut auditor =
            Auditor { vault: self, keys, device: None, living: BTreeSet::new(), story, findings, checked };
        auditor.run()?;
        let Auditor { story, findings, mut checked, .. } = auditor;
        checked.entries = story.entries;
        checked.unread += story.unread;
        let mut findings = findings.into_list();
        findings.extend(self.requeue_lost(&findings)?);
        findings.sort_by_key(|damage| if let Record::Entry(n) = damage.record { n } else { u64::MAX });
        self.note_damage(&findings)?;
        Ok(Audit { findings, checked })
    }
}

impl Auditor<'_> {
    fn run(&mut self) -> Result<(), VaultError> {
        self.look(|auditor, connection| {
            if !super::database::is_sound(connection)? {
                auditor.find(Record::Vault, Fault::Malformed);
            }
            // Rows of other tables are named by what they are about.
            let dangling = super::database::dangling(connection)?.into_iter();
            for table in dangling.filter(|table| ["officers", "journal_keys"].contains(&table.as_str())) {
                auditor.find(Record::Table(table.into()), Fault::Unknown);
            }
            let living = super::epochs::rows(connection)?.into_iter().filter(EpochRow::may_hold);
            auditor.living = living.map(|row| row.epoch).collect();
            auditor.device = auditor.documents(connection)?;
            auditor.mark(connection)
        })?;
        while self.look(Self::read_on)? {}
        self.look(|auditor, connection| {
            auditor.settings(connection)?;
            auditor.epochs(connection)?;
            auditor.shifts(connection)
        })?;
        let cases = self.look(|auditor, connection| auditor.all_cases(connection))?;
        for some in cases.chunks(CASES_AT_ONCE) {
            self.look(|auditor, connection| {
                auditor.catch_up(connection)?;
                some.iter().try_for_each(|case| auditor.case(connection, *case))
            })?;
        }
        self.look(|auditor, connection| {
            auditor.catch_up(connection)?;
            auditor.outbox(connection)
        })?;
        cases.iter().try_for_each(|case| self.files(*case))
    }

    /// One look at the database that nobody else changes meanwhile.
    fn look<T>(&mut self, work: impl FnOnce(&mut Self, &Connection) -> Result<T, VaultError>) -> Result<T, VaultError> {
        let vault = self.vault;
        vault.database.read(|connection| work(self, connection))
    }

    fn find(&mut self, record: Record, fault: Fault) {
        self.findings.add(Damage::new(record, fault));
    }

    /// Reads some entries more; whether there may be further ones.
    fn read_on(&mut self, connection: &Connection) -> Result<bool, VaultError> {
        // By their count, not by their numbers: a forged one may be far ahead.
        let Some(upto) = super::journal::some_behind(connection, self.story.head().n, AT_ONCE)? else {
            return Ok(false);
        };
        self.story.read_on(connection, &self.vault.keys, upto, &mut self.findings)?;
        Ok(true)
    }

    /// Reads what was written since, so that rows and journal are of one moment.
    fn catch_up(&mut self, connection: &Connection) -> Result<(), VaultError> {
        self.story.read_on(connection, &self.vault.keys, super::journal::LAST, &mut self.findings)
    }

    /// Whether a place that was signed is on the chain. If not, the journal was rewritten at or before it.
    fn on_chain(&mut self, connection: &Connection, head: JournalHead) -> Result<bool, VaultError> {
        let there = super::journal::head_at(connection, head.n)?;
        let fault = match there {
            Some(there) if there == head => return Ok(true),
            None if self.story.salvaged.is_some_and(|salvaged| head.n < salvaged) => return Ok(true), // in a gap
            Some(_) => Fault::Link,
            None => Fault::Cut,
        };
        self.find(Record::Entry(head.n), fault);
        Ok(false)
    }

    /// Every case that a row or an entry speaks of.
    fn all_cases(&mut self, connection: &Connection) -> Result<Vec<CaseId>, VaultError> {
        let mut cases = super::cases::ids(connection)?;
        let known: BTreeSet<CaseId> = cases.iter().copied().collect();
        cases.extend(self.story.cases.keys().filter(|case| !known.contains(case)));
        Ok(cases)
    }
}
