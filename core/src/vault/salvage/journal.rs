//! The journal: what verifies from its beginning on is kept. Where the old chain is known to have gone further, by the
//! anchor or by anything signed, the new entries go on behind that place, and the gap stays visible.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::super::documents::{self, Document};
use super::super::journal::{self, JournalEvent};
use super::super::{Bases, VaultError};
use super::build::{Builder, carry};
use super::rows::{Fields, Table};
use crate::domain::ShiftId;
use crate::seal::{Hash, JournalHead};

impl Builder<'_> {
    /// Old entries, as far as they follow from each other.
    pub(super) fn journal(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut bases = Bases::read(transaction)?;
        let (mut head, mut kept, mut broken) = (JournalHead::GENESIS, 0, false);
        self.each(Table::Numbered("journal"), |row| {
            let Some((n, link, stored)) = entry(row) else { return Ok(()) };
            let before = bases.before(n, head);
            let next = journal::behind(&before, stored);
            if broken || next != (JournalHead { n, link }) {
                broken = true;
                return Ok(());
            }
            if carry(transaction, "journal", row, &["n", "epoch", "generation", "entry", "link"])? {
                (head, kept) = (next, kept + 1);
            } else {
                broken = true;
            }
            Ok(())
        })?;
        if self.newest.n > head.n {
            for place in self.anchored.into_iter().chain([self.newest]).filter(|place| place.n > head.n) {
                bases.add(place);
            }
            documents::put(transaction, Document::JournalBase, &bases.encode())?;
            head = self.newest;
        }
        self.head = head;
        self.report.entries_kept = kept;
        self.report.entries_known = head.n;
        self.lost_voids(transaction)
    }

    /// Voids that the kept entries tell of and no row does.
    fn lost_voids(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let mut voided = BTreeSet::new();
        journal::each(transaction, &self.vault.keys, 1..=journal::LAST, |entry| {
            if let Some(JournalEvent::CaseVoided { case, .. }) = entry.reading.record().map(|record| &record.event) {
                voided.insert(*case);
            }
        })?;
        let mut has_event = transaction.prepare("SELECT 1 FROM events WHERE case_id = ?1")?;
        for case in voided {
            if !has_event.exists([case.as_bytes()])? && self.report.whole.remove(&case) {
                self.report.voids_lost.insert(case);
            }
        }
        Ok(())
    }

    /// The entry that tells of the salvage, what tells anew of the rows, and a new shift for the drafts and for the officer
    /// who was on patrol. Shifts that were open end with the first.
    pub(super) fn conclude(&mut self) -> Result<(), VaultError> {
        let on_patrol = !(self.open_shifts.is_empty() && self.drafts.is_empty());
        let officer = self.officer_on_patrol();
        let shift = if on_patrol { Some(ShiftId::new(self.vault.entropy.array()?)) } else { None };
        self.report.officer_lost = on_patrol && officer.is_none();
        self.report.shift = shift;
        let event = self.event_of_salvage();
        self.vault.journaled_behind(self.head, self.at, |transaction, journal| {
            let n = i64::try_from(journal.next()).unwrap_or(i64::MAX);
            journal.append(event.clone())?;
            transaction.execute("UPDATE shifts SET last_n = ?1 WHERE last_n IS NULL", [n])?;
            transaction.execute("UPDATE shifts SET first_n = ?1 WHERE first_n = 0", [n])?;
            self.retell_cases(transaction, journal)?;
            if let Some(shift) = shift {
                self.vault.begin_shift(transaction, journal, shift, officer.as_ref())?;
                self.retell_drafts(transaction, journal, shift)?;
            }
            journal.mark()
        })
    }

    fn event_of_salvage(&self) -> JournalEvent {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let Self { report, .. } = self;
        JournalEvent::Salvaged {
            number: report.number,
            whole: count(report.whole.len()),
            stranded: count(report.stranded.len()),
            facts_lost: count(report.facts_lost.len()),
            locked: count(report.locked.len()),
            keys_lost: count(report.keys_lost.len()),
            photos_lost: count(report.photos_lost.len()),
            entries_kept: report.entries_kept,
        }
    }
}

fn entry(row: &Fields) -> Option<(u64, Hash, &[u8])> {
    let n = row.number("n").and_then(|n| u64::try_from(n).ok())?;
    Some((n, row.fixed("link").map(Hash)?, row.blob("entry")?))
}
