//! The invariants at the box, seen from the case worker's desk: every sealed case once, whole, and with the very facts
//! and photos that were acknowledged. The keys are the case worker's, the books are the box's.

use std::collections::BTreeSet;

use streife_box::{LedgerCase, SealFlag};
use streife_core::domain::{CaseNumber, CaseRecord};
use streife_core::seal::{Binding, CaseEvent, CaseKey, Hash, Kind, Manifest, Signed, open};
use streife_core::sync::protocol::BoxCaseState;

use crate::check::demand;
use crate::model::{Case, Model};
use crate::play::{Checked, Machine};

/// Whether every closed shift's seal has arrived.
pub fn has_all_seals(machine: &Machine<'_>) -> bool {
    let shifts = machine.world.server().ledger().shifts().unwrap_or_default();
    machine.model.shifts.keys().all(|known| shifts.iter().any(|shift| shift.shift == *known && shift.seal.is_some()))
}

/// Whether every void of a sound case has arrived.
pub fn has_all_voids(machine: &Machine<'_>) -> bool {
    let stored = machine.world.server().ledger().cases().unwrap_or_default();
    let arrived = |case: &Case| stored.iter().any(|stored| stored.case == case.id && !stored.events.is_empty());
    let is_stuck = |case: &Case| machine.model.is_stuck(case.id);
    machine.model.cases.iter().filter(|case| case.voided && case.hurt.is_empty() && !is_stuck(case)).all(arrived)
}

/// Compares all of the model with all of the box.
pub fn compare(machine: &mut Machine<'_>) -> Checked {
    let stored = machine.world.server().ledger().cases().map_err(|error| format!("the ledger fails: {error}"))?;
    let mut numbers = BTreeSet::new();
    for case in &machine.model.cases {
        let here: Vec<_> = stored.iter().filter(|stored| stored.case == case.id).collect();
        match here.as_slice() {
            [stored] => {
                let photos =
                    of_case(machine, case, stored, &mut numbers).map_err(|wrong| format!("{wrong} ({case:?})"))?;
                machine.figures.compared += u32::from(photos.is_some());
                machine.figures.photos += photos.unwrap_or_default();
            }
            [] if !case.hurt.is_empty() || machine.model.is_stuck(case.id) => {}
            other => return Err(format!("I2: {} is at the box {} times", case.id, other.len())),
        }
    }
    machine.figures.numbered += u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    demand(stored.len() <= machine.model.cases.len(), || "I2: the box has cases that nobody sealed".to_owned())?;
    machine.model.shifts.keys().try_for_each(|shift| of_shift(machine, *shift))
}

fn of_shift(machine: &Machine<'_>, shift: streife_core::domain::ShiftId) -> Checked {
    let shifts = machine.world.server().ledger().shifts().map_err(|error| format!("the ledger fails: {error}"))?;
    let stored = shifts.iter().find(|stored| stored.shift == shift).ok_or("I6: a shift is not at the box")?;
    demand(stored.seal.is_some(), || format!("I6: the seal of {shift} is not at the box"))?;
    let is_incomplete = |case: &Case| !case.hurt.is_empty() || machine.model.is_stuck(case.id);
    let is_hurt = machine.model.cases.iter().any(|case| case.shift == shift && is_incomplete(case));
    let is_over_draft = machine.model.shifts.get(&shift).is_some_and(|shift| shift.over_draft);
    demand(is_hurt || is_over_draft || stored.flag == SealFlag::Fits, || {
        format!("I5: the seal of {shift} says {:?}", stored.flag)
    })
}

/// Compares one case; returns its number of photos, or nothing for a damaged case that is not whole at the box.
fn of_case(
    machine: &Machine<'_>,
    case: &Case,
    stored: &LedgerCase,
    numbers: &mut BTreeSet<CaseNumber>,
) -> Result<Option<u32>, String> {
    let is_whole = stored.objects.iter().all(|object| object.file.is_some());
    if !is_whole || stored.receipt.is_none() {
        demand(!case.hurt.is_empty(), || format!("I6: {:?} at the box", stored.state))?;
        return Ok(None);
    }
    let state = if case.voided { BoxCaseState::Voided } else { BoxCaseState::Complete };
    let voids_may_wait = !case.hurt.is_empty() || machine.model.is_stuck(case.id);
    demand(stored.state == state || voids_may_wait, || format!("I6: {:?} instead of {state:?}", stored.state))?;
    demand(Some(stored.seq) == case.seq && stored.shift == case.shift, || format!("I2: another place: {stored:?}"))?;
    let manifest = Signed::<Manifest>::verify(&stored.manifest, &machine.world.device_key());
    let manifest = manifest.map_err(|error| format!("I3: the manifest does not verify: {error}"))?.into_payload();
    let key = manifest.open_case_key(&machine.world.case_worker());
    let opened =
        Opened { manifest, key: key.map_err(|error| format!("I3: the case key does not open: {error}"))?, stored };
    events(machine, case, stored)?;
    let record: CaseRecord = opened.record()?;
    facts(&machine.model, case, &record)?;
    let is_new = record.number.is_none_or(|number| numbers.insert(number));
    demand(is_new, || format!("I2: another case has the number {:?}", record.number))?;
    opened.photos(case, &record)?;
    Ok(Some(u32::try_from(case.photos.len()).unwrap_or(u32::MAX)))
}

fn events(machine: &Machine<'_>, case: &Case, stored: &LedgerCase) -> Checked {
    let voids = stored.events.iter().filter(|event| {
        let verified = Signed::<CaseEvent>::verify(&event.bytes, &machine.world.device_key());
        verified.is_ok_and(|verified| verified.payload().case == case.id && verified.payload().event == event.event)
    });
    let count = voids.count();
    demand(count == stored.events.len() && count <= 1, || format!("I2: {count} voids, {:?}", stored.events))
}

/// A case at the box with its key.
struct Opened<'a> {
    manifest: Manifest,
    key: CaseKey,
    stored: &'a LedgerCase,
}

impl Opened<'_> {
    fn record(&self) -> Result<CaseRecord, String> {
        let record = self.manifest.objects.iter().find(|object| object.kind == Kind::Record);
        let plain = self.plain(record.ok_or("I3: no record")?.object)?;
        serde_json::from_slice(&plain).map_err(|error| format!("I3: the record is not one: {error}"))
    }

    fn photos(&self, case: &Case, record: &CaseRecord) -> Checked {
        demand(record.photos.len() == case.photos.len(), || {
            format!("I3: the record has {} photos", record.photos.len())
        })?;
        for (photo, known) in record.photos.iter().zip(&case.photos) {
            demand(photo.object == known.object && photo.class == known.class, || {
                format!("I3: {photo:?}, not {known:?}")
            })?;
            let same = Hash::of(&[&self.plain(photo.object)?]) == known.hash;
            demand(same, || format!("I3: {photo:?} has other bytes at the box"))?;
        }
        Ok(())
    }

    fn plain(&self, id: streife_core::domain::ObjectId) -> Result<Vec<u8>, String> {
        let object =
            self.manifest.objects.iter().find(|object| object.object == id).ok_or("I3: not in the manifest")?;
        let file =
            self.stored.objects.iter().find(|object| object.object == id).and_then(|object| object.file.as_ref());
        let sealed =
            std::fs::read(file.ok_or("I3: no file")?).map_err(|error| format!("I3: the box's file: {error}"))?;
        let binding = Binding::of_case(object.kind, self.manifest.case, id).with_scope(object.scope);
        let key = self.key.object_key(self.manifest.case, object.scope, id);
        open(&key, &binding, &sealed).map_err(|error| format!("I3: {object:?} does not open: {error}"))
    }
}

fn facts(model: &Model, case: &Case, record: &CaseRecord) -> Checked {
    let officer = model.shifts.get(&case.shift).map(|shift| shift.officer.clone());
    let offences = record.offences.as_ref();
    let named =
        offences.map(|all| all.items.iter().map(|item| (item.number, item.refinement.clone())).collect::<Vec<_>>());
    let known: Vec<_> = case.facts.offences.iter().map(|item| (item.number, item.refinement.clone())).collect();
    let same = [
        (Some(&record.officer.id) == officer.as_ref(), "officer"),
        (record.vehicle == case.facts.vehicle, "vehicle"),
        (record.place == case.facts.place, "place"),
        (record.observation.checks == case.facts.checks, "checks"),
        (record.notes == case.facts.notes, "notes"),
        (named.unwrap_or_default() == known, "offences"),
        (offences.is_none_or(|all| all.relation == case.facts.relation), "relation"),
        (
            record.slip.as_ref().map(|slip| slip.number.as_str()) == case.facts.slip.as_ref().map(|slip| slip.number()),
            "slip",
        ),
        (record.voided.is_some() == case.sealed_void, "void note"),
        (record.case == case.id && record.shift == case.shift && Some(record.seq) == case.seq, "place in the shift"),
    ];
    same.into_iter()
        .try_for_each(|(holds, what)| demand(holds, || format!("I1: another {what} in the record at the box")))
}
