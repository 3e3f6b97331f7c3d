//! What the phone must hold: everything that was acknowledged, and nothing else.
//!
//! It is kept apart from the core's own types where the core computes something: the effect of an edit, the findings
//! before sealing and the links of the journal are written out here once more.

use std::collections::{BTreeMap, BTreeSet};

use streife_core::client::AddedPhoto;
use streife_core::domain::{CaseEdit, CaseFacts, CaseId, FindingCode, Moment, ObjectId, PhotoClass, ShiftId};
use streife_core::seal::Hash;

use crate::keys::{Keys, Lasts};
use crate::steps::Pick;

/// Of 256 picks so many name a draft; the others any case, so that refusals are tried, too.
const DRAFTS: Pick = 225;
/// The one offence that is named is in the catalogue from 9 November 2021, 00:00 in the phone's zone.
const OFFENCE_FROM_MS: i64 = 1_636_416_000_000;

/// Everything acknowledged by one phone.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The open shift.
    pub shift: Option<ShiftId>,
    /// All shifts.
    pub shifts: BTreeMap<ShiftId, Shift>,
    /// All cases in the order they were begun.
    pub cases: Vec<Case>,
    /// Links of the journal as read last.
    pub links: Vec<Hash>,
    /// Which keys are at hand.
    pub keys: Keys,
    /// Files planted into the object folder since the vault was opened; the next opening sets them aside.
    pub litter: BTreeSet<String>,
}

/// A shift.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    /// Its officer.
    pub officer: String,
    /// Whether it was closed.
    pub closed: bool,
    /// Whether it was closed over a draft whose key was gone.
    pub over_draft: bool,
    /// Cases sealed in it.
    pub sealed: u32,
    /// Whether the statement of its officer lasts.
    pub lasts: Lasts,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: CaseId,
    pub shift: ShiftId,
    /// Everything but its photos.
    pub facts: CaseFacts,
    pub photos: Vec<Photo>,
    /// Thumbnails seen so far.
    pub thumbnails: BTreeSet<ObjectId>,
    /// Its number, once sealed.
    pub seq: Option<u32>,
    /// Hash of its payload, once seen.
    pub payload: Option<Hash>,
    /// Whether it was voided as a draft: then its record says so, too.
    pub sealed_void: bool,
    /// Whether the void was acknowledged.
    pub voided: bool,
    /// Objects of which a bit was flipped.
    pub hurt: BTreeSet<ObjectId>,
    /// Whether its key lasts; once sealed, also the key of the entries that tell of it.
    pub lasts: Lasts,
    /// Whether it was read since the vault was opened.
    pub lit: bool,
}

/// A photo.
#[derive(Clone, Debug)]
pub struct Photo {
    pub object: ObjectId,
    pub class: PhotoClass,
    /// Hash of the original.
    pub hash: Hash,
}

impl Model {
    /// A shift was opened.
    pub fn open_shift(&mut self, shift: ShiftId, officer: &str) {
        let lasts = self.keys.lasts();
        self.shifts.insert(shift, Shift { officer: officer.to_owned(), lasts, ..Shift::default() });
        self.shift = Some(shift);
    }

    /// The open shift was closed.
    pub fn close_shift(&mut self) {
        let over_draft = self.open_drafts().next().is_some();
        if let Some(shift) = self.shift.take().and_then(|shift| self.shifts.get_mut(&shift)) {
            (shift.closed, shift.over_draft) = (true, over_draft);
        }
    }

    /// A case was begun in the open shift.
    pub fn begin(&mut self, id: CaseId) {
        let Some(shift) = self.shift else { return };
        self.cases.push(Case { lasts: self.keys.lasts(), ..Case::new(id, shift) });
    }

    /// A case was sealed; returns its number.
    pub fn seal(&mut self, id: CaseId) -> u32 {
        let Some(case) = self.cases.iter_mut().find(|case| case.id == id) else { return 0 };
        let shift = self.shifts.entry(case.shift).or_default();
        shift.sealed += 1;
        case.seq = Some(shift.sealed);
        case.lasts = case.lasts.and(self.keys.lasts());
        shift.sealed
    }

    /// A case was voided; a draft was sealed for it.
    pub fn void(&mut self, id: CaseId) {
        let was_draft = self.case(id).is_draft();
        if was_draft {
            self.seal(id);
        }
        let lasts = self.keys.lasts();
        let case = self.case_mut(id);
        (case.sealed_void, case.voided) = (was_draft, true);
        case.lasts = case.lasts.and(lasts);
    }

    /// The case of a pick, in any state.
    pub fn pick_any(&self, pick: Pick) -> Option<CaseId> {
        self.cases.get(usize::from(pick).checked_rem(self.cases.len())?).map(|case| case.id)
    }

    /// The case of a pick: mostly a draft.
    pub fn pick(&self, pick: Pick) -> Option<CaseId> {
        let drafts = || self.cases.iter().filter(|case| case.is_draft());
        let (place, count) = (usize::from(pick), drafts().count());
        if pick >= DRAFTS || count == 0 {
            return self.pick_any(pick);
        }
        drafts().nth(place % count).map(|case| case.id)
    }

    /// A case.
    pub fn case(&self, id: CaseId) -> &Case {
        self.case_of(id).expect("picked from the model")
    }

    /// A case, if it is known.
    pub fn case_of(&self, id: CaseId) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// A case, to be changed.
    pub fn case_mut(&mut self, id: CaseId) -> &mut Case {
        self.cases.iter_mut().find(|case| case.id == id).expect("picked from the model")
    }

    /// Whether a draft is open.
    pub fn has_drafts(&self) -> bool {
        self.cases.iter().any(Case::is_draft)
    }
}

impl Case {
    fn new(id: CaseId, shift: ShiftId) -> Self {
        Self {
            id,
            shift,
            facts: CaseFacts::default(),
            photos: Vec::new(),
            thumbnails: BTreeSet::new(),
            seq: None,
            payload: None,
            sealed_void: false,
            voided: false,
            hurt: BTreeSet::new(),
            lasts: Lasts::Yes,
            lit: false,
        }
    }

    /// Whether it is still recorded.
    pub const fn is_draft(&self) -> bool {
        self.seq.is_none()
    }

    /// What an edit makes of the facts.
    pub fn edited(&self, edit: CaseEdit) -> CaseFacts {
        let mut facts = self.facts.clone();
        match edit {
            CaseEdit::Vehicle(vehicle) => facts.vehicle = Some(vehicle),
            CaseEdit::Offences { relation, items } => {
                facts.offences = items;
                facts.relation = relation;
            }
            CaseEdit::Check(check) => facts.checks.push(check),
            CaseEdit::Place(place) => facts.place = Some(place),
            CaseEdit::Slip(slip) => facts.slip = Some(slip),
            CaseEdit::Notes(notes) => facts.notes = notes,
            CaseEdit::Scene(scene) => facts.scene = scene,
            CaseEdit::Persons(persons) => facts.persons = persons,
            CaseEdit::Witnesses(witnesses) => facts.witnesses = witnesses,
            CaseEdit::Talk(talk) => facts.talk = Some(talk),
            CaseEdit::Tow(tow) => facts.tow = Some(tow),
        }
        facts
    }

    /// A photo was acknowledged.
    pub fn photographed(&mut self, added: &AddedPhoto, hash: Hash) {
        let (object, class) = (added.photo.object, added.photo.class);
        self.photos.push(Photo { object, class, hash });
    }

    /// What stands against sealing it now, besides what is confirmed.
    pub fn open_findings(&self, now: &Moment, confirms_mock: bool) -> BTreeSet<FindingCode> {
        let facts = &self.facts;
        let offence_time = facts.checks.first().map_or(*now, |check| check.at);
        let is_before = offence_time.unix_ms() + i64::from(offence_time.offset_s()) * 1_000 < OFFENCE_FROM_MS;
        let found = [
            (facts.vehicle.is_none(), FindingCode::VehicleMissing),
            (facts.offences.is_empty(), FindingCode::OffenceMissing),
            (facts.checks.is_empty(), FindingCode::CheckMissing),
            (facts.place.is_none(), FindingCode::PlaceMissing),
            (self.photos.is_empty(), FindingCode::PhotoMissing),
            (!facts.offences.is_empty() && is_before, FindingCode::OffenceUnknown),
            (self.is_mocked() && !confirms_mock, FindingCode::FixMocked),
            (
                facts.checks.last().is_some_and(|last| last.at.since_ms(&offence_time) < 0),
                FindingCode::ChecksOutOfOrder,
            ),
        ];
        found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).collect()
    }

    /// Whether its fix is a simulated one.
    pub fn is_mocked(&self) -> bool {
        self.facts.place.as_ref().and_then(|place| place.fix.as_ref()).is_some_and(|fix| fix.mocked)
    }
}
