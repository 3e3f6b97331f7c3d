//! What a stretch of the journal tells, gathered by record: the picture that the rows are compared with.
//!
//! Reading follows the links. A link that does not fit and an entry that does not open are findings; what such an entry
//! said stays unknown, and so does what an entry says whose key is not at hand. A row is then not blamed for being
//! further on than the entries that could be read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::bases::Bases;
use super::damage::{Damage, Fault, Findings, Record};
use super::journal::{self, JournalEntry, JournalEvent, JournalRecord};
use super::keys::KeyRing;
use super::proof::Proofs;
use super::reading::Reading;
use super::{ItemKind, VaultError, mark};
use crate::domain::{CaseId, EventId, ObjectId, ShiftId};
use crate::seal::{Hash, JournalHead};

/// What is told of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct CaseStory {
    /// Newest entry that fixes its state.
    pub(super) last: u64,
    pub(super) begun: Option<u64>,
    /// The shift it was begun in.
    pub(super) shift: Option<ShiftId>,
    /// Hashes of photo files, with their entries.
    pub(super) photos: Vec<(u64, ObjectId, Hash)>,
    /// Entry, number within the shift, hash of the payload.
    pub(super) sealed: Option<(u64, u32, Hash)>,
    /// Entry, hash of the receipt.
    pub(super) receipt: Option<(u64, Hash)>,
    /// Hash of the desk's decision.
    pub(super) decision: Option<Hash>,
    pub(super) purged: Option<u64>,
    pub(super) refused: Option<u64>,
    pub(super) stranded: Option<u64>,
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
    /// Owners of which the box has refused something, by their hex ids.
    pub(super) refused: BTreeSet<String>,
    /// Epochs whose keys are gone.
    pub(super) erased: BTreeSet<u16>,
    pub(super) proofs: Proofs,
    /// Findings that were journalled before.
    pub(super) noted: BTreeSet<Damage>,
    /// First entry since drafts, rows and arrivals are journalled.
    pub(super) first_new: Option<u64>,
    /// Newest entry that says nothing: no key, or damaged.
    pub(super) silent: Option<u64>,
    pub(super) entries: u64,
    /// Entries whose key is not at hand.
    pub(super) unread: u64,
    /// Newest entry that tells of a salvage: what is behind it tells of all rows anew.
    pub(super) salvaged: Option<u64>,
    /// Whether a mark must have been written.
    pub(super) mark_was_due: bool,
    chain: Chain,
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
        self.chain = Chain { computed: from, stored: from };
        self.read_on(connection, keys, journal::LAST, findings)?;
        Ok(self.head())
    }

    /// The newest entry read, as stored.
    pub(super) const fn head(&self) -> JournalHead {
        self.chain.stored
    }

    /// Reads on to entry `upto`.
    pub(super) fn read_on(
        &mut self,
        connection: &Connection,
        keys: &KeyRing,
        upto: u64,
        findings: &mut Findings,
    ) -> Result<(), VaultError> {
        let bases = Bases::read(connection)?;
        journal::each(connection, keys, self.head().n.saturating_add(1)..=upto, |entry| {
            if !self.chain.follow(&entry, &bases, findings) {
                self.proofs.numbers.burn(); // an entry that is not there any more may have told of one
            }
            self.hear(&entry, findings);
        })
    }

    fn hear(&mut self, entry: &JournalEntry, findings: &mut Findings) {
        self.entries += 1;
        if entry.is_new && self.first_new.is_none() {
            self.first_new = Some(entry.n);
        }
        self.mark_was_due |= entry.is_new && mark::is_due(entry.n);
        match &entry.reading {
            Reading::Record(record) => self.take(entry.n, record),
            Reading::NoKey => {
                self.unread += 1;
                self.silent = Some(entry.n);
                self.proofs.miss(entry.n);
            }
            Reading::Damaged => {
                self.silent = Some(entry.n);
                self.proofs.numbers.burn();
                findings.add(Damage::new(Record::Entry(entry.n), Fault::Sealed));
            }
        }
    }

    fn take(&mut self, n: u64, record: &JournalRecord) {
        self.proofs.take(n, record);
        match &record.event {
            JournalEvent::ShiftOpened { shift } => self.shifts.entry(*shift).or_default().opened = Some(n),
            JournalEvent::ShiftClosed { shift, .. } => self.shifts.entry(*shift).or_default().closed = Some(n),
            JournalEvent::CaseBegun { case } => {
                let shift = self.proofs.drafts.get(case).and_then(|proof| proof.shift);
                let told = self.case(*case, n);
                (told.begun, told.shift) = (Some(n), shift);
            }
            JournalEvent::DraftSaved { case } => self.case(*case, n).last = n,
            JournalEvent::PhotoImported { case, object, hash }
            | JournalEvent::PhotoRecovered { case, object, hash } => {
                self.case(*case, n).photos.push((n, *object, *hash));
            }
            JournalEvent::Salvaged { .. } => self.forget_rows(n),
            JournalEvent::CaseStranded { case } => self.case(*case, n).stranded = Some(n),
            JournalEvent::CaseSealed { case, seq, payload, .. } => {
                self.case(*case, n).sealed = Some((n, *seq, *payload))
            }
            JournalEvent::CaseVoided { case, id, payload, .. } => {
                self.cases.entry(*case).or_default().voided = Some((n, *id, *payload));
            }
            JournalEvent::ReceiptVerified { case, receipt } => self.case(*case, n).receipt = Some((n, *receipt)),
            JournalEvent::DecisionVerified { case, decision } => self.case(*case, n).decision = Some(*decision),
            JournalEvent::CaseRequeued { case } => {
                let told = self.case(*case, n);
                (told.receipt, told.decision) = (None, None);
            }
            JournalEvent::PayloadPurged { case } => self.case(*case, n).purged = Some(n),
            JournalEvent::EpochErased { epoch } => drop(self.erased.insert(*epoch)),
            JournalEvent::ItemQuarantined { owner, .. } => {
                self.refused.insert(owner.clone());
                if let Ok(case) = owner.parse() {
                    self.cases.entry(case).or_default().refused = Some(n);
                }
            }
            JournalEvent::ItemArrived { item, target } => drop(self.arrived.insert((*item, target.clone()), n)),
            JournalEvent::DamageFound { damage } => drop(self.noted.insert(damage.clone())),
            _ => {}
        }
    }

    /// Rows were built again: what was told of them before is told anew.
    fn forget_rows(&mut self, n: u64) {
        let Self { proofs, noted, first_new, entries, unread, chain, refused, erased, .. } = std::mem::take(self);
        *self = Self {
            proofs,
            noted,
            first_new,
            entries,
            unread,
            chain,
            refused,
            erased,
            salvaged: Some(n),
            ..Self::default()
        };
    }

    fn case(&mut self, case: CaseId, n: u64) -> &mut CaseStory {
        let story = self.cases.entry(case).or_default();
        story.last = n;
        story
    }

    /// Whether an entry was written since rows name their entries.
    pub(super) fn is_new(&self, n: u64) -> bool {
        self.first_new.is_some_and(|first| n >= first)
    }

    /// Whether an entry that could not be read may tell more of a record than entry `n` does.
    pub(super) fn may_go_on_behind(&self, n: u64) -> bool {
        self.silent.is_some_and(|silent| silent > n)
    }
}

/// Where the links have come to. After a link that does not fit, either side may be the changed one: the next entry
/// tells which.
#[derive(Clone, Copy, Debug)]
struct Chain {
    computed: JournalHead,
    stored: JournalHead,
}

impl Default for Chain {
    fn default() -> Self {
        Self { computed: JournalHead::GENESIS, stored: JournalHead::GENESIS }
    }
}

impl Chain {
    /// Whether the entry follows what was read before.
    fn follow(&mut self, entry: &JournalEntry, bases: &Bases, findings: &mut Findings) -> bool {
        // A salvage goes on behind a place that it knew of, whatever lies between.
        let from = bases.before(entry.n, self.stored);
        if from != self.stored {
            *self = Self { computed: from, stored: from };
        }
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
        entry.n == expected && fits
    }
}

/// So many missing entries are named one by one.
const MANY: usize = 1_000;
