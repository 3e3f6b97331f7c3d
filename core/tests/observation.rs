//! Observations by their tables of hard cases (`data/observation`), and by properties.

use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;
use streife_core::domain::{
    Axle, BootId, CaseEdit, CaseFacts, CaseId, Check, ClockPosition, DiscTime, MAX_PRENOTES, Moment, Observation,
    Plate, PreNote, PreNoteError, PreNotes, Side, Standing, Valve, VehicleKind, is_in_repeated_hour, is_longer_than,
    legal_day, legal_offset_s, shows_legal_time,
};

fn table<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/observation").join(name);
    let rows: Vec<T> =
        serde_json::from_slice(&std::fs::read(path).expect("a readable file")).expect("a table of cases");
    assert!(!rows.is_empty());
    rows
}

fn moment(text: &str, mono_ms: u64, boot: u8) -> Moment {
    let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
    Moment::new(time.timestamp_millis(), time.offset().local_minus_utc(), mono_ms, BootId([boot; 16]))
        .expect("in the calendar")
}

/// `LF5` is left front at five o'clock.
fn valve(text: &str) -> Valve {
    let (wheel, clock) = text.split_at(2);
    let side = if wheel.starts_with('L') { Side::Left } else { Side::Right };
    let axle = if wheel.ends_with('F') { Axle::Front } else { Axle::Rear };
    let clock = ClockPosition::try_from(clock.parse::<u8>().expect("a number")).expect("on the clock");
    Valve { side, axle, clock }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Look {
    Once(String, u64),
    Booted(String, u64, u8),
}

impl Look {
    fn moment(&self) -> Moment {
        match self {
            Self::Once(at, mono) => moment(at, *mono, 1),
            Self::Booted(at, mono, boot) => moment(at, *mono, *boot),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObservationCase {
    name: String,
    checks: Vec<Look>,
    #[serde(default)]
    valves: Vec<String>,
    duration_s: u64,
    over_60: bool,
    basis: Option<String>,
    standing: Option<String>,
    repeated: Option<Vec<bool>>,
    legal: Option<Vec<bool>>,
    legal_days: Option<Vec<String>>,
}

#[test]
fn observations_are_judged_by_their_looks() {
    for case in table::<ObservationCase>("cases.json") {
        let name = &case.name;
        let moments: Vec<_> = case.checks.iter().map(Look::moment).collect();
        let valves = |at: usize| case.valves.get(at).map_or("", String::as_str).split_whitespace().map(valve).collect();
        let look = |(at, moment): (usize, &Moment)| Check { at: *moment, valves: valves(at), disc: None };
        let observation = Observation::new(moments.iter().enumerate().map(look).collect());
        assert_eq!(observation.duration_s, case.duration_s, "{name}");
        assert_eq!(observation.is_longer_than(60), case.over_60, "{name}");
        if let Some(basis) = case.basis {
            assert_eq!(format!("{:?}", observation.duration_basis().expect("two looks")), basis, "{name}");
        }
        if let Some(standing) = case.standing {
            assert_eq!(format!("{:?}", observation.standing()), standing, "{name}");
            assert_eq!(observation.valves_unmoved(), standing == "Unmoved", "{name}");
        }
        let each = |judge: fn(&Moment) -> bool| moments.iter().map(judge).collect::<Vec<_>>();
        assert_eq!(each(is_in_repeated_hour), case.repeated.unwrap_or_else(|| each(is_in_repeated_hour)), "{name}");
        assert_eq!(each(shows_legal_time), case.legal.unwrap_or_else(|| each(shows_legal_time)), "{name}");
        let days: Vec<_> = moments.iter().map(|at| legal_day(at).expect("in the calendar").to_string()).collect();
        assert_eq!(days, case.legal_days.unwrap_or_else(|| days.clone()), "{name}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscCase {
    name: String,
    disc: String,
    at: String,
    since_s: i64,
    ahead_min: u16,
    on_half_hour: bool,
    allowed_min: u32,
    over_s: Option<u64>,
}

#[test]
fn a_disc_is_read_in_favour_of_the_driver() {
    for case in table::<DiscCase>("discs.json") {
        let disc = DiscTime::try_from(case.disc).expect("a time of day");
        let reading = disc.read_at(&moment(&case.at, 0, 1)).expect("in the calendar");
        let read = (reading.since_s, reading.ahead_min, reading.on_half_hour);
        assert_eq!(read, (case.since_s, case.ahead_min, case.on_half_hour), "{}", case.name);
        assert_eq!(reading.over_s(case.allowed_min), case.over_s, "{}", case.name);
    }
}

// ---- pre-notes ----

fn plate(text: &str) -> Plate {
    Plate::parse(text, "D").expect("a plate")
}

fn id(byte: u8) -> CaseId {
    CaseId::new([byte; 16])
}

fn look(mono_s: u64) -> Check {
    let unix_ms = 1_781_600_000_000 + i64::try_from(mono_s).expect("small") * 1_000;
    let at = Moment::new(unix_ms, 7_200, mono_s * 1_000, BootId([1; 16])).expect("in the calendar");
    Check { at, valves: vec![valve("LF5"), valve("LR10")], disc: None }
}

fn note(byte: u8, text: &str, mono_s: u64) -> PreNote {
    PreNote::new(id(byte), plate(text), VehicleKind::Car, look(mono_s))
}

#[test]
fn several_vehicles_are_under_observation_at_once() {
    let mut notes = PreNotes::default();
    notes.begin(note(1, "M-AB 123", 0)).expect("room");
    notes.begin(note(2, "M-CD 456", 60)).expect("room");
    assert_eq!(notes.begin(note(3, "M-AB 123", 90)), Err(PreNoteError::Noted { case: id(1) }));
    assert_eq!(notes.begin(note(2, "M-EF 789", 90)), Err(PreNoteError::Id));
    assert_eq!(notes.of(&plate("M-CD 456")).map(|note| note.case), Some(id(2)));

    let now = look(3_601).at;
    let ripe: Vec<_> = notes.open().iter().filter(|note| note.is_ripe(&now, 60)).map(|note| note.case).collect();
    assert_eq!(ripe, [id(1)], "the second was seen 59:01 ago");

    let observation = notes.look(id(1), look(3_601)).expect("a later look");
    assert_eq!((observation.duration_s, observation.standing()), (3_601, Standing::Unmoved));
    assert_eq!(notes.look(id(1), look(3_600)), Err(PreNoteError::Order));
    assert_eq!(notes.look(id(9), look(3_700)), Err(PreNoteError::Unknown));
}

#[test]
fn a_pre_note_becomes_the_case_with_its_looks_and_times() {
    let mut notes = PreNotes::default();
    let mut seen = note(1, "M-AB 123", 0);
    seen.offences = vec![streife_core::domain::NamedOffence::new("112656".parse().expect("a number"))];
    notes.begin(seen).expect("room");
    notes.look(id(1), look(3_601)).expect("a later look");
    let taken = notes.take(id(1)).expect("is there");
    assert_eq!(notes.take(id(1)), Err(PreNoteError::Unknown), "it becomes one case");
    let mut facts = CaseFacts::default();
    for edit in taken.into_edits() {
        edit.check().expect("within the limits");
        assert!(!matches!(edit, CaseEdit::Slip(_)));
        facts.apply(edit);
    }
    assert_eq!(facts.checks, [look(0), look(3_601)]);
    assert_eq!(facts.vehicle.map(|vehicle| vehicle.plate), Some(plate("M-AB 123")));
    assert_eq!(facts.offences.len(), 1);
}

#[test]
fn pre_notes_end_and_are_bounded() {
    let mut notes = PreNotes::default();
    for (byte, number) in (0_u8..=255).zip(1..=MAX_PRENOTES) {
        notes.begin(note(byte, &format!("M-AB {number}"), u64::from(byte))).expect("room");
    }
    assert_eq!(notes.begin(note(255, "M-ZZ 1", 0)), Err(PreNoteError::Full));
    let old = notes.expire(&look(24 * 3_600 + 100).at, 24 * 60);
    assert_eq!((old.len(), notes.open().len()), (100, MAX_PRENOTES - 100));
    assert!(notes.open().iter().all(|note| note.age_s(&look(24 * 3_600 + 100).at) <= 24 * 3_600));
    let json = serde_json::to_string(&notes).expect("plain values");
    assert_eq!(serde_json::from_str::<PreNotes>(&json).expect("as written"), notes);
}

#[test]
fn looks_at_one_vehicle_are_bounded() {
    let mut notes = PreNotes::default();
    notes.begin(note(1, "M-AB 123", 0)).expect("room");
    for at in 1..streife_core::domain::MAX_CHECKS {
        notes.look(id(1), look(u64::try_from(at).expect("small"))).expect("room");
    }
    assert_eq!(notes.look(id(1), look(900)), Err(PreNoteError::Checks));
}

// ---- properties ----

fn valves() -> impl Strategy<Value = Vec<Valve>> {
    let wheel = (any::<bool>(), any::<bool>(), 1_u8..=12);
    proptest::collection::vec(wheel, 0..5).prop_map(|wheels| {
        let one = |(left, front, clock): (bool, bool, u8)| Valve {
            side: if left { Side::Left } else { Side::Right },
            axle: if front { Axle::Front } else { Axle::Rear },
            clock: ClockPosition::try_from(clock).expect("1 to 12"),
        };
        wheels.into_iter().map(one).collect()
    })
}

proptest! {
    /// A duration is the monotonic difference in whole seconds, whatever the wall clock shows, and never rounded up.
    #[test]
    fn the_wall_clock_does_not_change_a_duration(mono in 0_u64..1 << 40, ms in 0_u64..1 << 30, jump in -1_000_000_000_i64..1_000_000_000) {
        let at = |unix_ms, mono_ms| Moment::new(unix_ms, 3_600, mono_ms, BootId([1; 16])).expect("in the calendar");
        let check = |at| Check { at, valves: Vec::new(), disc: None };
        let base = 1_700_000_000_000_i64;
        let observation = Observation::new(vec![check(at(base, mono)), check(at(base + jump, mono + ms))]);
        prop_assert_eq!(observation.duration_s, ms / 1_000);
        for minutes in [1, 60, 180] {
            prop_assert_eq!(observation.is_longer_than(minutes), ms / 1_000 > u64::from(minutes) * 60);
            prop_assert!(!is_longer_than(u64::from(minutes) * 60, minutes));
        }
    }

    /// The order in which wheels are noted and which check is first decide nothing.
    #[test]
    fn standing_is_symmetric(one in valves(), other in valves()) {
        let judge = |first: &[Valve], last: &[Valve]| {
            let check = |mono_s, valves: &[Valve]| Check { valves: valves.to_vec(), ..look(mono_s) };
            Observation::new(vec![check(0, first), check(60, last)]).standing()
        };
        let reversed: Vec<_> = one.iter().rev().copied().collect();
        prop_assert_eq!(judge(&one, &other), judge(&other, &one));
        prop_assert_eq!(judge(&one, &other), judge(&reversed, &other));
        prop_assert!(!matches!(judge(&one, &one), Standing::Moved | Standing::Contradictory));
    }

    /// Legal time is one or two hours ahead of UTC, and never goes back but at the end of October.
    #[test]
    fn legal_time_is_winter_or_summer_time(unix_s in 850_000_000_i64..4_000_000_000) {
        let offset = legal_offset_s(unix_s * 1_000).expect("in the calendar");
        let next = legal_offset_s((unix_s + 1) * 1_000).expect("in the calendar");
        prop_assert!(offset == 3_600 || offset == 7_200);
        if offset != next {
            prop_assert_eq!((unix_s + 1) % 3_600, 0);
        }
        let month = chrono::DateTime::from_timestamp(unix_s, 0).expect("in the calendar").format("%m").to_string();
        prop_assert!(!["04", "05", "06", "07", "08", "09"].contains(&month.as_str()) || offset == 7_200);
        prop_assert!(!["11", "12", "01", "02"].contains(&month.as_str()) || offset == 3_600);
    }

    /// A disc is never read as set later than the next half hour, nor as older than half a day and an hour.
    #[test]
    fn a_disc_is_read_within_its_dial(hour in 0_u16..24, minute in 0_u16..60, unix_s in 1_700_000_000_i64..2_000_000_000) {
        let disc = DiscTime::try_from(format!("{hour:02}:{minute:02}")).expect("a time of day");
        let at = Moment::new(unix_s * 1_000, 3_600, 0, BootId([1; 16])).expect("in the calendar");
        let reading = disc.read_at(&at).expect("in the calendar");
        prop_assert!((-1_800..=25 * 3_600).contains(&reading.since_s), "{:?}", reading);
        prop_assert!(reading.ahead_min < 720);
    }
}
