//! The memory of the cases just recorded on this phone: for the way between two, and against recording one twice.
//!
//! The law sets its limits: closed warnings may be used against nobody, so only cases of the last hours are in it, a
//! void takes its case out, and everything expires (research and reasons in `docs/adr/0020-earlier-cases.md`). It
//! never leaves the phone. Whoever keeps it, keeps it sealed.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Repeats;
use crate::catalogue::Use;
use crate::domain::{CaseFacts, CaseId, Fix, Moment, OffenceNumber, Plate, legal_day};
use crate::geo::distance_m;

/// Most cases that are remembered; then the oldest goes.
pub const MAX_CASES: usize = 200;

/// A case just recorded.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    case: CaseId,
    plate: String,
    nation: String,
    offences: Vec<OffenceNumber>,
    /// The last look.
    at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

/// What an earlier case means for one that is about to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeat {
    /// The same offence went on, or began again, later.
    Continues(CaseId),
    /// It was recorded a short time ago.
    Duplicate(CaseId),
}

/// The cases of the last hours.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The newest fix of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_fix: Option<Fix>,
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cases: Vec<Recorded>,
    /// How often which offence was recorded, and when last: nobody's data, so it stays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    uses: BTreeMap<OffenceNumber, (u32, NaiveDate)>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} cases)", self.cases.len())
    }
}

impl Memory {
    /// Fix of the case before.
    #[must_use]
    pub const fn last_fix(&self) -> Option<&Fix> {
        self.last_fix.as_ref()
    }

    /// Cases that are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether no case is remembered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Remembers a case that was sealed.
    pub fn remember(&mut self, case: CaseId, facts: &CaseFacts) {
        let fix = facts.place.as_ref().and_then(|place| place.fix.clone());
        if fix.is_some() {
            self.last_fix.clone_from(&fix);
        }
        let (Some(vehicle), Some(check)) = (&facts.vehicle, facts.checks.last()) else { return };
        let Plate { text, nation, .. } = vehicle.plate.clone();
        let offences: Vec<_> = facts.offences.iter().map(|offence| offence.number).collect();
        offences.iter().for_each(|number| self.count(*number, &check.at));
        self.cases.push(Recorded { case, plate: text, nation, offences, at: check.at, fix });
        let surplus = self.cases.len().saturating_sub(MAX_CASES);
        drop(self.cases.drain(..surplus));
    }

    fn count(&mut self, number: OffenceNumber, at: &Moment) {
        let Ok(day) = legal_day(at) else { return };
        let (count, last) = self.uses.entry(number).or_insert((0, day));
        *count = count.saturating_add(1);
        *last = day.max(*last);
    }

    /// How often which offence was recorded on this phone.
    #[must_use]
    pub fn uses(&self) -> Vec<Use> {
        self.uses.iter().map(|(number, (count, last))| Use { number: *number, count: *count, last: *last }).collect()
    }

    /// Forgets a case that was voided.
    pub fn forget(&mut self, case: CaseId) {
        self.cases.retain(|recorded| recorded.case != case);
    }

    /// Forgets what is older than an agency may keep. Returns whether anything was.
    pub fn expire(&mut self, now: &Moment, kept_h: u32) -> bool {
        let before = self.cases.len();
        self.cases.retain(|recorded| is_within(now, &recorded.at, u64::from(kept_h) * 60));
        before != self.cases.len()
    }

    /// What the earlier cases mean for these facts: the heaviest.
    #[must_use]
    pub fn repeat(&self, facts: &CaseFacts, repeats: &Repeats) -> Option<Repeat> {
        let (vehicle, check) = (facts.vehicle.as_ref()?, facts.checks.last()?);
        let fix = facts.place.as_ref().and_then(|place| place.fix.as_ref());
        let is_same = |recorded: &&Recorded| {
            (&recorded.plate, &recorded.nation) == (&vehicle.plate.text, &vehicle.plate.nation)
                && facts.offences.iter().any(|offence| recorded.offences.contains(&offence.number))
                && is_same_place(recorded.fix.as_ref(), fix, repeats.distance_m)
        };
        let of = |recorded: &Recorded| {
            let is_soon = is_within(&check.at, &recorded.at, repeats.duplicate_min.into());
            if is_soon { Repeat::Duplicate(recorded.case) } else { Repeat::Continues(recorded.case) }
        };
        self.cases.iter().filter(is_same).map(of).max()
    }
}

/// A time that went backwards is no reason to forget, and none to keep for ever: the distance counts.
fn is_within(now: &Moment, then: &Moment, minutes: u64) -> bool {
    now.since_ms(then).unsigned_abs() <= minutes * 60_000
}

/// Without a fix on either side the place does not tell them apart.
fn is_same_place(one: Option<&Fix>, other: Option<&Fix>, limit_m: u32) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    let tolerance = f64::from(one.accuracy_mm.saturating_add(other.accuracy_mm)) / 1000.0;
    distance_m(one.degrees(), other.degrees()) - tolerance <= f64::from(limit_m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BootId, Check, FixProvider, NamedOffence, Place, Vehicle, VehicleKind};

    const REPEATS: Repeats = Repeats { duplicate_min: 60, distance_m: 50, kept_h: 24 };
    const CASE: CaseId = CaseId::new([1; 16]);

    fn at(minute: i64) -> Moment {
        Moment::new(minute * 60_000, 0, minute.unsigned_abs() * 60_000, BootId([0; 16])).expect("in the calendar")
    }

    fn facts(plate: &str, number: &str, minute: i64, east_e7: i32) -> CaseFacts {
        let fix = Fix {
            lat_e7: 481_374_300,
            lon_e7: 115_754_900 + east_e7,
            accuracy_mm: 5_000,
            at: at(minute),
            provider: FixProvider::Gnss,
            mocked: false,
        };
        CaseFacts {
            vehicle: Some(Vehicle::new(Plate::parse(plate, "D").expect("sound"), VehicleKind::Car)),
            offences: vec![NamedOffence::new(number.parse().expect("six digits"))],
            checks: vec![Check { at: at(minute), valves: Vec::new(), disc: None }],
            place: Some(Place { fix: Some(fix), ..Place::default() }),
            ..CaseFacts::default()
        }
    }

    fn after_one() -> Memory {
        let mut memory = Memory::default();
        memory.remember(CASE, &facts("M-AB 1", "112454", 0, 0));
        memory
    }

    #[test]
    fn the_same_offence_of_the_same_vehicle_at_the_same_place_is_a_repeat() {
        let memory = after_one();
        let repeat = |plate, number, minute, east| memory.repeat(&facts(plate, number, minute, east), &REPEATS);
        assert_eq!(repeat("M-AB 1", "112454", 60, 0), Some(Repeat::Duplicate(CASE)));
        assert_eq!(repeat("M-AB 1", "112454", 61, 0), Some(Repeat::Continues(CASE)));
        assert_eq!(repeat("M-AB 2", "112454", 1, 0), None, "another vehicle");
        assert_eq!(repeat("M-AB 1", "141312", 1, 0), None, "another offence");
        assert_eq!(repeat("M-AB 1", "112454", 1, 13_470), None, "a hundred metres on");
    }

    #[test]
    fn what_is_void_or_old_is_forgotten() {
        let mut memory = after_one();
        assert!(!memory.expire(&at(24 * 60), 24));
        assert!(memory.expire(&at(24 * 60 + 1), 24) && memory.is_empty());
        assert!(memory.last_fix().is_some(), "the way to the next case is judged from it");
        let mut memory = after_one();
        memory.forget(CASE);
        assert_eq!(memory.repeat(&facts("M-AB 1", "112454", 1, 0), &REPEATS), None);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut memory = Memory::default();
        (0..300).for_each(|minute| memory.remember(CASE, &facts("M-AB 1", "112454", minute, 0)));
        assert_eq!(memory.len(), MAX_CASES);
        let json = serde_json::to_vec(&memory).expect("serialises");
        assert_eq!(serde_json::from_slice::<Memory>(&json).expect("comes back"), memory);
    }
}
