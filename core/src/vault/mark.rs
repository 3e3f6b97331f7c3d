//! The mark: a sealed note of how far the journal was known to be sound, and of the drafts that were open there.
//!
//! It is written in the transaction of every 256th entry and at the end of each shift, so opening a vault reads the
//! entries behind it and no more. A mark that is gone or older only makes the reading longer; one that names an entry
//! which is not there any more, or has another link, shows that the journal was cut or rewritten.
//!
//! Findings never keep a vault from opening: the records that are sound must stay usable, and what is damaged is told
//! and refused where it is used (decision and cost in `docs/adr/0016-tamper-evidence.md`).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::anchor::History;
use super::cases::{self, CaseState, Secrets};
use super::damage::{Damage, Fault, Findings, Record};
use super::journal::{self, JournalEvent, JournalRecord};
use super::proof::{DraftProof, Proofs};
use super::story::Story;
use super::{ObjectRow, Vault, VaultError, objects, settings};
use crate::domain::{CaseId, CaseNumber, NumberRange, RangeRequestId};
use crate::seal::{Hash, JournalHead};

/// Name of the setting.
pub(super) const MARK: &str = "journal-mark";
/// A mark is due with every entry whose number this divides.
const EVERY: u64 = 256;
/// So many findings are journalled one by one.
const NOTED: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    n: u64,
    link: Hash,
    proofs: Proofs,
}

/// What opening has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What is not as the journal says, as far as the newest entries tell.
    pub damage: Vec<Damage>,
    /// What the anchor tells against the whole.
    pub history: Option<History>,
}

/// What is known of open drafts while the vault is open.
#[derive(Default)]
pub(super) struct Known {
    proofs: Mutex<Proofs>,
    /// Held from a transaction that appends entries until they are learnt: nobody takes what is known for newer or
    /// older than the journal.
    order: Mutex<()>,
    /// Findings that are in the journal.
    noted: Mutex<BTreeSet<Damage>>,
    /// What was mended before anything could be journalled.
    healed: Mutex<Vec<Damage>>,
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, Proofs> {
        // A panic cannot leave it half changed: each change is one entry's.
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`Self::order`].
    pub(super) fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The case number that the next case gets.
    pub(super) fn next_number(&self) -> Option<CaseNumber> {
        self.lock().numbers.next()
    }

    /// So many case numbers are left.
    pub(super) fn numbers_left(&self) -> u32 {
        self.lock().numbers.left()
    }

    /// The request for case numbers that waits for its answer.
    pub(super) fn asked(&self) -> Option<RangeRequestId> {
        self.lock().numbers.asked()
    }

    /// Whether a range of case numbers was never here.
    pub(super) fn is_new_range(&self, range: &NumberRange) -> bool {
        self.lock().numbers.is_new(range)
    }

    fn noted(&self) -> MutexGuard<'_, BTreeSet<Damage>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what was mended, until it can be told.
    pub(super) fn heal(&self, damage: Damage) {
        self.healed.lock().unwrap_or_else(PoisonError::into_inner).push(damage);
    }

    fn take_healed(&self) -> Vec<Damage> {
        std::mem::take(&mut self.healed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Learns from entries that are committed.
    pub(super) fn learn(&self, written: &[(u64, JournalRecord)]) {
        let mut proofs = self.lock();
        written.iter().for_each(|(n, record)| proofs.take(*n, record));
    }

    fn of(&self, case: CaseId) -> Option<DraftProof> {
        self.lock().drafts.get(&case).cloned()
    }
}

/// Whether a mark is due behind entry `n`.
pub(super) const fn is_due(n: u64) -> bool {
    n.is_multiple_of(EVERY)
}

/// How a reading began.
struct Start {
    from: JournalHead,
    proofs: Proofs,
    /// The mark's place is not on the chain.
    is_broken: bool,
    /// There is no mark, whatever the reason.
    is_bare: bool,
}

impl Vault {
    /// Writes a mark at `head`, within the transaction that has appended `written`.
    pub(super) fn put_mark(
        &self,
        transaction: &Transaction<'_>,
        head: JournalHead,
        written: &[(u64, JournalRecord)],
    ) -> Result<(), VaultError> {
        let mut proofs = self.known.lock().clone();
        written.iter().for_each(|(n, record)| proofs.take(*n, record));
        let mark = Mark { n: head.n, link: head.link, proofs };
        let json = super::store::to_json(&mark, Record::Setting(MARK.to_owned()))?;
        settings::put(transaction, &self.keys, MARK, &json, &*self.entropy)
    }

    /// What opening looks at: the newest entries and their rows, and the anchor. What stands as arrived and is not is
    /// queued again.
    pub(super) fn inspect(&self) -> Result<Look, VaultError> {
        let mut damage = self.known.take_healed();
        damage.extend(self.look_back()?);
        damage.extend(self.prove_settings(&damage)?);
        damage.extend(self.prove_device()?);
        if !damage.is_empty() {
            damage.extend(self.requeue_lost(&damage)?);
        }
        let history = self.weigh_anchor(&mut damage)?;
        if history.is_some() {
            self.known.lock().numbers.burn(); // also where there was no room to journal it
        }
        self.note_damage(&damage)?;
        Ok(Look { damage, history })
    }

    /// Settings that do not open. They count as absent, so whoever asks for one would not tell.
    fn prove_settings(&self, known: &[Damage]) -> Result<Vec<Damage>, VaultError> {
        self.database.read(|connection| {
            let names = settings::names(connection)?.into_iter();
            let opened = names.map(|name| settings::get(connection, &self.keys, &name));
            let damage = opened.filter_map(|value| value.err().and_then(|error| error.damage()));
            Ok(damage.filter(|damage| known.iter().all(|known| known.record != damage.record)).collect())
        })
    }

    /// Reads the journal behind the mark and compares the rows it speaks of.
    fn look_back(&self) -> Result<Vec<Damage>, VaultError> {
        let order = self.known.order();
        let (story, findings, is_broken) = self.database.read(|connection| {
            let mut findings = Findings::default();
            let start = self.start(connection, &mut findings)?;
            let mut story = self.read_from(connection, start.from, start.proofs.clone(), &mut findings)?;
            let unknown = unknown_drafts(connection, &story)?;
            if start.is_broken || (!unknown.is_empty() && start.from != JournalHead::GENESIS) {
                story = self.read_from(connection, JournalHead::GENESIS, start.proofs, &mut findings)?;
            }
            if start.is_broken {
                story.proofs.numbers.burn();
            }
            self.compare(connection, &story, &mut findings)?;
            blame_unknown(&unknown, &story, &mut findings);
            if start.is_bare && story.mark_was_due {
                findings.add(Damage::new(Record::Setting(MARK.to_owned()), Fault::Missing));
            }
            Ok((story, findings, start.is_broken))
        })?;
        let found = findings.into_list();
        self.known.lock().clone_from(&story.proofs);
        drop(order);
        self.known.noted().clone_from(&story.noted);
        if is_broken || (found.is_empty() && story.entries > EVERY) {
            self.renew_mark()?;
        }
        Ok(found)
    }

    fn read_from(
        &self,
        connection: &Connection,
        from: JournalHead,
        proofs: Proofs,
        findings: &mut Findings,
    ) -> Result<Story, VaultError> {
        let mut story = Story::default();
        story.proofs = proofs;
        story.read(connection, &self.keys, from, findings)?;
        Ok(story)
    }

    fn start(&self, connection: &Connection, findings: &mut Findings) -> Result<Start, VaultError> {
        let genesis =
            |is_bare| Start { from: JournalHead::GENESIS, proofs: Proofs::default(), is_broken: false, is_bare };
        let mark = match self.mark(connection) {
            Ok(Some(mark)) => mark,
            Ok(None) => return Ok(genesis(true)),
            Err(VaultError::KeyMissing { .. }) => return Ok(genesis(false)),
            Err(error) => {
                findings.add(error.damage().ok_or(error)?);
                return Ok(genesis(false));
            }
        };
        let there = journal::head_at(connection, mark.n)?;
        if there.is_none_or(|there| there.link != mark.link) {
            let fault = if there.is_some() { Fault::Link } else { Fault::Cut };
            findings.add(Damage::new(Record::Entry(mark.n), fault));
            return Ok(Start { from: JournalHead::GENESIS, proofs: mark.proofs, is_broken: true, is_bare: false });
        }
        // What was not read for want of a key is read now, if the key has come back. Its place is on the chain if the
        // links from there lead to the mark.
        let from = match mark.proofs.unread {
            Some(n) => journal::head_at(connection, n.saturating_sub(1))?.unwrap_or(JournalHead::GENESIS),
            None => JournalHead { n: mark.n, link: mark.link },
        };
        Ok(Start { from, proofs: Proofs { unread: None, ..mark.proofs }, is_broken: false, is_bare: false })
    }

    /// The place that the mark names, if there is one.
    pub(super) fn marked_place(&self, connection: &Connection) -> Result<Option<JournalHead>, VaultError> {
        Ok(self.mark(connection)?.map(|mark| JournalHead { n: mark.n, link: mark.link }))
    }

    fn mark(&self, connection: &Connection) -> Result<Option<Mark>, VaultError> {
        let Some(json) = settings::get(connection, &self.keys, MARK)? else { return Ok(None) };
        super::store::from_json(&json, Record::Setting(MARK.to_owned())).map(Some)
    }

    /// Journals what was not journalled before. That the disk is full or no key is there now is no reason to stop.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn note_damage(&self, found: &[Damage]) -> Result<(), VaultError> {
        let new: Vec<_> = {
            let noted = self.known.noted();
            found.iter().filter(|damage| !noted.contains(*damage)).take(NOTED).cloned().collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let done = self.journaled(self.moment()?, |_, journal| {
            new.iter()
                .try_for_each(|damage| journal.append(JournalEvent::DamageFound { damage: damage.clone() }).map(drop))
        });
        self.known.noted().extend(new);
        unless_shut(done)
    }

    /// Sets a mark where the one there is does not serve any more, so that the next reading is short.
    fn renew_mark(&self) -> Result<(), VaultError> {
        unless_shut(self.journaled(self.moment()?, |_, journal| journal.mark()))
    }

    /// Refuses a draft that is not the newest known. What is known may be too little, when a key has come back since:
    /// then the journal is asked once more.
    pub(super) fn check_draft(&self, case: CaseId, secrets: &Secrets) -> Result<(), VaultError> {
        let hash = secrets.draft.as_ref().map(|draft| Hash::of(&[draft]));
        let fits = |proof: &DraftProof| proof.draft.is_none() || proof.draft == hash;
        if self.known.of(case).as_ref().is_some_and(fits) {
            return Ok(());
        }
        let (proof, silent) = self.read_again(case)?;
        match proof {
            Some(proof) if fits(&proof) || silent.is_some_and(|n| n > proof.n) => Ok(()),
            Some(proof) => {
                let damage = Damage::new(Record::Case(case), self.draft_fault(case, secrets)).by(proof.n);
                Err(VaultError::Damaged(damage))
            }
            None if silent.is_some() => Ok(()),
            None => Err(VaultError::Damaged(Damage::new(Record::Case(case), Fault::State))),
        }
    }

    /// Objects of a draft, as they will stand in its manifest. Refused if its shift or one of them is not what was
    /// journalled.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] naming the first.
    pub fn proven_objects(&self, case: CaseId) -> Result<Vec<ObjectRow>, VaultError> {
        let read = |connection: &Connection| Ok((cases::one(connection, case)?, objects::of_case(connection, case)?));
        let (row, rows) = self.database.read(read)?;
        let Some(proof) = self.known.of(case) else { return Ok(rows) };
        if proof.shift.is_some_and(|shift| shift != row.shift) {
            return Err(VaultError::Damaged(Damage::new(Record::Case(case), Fault::Changed).by(proof.n)));
        }
        let may_lack = self.known.lock().unread.is_some();
        let Some(first) = proof.faulty_rows(case, &rows, may_lack).into_iter().next() else { return Ok(rows) };
        let (newest, silent) = self.read_again(case)?;
        let faulty = newest.map_or(Vec::from([first]), |proof| proof.faulty_rows(case, &rows, silent.is_some()));
        faulty.into_iter().next().map_or(Ok(rows), |damage| Err(VaultError::Damaged(damage)))
    }

    /// The newest proof of a draft, and the newest entry that says nothing: it may tell of a newer draft.
    fn read_again(&self, case: CaseId) -> Result<(Option<DraftProof>, Option<u64>), VaultError> {
        let Story { proofs, silent, .. } = self.database.read(|connection| {
            self.read_from(connection, JournalHead::GENESIS, Proofs::default(), &mut Findings::default())
        })?;
        let mut known = self.known.lock();
        let newest = [known.drafts.get(&case), proofs.drafts.get(&case)].into_iter().flatten();
        let newest = newest.max_by_key(|proof| proof.n).cloned();
        known.drafts.extend(newest.clone().map(|proof| (case, proof)));
        Ok((newest, silent))
    }

    /// What is wrong with a draft that is not the one expected: an older version of it still opens where it stands.
    pub(super) fn draft_fault(&self, case: CaseId, secrets: &Secrets) -> Fault {
        if self.open_draft(case, secrets).is_ok() { Fault::Outdated } else { Fault::Sealed }
    }
}

/// What cannot be written down now is found again.
pub(super) fn unless_shut(done: Result<(), VaultError>) -> Result<(), VaultError> {
    match done {
        Err(VaultError::DiskFull | VaultError::KeyStore(_) | VaultError::KeyMissing { .. }) => Ok(()),
        other => other,
    }
}

fn unknown_drafts(connection: &Connection, story: &Story) -> Result<BTreeSet<CaseId>, VaultError> {
    let drafts = cases::in_state(connection, CaseState::Draft)?;
    Ok(drafts.into_iter().filter(|case| !story.proofs.drafts.contains_key(case)).collect())
}

/// Drafts that no entry tells of, unless an entry that cannot be read may do so.
fn blame_unknown(unknown: &BTreeSet<CaseId>, story: &Story, findings: &mut Findings) {
    let untold = unknown.iter().filter(|case| !story.cases.contains_key(case) && story.silent.is_none());
    untold.for_each(|case| findings.add(Damage::new(Record::Case(*case), Fault::Unknown)));
}
