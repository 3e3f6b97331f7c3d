//! What a stretch of the journal tells, gathered by record: the picture that the rows are compared with.
//!
//! Reading follows the links. A link that does not fit and an entry that does not open are findings; what such an entry
//! said stays unknown, and so does what an entry says whose key is not at hand. A row is then not blamed for being
//! further on than the entries that could be read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::damage::{Damage, Fault, Findings, Record};
use super::journal::{self, JournalEntry, JournalEvent, JournalRecord, Reading};
use super::keys::KeyRing;
use super::proof::Proofs;
use super::{ItemKind, VaultError};
use crate::domain::{CaseId, EventId, ObjectId, ShiftId};
use crate::seal::{Hash, JournalHead};

/// What is told of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct CaseStory {
    /// Newest entry that fixes its state.
    pub(super) last: u64,
    pub(super) begun: Option<u64>,
    /// Hashes of photo files, with their entries.
    pub(super) photos: Vec<(u64, ObjectId, Hash)>,
    /// Entry, number within the shift, hash of the payload.
    pub(super) sealed: Option<(u64, u32, Hash)>,
    /// Entry, hash of the receipt.
    pub(super) receipt: Option<(u64, Hash)>,
    pub(super) purged: Option<u64>,
    pub(super) refused: Option<u64>,
    /// Entry, event, hash of its payload.
    pub(super) voided: Option<(u64, EventId, Hash)>,
}

/// What is told of one shift: the entries of its opening and closing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShiftStory {
    pub(super) opened: Option<u64>,
    pub(super) closed: Option<u64>,
}

/// Everything a stretch tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    pub(super) cases: BTreeMap<CaseId, CaseStory>,
    pub(super) shifts: BTreeMap<ShiftId, ShiftStory>,
    /// Items without a receipt of their own that the box has taken, by the hex id of their target.
    pub(super) arrived: BTreeMap<(ItemKind, String), u64>,
    pub(super) proofs: Proofs,
    /// Findings that were journalled before.
    pub(super) noted: BTreeSet<Damage>,
    /// First entry since drafts, rows and arrivals are journalled.
    pub(super) first_new: Option<u64>,
    /// Newest entry that says nothing: no key, or damaged.
    pub(super) silent: Option<u64>,
    pub(super) entries: u64,
}

impl Story {
    /// Reads the journal behind `from` to its end; returns the head as stored.
    pub(super) fn read(
        &mut self,
        connection: &Connection,
        keys: &KeyRing,
        from: JournalHead,
        findings: &mut Findings,
    ) -> Result<JournalHead, VaultError> {
        let mut chain = Chain { computed: from, stored: from };
        journal::each(connection, keys, from.n.saturating_add(1)..=journal::LAST, |entry| {
            chain.follow(&entry, findings);
            self.hear(&entry, findings);
        })?;
        Ok(chain.stored)
    }

    fn hear(&mut self, entry: &JournalEntry, findings: &mut Findings) {
        self.entries += 1;
        if entry.is_new && self.first_new.is_none() {
            self.first_new = Some(entry.n);
        }
        match &entry.reading {
            Reading::Record(record) => self.take(entry.n, record),
            Reading::NoKey => {
                self.silent = Some(entry.n);
                self.proofs.miss(entry.n);
            }
            Reading::Damaged => {
                self.silent = Some(entry.n);
                findings.add(Damage::new(Record::Entry(entry.n), Fault::Sealed));
            }
        }
    }

    fn take(&mut self, n: u64, record: &JournalRecord) {
        self.proofs.take(n, record);
        match &record.event {
            JournalEvent::ShiftOpened { shift } => self.shifts.entry(*shift).or_default().opened = Some(n),
            JournalEvent::ShiftClosed { shift, .. } => self.shifts.entry(*shift).or_default().closed = Some(n),
            JournalEvent::CaseBegun { case } => self.case(*case, n).begun = Some(n),
            JournalEvent::DraftSaved { case } => self.case(*case, n).last = n,
            JournalEvent::PhotoImported { case, object, hash }
            | JournalEvent::PhotoRecovered { case, object, hash } => {
                self.case(*case, n).photos.push((n, *object, *hash));
            }
            JournalEvent::CaseSealed { case, seq, payload } => self.case(*case, n).sealed = Some((n, *seq, *payload)),
            JournalEvent::CaseVoided { case, id, payload, .. } => {
                self.cases.entry(*case).or_default().voided = Some((n, *id, *payload));
            }
            JournalEvent::ReceiptVerified { case, receipt } => self.case(*case, n).receipt = Some((n, *receipt)),
            JournalEvent::PayloadPurged { case } => self.case(*case, n).purged = Some(n),
            JournalEvent::ItemQuarantined { owner, .. } => {
                if let Ok(case) = owner.parse() {
                    self.cases.entry(case).or_default().refused = Some(n);
                }
            }
            JournalEvent::ItemArrived { item, target } => drop(self.arrived.insert((*item, target.clone()), n)),
            JournalEvent::DamageFound { damage } => drop(self.noted.insert(damage.clone())),
            _ => {}
        }
    }

    fn case(&mut self, case: CaseId, n: u64) -> &mut CaseStory {
        let story = self.cases.entry(case).or_default();
        story.last = n;
        story
    }

    /// Whether an entry that could not be read may tell more of a record than entry `n` does.
    pub(super) fn may_go_on_behind(&self, n: u64) -> bool {
        self.silent.is_some_and(|silent| silent > n)
    }
}

/// Where the links have come to. After a link that does not fit, either side may be the changed one: the next entry
/// tells which.
struct Chain {
    computed: JournalHead,
    stored: JournalHead,
}

impl Chain {
    fn follow(&mut self, entry: &JournalEntry, findings: &mut Findings) {
        let expected = self.stored.n.saturating_add(1);
        for missing in (expected..entry.n).take(MANY) {
            findings.add(Damage::new(Record::Entry(missing), Fault::Missing));
        }
        let stored = JournalHead { n: entry.n, link: entry.link };
        let next = journal::behind(&self.stored, &entry.stored);
        let fits = next == stored || journal::behind(&self.computed, &entry.stored) == stored;
        if entry.n == expected && !fits {
            let fault = if entry.reading == Reading::Damaged { Fault::Sealed } else { Fault::Link };
            findings.add(Damage::new(Record::Entry(entry.n), fault));
        }
        *self = Self { computed: if entry.n == expected { next } else { stored }, stored };
    }
}

/// So many missing entries are named one by one.
const MANY: usize = 1_000;
