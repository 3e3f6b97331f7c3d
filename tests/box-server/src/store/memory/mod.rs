//! Everything a box keeps, in memory: for tests that embed a box, and as the second witness of the contract.
//!
//! One mutex around maps. Each method first reads and judges, signatures included, and changes something only when
//! nothing can fail any more: so it is all or nothing without a journal to roll back. "Durable" lasts until the store is
//! dropped, which is all that a box in memory promises; one that was killed and goes on with the same store is told the
//! truth.
//!
//! Not SQLite's own `:memory:`: it would share every mistake of the statements that it is to be compared with.

mod blobs;
mod cases;
mod desk;
mod devices;
mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use streife_core::domain::{CaseId, DeviceId, EventId, KeyId, ObjectId, RangeRequestId, ShiftId};
use streife_core::seal::merkle::Place;
use streife_core::seal::{Decision, Hash, ShiftOpening, ShiftSeal, Signed, WrappedKey};

pub use blobs::MemoryBlobs;

use self::cases::Case;
use self::desk::Slip;
use self::devices::{Device, Token};
use super::{
    Alarm, EventRow, FeedRow, Numbers, ObjectRow, Put, RangeRow, SealFlag, Settings, ShiftRow, Shifts, SignRange,
    UploadEnd, Uploads, rules,
};
use crate::BoxError;

/// A store of metadata in memory.
#[derive(Default)]
pub struct MemoryMeta(Mutex<State>);

#[derive(Default)]
struct State {
    settings: BTreeMap<String, Vec<u8>>,
    devices: BTreeMap<DeviceId, Device>,
    used_codes: BTreeSet<Hash>,
    tokens: BTreeMap<Hash, Token>,
    alarms: Vec<Alarm>,
    shifts: BTreeMap<ShiftId, ShiftRow>,
    cases: BTreeMap<CaseId, Case>,
    /// In order of declaration; a case's place here is its place in the log.
    arrivals: Vec<(CaseId, Hash)>,
    nodes: BTreeMap<Place, Hash>,
    objects: BTreeMap<ObjectId, ObjectRow>,
    events: Vec<(CaseId, EventRow)>,
    decisions: BTreeMap<CaseId, (Decision, Vec<u8>)>,
    wraps: BTreeMap<(CaseId, KeyId), WrappedKey>,
    slips: BTreeMap<CaseId, Slip>,
    feed: Vec<FeedRow>,
    uploads: BTreeMap<ObjectId, UploadEnd>,
    ranges: Vec<(RangeRow, i64)>,
}

impl MemoryMeta {
    /// Whoever panicked had not begun to change anything.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryMeta(..)")
    }
}

/// What came of bytes that meet these.
fn met(known: &[u8], bytes: &[u8]) -> Put {
    if known == bytes { Put::Same } else { Put::Other }
}

/// Lines behind a number, where line `n` is the `n`th.
fn behind<T>(all: &[T], n: u64, at_most: u32) -> impl Iterator<Item = &T> {
    let from = usize::try_from(n).unwrap_or(usize::MAX).min(all.len());
    all.get(from..).unwrap_or_default().iter().take(usize::try_from(at_most).unwrap_or(usize::MAX))
}

impl Settings for MemoryMeta {
    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, BoxError> {
        Ok(self.state().settings.get(name).cloned())
    }

    fn put_settings(&self, settings: &[(&str, &[u8])]) -> Result<(), BoxError> {
        let mut state = self.state();
        let names: BTreeSet<_> = settings.iter().map(|(name, _)| *name).collect();
        if names.len() < settings.len() || names.iter().any(|name| state.settings.contains_key(*name)) {
            return Err(BoxError::Damaged("a setting has a value already"));
        }
        state.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())));
        Ok(())
    }
}

impl Shifts for MemoryMeta {
    fn put_shift(&self, opening: &Signed<ShiftOpening>) -> Result<Put, BoxError> {
        let mut state = self.state();
        let (payload, opening) = (opening.payload(), opening.as_bytes());
        if let Some(known) = state.shifts.get(&payload.shift) {
            return Ok(met(&known.opening, opening));
        }
        state.device(payload.device)?;
        let (shift, device, opening) = (payload.shift, payload.device, opening.to_vec());
        state.shifts.insert(shift, ShiftRow { shift, device, opening, seal: None, flag: SealFlag::Open });
        Ok(Put::New)
    }

    fn put_seal(&self, seal: &Signed<ShiftSeal>) -> Result<Put, BoxError> {
        let mut state = self.state();
        let row = state.shift(seal.payload().shift)?;
        if let Some(known) = &row.seal {
            return Ok(met(known, seal.as_bytes()));
        }
        let mut row = ShiftRow { seal: Some(seal.as_bytes().to_vec()), ..row.clone() };
        row.flag = rules::seal_flag(&row, &state.manifests(row.shift, None))?;
        state.shifts.insert(row.shift, row);
        Ok(Put::New)
    }

    fn shift(&self, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError> {
        Ok(self.state().shifts.get(&shift).cloned())
    }

    fn shifts(&self) -> Result<Vec<ShiftRow>, BoxError> {
        Ok(self.state().shifts.values().cloned().collect())
    }
}

impl Uploads for MemoryMeta {
    fn upload_end(&self, object: ObjectId) -> Result<Option<UploadEnd>, BoxError> {
        Ok(self.state().uploads.get(&object).copied())
    }

    fn keep_upload(&self, object: ObjectId, now_ms: i64, life_ms: i64) -> Result<bool, BoxError> {
        let mut state = self.state();
        let found = state.uploads.get(&object).copied();
        let Some(end) = rules::moved_end(found, now_ms, life_ms) else { return Ok(false) };
        state.objects.get(&object).ok_or(BoxError::Damaged("an upload that no manifest lists"))?;
        state.uploads.insert(object, UploadEnd::At(end));
        Ok(!matches!(found, Some(UploadEnd::At(_))))
    }

    fn expire_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        if let Some(end) = self.state().uploads.get_mut(&object) {
            *end = UploadEnd::Expired;
        }
        Ok(())
    }

    fn forget_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        self.state().uploads.remove(&object);
        Ok(())
    }

    fn renew_uploads(&self, case: CaseId) -> Result<(), BoxError> {
        let mut state = self.state();
        let State { uploads, objects, .. } = &mut *state;
        let is_of_case = |object: &ObjectId| objects.get(object).is_some_and(|row| row.case == case);
        uploads.retain(|object, end| *end != UploadEnd::Expired || !is_of_case(object));
        Ok(())
    }

    fn ended_uploads(&self, now_ms: i64) -> Result<Vec<ObjectId>, BoxError> {
        let has_ended = |end: &UploadEnd| matches!(end, UploadEnd::At(at) if *at <= now_ms);
        let state = self.state();
        Ok(state.uploads.iter().filter(|(_, end)| has_ended(end)).map(|(object, _)| *object).collect())
    }
}

impl Numbers for MemoryMeta {
    fn put_range(
        &self,
        device: DeviceId,
        request: RangeRequestId,
        now_ms: i64,
        sign: SignRange<'_>,
    ) -> Result<Option<(Put, Vec<u8>)>, BoxError> {
        let mut state = self.state();
        let mut own = state.ranges.iter().filter(|(row, _)| row.device == device);
        if let Some((known, _)) = own.clone().find(|(row, _)| row.request == request) {
            return Ok(Some((Put::Same, known.cose.clone())));
        }
        let since = rules::range_day(now_ms);
        let given = own.by_ref().filter(|(_, at)| *at > since).count();
        let last = state.ranges.last().map(|(row, _)| row.range);
        let given = u32::try_from(given).unwrap_or(u32::MAX);
        let Some(range) = rules::next_range(last, given) else { return Ok(None) };
        state.device(device)?;
        let cose = sign(range)?;
        state.ranges.push((RangeRow { range, device, request, cose: cose.clone() }, now_ms));
        Ok(Some((Put::New, cose)))
    }

    fn ranges(&self) -> Result<Vec<RangeRow>, BoxError> {
        Ok(self.state().ranges.iter().map(|(row, _)| row.clone()).collect())
    }
}

impl State {
    fn device(&self, device: DeviceId) -> Result<&Device, BoxError> {
        self.devices.get(&device).ok_or(BoxError::Damaged("a row of a device that is not enrolled"))
    }

    fn shift(&self, shift: ShiftId) -> Result<&ShiftRow, BoxError> {
        self.shifts.get(&shift).ok_or(BoxError::Damaged("a row of a shift that is not here"))
    }

    fn case(&self, case: CaseId) -> Result<&Case, BoxError> {
        self.cases.get(&case).ok_or(BoxError::Damaged("a row of a case that is not here"))
    }

    fn event(&self, event: EventId) -> Option<&EventRow> {
        self.events.iter().map(|(_, row)| row).find(|row| row.event == event)
    }
}
