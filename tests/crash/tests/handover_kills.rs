//! The victim is killed while it hands over to a box and lets its payloads go.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use streife_box::{BoxConfig, RunningBox};
use streife_core::client::{Client, SyncEnd};
use streife_core::sync::protocol::BoxCaseState;
use streife_core::testing::SimClock;
use streife_core::vault::{CaseState, JournalEvent};
use streife_crash::chance::{Chance, spin};
use streife_crash::patrol::{Patrol, undisturbed};
use streife_crash::phone::{MORNING_MS, RULES};
use streife_crash::scenario::copy_folder;
use streife_crash::settings::{Alone, kills, points, say, scratch, skipped};
use streife_crash::strace;
use streife_crash::{Acknowledged, Figures, Line, Link, Mode, Phone, Victim, check};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_patrol");
const KILLS_A_VAULT: u32 = 5;
/// Longest work between a sealed case and the kill: a sync and its purge fit into it.
const SPIN_KIB: u32 = 120_000;

fn start_box(folder: &Path) -> RunningBox {
    let clock = Arc::new(SimClock::new(MORNING_MS, 7_200));
    RunningBox::start(BoxConfig {
        clock,
        range_size: 3,
        rules: Some(RULES.to_vec()),
        ..BoxConfig::local(folder.join("box"))
    })
    .expect("the box starts")
}

fn phone_of(server: &RunningBox, folder: &Path) -> Phone {
    let folder = folder.join("phone");
    drop(Phone::new(&folder));
    connected(server, &folder)
}

/// The phone in this folder, told where the box is now.
fn connected(server: &RunningBox, folder: &Path) -> Phone {
    let told = server.connection();
    let link = Link {
        origin: told.origin.clone(),
        ca_pem: told.ca_pem.clone(),
        agency: told.agency.clone(),
        agency_root: Link::key(&told.agency_root),
        box_key: Link::key(&told.box_key),
        now_ms: MORNING_MS,
    };
    Phone::connect(folder, &link);
    Phone::at(folder)
}

/// At each system call of handing a voided case over, purging it and erasing its key epoch. Phone and box are copied for
/// each kill.
#[test]
fn a_kill_at_any_system_call_of_a_handover_loses_and_doubles_nothing() {
    let _alone = Alone::wait();
    if let Err(why) = strace::is_usable() {
        return skipped("strace kill points of a handover", &why);
    }
    let start = scratch();
    let before = {
        let server = start_box(start.path());
        let phone = phone_of(&server, start.path());
        phone.open().expect("opens").enrol(&server.connection().enrolment_code).expect("enrols");
        undisturbed(&phone, |patrol| {
            let case = patrol.case()?;
            patrol.void(case)?;
            patrol.close_shift()
        })
    };
    let counts = {
        let (_folder, _server, phone) = again(start.path());
        strace::counts(Path::new(PROGRAM), Mode::Sync, &phone)
    };
    let (mut figures, chosen) = (Figures::default(), strace::points(&counts, points()));
    for point in &chosen {
        let (_folder, server, phone) = again(start.path());
        let mut oracle = Acknowledged::default();
        oracle.extend(before.iter().copied());
        let (lines, is_killed) = strace::kill_at(Path::new(PROGRAM), Mode::Sync, &phone, point);
        oracle.extend(lines);
        figures.runs += 1;
        figures.kills += u32::from(is_killed);
        let verdict = check(&phone, &oracle);
        figures.add(&verdict);
        verdict.assert_sound(&format!("handover: {point:?}"));
        assert_purged_only_with_receipt(&server, &phone);
        assert_eq!(drain_and_compare(&server, &phone, &oracle), 1, "{point:?}");
        figures.add_oracle(&oracle);
    }
    let all: u32 = counts.values().sum();
    let chosen = chosen.len();
    say(&format_args!("kill points, handover: {chosen} of {all} in {counts:?}\nkill points, handover: {figures}"));
    // How many writes the handover makes to its socket differs from run to run.
    assert!(figures.kills * 4 >= figures.runs * 3, "strace hardly killed");
}

/// A copy of phone and box; the box runs.
fn again(start: &Path) -> (TempDir, RunningBox, Phone) {
    let folder = scratch();
    copy_folder(start, folder.path()).expect("copies phone and box");
    let server = start_box(folder.path());
    let phone = connected(&server, &folder.path().join("phone"));
    (folder, server, phone)
}

#[test]
fn a_kill_while_handing_over_loses_and_doubles_nothing() {
    let _alone = Alone::wait();
    let mut chance = Chance::announced("handover kills");
    let (mut figures, mut handed_over) = (Figures::default(), 0);
    let kills = kills().div_ceil(4);
    while figures.kills < kills {
        let folder = tempfile::tempdir().expect("a folder");
        let server = start_box(folder.path());
        let phone = phone_of(&server, folder.path());
        phone.open().expect("opens").enrol(&server.connection().enrolment_code).expect("enrols");
        let mut oracle = Acknowledged::default();
        for _ in 0..KILLS_A_VAULT.min(kills - figures.kills) {
            kill_once(&mut chance, &phone, &mut oracle, &mut figures);
            assert_purged_only_with_receipt(&server, &phone);
        }
        figures.add_oracle(&oracle);
        handed_over += drain_and_compare(&server, &phone, &oracle);
    }
    say(&format_args!("handover kills: {figures}; {handed_over} cases at the box, each once"));
    assert!(handed_over > 0, "nothing was handed over");
}

fn kill_once(chance: &mut Chance, phone: &Phone, oracle: &mut Acknowledged, figures: &mut Figures) {
    let mut victim = Victim::start(Path::new(PROGRAM), Mode::Purge, phone);
    victim.hear_until(chance.below(3), |line| matches!(line, Line::Sealed(..)));
    spin(chance.below(SPIN_KIB));
    oracle.extend(victim.kill());
    figures.runs += 1;
    figures.kills += 1;
    let verdict = check(phone, oracle);
    figures.add(&verdict);
    verdict.assert_sound(&format!("kill {}", figures.kills));
}

fn assert_purged_only_with_receipt(server: &RunningBox, phone: &Phone) {
    let vault = phone.open_vault().expect("opens").vault;
    for row in vault.cases().expect("reads").into_iter().filter(|row| row.state == CaseState::Purged) {
        let stored = server.ledger().case(row.case).expect("reads").expect("the box has it");
        assert_eq!(stored.receipt, row.receipt, "{}", row.case);
    }
}

/// Syncs until nothing is left, then the box must hold every sealed case once and whole.
fn drain_and_compare(server: &RunningBox, phone: &Phone, oracle: &Acknowledged) -> usize {
    let client = phone.open().expect("opens");
    drain(phone, &client);
    let at_box = server.ledger().cases().expect("reads");
    for case in &at_box {
        assert!(matches!(case.state, BoxCaseState::Complete | BoxCaseState::Voided), "{}", case.case);
        assert!(case.receipt.is_some() && case.objects.iter().all(|object| object.file.is_some()), "{}", case.case);
    }
    let once: BTreeSet<_> = at_box.iter().map(|case| case.case).collect();
    let places: BTreeSet<_> = at_box.iter().map(|case| (case.shift, case.seq)).collect();
    assert_eq!((once.len(), places.len()), (at_box.len(), at_box.len()), "a case is there twice");
    let sealed = oracle.cases.iter().filter(|(_, known)| known.sealed.is_some());
    for (case, known) in sealed {
        assert!(once.contains(case), "{case} was sealed and did not arrive");
        let events = &at_box.iter().find(|stored| stored.case == *case).expect("is there").events;
        assert!(known.voided.is_none_or(|void| events.iter().any(|event| event.event == void)), "{case}: its void");
    }
    for row in client.cases().expect("reads").iter().filter(|row| row.state != CaseState::Draft) {
        assert_eq!(row.state, CaseState::Purged, "{}", row.case);
        assert!(once.contains(&row.case), "{}", row.case);
    }
    assert_numbers(server, &client);
    at_box.len()
}

/// Every range that the box gave has come to the phone, once, and no case number was used twice.
fn assert_numbers(server: &RunningBox, client: &Client) {
    let journal = client.journal().expect("reads");
    let granted: Vec<_> = journal
        .records()
        .filter_map(|record| match &record.event {
            JournalEvent::NumbersGranted { numbers } => Some(numbers.range),
            _ => None,
        })
        .collect();
    let given: Vec<_> = server.ledger().ranges().expect("reads").iter().map(|row| row.range).collect();
    assert_eq!(granted, given, "a range was wasted, or taken over twice");
    let used: Vec<_> = journal
        .records()
        .filter_map(|record| match &record.event {
            JournalEvent::CaseSealed { number, .. } => *number,
            _ => None,
        })
        .collect();
    assert!(used.is_sorted_by(|one, next| one < next), "a number was used twice: {used:?}");
    assert!(client.status().expect("reads").numbers_left >= 2, "a handover leaves the phone with numbers");
}

fn drain(phone: &Phone, client: &Client) {
    let mut patrol = Patrol::begin(phone, client, Vec::new()).expect("goes on");
    for _ in 0..50 {
        let SyncEnd::WaitUntil(time) = patrol.sync().expect("the vault works").end else { return };
        let now = streife_core::ports::Clock::read(&*phone.clock).unix_ms;
        phone.clock.advance_ms(u32::try_from(time - now).expect("not backwards"));
    }
    panic!("the queue does not drain");
}
