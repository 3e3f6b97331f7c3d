//! The journal: it only grows, its links hold, and it tells of everything acknowledged exactly once.
//!
//! The links are computed here from the bytes as FORMATS 8 says, not by the core.

use std::collections::BTreeMap;

use streife_core::client::Client;
use streife_core::domain::{CaseId, ObjectId};
use streife_core::seal::Hash;
use streife_core::vault::{Journal, JournalEvent, Reading};

use crate::check::demand;
use crate::model::{Case, Model};
use crate::play::Checked;

/// Reads the journal and compares it with what it said before and with the model.
pub fn check(client: &Client, model: &mut Model) -> Checked {
    let journal = client.journal().map_err(|error| format!("I5: the journal cannot be read: {error:?}"))?;
    journal.verify().map_err(|error| format!("I5: the journal does not verify: {error}"))?;
    let links = links(&journal)?;
    demand(links.starts_with(&model.links), || format!("I5: the journal has lost entries of {}", model.links.len()))?;
    model.links = links;
    let told = Told::of(&journal)?;
    model.cases.iter().try_for_each(|case| told.compare(case))
}

fn links(journal: &Journal) -> Result<Vec<Hash>, String> {
    let mut previous = Hash([0; 32]);
    let mut links = Vec::new();
    for (n, stored) in (1_u64..).zip(&journal.entries) {
        let entry = Hash::of(&[&stored.stored]);
        previous = Hash::of(&[b"streife/1 link", &previous.0, &n.to_be_bytes(), &entry.0]);
        demand(previous == stored.link && n == stored.n, || format!("I5: entry {n} does not follow: {stored:?}"))?;
        let is_read = matches!(stored.reading, Reading::Record(_));
        demand(is_read, || format!("I5: entry {n} cannot be read: {:?}", stored.reading))?;
        links.push(previous);
    }
    Ok(links)
}

/// What the journal tells of cases.
#[derive(Default)]
struct Told {
    begun: BTreeMap<CaseId, u32>,
    photos: BTreeMap<(CaseId, ObjectId), u32>,
    sealed: BTreeMap<CaseId, (u32, Hash)>,
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
                JournalEvent::CaseSealed { case, seq, payload } => {
                    let before = told.sealed.insert(case, (seq, payload));
                    demand(before.is_none(), || format!("I5: {case} was sealed twice"))?;
                }
                JournalEvent::CaseVoided { case, .. } => *told.voided.entry(case).or_default() += 1,
                _ => {}
            }
        }
        Ok(told)
    }

    fn compare(&self, case: &Case) -> Checked {
        let id = case.id;
        demand(self.begun.get(&id) == Some(&1), || format!("I5: {id} was not begun once"))?;
        let photo = |photo: &crate::model::Photo| self.photos.get(&(id, photo.object)) == Some(&1);
        demand(case.photos.iter().all(photo), || format!("I5: a photo of {id} does not stand there once"))?;
        let known = case.seq.zip(case.payload);
        demand(self.sealed.get(&id).copied() == known, || format!("I5: {id} was sealed as {known:?}"))?;
        demand(self.voided.contains_key(&id) == case.voided, || format!("I5: the void of {id} stands there wrongly"))
    }
}
