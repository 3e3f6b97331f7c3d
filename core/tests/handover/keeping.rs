//! How long payloads stay, what the desk's decision does, and what happens when the box has lost a case.

use streife_core::client::{Client, Config, Notice, Ports, Retention, SpaceLevel, StorageConfig, SyncEnd, SyncLimits};
use streife_core::error::ErrorKind;
use streife_core::sync::Network;
use streife_core::vault::{CaseState, JournalEvent};

use crate::drivers::{Blocking, Driver, World};

const HOUR_MS: u32 = 60 * 60 * 1_000;

fn unmetered() -> SyncLimits<'static> {
    SyncLimits::over(Network::Unmetered)
}

fn state(client: &Client, case: streife_core::domain::CaseId) -> CaseState {
    client.case(case).expect("is there").state
}

fn told(client: &Client, event: &JournalEvent) -> bool {
    client.journal().expect("reads").records().any(|record| record.event == *event)
}

#[test]
fn a_receipted_payload_stays_for_three_days_and_counts_as_handed_over() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let case = world.seal(&client);
    assert_eq!(world.drain(&Blocking, &client), 0);
    let status = client.status().expect("reads");
    assert_eq!(
        (state(&client, case), status.handed_over, status.kept, status.waiting),
        (CaseState::Receipted, 1, 1, 0)
    );
    assert!(client.audit().expect("audits").findings.is_empty(), "a receipted case with its payload is no damage");
    for _ in 0..71 {
        world.phone.clock.advance_ms(HOUR_MS);
    }
    client.sync(&unmetered()).expect("works");
    assert_eq!(state(&client, case), CaseState::Receipted, "after 71 hours");
    world.phone.clock.advance_ms(HOUR_MS);
    client.sync(&unmetered()).expect("works");
    assert_eq!(state(&client, case), CaseState::Purged, "after 72 hours");
    let receipts = client.receipts_export().expect("exports");
    assert_eq!(receipts.iter().map(|(of, _)| *of).collect::<Vec<_>>(), [case], "the receipt stays");
}

/// A vault that may hold back more than any disk has is one whose disk is full.
#[test]
fn a_full_disk_lets_go_what_has_a_receipt_and_nothing_else() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let receipted = world.seal(&client);
    world.drain(&Blocking, &client);
    let waiting = world.seal(&client);
    client.begin_case().expect("there is room");
    assert_eq!(state(&client, receipted), CaseState::Receipted, "the control: with room it stays");
    let files = || std::fs::read_dir(world.phone.vault_folder().join("objects")).expect("lists").count();
    let before = files();
    drop(client);
    let storage = StorageConfig { ballast: 1 << 50, ..world.config().storage };
    let full = Config { storage, ..world.config() };
    let ports = Ports { transport: world.desk.clone(), ..world.phone.ports() };
    let client = Client::open(full, ports).expect("opens");
    assert_eq!(client.space().expect("reads").level, SpaceLevel::Full);
    assert!(client.begin_case().is_err_and(|error| error.kind() == ErrorKind::DiskFull));
    assert_eq!((state(&client, receipted), state(&client, waiting)), (CaseState::Purged, CaseState::Sealed));
    assert!(files() > 0 && files() < before, "the waiting case keeps its own");
    world.drain(&Blocking, &client);
    assert!(world.desk.is_whole(waiting), "and is handed over from the full disk");
    assert!(client.audit().expect("audits").findings.is_empty());
}

#[test]
fn a_decision_is_verified_journalled_and_lets_the_payload_go() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let (decided, open) = (world.seal(&client), world.seal(&client));
    world.drain(&Blocking, &client);
    world.desk.state().decided.push(decided);
    let requests = world.desk.requests();
    client.sync(&unmetered()).expect("works");
    assert_eq!(world.desk.requests(), requests, "it compares some times a day only");
    (0..7).for_each(|_| world.phone.clock.advance_ms(HOUR_MS));
    assert_eq!(client.sync(&unmetered()).expect("works").decisions, 1);
    assert_eq!((state(&client, decided), state(&client, open)), (CaseState::Purged, CaseState::Receipted));
    let decision = streife_core::seal::Hash::of(&[&world.desk.decision(decided)]);
    assert!(told(&client, &JournalEvent::DecisionVerified { case: decided, decision }));
    assert!(client.audit().expect("audits").findings.is_empty());
}

#[test]
fn a_case_that_the_box_has_lost_is_sent_again_while_its_payload_is_here() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let cases = [world.seal(&client), world.seal(&client), world.seal(&client)];
    world.drain(&Blocking, &client);
    let lost = cases[1];
    world.desk.state().cases.remove(&lost);
    assert!(!world.desk.is_whole(lost), "the control");
    client.reconcile(&unmetered()).expect("works");
    world.drain(&Blocking, &client);
    assert!(world.desk.is_whole(lost), "the box has it again");
    assert_eq!(state(&client, lost), CaseState::Receipted);
    assert!(told(&client, &JournalEvent::CaseRequeued { case: lost }));
    assert_eq!(client.notices(), [Notice::CaseRequeued { case: lost }]);
    assert!(client.audit().expect("audits").findings.is_empty());
    let before = world.desk.bytes_to("/");
    client.reconcile(&unmetered()).expect("works");
    assert_eq!(world.desk.bytes_to("/"), before, "nothing is sent when nothing is missing");
}

#[test]
fn an_object_that_the_box_has_lost_is_sent_again_alone() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let case = world.seal(&client);
    world.drain(&Blocking, &client);
    let sent = world.desk.bytes_to("/uploads/");
    let gone = {
        let mut state = world.desk.state();
        let stored = state.cases.get_mut(&case).expect("is there");
        let object = stored.objects[0].object;
        stored.parts.remove(&object).expect("was there").len()
    };
    client.reconcile(&unmetered()).expect("works");
    world.drain(&Blocking, &client);
    assert!(world.desk.is_whole(case));
    assert_eq!(world.desk.bytes_to("/uploads/") - sent, gone as u64);
}

#[test]
fn a_case_that_is_lost_at_the_box_and_gone_here_is_an_alarm_with_the_receipt_as_evidence() {
    let world = World::new(); // payloads go at once
    let client = world.begin(&Blocking);
    let cases = [world.seal(&client), world.seal(&client)];
    world.drain(&Blocking, &client);
    world.desk.state().cases.remove(&cases[0]);
    client.sync(&unmetered()).expect("works");
    assert_eq!(client.notices(), [], "nobody looks by himself once the payload is gone");
    client.reconcile(&unmetered()).expect("works");
    assert_eq!(client.notices(), [Notice::CaseLost { case: cases[0] }]);
    assert!(told(&client, &JournalEvent::CaseLost { case: cases[0] }));
    assert!(client.receipts_export().expect("exports").iter().any(|(case, _)| *case == cases[0]));
}

#[test]
fn another_manifest_under_the_same_id_is_an_alarm_and_changes_nothing_here() {
    let world = World::keeping(Retention::default());
    let client = world.begin(&Blocking);
    let case = world.seal(&client);
    world.drain(&Blocking, &client);
    world.desk.state().cases.get_mut(&case).expect("is there").manifest.push(0);
    client.reconcile(&unmetered()).expect("works");
    assert_eq!(client.notices(), [Notice::CaseDiffers { case }]);
    assert_eq!(state(&client, case), CaseState::Receipted);
}

#[test]
fn a_receipt_of_another_box_with_the_same_key_is_refused() {
    let mut world = World::new();
    let client = world.begin(&Blocking);
    let first = world.seal(&client);
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, first, "the box that is pinned");
    let second = world.seal(&client);
    drop(client);
    let mut other = crate::desk::Desk::new(world.phone.box_key.clone(), world.phone.clock.clone());
    other.box_id = streife_core::domain::BoxId::new([1; 16]);
    world.desk = std::sync::Arc::new(other);
    let client = Blocking.open(&world);
    let end = client.sync(&unmetered()).expect("works").end;
    assert!(matches!(end, SyncEnd::WaitUntil(_)), "{end:?}");
    assert!(world.desk.is_whole(second), "the other box has everything");
    assert_eq!(state(&client, second), CaseState::Sealed, "and its receipt counts for nothing");
}
