//! Case numbers from the box to the record: none is ever used twice, and nothing waits for them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use streife_box::{Fault, Route};
use streife_core::client::{Client, SealedView, SlipUse, SyncEnd};
use streife_core::domain::{
    Agency, CaseEdit, CaseId, CaseNumber, DeviceId, NumberRange, Payee, RangeRequestId, Slip, VoidReason, from_hex,
};
use streife_core::http::HttpTransport;
use streife_core::ports::{Cancel, OsEntropy, Request, Response, Transport, TransportError};
use streife_core::seal::{GrantedNumbers, Namespace, SignedPayload, SoftwareKey, sign_payload};
use streife_core::sync::Network;
use streife_core::vault::JournalEvent;
use streife_e2e::{Rig, sync};

fn seal(rig: &Rig, client: &Client) -> SealedView {
    let case = rig.draft_case(client, 1);
    client.seal_case(case, Vec::new()).expect("seals")
}

fn numbers(rig: &Rig, client: &Client, count: usize) -> Vec<Option<CaseNumber>> {
    (0..count).map(|_| seal(rig, client).number).collect()
}

fn parts(numbers: &[Option<CaseNumber>]) -> Vec<Option<(u32, u16)>> {
    numbers.iter().map(|number| number.map(|number| (number.range(), number.running()))).collect()
}

fn left(client: &Client) -> u32 {
    client.status().expect("reads").numbers_left
}

#[test]
fn a_handover_brings_numbers_and_each_case_uses_one_up() {
    let rig = Rig::with_numbers(2, 3);
    let client = rig.on_patrol();
    assert_eq!((left(&client), seal(&rig, &client).number), (0, None));
    let _waits = rig.drain(&client);
    assert_eq!(left(&client), 3);
    assert_eq!(parts(&numbers(&rig, &client, 2)), [Some((1, 1)), Some((1, 2))]);
    assert_eq!(left(&client), 1);
    let _waits = rig.drain(&client);
    assert_eq!(left(&client), 4, "refilled when low, and what is left is used first");
    assert_eq!(parts(&numbers(&rig, &client, 5)), [Some((1, 3)), Some((2, 1)), Some((2, 2)), Some((2, 3)), None]);
    assert_eq!(left(&client), 0);
    let _waits = rig.drain(&client);
    assert_eq!(rig.server.ledger().ranges().expect("reads").len(), 3);
}

#[test]
fn enough_numbers_ask_for_no_more() {
    let rig = Rig::with_numbers(2, 3);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    for _ in 0..3 {
        assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Idle);
    }
    assert_eq!(rig.server.ledger().traffic(Route::NumbersPut).requests, 1);
}

#[test]
fn numbers_survive_restarts_of_phone_and_box() {
    let mut rig = Rig::with_numbers(1, 4);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let mut given = numbers(&rig, &client, 1);
    drop(client);
    let client = rig.open();
    given.extend(numbers(&rig, &client, 1));
    client.close_shift().expect("closes"); // sets a mark
    drop(client);
    rig = rig.restart_box();
    let client = rig.open();
    rig.open_shift(&client);
    given.extend(numbers(&rig, &client, 3));
    assert_eq!(parts(&given), [Some((1, 1)), Some((1, 2)), Some((1, 3)), Some((1, 4)), None]);
    let _waits = rig.drain(&client);
    assert_eq!(parts(&numbers(&rig, &client, 1)), [Some((2, 1))]);
}

#[test]
fn an_answer_that_is_lost_brings_the_same_range_when_it_is_asked_for_again() {
    let mut rig = Rig::with_numbers(1, 3);
    let client = rig.on_patrol();
    rig.server.chaos().script(Route::NumbersPut, 1, Fault::DropAfter);
    let _report = sync(&client, Network::Unmetered);
    assert_eq!((left(&client), rig.server.ledger().ranges().expect("reads").len()), (0, 1));
    drop(client); // killed before the answer came
    rig = rig.restart_box();
    let client = rig.open();
    let _waits = rig.drain(&client);
    assert_eq!(parts(&numbers(&rig, &client, 1)), [Some((1, 1))]);
    assert_eq!(rig.server.ledger().ranges().expect("reads").len(), 1, "no range is wasted");
}

#[test]
fn a_box_that_gives_no_numbers_holds_no_case_up() {
    let rig = Rig::with_numbers(1, 3);
    let client = rig.on_patrol();
    for fault in [Fault::Html, Fault::Status { status: 500, retry_after_s: None }] {
        rig.server.chaos().script(Route::NumbersPut, 1, fault);
        let sealed = seal(&rig, &client);
        assert_eq!(sealed.number, None);
        let _report = sync(&client, Network::Unmetered);
        let case = rig.server.ledger().case(sealed.case).expect("reads");
        assert!(case.is_some_and(|case| case.receipt.is_some()), "the case has its receipt all the same");
        assert_eq!(left(&client), 0);
        rig.clock.advance_ms(20 * 60 * 1_000);
    }
    let _waits = rig.drain(&client);
    assert_eq!(left(&client), 3);
}

#[test]
fn a_void_case_keeps_its_number_and_nobody_gets_it_again() {
    let rig = Rig::with_numbers(1, 5);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let sealed = seal(&rig, &client);
    client.void_case(sealed.case, VoidReason::WrongPlate, None).expect("voids");
    let draft = rig.draft_case(&client, 1);
    client.void_case(draft, VoidReason::Duplicate, None).expect("voids a draft");
    assert_eq!(parts(&[sealed.number, seal(&rig, &client).number]), [Some((1, 1)), Some((1, 3))]);
}

#[test]
fn threads_that_seal_at_once_get_different_numbers() {
    let rig = Rig::with_numbers(1, 40);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let drafts: Vec<CaseId> = (0..12).map(|_| rig.draft_case(&client, 1)).collect();
    let given: Vec<_> = std::thread::scope(|scope| {
        let seal = |case: CaseId| client.seal_case(case, Vec::new()).expect("seals").number.expect("has one");
        let threads: Vec<_> = drafts
            .chunks(4)
            .map(|cases| scope.spawn(move || cases.iter().map(|case| seal(*case)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 12);
    assert_eq!(left(&client), 28);
}

#[test]
fn a_set_back_mark_brings_no_number_back() {
    let rig = Rig::with_numbers(1, 9);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let first = seal(&rig, &client).number;
    client.close_shift().expect("closes");
    drop(client);
    let old = settings(&rig.vault_folder());
    let client = rig.open();
    rig.open_shift(&client);
    let second = seal(&rig, &client).number;
    client.close_shift().expect("closes");
    drop(client);
    // Every setting as it was: the rest of the database stays.
    put_settings(&rig.vault_folder(), &old);
    let client = rig.open();
    rig.open_shift(&client);
    let third = seal(&rig, &client).number;
    assert_eq!(parts(&[first, second, third]), [Some((1, 1)), Some((1, 2)), Some((1, 3))]);
    drop(client);
    // And without any.
    put_settings(&rig.vault_folder(), &[]);
    let client = rig.open();
    let fourth = seal(&rig, &client).number;
    assert!(fourth.is_none_or(|number| ![first, second, third].contains(&Some(number))), "{fourth:?}");
}

#[test]
fn a_journal_that_was_cut_or_damaged_gives_the_range_up() {
    type Harm = fn(&rusqlite::Connection);
    let harms: [Harm; 3] = [
        |database| {
            // The newest entry that tells of a number, made unreadable.
            let sql = "UPDATE journal SET entry = zeroblob(length(entry)) WHERE n = (SELECT MAX(sealed_n) FROM cases)";
            assert_eq!(database.execute(sql, []).expect("damages"), 1);
        },
        |database| {
            let sql = "DELETE FROM journal WHERE n = (SELECT MAX(sealed_n) FROM cases)";
            assert_eq!(database.execute(sql, []).expect("deletes"), 1);
        },
        |database| {
            let sql = "DELETE FROM journal WHERE n >= (SELECT MAX(sealed_n) FROM cases)";
            assert!(database.execute(sql, []).expect("cuts") >= 2, "beyond the mark");
        },
    ];
    for (at, harm) in harms.into_iter().enumerate() {
        let rig = Rig::with_numbers(1, 9);
        let client = rig.on_patrol();
        let _waits = rig.drain(&client);
        let used: BTreeSet<_> = numbers(&rig, &client, 2).into_iter().flatten().collect();
        let draft = rig.draft_case(&client, 1); // entries behind the newest number
        if at == 2 {
            client.void_case(draft, VoidReason::Other, None).expect("voids");
            client.close_shift().expect("closes"); // a mark behind it
        }
        drop(client);
        harm(&rusqlite::Connection::open(rig.vault_folder().join("vault.db")).expect("opens"));
        let client = rig.open();
        assert_eq!(left(&client), 0, "harm {at}");
        if client.status().expect("reads").shift.is_none() {
            rig.open_shift(&client);
        }
        assert_eq!(seal(&rig, &client).number, None, "harm {at}");
        let _report = sync(&client, Network::Unmetered);
        let next = seal(&rig, &client).number.expect("a new range has come");
        assert!(!used.contains(&next) && next.range() == 2, "harm {at}: {next}");
    }
}

#[test]
fn a_folder_that_was_set_back_gives_its_range_up_when_the_box_tells() {
    let rig = Rig::with_numbers(1, 9);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    drop(client);
    let yesterday = rig.folder.path().join("yesterday");
    copy_folder(&rig.vault_folder(), &yesterday);
    let client = rig.open();
    let used = numbers(&rig, &client, 2);
    let _waits = rig.drain(&client);
    drop(client);
    std::fs::remove_dir_all(rig.vault_folder()).expect("removes");
    std::fs::rename(&yesterday, rig.vault_folder()).expect("sets back");
    let client = rig.open();
    let _waits = rig.drain(&client);
    let kept = seal(&rig, &client);
    let _waits = rig.drain(&client);
    let next = seal(&rig, &client).number.or(kept.number).expect("has one");
    assert!(!used.contains(&Some(next)) && next.range() == 2, "{next}");
    assert!(!used.contains(&kept.number));
}

#[test]
fn a_salvage_gives_the_range_up() {
    let rig = Rig::with_numbers(1, 9);
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let used = numbers(&rig, &client, 2);
    drop(client);
    let file = rig.vault_folder().join("vault.db");
    let mut bytes = std::fs::read(&file).expect("reads");
    bytes.iter_mut().take(100).for_each(|byte| *byte = 0xa5);
    std::fs::write(&file, bytes).expect("damages");
    let (client, _salvage) = rig.salvage();
    assert_eq!(left(&client), 0);
    let _waits = rig.drain(&client);
    if client.status().expect("reads").shift.is_none() {
        rig.open_shift(&client);
    }
    let next = seal(&rig, &client).number.expect("a new range has come");
    assert!(!used.contains(&Some(next)) && next.range() == 2, "{next}");
    let told = client.journal().expect("reads");
    assert!(told.records().any(|record| matches!(record.event, JournalEvent::NumbersGranted { .. })));
}

#[test]
fn a_slip_that_was_used_is_known_in_drafts_and_for_thirty_days_after_sealing() {
    let rig = Rig::with_numbers(0, 9);
    let client = rig.on_patrol();
    let slip = |number: &str| Slip::new(number, None).expect("sound");
    let (one, other) = (rig.draft_case(&client, 1), rig.draft_case(&client, 1));
    client.edit_case(one, CaseEdit::Slip(slip("4711"))).expect("edits");
    let used = |number: &str, case| client.slip_use(&slip(number), case).expect("reads");
    assert_eq!((used("4711", one), used("4711", other), used("4712", other)), (None, Some(SlipUse::Draft(one)), None));
    client.seal_case(one, Vec::new()).expect("seals");
    assert_eq!((used("4711", other), used("4712", other)), (Some(SlipUse::Sealed), None));
    let _waits = rig.drain(&client);
    assert_eq!(used("4711", other), Some(SlipUse::Sealed), "after the purge, too");
    let day = 24 * 60 * 60 * 1_000;
    (0..29).for_each(|_| rig.clock.advance_ms(day));
    assert_eq!(used("4711", other), Some(SlipUse::Sealed));
    rig.clock.advance_ms(day);
    assert_eq!(used("4711", other), None);
    let bytes = std::fs::read(rig.vault_folder().join("vault.db")).expect("reads");
    assert!(!bytes.windows(4).any(|window| window == b"4711"));
}

#[test]
fn a_sealed_warning_has_a_payment_code_with_number_and_plate() {
    let mut rig = Rig::with_numbers(1, 9);
    rig.payee = Some(Payee::new("Stadtkasse Musterstadt", "DE08 7005 0000 0001 2811 49", None).expect("sound"));
    let client = rig.on_patrol();
    let _waits = rig.drain(&client);
    let draft = rig.draft_case(&client, 1);
    assert!(client.giro_code(draft).is_err(), "a draft has no amount yet");
    let sealed = client.seal_case(draft, Vec::new()).expect("seals");
    let text = client.giro_code(sealed.case).expect("has one");
    let lines: Vec<_> = text.lines().collect();
    let number = sealed.number.expect("has one");
    assert_eq!(lines[..7], ["BCD", "002", "1", "SCT", "", "Stadtkasse Musterstadt", "DE08700500000001281149"]);
    assert!(lines[7].starts_with("EUR") && lines[7] != "EUR0.00", "{}", lines[7]);
    assert_eq!(lines[8..], ["", "", format!("{number} MAB1234").as_str()]);
    client.void_case(sealed.case, VoidReason::Other, None).expect("voids");
    assert!(client.giro_code(sealed.case).is_err());
}

#[test]
fn a_phone_takes_numbers_only_from_its_own_box_for_itself_and_only_new_ones() {
    let rig = Rig::with_numbers(1, 3);
    drop(rig.on_patrol());
    let own = SoftwareKey::from_bytes(&box_key(&rig)).expect("a key");
    let stranger = SoftwareKey::generate(&OsEntropy).expect("randomness");
    let forged = Arc::new(Forger {
        http: rig.http(rig.connection().ca_pem.as_bytes()),
        forge: Mutex::new(None),
        asked: Mutex::default(),
    });
    let client = rig.open_over(forged.clone());
    let lies: [(&str, SoftwareKey, Change); 6] = [
        ("another key", stranger, |_| {}),
        ("another device", own.clone(), |granted| granted.device = DeviceId::new([9; 16])),
        ("another request", own.clone(), |granted| granted.request = RangeRequestId::new([9; 16])),
        ("another agency", own.clone(), |granted| granted.agency = Agency("Elsewhere".to_owned())),
        ("no range at all", own.clone(), |granted| granted.numbers.range = 0),
        ("too many", own.clone(), |granted| granted.numbers.count = 10_000),
    ];
    for (lie, key, change) in lies {
        *forged.forge.lock().expect("no panic") = Some((key, change));
        let _report = sync(&client, Network::Unmetered);
        assert_eq!(left(&client), 0, "{lie}");
        rig.clock.advance_ms(60 * 60 * 1_000);
    }
    let asked = forged.asked.lock().expect("no panic").clone();
    assert_eq!((asked.len(), asked.iter().collect::<BTreeSet<_>>().len()), (6, 1), "one request, until it is answered");
    *forged.forge.lock().expect("no panic") = Some((own.clone(), |_| {}));
    let _report = sync(&client, Network::Unmetered);
    assert_eq!(
        parts(&numbers(&rig, &client, 4)),
        [Some((7, 1)), Some((7, 2)), Some((7, 3)), None],
        "the honest answer"
    );
    // The same range once more, and one before it: both are given up, and the box itself is asked anew.
    for range in [7_u32, 6] {
        let change: Change = if range == 7 { |_| {} } else { |granted| granted.numbers.range = 6 };
        *forged.forge.lock().expect("no panic") = Some((own.clone(), change));
        let _report = sync(&client, Network::Unmetered);
        assert_eq!(left(&client), 0, "range {range}");
        rig.clock.advance_ms(60 * 60 * 1_000);
    }
    let asked = forged.asked.lock().expect("no panic").clone();
    let requests = asked.iter().collect::<BTreeSet<_>>().len();
    assert_eq!((asked.len(), requests), (9, 3), "each stale answer ends its request");
}

/// What a forger makes of a grant.
type Change = fn(&mut GrantedNumbers);

/// A way to the box on which somebody answers requests for numbers.
struct Forger {
    http: HttpTransport,
    forge: Mutex<Option<(SoftwareKey, Change)>>,
    asked: Mutex<Vec<String>>,
}

impl Transport for Forger {
    fn origin(&self) -> &str {
        self.http.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        let parts: Vec<_> = request.path.split('/').collect();
        let ["", "v1", "devices", device, "numbers", id] = parts.as_slice() else {
            return self.http.send(request, cancel);
        };
        self.asked.lock().expect("no panic").push((*id).to_owned());
        let (key, change) = self.forge.lock().expect("no panic").clone().expect("a lie is told");
        let mut granted = GrantedNumbers {
            device: device.parse().expect("an id"),
            request: id.parse().expect("an id"),
            agency: Agency("Musterstadt".to_owned()),
            numbers: NumberRange { prefix: "STR".parse().expect("three letters"), range: 7, count: 3 },
            granted_at: 0,
        };
        change(&mut granted);
        let body = sign_payload(Namespace::Numbers, granted.encode(), &key).expect("signs");
        Ok(Response { status: 201, headers: vec![("content-type".to_owned(), "application/cose".to_owned())], body })
    }
}

fn box_key(rig: &Rig) -> [u8; 32] {
    let text = std::fs::read_to_string(rig.folder.path().join("box/keys/box.key")).expect("reads");
    from_hex(text.trim()).expect("hexadecimal")
}

type Rows = Vec<(String, i64, Vec<u8>)>;

fn settings(folder: &Path) -> Rows {
    let database = rusqlite::Connection::open(folder.join("vault.db")).expect("opens");
    let mut query = database.prepare("SELECT name, epoch, value FROM settings").expect("prepares");
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("reads");
    rows.collect::<Result<_, _>>().expect("reads")
}

fn put_settings(folder: &Path, rows: &[(String, i64, Vec<u8>)]) {
    let database = rusqlite::Connection::open(folder.join("vault.db")).expect("opens");
    database.execute("DELETE FROM settings", []).expect("deletes");
    for (name, epoch, value) in rows {
        let sql = "INSERT INTO settings (name, epoch, value) VALUES (?1, ?2, ?3)";
        database.execute(sql, (name, epoch, value)).expect("writes");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copies");
        }
    }
}
