//! Outcomes for the tests: an empty one, a shift of 23 cases and the same shift with hostile texts.

use streife_core::domain::{
    Axle, BootId, Check as VehicleCheck, ClockPosition, Confirmation, Damage, DoubtedVerdict, DriverPresence,
    Moment as DomainMoment, Money, Notes, Payment, PaymentMethod, Person, PersonRole, Place, Plate, PlateDoubt,
    PlateMarks, PlateWarning, PostalAddress, Scene, Side, TalkOutcome, Tow, TowOutcome, Valve, Vehicle, VehicleKind,
    WarningTalk, Witness,
};

use crate::model::{
    CaseOutcome, Check, Moment, NetworkSpan, OffenceOutcome, Outcome, PhotoOutcome, RecordFacts, RecordingInfo,
    Summary, SyncCall, Timing,
};

/// 2026-06-16, 06:00 in UTC+2.
pub(super) const BEGIN_MS: i64 = 1_781_582_400_000;
const MINUTE_MS: i64 = 60_000;
/// The smallest picture that still is base64 of a JPEG's first bytes.
pub(super) const THUMBNAIL: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==";

/// Nothing was played.
pub(super) fn empty() -> Outcome {
    Outcome {
        recording: RecordingInfo {
            file: String::new(),
            title: String::new(),
            agency: String::new(),
            catalogue: String::new(),
            seed: 0,
            events: 0,
            from_ms: 0,
            to_ms: 0,
            offset_s: 0,
            offset_changes: Vec::new(),
            target: String::new(),
        },
        summary: Summary::default(),
        timing: Timing::default(),
        network: Vec::new(),
        timeline: Vec::new(),
        syncs: Vec::new(),
        cases: Vec::new(),
        checks: Vec::new(),
    }
}

/// 23 cases, each 20 minutes after the last, the tenth to twelfth offline; every check holds.
pub(super) fn shift() -> Outcome {
    let cases: Vec<CaseOutcome> = (1..=23).map(|seq| case(seq, "M-AB 1234", "grey")).collect();
    let mut outcome = empty();
    outcome.recording.title = "Early shift: on foot".to_owned();
    outcome.recording.from_ms = BEGIN_MS;
    outcome.recording.to_ms = BEGIN_MS + 480 * MINUTE_MS;
    outcome.recording.offset_s = 7200;
    outcome.timeline = cases.iter().flat_map(moments).collect();
    outcome.syncs = cases.iter().filter_map(sync).collect();
    outcome.network = network();
    outcome.summary =
        Summary { cases: 23, photos: 65, bytes_sent: 1_050_000, bytes_needed: 1_000_000, ..Summary::default() };
    outcome.cases = cases;
    outcome.checks = vec![check("every case is complete", true), check("every photo is equal", true)];
    outcome
}

/// The shift with one text wherever a free text stands, and a failed check.
pub(super) fn with_text(text: &str) -> Outcome {
    let mut outcome = shift();
    let info = &mut outcome.recording;
    for field in [&mut info.file, &mut info.title, &mut info.agency, &mut info.catalogue, &mut info.target] {
        text.clone_into(field);
    }
    outcome.cases = (1..=3).map(|seq| hostile_case(seq, text)).collect();
    outcome.checks = vec![Check { name: text.to_owned(), holds: false, detail: text.to_owned() }];
    let every = |kind: &str| Moment {
        kind: kind.to_owned(),
        case: Some(text.to_owned()),
        text: text.to_owned(),
        at_ms: BEGIN_MS,
    };
    outcome.syncs.iter_mut().for_each(|call| call.waiting = Some(text.to_owned()));
    outcome.timeline = ["photo", "seal", "void", "kill", "start", "shift", text].map(every).to_vec();
    outcome.network.iter_mut().for_each(|span| text.clone_into(&mut span.state));
    outcome.syncs.iter_mut().for_each(|call| (call.network, call.end) = (text.to_owned(), text.to_owned()));
    outcome
}

fn hostile_case(seq: u32, text: &str) -> CaseOutcome {
    let some = || Some(text.to_owned());
    let mut case = CaseOutcome { label: text.to_owned(), case: text.to_owned(), ..case(seq, text, text) };
    (case.plate_class, case.place, case.slip, case.voided) = (some(), some(), some(), some());
    case.number = some();
    (case.box_state, case.phone_state) = (text.to_owned(), text.to_owned());
    case.findings = vec![text.to_owned()];
    case.facts = facts(text);
    case.offences.iter_mut().for_each(|offence| text.clone_into(&mut offence.label));
    for photo in &mut case.photos {
        (photo.label, photo.class, photo.sha256) = (text.to_owned(), text.to_owned(), text.to_owned());
        (photo.thumbnail, photo.equal) = (text.to_owned(), false);
    }
    case
}

fn case(seq: u32, plate: &str, vehicle: &str) -> CaseOutcome {
    let begun_ms = BEGIN_MS + i64::from(seq) * 20 * MINUTE_MS;
    let number = "112454".parse().expect("six digits are an offence number");
    CaseOutcome {
        label: format!("case-{seq:02}"),
        seq: Some(seq),
        plate: Some(plate.to_owned()),
        plate_class: Some("D standard".to_owned()),
        vehicle: Some(vehicle.to_owned()),
        offences: vec![OffenceOutcome { number, label: "on the pavement".to_owned(), amount_cents: 5500 }],
        amount_cents: 5500,
        begun_ms,
        sealed_ms: Some(begun_ms + 2 * MINUTE_MS),
        receipted_ms: Some(begun_ms + 3 * MINUTE_MS),
        box_state: "complete".to_owned(),
        phone_state: "purged".to_owned(),
        photos: (1..=if seq < 5 { 2 } else { 3 }).map(|photo| self::photo(seq, photo)).collect(),
        ..CaseOutcome::default()
    }
}

fn photo(seq: u32, photo: u32) -> PhotoOutcome {
    PhotoOutcome {
        object: format!("{photo:032x}"),
        label: format!("case-{seq:02}-{photo}"),
        class: "overview".to_owned(),
        bytes: 2_400_000,
        sha256: "ab12".repeat(16),
        equal: true,
        thumbnail: THUMBNAIL.to_owned(),
    }
}

fn moments(case: &CaseOutcome) -> [Moment; 2] {
    let of = |kind: &str, at_ms| Moment {
        at_ms,
        kind: kind.to_owned(),
        case: Some(case.label.clone()),
        text: kind.to_owned(),
    };
    [of("photo", case.begun_ms), of("seal", case.begun_ms + 2 * MINUTE_MS)]
}

fn sync(case: &CaseOutcome) -> Option<SyncCall> {
    let (network, end) = ("unmetered".to_owned(), "idle".to_owned());
    Some(SyncCall {
        at_ms: case.receipted_ms?,
        network,
        requests: 4,
        retries: 0,
        bytes: 5_000_000,
        bytes_needed: 5_000_000,
        receipts: 1,
        decisions: 0,
        quarantined: 0,
        end,
        waiting: None,
    })
}

fn network() -> Vec<NetworkSpan> {
    let span = |from: i64, to: i64, state: &str| NetworkSpan {
        from_ms: BEGIN_MS + from * MINUTE_MS,
        to_ms: BEGIN_MS + to * MINUTE_MS,
        state: state.to_owned(),
    };
    vec![span(0, 200, "unmetered"), span(200, 250, "offline"), span(250, 480, "metered")]
}

/// One check without detail.
pub(super) fn check(name: &str, holds: bool) -> Check {
    Check { name: name.to_owned(), holds, detail: String::new() }
}

/// Every group of facts, with one text wherever a free text stands.
pub(super) fn facts(text: &str) -> RecordFacts {
    let some = || Some(text.to_owned());
    let mut plate = Plate::parse("M-03123", "D").expect("a short-term plate");
    text.clone_into(&mut plate.text);
    let doubt = PlateDoubt { verdict: DoubtedVerdict::Ambiguous, reason: text.to_owned() };
    let marks = PlateMarks { raw: some(), doubt: Some(doubt), ..PlateMarks::default() };
    let vehicle =
        Vehicle { marks: Some(marks), trailer: Some(plate.clone()), ..Vehicle::new(plate, VehicleKind::Lorry) };
    RecordFacts {
        vehicle: Some(Vehicle { vin: some(), ..vehicle }),
        plate_warnings: vec![PlateWarning::Expired],
        place: Some(Place {
            text: text.to_owned(),
            street: some(),
            house_number: some(),
            postcode: some(),
            ..Place::default()
        }),
        checks: vec![look(0), look(61)],
        scene: Scene {
            driver: Some(DriverPresence::Left),
            remaining_width_cm: Some(205),
            meter: some(),
            permit: some(),
        },
        persons: vec![person(text)],
        witnesses: vec![Witness {
            officer: some(),
            name: some(),
            address: None,
            statement: some(),
            may_be_named: false,
        }],
        talk: Some(talk(text)),
        tow: Some(tow(text)),
        confirmed: vec![Confirmation { finding: text.to_owned(), reason: text.to_owned() }],
        notes: Notes { citizen: some(), internal: some() },
    }
}

/// A moment so many minutes after the begin.
pub(super) fn at(minute: i64) -> DomainMoment {
    let after = minute * MINUTE_MS;
    DomainMoment::new(BEGIN_MS + after, 7200, after.unsigned_abs(), BootId([7; 16])).expect("in the calendar")
}

fn look(minute: i64) -> VehicleCheck {
    let valve = |axle| Valve { side: Side::Left, axle, clock: ClockPosition::try_from(4).expect("on the clock") };
    VehicleCheck { at: at(minute), valves: vec![valve(Axle::Front), valve(Axle::Rear)], disc: None }
}

fn person(text: &str) -> Person {
    let some = || Some(text.to_owned());
    let address = PostalAddress { street: some(), postcode: some(), town: some(), nation: some() };
    let known =
        Person { family_name: some(), given_names: some(), birth_place: some(), ..Person::new(PersonRole::Driver) };
    Person { address: Some(address), licence: some(), statement: some(), ..known }
}

fn talk(text: &str) -> WarningTalk {
    let payment = Payment { amount_cents: Money(5500), method: PaymentMethod::Card, receipt: Some(text.to_owned()) };
    WarningTalk { at: at(63), instructed: true, outcome: TalkOutcome::Agreed, payment: Some(payment) }
}

fn tow(text: &str) -> Tow {
    let some = || Some(text.to_owned());
    Tow {
        requested: at(2),
        arrived: Some(at(30)),
        finished: Some(at(67)),
        outcome: Some(TowOutcome::EmptyRun),
        reason: text.to_owned(),
        firm: some(),
        operator: some(),
        destination: some(),
        condition: some(),
        damage: vec![Damage { text: text.to_owned(), photo: None }],
        note_left: true,
    }
}
