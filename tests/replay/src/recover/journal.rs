//! The journal: its chain, what its entries say, and what they prove of everything else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use streife_core::domain::{CaseId, EventId, ObjectId};
use streife_core::seal::{Hash, JournalHead, chain};
use streife_core::vault::{JournalEvent, JournalRecord};

use super::keys::Keys;
use super::report::{Fault, Report};
use super::sink::Sink;
use super::source::{EntryRow, Source};
use crate::ReplayError;

/// What the newest entries say about each thing.
#[derive(Default)]
pub struct Told {
    /// Hash of the sealed draft.
    pub drafts: BTreeMap<CaseId, Hash>,
    /// Hash of an object's row.
    pub rows: BTreeMap<ObjectId, Hash>,
    /// Hash of the manifest's payload.
    pub sealed: BTreeMap<CaseId, Hash>,
    /// Hash of the event's payload, and its case.
    pub voids: BTreeMap<EventId, (CaseId, Hash)>,
    /// Cases that must be there.
    pub kept: BTreeSet<CaseId>,
    /// Cases that were purged.
    pub purged: BTreeSet<CaseId>,
}

/// Follows the chain, opens the entries and writes them as `journal.jsonl`.
///
/// # Errors
/// [`ReplayError::File`].
pub fn open(source: &Source, keys: &Keys, sink: &Sink, report: &mut Report) -> Result<Told, ReplayError> {
    let (mut told, mut lines) = (Told::default(), Vec::new());
    let mut chain = Chain { bases: &source.bases, before: vec![JournalHead::GENESIS] };
    for (n, row) in &source.journal {
        let fault = chain.follow(*n, row);
        if let Some(reason) = &fault {
            report.journal.broken_at.push(*n);
            report.not_opened.push(Fault::new("journal entry", n, reason));
        }
        let record = match keys.entry(row.generation, *n, &row.entry) {
            Ok(plain) => serde_json::from_slice::<Value>(&plain).map_err(|_| "it is no JSON".to_owned()),
            Err(why) => Err(why.to_string()),
        };
        report.journal.entries += 1;
        let line = json!({"n": n, "link": row.link.to_string(), "holds": fault.is_none()});
        lines.push(match record {
            Ok(record) => {
                report.journal.opened += 1;
                told.take_value(&record);
                with(line, "record", record)
            }
            Err(reason) => {
                report.not_opened.push(Fault::new("journal entry", n, &reason));
                with(line, "reason", Value::from(reason))
            }
        });
    }
    report.journal.last = source.journal.keys().next_back().copied().unwrap_or_default();
    report.journal.holds = report.journal.broken_at.is_empty();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    sink.write("journal.jsonl", text.as_bytes())?;
    Ok(told)
}

fn with(mut line: Value, name: &str, value: Value) -> Value {
    if let Value::Object(members) = &mut line {
        members.insert(name.to_owned(), value);
    }
    line
}

/// The chain while it is followed.
struct Chain<'a> {
    bases: &'a [JournalHead],
    /// The entry before, by its stored and by its recomputed link: where they differ, one of them may be right, and the
    /// entry behind it is not broken.
    before: Vec<JournalHead>,
}

impl Chain<'_> {
    /// What is wrong with an entry.
    fn follow(&mut self, n: u64, row: &EntryRow) -> Option<String> {
        let last = self.before.first().map_or(0, |head| head.n);
        let entry = Hash::of(&[&row.entry]);
        let next = |head: &JournalHead| JournalHead { n, link: chain::link(&head.link, n, &entry) };
        let base = self.bases.iter().find(|base| base.n > last && base.n + 1 == n);
        let from = base.map_or_else(|| self.before.clone(), |base| vec![*base]);
        let reached: Vec<_> = from.iter().filter(|head| head.n + 1 == n).map(next).collect();
        let stored = JournalHead { n, link: row.link };
        let fault = match reached.contains(&stored) {
            true => None,
            false if reached.is_empty() => Some(format!("entries from {} up to it are missing", last + 1)),
            false => Some("its link does not follow from the entry before".to_owned()),
        };
        self.before = if fault.is_none() { vec![stored] } else { [vec![stored], reached].concat() };
        fault
    }
}

impl Told {
    fn take_value(&mut self, value: &Value) {
        // An entry of a newer release may tell what this does not know; it is written all the same.
        if let Ok(record) = serde_json::from_value::<JournalRecord>(value.clone()) {
            self.take(&record);
        }
    }

    fn take(&mut self, record: &JournalRecord) {
        self.rows.extend(record.row.map(|proof| (proof.object, proof.row)));
        let mut draft_of = None;
        match &record.event {
            JournalEvent::CaseBegun { case } => {
                self.kept.insert(*case);
                draft_of = Some(*case);
            }
            JournalEvent::DraftSaved { case }
            | JournalEvent::PhotoImported { case, .. }
            | JournalEvent::PhotoRecovered { case, .. } => draft_of = Some(*case),
            JournalEvent::CaseSealed { case, payload, .. } => drop(self.sealed.insert(*case, *payload)),
            JournalEvent::CaseVoided { case, id, payload, .. } => drop(self.voids.insert(*id, (*case, *payload))),
            JournalEvent::PayloadPurged { case } => {
                self.kept.remove(case);
                self.purged.insert(*case);
            }
            // What came before tells nothing of rows any more.
            JournalEvent::Salvaged { .. } => {
                self.kept.clear();
                self.drafts.clear();
                self.rows.clear();
            }
            _ => {}
        }
        self.drafts.extend(draft_of.zip(record.draft));
    }
}
