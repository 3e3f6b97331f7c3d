//! What the journal proves of drafts: the hash of the newest sealed draft, and of the row of each of its objects.
//!
//! A draft is sealed, so nobody can write one; but its older versions were sealed as well. The same holds for the rows
//! of its objects, which stand in clear. Whoever reads a draft or seals a case asks here first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::damage::{Damage, Fault, Record};
use super::journal::{JournalEvent, JournalRecord};
use super::numbers::Numbers;
use super::objects::ObjectRow;
use crate::domain::{CaseId, ObjectId, ShiftId};
use crate::seal::Hash;

/// What is known of one draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftProof {
    /// Number of the newest entry about it.
    pub(super) n: u64,
    /// Its shift, if the entry that opened it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shift: Option<ShiftId>,
    /// Hash of the sealed draft; none if it was written before drafts were journalled, and not since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) draft: Option<Hash>,
    /// Its objects, each with the hash of its row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) objects: BTreeMap<ObjectId, Hash>,
    /// Whether every object is among them: not if the draft was begun before rows were journalled.
    #[serde(default)]
    pub(super) whole: bool,
}

impl DraftProof {
    /// Rows of objects that are not what was journalled. `may_lack` if entries that cannot be read may tell of more.
    pub(super) fn faulty_rows(&self, case: CaseId, rows: &[ObjectRow], may_lack: bool) -> Vec<Damage> {
        let damage = |object, fault| Damage::new(Record::Object { case, object }, fault).by(self.n);
        let is_there = |object| rows.iter().any(|row| row.object.object == object);
        let missing = self.objects.keys().filter(|object| !is_there(**object));
        let mut faulty: Vec<_> = missing.map(|object| damage(*object, Fault::Missing)).collect();
        for proof in rows.iter().map(ObjectRow::proof) {
            match self.objects.get(&proof.object) {
                Some(row) if *row == proof.row => {}
                Some(_) => faulty.push(damage(proof.object, Fault::Changed)),
                None if self.whole && !may_lack => faulty.push(damage(proof.object, Fault::Unknown)),
                None => {}
            }
        }
        faulty
    }
}

/// All drafts that are known to be open, and the shift they are in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proofs {
    /// The open shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shift: Option<ShiftId>,
    /// Its drafts, and those that an earlier shift has left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) drafts: BTreeMap<CaseId, DraftProof>,
    /// The case numbers at hand.
    #[serde(default, skip_serializing_if = "Numbers::is_unused")]
    pub(super) numbers: Numbers,
    /// The oldest entry that could not be read for want of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unread: Option<u64>,
}

impl Proofs {
    /// Learns what an entry says.
    pub(super) fn take(&mut self, n: u64, record: &JournalRecord) {
        self.numbers.take(&record.event);
        match &record.event {
            JournalEvent::ShiftOpened { shift } => self.shift = Some(*shift),
            JournalEvent::ShiftClosed { .. } => self.shift = None,
            JournalEvent::Salvaged { .. } => {
                *self = Self { numbers: std::mem::take(&mut self.numbers), ..Self::default() }; // the rest is told anew
            }
            JournalEvent::CaseBegun { case } => {
                self.renew(*case, n, record);
                let proof = self.drafts.entry(*case).or_default();
                (proof.shift, proof.whole) = (self.shift, record.draft.is_some());
            }
            JournalEvent::DraftSaved { case }
            | JournalEvent::PhotoImported { case, .. }
            | JournalEvent::PhotoRecovered { case, .. } => self.renew(*case, n, record),
            JournalEvent::CaseSealed { case, .. } => drop(self.drafts.remove(case)),
            _ => {}
        }
    }

    fn renew(&mut self, case: CaseId, n: u64, record: &JournalRecord) {
        let proof = self.drafts.entry(case).or_default();
        proof.objects.extend(record.row.map(|proof| (proof.object, proof.row)));
        // An entry may be read again from an earlier place: the newer one counts.
        if proof.n <= n {
            (proof.n, proof.draft) = (n, record.draft.or(proof.draft));
        }
    }

    /// An entry whose key is not at hand.
    pub(super) fn miss(&mut self, n: u64) {
        self.numbers.burn();
        self.unread = Some(self.unread.map_or(n, |known| known.min(n)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BootId, Moment};
    use crate::vault::journal::ObjectProof;

    const CASE: CaseId = CaseId::new([1; 16]);

    fn record(event: JournalEvent, draft: u8, object: Option<u8>) -> JournalRecord {
        let at = Moment::new(0, 0, 0, BootId([0; 16])).expect("in the calendar");
        let row = object.map(|id| ObjectProof { object: ObjectId::new([id; 16]), row: Hash([id; 32]) });
        JournalRecord { at, draft: Some(Hash([draft; 32])), row, event }
    }

    #[test]
    fn the_newest_draft_and_every_object_are_known_until_the_case_is_sealed() {
        let mut proofs = Proofs::default();
        let shift = ShiftId::new([9; 16]);
        proofs.take(1, &record(JournalEvent::ShiftOpened { shift }, 0, None));
        proofs.take(2, &record(JournalEvent::CaseBegun { case: CASE }, 1, None));
        proofs.take(3, &record(JournalEvent::DraftSaved { case: CASE }, 2, Some(5)));
        proofs.take(4, &record(JournalEvent::DraftSaved { case: CASE }, 3, Some(6)));
        proofs.take(3, &record(JournalEvent::DraftSaved { case: CASE }, 2, Some(5)));
        let proof = proofs.drafts.get(&CASE).expect("known");
        assert_eq!((proof.n, proof.shift, proof.draft), (4, Some(shift), Some(Hash([3; 32]))));
        assert!(proof.whole && proof.objects.len() == 2);
        let json = serde_json::to_vec(&proofs).expect("serialises");
        assert_eq!(serde_json::from_slice::<Proofs>(&json).expect("comes back"), proofs);
        proofs.take(
            5,
            &record(JournalEvent::CaseSealed { case: CASE, seq: 1, payload: Hash::ZERO, number: None }, 0, None),
        );
        assert!(proofs.drafts.is_empty());
    }
}
