//! Cases in memory.

use std::collections::HashSet;

use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::seal::{CaseEvent, EventKind, Manifest, Signed};

use super::{MemoryMeta, State, behind, met};
use crate::BoxError;
use crate::store::rules;
use crate::store::{CaseRow, Cases, EventRow, FeedKind, ObjectRow, Put, SequenceFlag, Sign};

/// A case.
pub struct Case {
    /// Order of arrival, from 1.
    pub index: u64,
    device: DeviceId,
    shift: ShiftId,
    seq: u32,
    sequence: SequenceFlag,
    is_late: bool,
    objects: Vec<ObjectId>,
    manifest: Vec<u8>,
    receipt: Option<Vec<u8>>,
}

impl Cases for MemoryMeta {
    fn put_case(&self, signed: &Signed<Manifest>) -> Result<Option<Put>, BoxError> {
        let mut state = self.state();
        let manifest = signed.payload();
        if let Some(known) = state.cases.get(&manifest.case) {
            return Ok(Some(met(&known.manifest, signed.as_bytes())));
        }
        if manifest.objects.iter().any(|object| state.objects.contains_key(&object.object)) {
            return Ok(None);
        }
        let device = state.device(manifest.device)?;
        let (is_late, entry) = (device.is_draining, signed.payload_hash());
        let row = state.shift(manifest.shift)?;
        let flag = match row.seal {
            Some(_) => rules::seal_flag(row, &state.manifests(row.shift, Some(signed)))?,
            None => row.flag,
        };
        let nodes = state.completed_by(&entry)?;
        let case = state.arriving(signed, is_late);
        // Nothing fails from here on.
        state.arrivals.push((manifest.case, entry));
        state.nodes.extend(nodes);
        state.cases.insert(manifest.case, case);
        state.list(manifest);
        if let Some(row) = state.shifts.get_mut(&manifest.shift) {
            row.flag = flag;
        }
        state.tell(FeedKind::Declared, manifest.case, None);
        Ok(Some(Put::New))
    }

    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
        let state = self.state();
        Ok(state.cases.get(&case).map(|row| state.row(case, row)))
    }

    fn cases_after(&self, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let state = self.state();
        let found = behind(&state.arrivals, index, at_most);
        found.map(|(case, _)| Ok(state.row(*case, state.case(*case)?))).collect()
    }

    fn cases_of_device(&self, device: DeviceId, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let state = self.state();
        let own = behind(&state.arrivals, index, u32::MAX).map(|(case, _)| Ok(state.row(*case, state.case(*case)?)));
        let own = own.filter(|row| row.as_ref().map_or(true, |row: &CaseRow| row.device == device));
        own.take(usize::try_from(at_most).unwrap_or(usize::MAX)).collect()
    }

    fn late_cases_after(&self, index: u64) -> Result<HashSet<CaseId>, BoxError> {
        let state = self.state();
        let late = state.cases.iter().filter(|(_, row)| row.is_late && row.index > index);
        Ok(late.map(|(case, _)| *case).collect())
    }

    fn incomplete_cases(&self) -> Result<u64, BoxError> {
        Ok(self.state().cases.values().filter(|row| row.receipt.is_none()).count() as u64)
    }

    fn objects(&self, case: CaseId) -> Result<Vec<ObjectRow>, BoxError> {
        let state = self.state();
        Ok(state.cases.get(&case).map(|row| state.objects_of(row)).unwrap_or_default())
    }

    fn all_objects(&self) -> Result<Vec<ObjectRow>, BoxError> {
        Ok(self.state().objects.values().cloned().collect())
    }

    fn object(&self, object: ObjectId) -> Result<Option<ObjectRow>, BoxError> {
        Ok(self.state().objects.get(&object).cloned())
    }

    fn mark_stored(&self, object: &ObjectRow, sign: Sign<'_>) -> Result<(), BoxError> {
        let mut state = self.state();
        let case = state.case(object.case)?;
        let mut objects = state.objects_of(case);
        objects.iter_mut().filter(|row| row.object == object.object).for_each(|row| row.stored = true);
        let row = state.row(object.case, case);
        let receipt = rules::due_receipt(&row, &objects, state.leaf(object.case), sign)?;
        if let Some(row) = state.objects.get_mut(&object.object) {
            row.stored = true;
        }
        if receipt.is_some() {
            if let Some(row) = state.cases.get_mut(&object.case) {
                row.receipt = receipt;
            }
            state.tell(FeedKind::Complete, object.case, None);
        }
        Ok(())
    }

    fn mark_lost(&self, object: ObjectId) -> Result<(), BoxError> {
        if let Some(row) = self.state().objects.get_mut(&object) {
            row.stored = false;
        }
        Ok(())
    }

    fn put_event(&self, signed: &Signed<CaseEvent>) -> Result<Put, BoxError> {
        let mut state = self.state();
        let event = signed.payload();
        if let Some(known) = state.event(event.event) {
            return Ok(met(&known.bytes, signed.as_bytes()));
        }
        state.case(event.case)?;
        let row = EventRow { event: event.event, kind: event.kind as u8, bytes: signed.as_bytes().to_vec() };
        state.events.push((event.case, row));
        state.tell(FeedKind::Event, event.case, Some(*event.event.as_bytes()));
        Ok(Put::New)
    }

    fn events(&self, case: CaseId) -> Result<Vec<EventRow>, BoxError> {
        Ok(self.state().events_of(case).cloned().collect())
    }

    fn event(&self, case: CaseId, event: EventId) -> Result<Option<EventRow>, BoxError> {
        Ok(self.state().events_of(case).find(|row| row.event == event).cloned())
    }
}

impl State {
    /// Signed manifests of a shift in the order of their numbers, and of arrival where those are equal; `last` is arriving.
    pub(super) fn manifests(&self, shift: ShiftId, last: Option<&Signed<Manifest>>) -> Vec<Vec<u8>> {
        let here = self.cases.values().filter(|row| row.shift == shift);
        let mut all: Vec<_> = here.map(|row| (row.seq, row.index, row.manifest.as_slice())).collect();
        all.extend(last.map(|last| (last.payload().seq, u64::MAX, last.as_bytes())));
        all.sort_unstable();
        all.into_iter().map(|(_, _, bytes)| bytes.to_vec()).collect()
    }

    fn arriving(&self, signed: &Signed<Manifest>, is_late: bool) -> Case {
        let manifest = signed.payload();
        let has = |seq| self.cases.values().any(|row| (row.shift, row.seq) == (manifest.shift, seq));
        Case {
            index: self.arrivals.len() as u64 + 1,
            device: manifest.device,
            shift: manifest.shift,
            seq: manifest.seq,
            sequence: rules::sequence(manifest.seq, has(manifest.seq), has(manifest.seq.saturating_sub(1))),
            is_late,
            objects: manifest.objects.iter().map(|object| object.object).collect(),
            manifest: signed.as_bytes().to_vec(),
            receipt: None,
        }
    }

    /// Lists the objects of a case that has arrived, and closes the gap that it filled.
    fn list(&mut self, manifest: &Manifest) {
        for listed in &manifest.objects {
            let row = ObjectRow {
                object: listed.object,
                case: manifest.case,
                device: manifest.device,
                length: listed.length,
                hash: listed.hash,
                stored: false,
                kind: listed.kind as u8,
            };
            self.objects.insert(listed.object, row);
        }
        let next = (manifest.shift, manifest.seq.saturating_add(1), SequenceFlag::Gap);
        let gaps = self.cases.values_mut().filter(|row| (row.shift, row.seq, row.sequence) == next);
        gaps.for_each(|row| row.sequence = SequenceFlag::Fits);
    }

    fn objects_of(&self, case: &Case) -> Vec<ObjectRow> {
        case.objects.iter().filter_map(|object| self.objects.get(object)).cloned().collect()
    }

    fn events_of(&self, case: CaseId) -> impl Iterator<Item = &EventRow> {
        self.events.iter().filter(move |(of, _)| *of == case).map(|(_, row)| row)
    }

    fn row(&self, case: CaseId, row: &Case) -> CaseRow {
        let is_void = self.events_of(case).any(|event| event.kind == EventKind::Void as u8);
        let decision = self.decisions.get(&case).map(|(decision, _)| decision.kind);
        let has_all = row.objects.iter().all(|object| self.objects.get(object).is_some_and(|row| row.stored));
        CaseRow {
            case,
            device: row.device,
            shift: row.shift,
            seq: row.seq,
            sequence: row.sequence,
            index: row.index,
            state: rules::state(is_void, decision, row.receipt.is_some() && has_all),
            manifest: row.manifest.clone(),
            receipt: row.receipt.clone(),
        }
    }
}
