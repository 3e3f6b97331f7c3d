//! What the engine remembers, when it tries again, and what may go over which link.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use streife_core::client::{
    Battery, Client, Config, Policy, ProgressListener, SyncEnd, SyncLimits, SyncState, Waiting,
};
use streife_core::domain::{CaseId, PhotoClass};
use streife_core::ports::{Clock, ClockReading, Method, Response, TransportError};
use streife_core::sync::Network;
use streife_core::sync::protocol::{Hints, ProblemType};

use crate::desk::{Fault, problem};
use crate::drivers::{Blocking, Driver, World};

const HOUR_MS: u32 = 60 * 60 * 1_000;
const YEARS_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1_000;

fn wait(end: SyncEnd) -> i64 {
    if let SyncEnd::WaitUntil(time) = end { time } else { panic!("{end:?}") }
}

fn fail_from(world: &World, number: usize, fault: &Fault) {
    let mut state = world.desk.state();
    (number..number + 2_000).for_each(|at| drop(state.faults.insert(at, fault.clone())));
}

fn unreachable(world: &World) {
    fail_from(world, world.desk.requests(), &Fault::Before(TransportError::Unreachable));
}

#[test]
fn a_new_process_neither_asks_for_a_token_again_nor_forgets_that_it_must_wait() {
    let world = World::new();
    let client = world.begin(&Blocking);
    world.seal(&client);
    world.drain(&Blocking, &client);
    let case = world.seal(&client);
    drop(client);
    let client = Blocking.open(&world);
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "with the token of the process before");
    assert_eq!(world.desk.state().tokens, 1);

    let case = world.seal(&client);
    unreachable(&world);
    let until = wait(Blocking.sync(&world, &client, Network::Unmetered).0);
    let requests = world.desk.requests();
    drop(client);
    for _ in 0..5 {
        drop(Blocking.open(&world).sync(&SyncLimits::over(Network::Unmetered)));
    }
    let client = Blocking.open(&world);
    assert_eq!(
        Blocking.sync(&world, &client, Network::Unmetered),
        (SyncEnd::WaitUntil(until), Some(Waiting::BoxUnreachable))
    );
    assert_eq!(world.desk.requests(), requests, "not one request before its time");
    world.desk.state().faults.clear();
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "later");
}

#[test]
fn a_lock_forgets_the_session_and_a_damaged_memory_is_none() {
    let world = World::new();
    let client = world.begin(&Blocking);
    world.seal(&client);
    world.drain(&Blocking, &client);
    client.lock();
    client.unlock().expect("the key store answers");
    let case = world.seal(&client);
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "behind the lock");
    assert_eq!(world.desk.state().tokens, 2);
    drop(client);
    let database = rusqlite::Connection::open(world.phone.vault_folder().join("vault.db")).expect("opens");
    let changed = database.execute("UPDATE settings SET value = x'00' WHERE name = 'sync'", []).expect("changes");
    assert_eq!(changed, 1, "the control: there is a memory");
    drop(database);
    let client = Blocking.open(&world);
    let case = world.seal(&client);
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "without a memory");
    assert_eq!(world.desk.state().tokens, 3);
}

#[test]
fn each_request_costs_one_transaction_and_its_memory_none_of_its_own() {
    let world = World::new();
    let client = world.begin(&Blocking);
    for _ in 0..3 {
        world.seal(&client);
    }
    client.sync(&SyncLimits::over(Network::Offline)).expect("signs what waits");
    let (before, requests) = (client.commits(), world.desk.requests());
    assert_eq!(world.drain(&Blocking, &client), 0);
    let (commits, requests) = (client.commits() - before, (world.desk.requests() - requests) as u64);
    // Each purge takes two of its own, and the rotation of keys behind the last one six at most.
    let own = 3 * 2 + 6;
    assert!(requests > 15, "{requests} requests");
    assert!(commits <= requests + own, "{commits} commits for {requests} requests");
}

#[test]
fn a_day_without_a_box_costs_few_attempts_and_fewer_transactions() {
    let world = World::new();
    let client = world.begin(&Blocking);
    let cases: Vec<CaseId> = (0..20).map(|_| world.seal(&client)).collect();
    client.sync(&SyncLimits::over(Network::Offline)).expect("signs what waits");
    unreachable(&world);
    let (begun, before) = (world.phone.clock.read().unix_ms, client.commits());
    let cpu = cpu_ms();
    let mut calls = 0;
    while world.phone.clock.read().unix_ms < begun + 24 * i64::from(HOUR_MS) {
        world.wait_until(wait(Blocking.sync(&world, &client, Network::Unmetered).0));
        calls += 1;
    }
    let (attempts, commits) = (world.desk.requests(), client.commits() - before);
    println!("{attempts} attempts, {calls} calls, {commits} transactions, {} ms of CPU", cpu_ms() - cpu);
    assert!((60..=120).contains(&attempts), "{attempts} attempts");
    assert!(commits <= attempts as u64 + 5, "{commits} transactions");
    world.desk.state().faults.clear();
    world.drain(&Blocking, &client);
    cases.iter().for_each(|case| world.assert_handed_over(&client, *case, "when it is back"));
}

/// CPU time of this process, milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10
}

#[test]
fn a_clock_that_is_set_by_ten_years_costs_no_longer_wait_than_the_longest() {
    for set_by in [YEARS_MS, -YEARS_MS, -60_000] {
        let world = World::new();
        let client = world.begin(&Blocking);
        let case = world.seal(&client);
        let honest = world.phone.clock.read();
        world.phone.clock.set(ClockReading { unix_ms: honest.unix_ms + set_by, ..honest });
        unreachable(&world);
        let first = wait(Blocking.sync(&world, &client, Network::Unmetered).0);
        assert!(first > honest.unix_ms + set_by);
        // In the middle of the wait it is set right.
        world.phone.clock.set(honest);
        drop(client);
        let client = Blocking.open(&world);
        world.desk.state().faults.clear();
        let mut latest = honest.unix_ms;
        while let SyncEnd::WaitUntil(time) = Blocking.sync(&world, &client, Network::Unmetered).0 {
            assert!(time - latest <= 90 * 60 * 1_000, "set by {set_by}: waits for {} ms", time - latest);
            latest = time;
            world.wait_until(time);
        }
        world.assert_handed_over(&client, case, &format!("set by {set_by}"));
    }
}

#[test]
fn a_wait_of_a_clock_that_was_set_back_is_seen_behind_items_that_are_ready() {
    let world = World::new();
    let client = world.begin(&Blocking);
    let first = world.seal(&client);
    world.drain(&Blocking, &client);
    let honest = world.phone.clock.read();
    let second = world.seal(&client);
    world.phone.clock.set(ClockReading { unix_ms: honest.unix_ms + YEARS_MS, ..honest });
    let behind_the_token = world.desk.requests() + 2;
    fail_from(
        &world,
        behind_the_token,
        &Fault::Answer(Response { status: 500, headers: Vec::new(), body: Vec::new() }),
    );
    let until = wait(Blocking.sync(&world, &client, Network::Unmetered).0);
    assert!(
        world.desk.requests() > behind_the_token && until > honest.unix_ms + YEARS_MS,
        "the control: an item waits"
    );
    world.phone.clock.set(honest);
    world.desk.state().faults.clear();
    let third = world.seal(&client);
    world.drain(&Blocking, &client);
    [first, second, third].into_iter().for_each(|case| world.assert_handed_over(&client, case, "set back"));
    assert!(world.phone.clock.read().unix_ms - honest.unix_ms <= 90 * 60 * 1_000);
}

#[test]
fn files_that_are_gone_stop_no_other_case_and_are_not_held_against_the_box() {
    let world = World::new();
    let client = world.begin(&Blocking);
    for _ in 0..3 {
        world.seal(&client);
    }
    client.sync(&SyncLimits::over(Network::Offline)).expect("signs what waits");
    let objects = std::fs::read_dir(world.phone.vault_folder().join("objects")).expect("is there");
    let gone = objects.map(|entry| std::fs::remove_file(entry.expect("an entry").path()).expect("removes")).count();
    assert!(gone > 5, "the control: more than the breaker takes, {gone}");
    let sound = world.seal(&client);
    for _ in 0..4 {
        let (end, waiting) = Blocking.sync(&world, &client, Network::Unmetered);
        assert_eq!(waiting, Some(Waiting::Retry));
        world.wait_until(wait(end));
    }
    world.assert_handed_over(&client, sound, "beside lost files");
}

#[test]
fn an_absurd_retry_after_is_no_end_and_none_at_all_no_loop() {
    for (told, most) in [("18446744073709551615", 90 * 60 * 1_000), ("0", 20 * 60 * 1_000), ("soon", 20 * 60 * 1_000)] {
        for (status, kind) in [(503, ProblemType::Busy), (429, ProblemType::RateLimited), (500, ProblemType::Internal)]
        {
            let world = World::new();
            let client = world.begin(&Blocking);
            world.seal(&client);
            let mut answer = problem(status, kind);
            answer.headers.push(("retry-after".to_owned(), told.to_owned()));
            fail_from(&world, 2, &Fault::Answer(answer));
            let begun = world.phone.clock.read().unix_ms;
            for _ in 0..40 {
                let (before, requests) = (world.phone.clock.read().unix_ms, world.desk.requests());
                let until = wait(Blocking.sync(&world, &client, Network::Unmetered).0);
                assert!((1..=most).contains(&(until - before)), "{status} {told}: {} ms", until - before);
                assert!(world.desk.requests() - requests <= 8, "{status} {told}: a loop");
                world.wait_until(until);
            }
            let passed = world.phone.clock.read().unix_ms - begun;
            assert!(passed > 5 * 60 * 1_000, "{status} {told}: forty tries within {passed} ms");
        }
    }
}

fn with_policy(world: &World, policy: Policy) -> Client {
    let config = Config { policy, ..world.config() };
    let ports = streife_core::client::Ports { transport: world.desk.clone(), ..world.phone.ports() };
    Client::open(config, ports).expect("opens")
}

#[test]
fn what_is_large_waits_for_its_link_its_charger_or_the_next_day_and_an_urgent_case_for_nothing() {
    let world = World::new();
    drop(world.begin(&Blocking));
    let policy = Policy { metered_object: 50_000, small_object: 20_000, ..Policy::default() };
    let client = with_policy(&world, policy);
    let case = world.seal(&client);
    let over = |network, battery| SyncLimits { battery, ..SyncLimits::over(network) };
    for (network, battery, why) in [
        (Network::Offline, Battery::Enough, Waiting::NoNetwork),
        (Network::Metered, Battery::Enough, Waiting::UnmeteredLink),
        (Network::Roaming, Battery::Enough, Waiting::UnmeteredLink),
        (Network::Unmetered, Battery::Low, Waiting::Charger),
    ] {
        let report = client.sync(&over(network, battery)).expect("works");
        assert_eq!((report.end, report.waiting, report.receipts), (SyncEnd::Idle, Some(why), 0), "{network:?}");
    }
    assert!(!world.desk.is_whole(case), "the photo waits");
    assert!(world.desk.state().cases.contains_key(&case), "the manifest does not");
    client.mark_urgent(case).expect("marks");
    assert_eq!(client.sync(&over(Network::Metered, Battery::Low)).expect("works").receipts, 1);
    // One that is marked while it is being recorded goes first, and whole.
    let slow = world.seal(&client);
    let hurried = world.phone.complete_draft(&client, "M-XY 1");
    client.mark_urgent(hurried).expect("marks");
    client.seal_case(hurried, Vec::new()).expect("seals");
    let before = world.desk.requests();
    assert_eq!(client.sync(&over(Network::Metered, Battery::Enough)).expect("works").receipts, 1);
    let state = world.desk.state();
    let first = state.seen[before..].iter().find(|(method, ..)| *method == Method::Put).expect("a manifest");
    assert!(first.1.contains(&hurried.to_string()) && !first.1.contains(&slow.to_string()));
}

/// The box refuses behind the last byte of a body, so a phone whose nonce is old asks for a new one before it sends a photo.
#[test]
fn no_photo_is_risked_on_an_old_nonce() {
    let world = World::new();
    (world.desk.state().demands_nonce, world.desk.state().tells_nonce) = (true, true);
    drop(world.begin(&Blocking));
    let client = with_policy(&world, Policy { metered_object: 10_000, ..Policy::default() });
    let case = world.seal(&client);
    assert_eq!(Blocking.sync(&world, &client, Network::Metered), (SyncEnd::Idle, Some(Waiting::UnmeteredLink)));
    let asked = world.desk.count(Method::Get, "/time");
    world.phone.clock.advance_ms(10 * 60 * 1_000);
    assert_eq!(world.drain(&Blocking, &client), 0, "no wait");
    world.assert_handed_over(&client, case, "with a new nonce");
    let parts: usize = world.desk.state().cases[&case].parts.values().map(Vec::len).sum();
    let sent = world.desk.bytes_to("/uploads/") + world.desk.bytes_to("/objects/");
    assert_eq!(sent, parts as u64, "each byte once");
    assert_eq!(world.desk.count(Method::Get, "/time"), asked + 1, "one question for it");
}

#[test]
fn a_budget_that_is_used_up_lets_what_is_signed_go_and_the_rest_the_next_day() {
    let world = World::new();
    drop(world.begin(&Blocking));
    let drawn = std::fs::read(world.phone.photo("camera.jpg", 7)).expect("reads");
    let photo = world.phone.write("large.jpg", &[drawn, vec![0; 100_000]].concat());
    let length = std::fs::metadata(&photo).expect("is there").len();
    assert!(length > 2 * Policy::STRUCTURE, "the control: {length} bytes");
    let client = with_policy(&world, Policy { metered_day: length + length / 2, ..Policy::default() });
    let cases = ["M-XY 1", "M-XY 2"].map(|plate| {
        let case = world.phone.draft_without_photo(&client, plate);
        client.add_photo(case, &photo, PhotoClass::Overview).expect("adds");
        client.seal_case(case, Vec::new()).expect("seals");
        case
    });
    let metered = SyncLimits::over(Network::Metered);
    let report = client.sync(&metered).expect("works");
    assert_eq!((report.receipts, report.waiting), (1, Some(Waiting::Budget)), "one photo a day");
    assert!(cases.iter().all(|case| world.desk.state().cases.contains_key(case)), "both manifests are there");
    let midnight = wait(report.end);
    assert_eq!((midnight + 7_200_000) % (24 * i64::from(HOUR_MS)), 0, "midnight in Munich");
    drop(client);
    let client = with_policy(&world, Policy { metered_day: length + length / 2, ..Policy::default() });
    assert_eq!(client.sync(&metered).expect("works").end, report.end, "a restart brings no new budget");
    world.wait_until(midnight);
    assert_eq!(client.sync(&metered).expect("works").receipts, 1);
}

#[test]
fn a_box_that_spreads_its_phones_is_obeyed_a_restart_draws_no_new_place_and_an_urgent_case_skips_it() {
    let world = World::new();
    world.desk.state().hints = Some(Hints { manifest_window_s: 600, photo_window_s: 3_600, unmetered_above_bytes: 0 });
    let client = world.begin(&Blocking);
    world.seal(&client);
    world.drain(&Blocking, &client); // hears of the windows
    let case = world.seal(&client);
    let begun = world.phone.clock.read().unix_ms;
    let (end, why) = Blocking.sync(&world, &client, Network::Unmetered);
    assert_eq!(why, Some(Waiting::Turn));
    assert!((0..600_000).contains(&(wait(end) - begun)));
    drop(client);
    world.phone.clock.advance_ms(1_000);
    let client = Blocking.open(&world);
    assert_eq!(Blocking.sync(&world, &client, Network::Unmetered).0, end, "the same place");
    let hurried = world.phone.complete_draft(&client, "M-XY 1");
    client.mark_urgent(hurried).expect("marks");
    client.seal_case(hurried, Vec::new()).expect("seals");
    let _waits = Blocking.sync(&world, &client, Network::Unmetered);
    assert!(world.desk.is_whole(hurried) && !world.desk.state().cases.contains_key(&case));
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "in its turn");
    assert!(world.phone.clock.read().unix_ms - begun <= 3_600_000 + 60_000);
    let asked = world.desk.count(Method::Get, "/box");
    assert!((1..=3).contains(&asked), "the hints were asked for {asked} times");
}

#[test]
fn chunks_follow_the_link_and_stop_before_the_end_of_the_time() {
    let world = World::with_speed(Some(2_000)); // 16 kbit/s
    let client = world.begin(&Blocking);
    let case = world.seal(&client);
    let begun = world.phone.clock.read().unix_ms;
    let limits = SyncLimits { max_ms: Some(30_000), ..SyncLimits::over(Network::Unmetered) };
    let mut calls = 0;
    while client.sync(&limits).expect("works").end == SyncEnd::Deadline {
        calls += 1;
        let passed = world.phone.clock.read().unix_ms - begun;
        assert!(passed <= calls * 31_000 && calls < 50, "{passed} ms in {calls} calls");
    }
    assert!(calls > 0, "the control: it does not fit into one call");
    world.assert_handed_over(&client, case, "in parts");
    let state = world.desk.state();
    let largest = state.seen.iter().filter(|(method, ..)| *method == Method::Patch).map(|(.., bytes)| *bytes).max();
    assert!(largest.is_some_and(|largest| largest <= 512 << 10), "{largest:?}");
}

#[test]
fn a_listener_hears_how_far_it_has_come_and_why_it_waits() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<SyncState>>);
    impl ProgressListener for Heard {
        fn progress(&self, state: &SyncState) {
            self.0.lock().expect("no holder panics").push(*state);
        }
    }
    let world = World::new();
    let client = world.begin(&Blocking);
    for _ in 0..3 {
        world.seal(&client);
    }
    let heard = Arc::new(Heard::default());
    let limits = SyncLimits { listener: Some(&*heard), ..SyncLimits::over(Network::Unmetered) };
    let offline = SyncLimits { listener: Some(&*heard), ..SyncLimits::over(Network::Offline) };
    client.sync(&offline).expect("works");
    assert_eq!(client.sync_state().waiting, Some(Waiting::NoNetwork));
    assert_eq!(client.sync_state().english(), "case 1 of 3, 0 % – no network");
    let report = client.sync(&limits).expect("works");
    let heard = heard.0.lock().expect("no holder panics");
    assert_eq!(u32::try_from(heard.len()), Ok(report.requests + 2));
    assert!(heard.windows(2).skip(1).all(|pair| pair[0].percent <= pair[1].percent), "it only grows: {heard:?}");
    assert!(heard.iter().any(|state| (state.case, state.cases, state.photo, state.photos) == (2, 3, 1, 1)));
    assert_eq!(client.sync_state().german(), "alles übergeben");
    assert!(report.bytes_needed > 0 && report.bytes_sent * 100 <= report.bytes_needed * 102, "{report:?}");
}

fn outcomes() -> impl Strategy<Value = Fault> {
    let problems = [
        (400, ProblemType::DigestMismatch),
        (401, ProblemType::TokenInvalid),
        (401, ProblemType::ClockSkew),
        (401, ProblemType::UseDpopNonce),
        (404, ProblemType::CaseUnknown),
        (404, ProblemType::ShiftUnknown),
        (404, ProblemType::ObjectUnknown),
        (409, ProblemType::UploadOffset),
        (410, ProblemType::UploadExpired),
        (422, ProblemType::ObjectDigestMismatch),
        (429, ProblemType::RateLimited),
        (460, ProblemType::ChecksumMismatch),
        (500, ProblemType::Internal),
        (503, ProblemType::Busy),
        (503, ProblemType::Maintenance),
    ];
    let empty = Response { status: 200, ..Response::default() };
    prop_oneof![
        prop::sample::select(problems.to_vec()).prop_map(|(status, kind)| Fault::Answer(problem(status, kind))),
        (100_u16..600).prop_map(|status| Fault::Answer(Response { status, ..Response::default() })),
        Just(Fault::Answer(empty)),
        Just(Fault::Before(TransportError::Lost)),
        Just(Fault::Before(TransportError::Unreachable)),
        Just(Fault::Before(TransportError::Cancelled)),
        Just(Fault::After),
        (0_usize..200_000).prop_map(Fault::Cut),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the box says, there is a time for the next try until the queue is empty, and tries cost time.
    #[test]
    fn no_sequence_of_outcomes_stops_the_engine_or_makes_it_loop(
        outcomes in prop::collection::vec((0_usize..80, outcomes()), 0..60),
    ) {
        let world = World::new();
        let client = world.begin(&Blocking);
        let cases = [world.seal(&client), world.seal(&client)];
        world.desk.state().faults.extend(outcomes);
        let mut tries = 0;
        while let (SyncEnd::WaitUntil(time), why) = Blocking.sync(&world, &client, Network::Unmetered) {
            prop_assert!(why.is_some(), "it says what it waits for");
            prop_assert!(time > world.phone.clock.read().unix_ms, "a wait lies ahead");
            world.wait_until(time);
            tries += 1;
            prop_assert!(tries < 200 && world.desk.requests() < 400, "{tries} calls, {} requests", world.desk.requests());
        }
        for case in cases {
            let refused = client.status().expect("reads").quarantined > 0;
            prop_assert!(refused || world.desk.is_whole(case));
        }
    }
}
