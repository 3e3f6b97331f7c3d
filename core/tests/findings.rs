//! The checks before sealing: each finding by one change to a case that nothing stands against.

mod common;

use common::{Phone, officer};
use streife_core::catalogue::Catalogue;
use streife_core::client::{Client, TowDetails};
use streife_core::domain::{
    AgeRange, Axle, BootId, CaseEdit, CaseFacts, CaseId, Check, ClockPosition, Confirmation, DoubtedVerdict, ExifFacts,
    Finding, FindingCode, Fix, FixProvider, GpsState, Moment, Money, NamedOffence, ObjectId, Payment, PaymentMethod,
    Person, PersonRole, PhotoClass, PhotoFlag, PhotoRecord, Place, Plate, PlateClass, PlateDoubt, PlateMarks,
    PlateReading, PlateTables, Salt, Severity, Side, TalkOutcome, Tow, TowOutcome, Valve, Vehicle, VehicleKind,
    Verdict, VoidReason, WarningTalk, judge_plate,
};
use streife_core::error::{Error, ErrorKind};
use streife_core::rules::{Memory, Rules, Subject, check};

/// 2026-06-16, 10:00 in Germany.
const MORNING_MS: i64 = 1_781_596_800_000;
const HOUR_MS: i64 = 3_600_000;

fn at(unix_ms: i64) -> Moment {
    let mono_ms = u64::try_from(unix_ms - MORNING_MS + 100 * HOUR_MS).expect("behind the boot");
    Moment::new(unix_ms, 7_200, mono_ms, BootId([3; 16])).expect("in the calendar")
}

fn look(unix_ms: i64, clock: u8) -> Check {
    let clock = ClockPosition::try_from(clock).expect("on the clock");
    let valves = [Axle::Front, Axle::Rear].map(|axle| Valve { side: Side::Left, axle, clock });
    Check { at: at(unix_ms), valves: valves.to_vec(), disc: None }
}

fn fix(unix_ms: i64) -> Fix {
    Fix {
        lat_e7: 481_374_300,
        lon_e7: 115_754_900,
        accuracy_mm: 5_000,
        at: at(unix_ms),
        provider: FixProvider::Gnss,
        mocked: false,
    }
}

fn photo() -> PhotoRecord {
    serde_json::from_value(serde_json::json!({
        "object": ObjectId::new([7; 16]), "class": "overview", "imported_at": at(MORNING_MS), "salt": Salt::new([1; 32]),
        "media_type": "image/jpeg", "length": 1, "width": 1, "height": 1, "exif": ExifFacts::default(),
    }))
    .expect("a photo")
}

fn offence(number: &str) -> NamedOffence {
    NamedOffence::new(number.parse().expect("six digits"))
}

/// Restricted stopping, 25 euros: nothing stands against it.
fn sound() -> CaseFacts {
    CaseFacts {
        vehicle: Some(Vehicle::new(Plate::parse("M-AB 1234", "D").expect("sound"), VehicleKind::Car)),
        offences: vec![offence("141322")],
        checks: vec![look(MORNING_MS, 5)],
        place: Some(Place { text: "Marienplatz 8".to_owned(), fix: Some(fix(MORNING_MS)), ..Place::default() }),
        photos: vec![photo()],
        ..CaseFacts::default()
    }
}

/// What is asked, but for the facts.
struct World {
    catalogue: Catalogue,
    rules: Rules,
    memory: Memory,
    now: Moment,
}

impl World {
    fn new() -> Self {
        let catalogue = Catalogue::parse(include_bytes!("../data/starter-catalogue.json")).expect("sound");
        Self { catalogue, rules: Rules::default(), memory: Memory::default(), now: at(MORNING_MS + HOUR_MS) }
    }

    fn ruled(members: &str) -> Self {
        let json = format!(r#"{{"format":"streife/1 rules","version":"1",{members}}}"#);
        Self { rules: Rules::parse(json.as_bytes()).expect("sound"), ..Self::new() }
    }

    fn found(&self, facts: &CaseFacts) -> Vec<FindingCode> {
        let Self { catalogue, rules, memory, now } = self;
        let (plates, map) = (PlateTables::built_in(), None);
        let findings = check(&Subject { facts, now, catalogue, rules, plates, map, memory, is_slip_used: false });
        findings.into_iter().map(|finding| finding.code).collect()
    }

    fn found_after(&self, change: impl FnOnce(&mut CaseFacts)) -> Vec<FindingCode> {
        let mut facts = sound();
        change(&mut facts);
        self.found(&facts)
    }
}

#[test]
fn nothing_stands_against_a_sound_case_and_all_that_is_missing_is_named() {
    assert_eq!(World::new().found(&sound()), []);
    let missing = World::new().found(&CaseFacts::default());
    for code in FindingCode::ALL.into_iter().filter(|code| code.as_str().ends_with("-missing") && code.is_fixed()) {
        assert!(missing.contains(&code), "{code}");
    }
}

fn vehicle(text: &str, nation: &str) -> Vehicle {
    let reading = PlateReading::parse(text, nation).expect("of sound form");
    let marks = PlateMarks { kind: Some(reading.kind), expires: reading.expires, ..PlateMarks::default() };
    Vehicle { marks: Some(marks), ..Vehicle::new(reading.plate, VehicleKind::Car) }
}

#[test]
fn what_the_plate_says() {
    let cases = [
        ("M-AB 1234", "D", None),
        ("W 12345 X", "A", None),
        ("W 12345 X", "AT", Some(FindingCode::PlateNote)),
        ("QQ-AB 1", "D", Some(FindingCode::PlateUnknownPrefix)),
        ("M-AB 123 04-10", "D", None),
        ("M-AB 123 11-03", "D", Some(FindingCode::PlateNotValid)),
        ("M-03123 15.06.26", "D", Some(FindingCode::PlateNotValid)),
        ("M-03123 18.06.26", "D", None),
    ];
    for (text, nation, expected) in cases {
        let found = World::new().found_after(|facts| facts.vehicle = Some(vehicle(text, nation)));
        assert_eq!(found.first().copied(), expected, "{text}");
    }
}

#[test]
fn a_plate_against_the_verdict_stands_with_a_reason_alone() {
    let verdict = judge_plate("M AB 12X4", "D", PlateTables::built_in());
    let seen = streife_core::domain::PlateOverride::new("M AB 12X4", "D", verdict, "bent").expect("kept");
    let marked = |doubt| Vehicle {
        marks: Some(PlateMarks { doubt, ..PlateMarks::default() }),
        ..Vehicle::new(seen.plate(), VehicleKind::Car)
    };
    let found = |doubt| World::new().found_after(|facts| facts.vehicle = Some(marked(doubt)));
    assert_eq!(seen.doubt().map(|doubt| doubt.verdict), Some(DoubtedVerdict::Malformed));
    assert_eq!(found(seen.doubt()), [FindingCode::PlateOverridden]);
    assert_eq!(found(None::<PlateDoubt>), [FindingCode::PlateMalformed]);
}

#[test]
fn what_the_offence_asks() {
    let found = |number: &str| World::new().found_after(|facts| facts.offences = vec![offence(number)]);
    assert_eq!(found("999999"), [FindingCode::OffenceUnknown]);
    assert_eq!(found("112655"), [FindingCode::RefinementMissing], "who was obstructed, and how");
    let surplus = World::new().found_after(|facts| facts.offences.iter_mut().for_each(|one| one.options = vec![1]));
    assert_eq!(surplus, [FindingCode::DetailsSurplus]);
}

#[test]
fn a_duration_is_strict_and_measured_by_the_clock_that_cannot_be_set() {
    let found = |second: Check| {
        World::new().found_after(|facts| {
            facts.offences = vec![offence("112656").specified("Gehweg")];
            facts.checks = vec![look(MORNING_MS, 5), second];
        })
    };
    assert_eq!(found(look(MORNING_MS + HOUR_MS, 5)), [FindingCode::DurationTooShort]);
    assert_eq!(found(look(MORNING_MS + HOUR_MS + 1_000, 5)), []);
    assert_eq!(found(look(MORNING_MS + HOUR_MS + 1_000, 6)), [FindingCode::ValvesMoved]);
    let mut rebooted = look(MORNING_MS + HOUR_MS + 1_000, 5);
    rebooted.at = Moment::new(rebooted.at.unix_ms(), 7_200, 5, BootId([4; 16])).expect("in the calendar");
    assert_eq!(found(rebooted), [FindingCode::DurationByWallClock]);
    let back = found(look(MORNING_MS - 1_000, 5));
    assert!(back.contains(&FindingCode::ChecksOutOfOrder) && back.contains(&FindingCode::DurationTooShort));
}

#[test]
fn times_that_need_words() {
    // 2026-10-25, 02:30 for the second time.
    let repeated = 1_792_891_800_000;
    let facts = |facts: &mut CaseFacts| facts.checks = vec![look(repeated, 5)];
    let world = World { now: at(repeated), ..World::new() };
    assert!(world.found_after(facts).contains(&FindingCode::RepeatedHour));
    let late = World { now: at(MORNING_MS + 61 * 24 * HOUR_MS), ..World::new() };
    assert_eq!(late.found(&sound()), [FindingCode::LateOffence]);
}

#[test]
fn what_the_place_says() {
    let with = |change: fn(&mut Fix)| {
        World::new().found_after(|facts| {
            facts.place.iter_mut().filter_map(|place| place.fix.as_mut()).for_each(change);
        })
    };
    assert_eq!(with(|fix| fix.mocked = true), [FindingCode::FixMocked]);
    assert_eq!(with(|fix| fix.accuracy_mm = 50_001), [FindingCode::FixWeak]);
    assert_eq!(with(|fix| fix.at = at(MORNING_MS - 61_000)), [FindingCode::FixWeak]);
    let area = World::ruled(r#""area":["09162000"]"#);
    let noted = |key: &str| {
        let key = Some(key.to_owned().try_into().expect("eight digits"));
        area.found_after(|facts| facts.place.iter_mut().for_each(|place| place.municipality.clone_from(&key)))
    };
    assert_eq!(noted("09162000"), []);
    assert_eq!(noted("09184119"), [FindingCode::OutsideArea]);
}

#[test]
fn what_the_photos_say() {
    let with = |change: fn(&mut ExifFacts)| {
        World::new().found_after(|facts| facts.photos.iter_mut().for_each(|photo| change(&mut photo.exif)))
    };
    assert_eq!(with(|exif| exif.gps = GpsState::Redacted), [FindingCode::PhotoGpsRedacted]);
    let late = with(|exif| exif.taken = Some("2026-06-16T10:10:01".to_owned())); // imported at 10:00:00
    assert_eq!(late, [FindingCode::PhotoTimeDiffers]);
    assert_eq!(with(|exif| exif.taken = Some("2026-06-16T10:10:00".to_owned())), []);
    let flagged =
        |flag| World::new().found_after(|facts| facts.photos.iter_mut().for_each(|photo| photo.flags = [flag].into()));
    assert_eq!(flagged(PhotoFlag::Film), [FindingCode::PhotoFilm]);
    assert_eq!(flagged(PhotoFlag::Reencoded), [FindingCode::PhotoReencoded]);
    assert_eq!(flagged(PhotoFlag::Truncated), [FindingCode::PhotoTruncated]);
    let far = with(|exif| (exif.lat_e7, exif.lon_e7) = (Some(481_374_300), Some(115_800_000)));
    assert_eq!(far, [FindingCode::PhotoPlaceDiffers]);
    let asked = World::ruled(r#""photos":{"classes":["overview","plate"],"time_s":600,"distance_m":250}"#);
    assert_eq!(asked.found(&sound()), [FindingCode::PhotoClassMissing]);
    let both = asked.found_after(|facts| facts.photos.push(PhotoRecord { class: PhotoClass::Plate, ..photo() }));
    assert_eq!(both, []);
}

#[test]
fn what_was_paid_is_what_it_costs() {
    let paid = |number: &str, cents| {
        World::new().found_after(|facts| {
            facts.offences = vec![offence(number).specified("x")];
            facts.offences.iter_mut().for_each(|one| one.obstruction = Some("a person".to_owned()));
            let payment = Payment { amount_cents: Money(cents), method: PaymentMethod::Card, receipt: None };
            facts.talk = Some(WarningTalk {
                at: at(MORNING_MS),
                instructed: true,
                outcome: TalkOutcome::Agreed,
                payment: Some(payment),
            });
        })
    };
    assert_eq!(paid("141322", 2_500), []);
    assert_eq!(paid("141322", 2_000), [FindingCode::PaymentDiffers]);
    assert!(paid("112655", 7_000).contains(&FindingCode::PaidFine));
}

#[test]
fn a_tow_has_an_end() {
    let tow: Tow = serde_json::from_value(serde_json::json!({
        "requested": at(MORNING_MS), "reason": "fire access", "note_left": false,
    }))
    .expect("a tow");
    assert_eq!(World::new().found_after(|facts| facts.tow = Some(tow)), [FindingCode::TowOpen]);
}

#[test]
fn the_agency_weighs_and_what_is_off_is_not_found() {
    let world = World::ruled(r#""findings":{"slip-missing":"block","fix-mocked":"off"}"#);
    let found = world.found_after(|facts| {
        facts.place.iter_mut().filter_map(|place| place.fix.as_mut()).for_each(|fix| fix.mocked = true);
    });
    assert_eq!(found, [FindingCode::SlipMissing]);
}

fn refused(client: &Client, case: CaseId) -> Vec<FindingCode> {
    match client.seal_case(case, Vec::new()) {
        Err(Error::Findings(found)) => found.into_iter().map(|Finding { code, .. }| code).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vehicle_is_not_recorded_twice_unawares_but_after_a_void() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let first = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(first, Vec::new()).expect("seals");
    let again = || phone.complete_draft(&client, "M-AB 1");
    let second = again();
    assert_eq!(refused(&client, second), [FindingCode::Duplicate]);
    let slip = |case| client.draft(case).expect("a draft").slip.expect("has one");
    let reused = again();
    client.edit_case(reused, CaseEdit::Slip(slip(second))).expect("edits");
    assert_eq!(refused(&client, reused), [FindingCode::SlipUsed, FindingCode::Duplicate]);
    client.void_case(reused, VoidReason::Duplicate, None).expect("voids");
    phone.clock.advance_ms(61 * 60_000);
    let later = again();
    let codes: Vec<_> =
        client.findings(later).expect("finds").into_iter().map(|one| (one.code, one.severity)).collect();
    assert!(codes.contains(&(FindingCode::ContinuingOffence, Severity::Note)), "{codes:?}");
    client.void_case(first, VoidReason::Other, None).expect("voids");
    assert!(client.findings(later).expect("finds").iter().all(|one| one.code != FindingCode::ContinuingOffence));
    drop(client);
    assert!(phone.open().findings(second).expect("finds").iter().all(|one| one.code != FindingCode::Duplicate));
}

#[test]
fn the_rule_set_is_the_agencys_and_nobody_elses() {
    let phone = Phone::new();
    let client = phone.open();
    let strict = br#"{"format":"streife/1 rules","version":"7","findings":{"slip-missing":"block"}}"#;
    let signed = phone.agency.sign_rules(strict).expect("signs");
    client.install_rules(&signed).expect("installs");
    assert_eq!(client.rules().expect("is there").version(), "7");
    let foreign = phone.agency.sign_catalogue(strict).expect("signs");
    assert_eq!(client.install_rules(&foreign).expect_err("signed as a catalogue").kind(), ErrorKind::Tampered);
    let faulty = phone.agency.sign_rules(br#"{"format":"streife/1 rules","version":""}"#).expect("signs");
    assert_eq!(client.install_rules(&faulty).expect_err("has no version").kind(), ErrorKind::BadInput);
    drop(client);
    let client = phone.open();
    assert_eq!(client.rules().expect("is there").version(), "7", "behind the next opening");
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let found = client.findings(case).expect("finds");
    assert!(found.contains(&Finding { code: FindingCode::SlipMissing, severity: Severity::Block }));
}

#[test]
fn a_confirmation_stands_in_the_record_and_answers_only_what_was_found() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "QQ-AB 1");
    assert_eq!(refused(&client, case), [FindingCode::PlateUnknownPrefix]);
    let confirm = |finding: &str| vec![Confirmation { finding: finding.to_owned(), reason: "read twice".to_owned() }];
    let surplus = [confirm("plate-unknown-prefix"), confirm("tow-open")].concat();
    assert_eq!(client.seal_case(case, surplus).expect_err("no tow").kind(), ErrorKind::BadInput);
    client.seal_case(case, confirm("plate-unknown-prefix")).expect("seals");
}

#[test]
fn a_pre_note_becomes_a_case_with_all_that_was_seen() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let plate = || Plate::parse("M-AB 7", "D").expect("sound");
    let valves = || look(MORNING_MS, 5).valves;
    let note = client.note_vehicle(plate(), VehicleKind::Car, valves(), None).expect("notes");
    let twice = client.note_vehicle(plate(), VehicleKind::Car, valves(), None);
    assert_eq!(twice.expect_err("noted already").kind(), ErrorKind::State);
    let place = Place { text: "Marienplatz 8".to_owned(), ..Place::default() };
    client.describe_prenote(note, Some(place), vec![offence("112656").specified("Gehweg")]).expect("describes");
    phone.clock.advance_ms(3_601_000);
    drop(client);
    let client = phone.open();
    assert_eq!(client.look_again(note, valves(), None).expect("looks").duration_s, 3_601);
    let case = client.begin_case_from(note).expect("begins");
    assert_eq!((case, client.prenotes().expect("lists").len()), (note, 0));
    let facts = client.draft(case).expect("a draft");
    assert_eq!((facts.checks.len(), facts.offences.len()), (2, 1));
    assert_eq!(facts.vehicle.expect("noted").plate, plate());
    let found = client.findings(case).expect("finds");
    let blocks: Vec<_> = found.iter().filter(|one| one.severity == Severity::Block).map(|one| one.code).collect();
    assert_eq!(blocks, [FindingCode::PhotoMissing]);
    assert_eq!(client.begin_case_from(note).expect_err("gone").kind(), ErrorKind::NotFound);
}

#[test]
fn pre_notes_expire() {
    let phone = Phone::new();
    let client = phone.open();
    let plate = Plate::parse("M-AB 7", "D").expect("sound");
    client.note_vehicle(plate, VehicleKind::Car, Vec::new(), None).expect("notes");
    phone.clock.advance_ms(12 * 3_600_000);
    assert_eq!(client.prenotes().expect("lists").len(), 1);
    phone.clock.advance_ms(1_000);
    assert_eq!(client.prenotes().expect("lists").len(), 0);
}

#[test]
fn what_a_person_says_is_kept_within_limits() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let person = Person { age: Some(AgeRange { from: 39, to: 30 }), ..Person::new(PersonRole::Driver) };
    let refused = client.edit_case(case, CaseEdit::Persons(vec![person.clone()])).expect_err("upside down");
    assert_eq!(refused.kind(), ErrorKind::BadInput);
    let person = Person { age: Some(AgeRange { from: 30, to: 39 }), ..person };
    client.edit_case(case, CaseEdit::Persons(vec![person.clone()])).expect("edits");
    assert_eq!(client.draft(case).expect("a draft").persons, [person]);
}

#[test]
fn offences_are_found_by_words_and_those_of_the_beat_come_first() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let found = client.search_offences("Gehweg 1 Stunde", 5).expect("searches");
    assert!(found.contains(&"112656".parse().expect("six digits")), "{found:?}");
    assert_eq!(client.favourite_offences(5).expect("ranks"), []);
    let case = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(case, Vec::new()).expect("seals");
    assert_eq!(client.favourite_offences(5).expect("ranks"), ["141322".parse().expect("six digits")]);
}

fn tow_by(firm: Option<&str>) -> TowDetails {
    TowDetails {
        reason: "fire access".to_owned(),
        firm: firm.map(str::to_owned),
        operator: None,
        destination: None,
        condition: None,
        damage: Vec::new(),
        note_left: false,
    }
}

#[test]
fn a_tow_takes_its_times_from_the_clock() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    assert_eq!(client.tow_arrived(case).expect_err("nothing ordered").kind(), ErrorKind::BadInput);
    client.set_tow(case, tow_by(None)).expect("orders");
    phone.clock.advance_ms(600_000);
    client.tow_arrived(case).expect("comes");
    client.set_tow(case, tow_by(Some("Muster"))).expect("says more");
    assert_eq!(refused(&client, case), [FindingCode::TowOpen]);
    phone.clock.advance_ms(60_000);
    client.finish_tow(case, TowOutcome::EmptyRun).expect("ends");
    assert_eq!(client.finish_tow(case, TowOutcome::Towed).expect_err("over").kind(), ErrorKind::BadInput);
    let tow = client.draft(case).expect("a draft").tow.expect("has one");
    let times = [tow.arrived, tow.finished].map(|time| time.expect("known").since_ms(&tow.requested));
    assert_eq!((times, tow.firm.as_deref()), ([600_000, 660_000], Some("Muster")));
    client.seal_case(case, Vec::new()).expect("seals");
}

#[test]
fn a_vehicle_is_read_as_written() {
    let phone = Phone::new();
    let client = phone.open();
    let read = |text, reason| client.vehicle_as_written(text, "D", VehicleKind::Car, reason);
    let short = read("M-03123 18.06.26", None).expect("reads");
    assert_eq!(short.reading().text(), "M-03123 18.06.26");
    assert!(matches!(read("M AB 12X4", None), Err(Error::Plate(_))));
    let seen = read("M AB 12X4", Some("bent")).expect("kept");
    assert_eq!(
        (seen.plate.class, seen.doubt().map(|doubt| doubt.verdict)),
        (PlateClass::AsSeen, Some(DoubtedVerdict::Malformed))
    );
}

#[test]
fn a_voice_note_is_sealed_with_the_case_and_opens_for_nobody_else() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    let sound = [b"\0\0\0\x18ftypM4A ".as_slice(), &[7; 200_000]].concat();
    let note = client.add_voice_note(case, &phone.write("note.m4a", &sound)).expect("adds");
    assert_eq!((note.media_type.as_str(), note.length), ("audio/mp4", sound.len() as u64));
    let other = client.add_voice_note(case, &phone.write("note.txt", b"words")).expect_err("no sound");
    assert_eq!(other.kind(), ErrorKind::BadInput);
    assert_eq!(client.read_voice_note(case, &note).expect("opens"), sound);
    client.seal_case(case, Vec::new()).expect("seals");
    assert!(client.audit().expect("reads").findings.is_empty());
    let files = common::all_bytes(&phone.vault_folder());
    assert!(files.iter().all(|(_, bytes)| !bytes.windows(8).any(|window| window == b"ftypM4A ")));
    drop(client);
    let path = phone.vault_folder().join(format!("objects/{}.sbx", note.object));
    let mut bytes = std::fs::read(&path).expect("is there");
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    std::fs::write(&path, bytes).expect("changes");
    assert_eq!(phone.open().audit().expect("reads").findings.len(), 1);
}

#[test]
fn a_newer_table_of_prefixes_is_used_and_an_older_one_is_not() {
    let phone = Phone::new();
    let client = phone.open();
    let table = |as_of: &str, prefix: &str| {
        let district = format!(r#"{{"name":"Neustadt","state":"BY","prefixes":["{prefix}"]}}"#);
        let members = r#""former":[],"authorities":[],"diplomatic":[]"#;
        let json = format!(r#"{{"format":"streife/1 prefixes","as_of":"{as_of}","districts":[{district}],{members}}}"#);
        phone.agency.sign_plate_table(json.as_bytes()).expect("signs")
    };
    let is_known = |client: &Client| matches!(client.judge_plate("QQ-AB 1", "D"), Ok(Verdict::Valid(_)));
    assert!(!is_known(&client));
    client.install_plate_table(&table("2027-01-01", "QQ")).expect("installs");
    assert!(is_known(&client));
    let older = client.install_plate_table(&table("2026-06-01", "ZZ")).expect_err("older");
    assert_eq!(older.kind(), ErrorKind::State);
    let as_rules = phone.agency.sign_rules(b"{}").expect("signs");
    assert_eq!(client.install_plate_table(&as_rules).expect_err("rules").kind(), ErrorKind::Tampered);
    drop(client);
    assert!(is_known(&phone.open()), "behind the next opening");
}

/// Each call reads the draft and writes it: one that did so in two steps would undo another's.
#[test]
fn two_threads_that_speak_of_one_tow_are_both_heard() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    for round in 0..60 {
        let case = client.begin_case().expect("begins");
        client.set_tow(case, tow_by(None)).expect("orders");
        let together = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                together.wait();
                client.tow_arrived(case).expect("comes");
            });
            scope.spawn(|| {
                together.wait();
                client.set_tow(case, tow_by(Some("Muster"))).expect("says more");
            });
        });
        let tow = client.draft(case).expect("a draft").tow.expect("has one");
        assert!(tow.arrived.is_some() && tow.firm.is_some(), "round {round}: {:?} {:?}", tow.arrived, tow.firm);
    }
}

/// The case was begun and the note not yet taken off, as a kill between the two leaves it.
#[test]
fn a_pre_note_that_a_kill_has_left_is_taken_off_by_the_second_call() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let plate = Plate::parse("M-AB 7", "D").expect("sound");
    let note = client.note_vehicle(plate, VehicleKind::Car, Vec::new(), None).expect("notes");
    drop(client);
    let database = || rusqlite::Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    let read = "SELECT epoch, value FROM settings WHERE name = 'pre-notes'";
    let before: (u16, Vec<u8>) =
        database().query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("is there");
    let client = phone.open();
    client.begin_case_from(note).expect("begins");
    let facts = client.draft(note).expect("a draft");
    drop(client);
    let write = "UPDATE settings SET epoch = ?1, value = ?2 WHERE name = 'pre-notes'";
    assert_eq!(database().execute(write, before).expect("updates"), 1);
    let client = phone.open();
    assert_eq!(client.prenotes().expect("lists").len(), 1, "the note is back");
    assert_eq!(client.begin_case_from(note).expect("is the same case"), note);
    assert_eq!((client.draft(note).expect("a draft"), client.prenotes().expect("lists").len()), (facts, 0));
    assert_eq!(client.cases().expect("lists").len(), 1);
}
