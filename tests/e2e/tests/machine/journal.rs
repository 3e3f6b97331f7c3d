//! The journal: it only grows, its links hold, and it tells of everything acknowledged exactly once.
//!
//! The links are computed here from the bytes as FORMATS 8 says, not by the core.

use std::collections::{BTreeMap, BTreeSet};

use streife_core::client::Client;
use streife_core::domain::{CaseId, CaseNumber, ObjectId};
use streife_core::seal::Hash;
use streife_core::vault::{Journal, JournalEvent, Reading};

use crate::check::demand;
use crate::model::{Case, Model};
use crate::play::Checked;

/// Reads the journal and compares it with what it said before and with the model.
pub fn check(client: &Client, model: &mut Model) -> Checked {
    let journal = client.journal().map_err(|error| format!("I5: the journal cannot be read: {error:?}"))?;
    journal.verify().map_err(|error| format!("I5: the journal does not verify: {error}"))?;
    let Links { links, unread } = links(&journal)?;
    let (known, count) = (model.links.len() as u64, links.len() as u64);
    demand(links.starts_with(&model.links), || format!("I5: the journal has lost entries of {}", model.links.len()))?;
    model.links = links;
    model.keys.check_dark(&unread, known, count)?;
    let told = Told { is_whole: unread.is_empty(), ..Told::of(&journal)? };
    model.cases.iter().try_for_each(|case| told.compare(case))
}

/// The links of all entries, and the entries whose key is missing.
#[derive(Default)]
struct Links {
    links: Vec<Hash>,
    unread: BTreeSet<u64>,
}

fn links(journal: &Journal) -> Result<Links, String> {
    let mut previous = Hash([0; 32]);
    let mut found = Links::default();
    for (n, stored) in (1_u64..).zip(&journal.entries) {
        let entry = Hash::of(&[&stored.stored]);
        previous = Hash::of(&[b"streife/1 link", &previous.0, &n.to_be_bytes(), &entry.0]);
        demand(previous == stored.link && n == stored.n, || format!("I5: entry {n} does not follow: {stored:?}"))?;
        match stored.reading {
            Reading::Record(_) => {}
            Reading::NoKey => drop(found.unread.insert(n)),
            Reading::Damaged => return Err(format!("I5: entry {n} cannot be read: {:?}", stored.reading)),
        }
        found.links.push(previous);
    }
    Ok(found)
}

/// What the journal tells of cases.
#[derive(Default)]
struct Told {
    /// Whether every entry could be read. If not, what can be read must not contradict the model.
    is_whole: bool,
    begun: BTreeMap<CaseId, u32>,
    photos: BTreeMap<(CaseId, ObjectId), u32>,
    sealed: BTreeMap<CaseId, (u32, Hash)>,
    numbers: BTreeSet<CaseNumber>,
    voided: BTreeMap<CaseId, u32>,
}

impl Told {
    fn of(journal: &Journal) -> Result<Self, String> {
        let mut told = Self::default();
        for record in journal.records() {
            match record.event {
                JournalEvent::CaseBegun { case } => *told.begun.entry(case).or_default() += 1,
                JournalEvent::PhotoImported { case, object, .. }
                | JournalEvent::PhotoRecovered { case, object, .. } => {
                    *told.photos.entry((case, object)).or_default() += 1;
                }
                JournalEvent::CaseSealed { case, seq, payload, number } => {
                    let before = told.sealed.insert(case, (seq, payload));
                    demand(before.is_none(), || format!("I5: {case} was sealed twice"))?;
                    let is_new = number.is_none_or(|number| told.numbers.insert(number));
                    demand(is_new, || format!("I2: {case} has a case number that another has: {number:?}"))?;
                }
                JournalEvent::CaseVoided { case, .. } => *told.voided.entry(case).or_default() += 1,
                _ => {}
            }
        }
        Ok(told)
    }

    fn compare(&self, case: &Case) -> Checked {
        let id = case.id;
        let is_once = |count: Option<&u32>| count.map_or(!self.is_whole, |count| *count == 1);
        demand(is_once(self.begun.get(&id)), || format!("I5: {id} was not begun once"))?;
        let photo = |photo: &crate::model::Photo| is_once(self.photos.get(&(id, photo.object)));
        demand(case.photos.iter().all(photo), || format!("I5: a photo of {id} does not stand there once"))?;
        let known = case.seq.zip(case.payload);
        let sealed = self.sealed.get(&id).copied();
        let is_unread = sealed.is_none() && !self.is_whole;
        demand(sealed == known || is_unread, || format!("I5: {id} was sealed as {known:?}"))?;
        let is_told = self.voided.contains_key(&id);
        let is_right = is_told == case.voided || (!is_told && !self.is_whole);
        demand(is_right, || format!("I5: the void of {id} stands there wrongly"))
    }
}
