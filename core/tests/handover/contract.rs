//! What holds whoever carries the requests.

use streife_core::client::SyncEnd;
use streife_core::error::Error;
use streife_core::ports::{Method, Response, TransportError};
use streife_core::sync::Network;
use streife_core::sync::protocol::ProblemType;
use streife_core::vault::CaseState;

use crate::desk::{Fault, problem};
use crate::drivers::{Blocking, Driver, Host, World};

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod blocking {
            $(#[test] fn $name() { super::$name(&super::Blocking); })*
        }
        mod host {
            $(#[test] fn $name() { super::$name(&super::Host); })*
        }
    };
}

contract!(
    a_case_arrives_once_and_only_its_tombstone_stays,
    no_fault_at_any_request_loses_or_doubles_a_case,
    a_cut_in_the_middle_of_a_chunk_costs_no_byte_that_the_box_has,
    a_token_that_ends_in_the_middle_of_an_upload_is_renewed_and_the_upload_goes_on_where_it_was,
    a_nonce_that_the_box_demands_is_taken_and_the_same_is_sent_again_at_once,
    an_upload_that_has_expired_is_declared_anew,
    a_request_that_is_cancelled_costs_one_question_and_no_wait,
    a_revoked_device_keeps_everything,
    a_process_that_dies_with_a_request_on_its_way_goes_on,
);

fn a_case_arrives_once_and_only_its_tombstone_stays(driver: &dyn Driver) {
    let world = World::new();
    let client = world.begin(driver);
    let cases = [world.seal(&client), world.seal(&client)];
    client.close_shift().expect("closes");
    assert_eq!(driver.sync(&world, &client, Network::Unmetered), (SyncEnd::Idle, None));
    cases.iter().for_each(|case| world.assert_handed_over(&client, *case, "at once"));
    let manifests = world.desk.count(Method::Put, "/cases/");
    assert_eq!((manifests, world.desk.state().tokens), (2, 1));
    let requests = world.desk.requests();
    assert_eq!(driver.sync(&world, &client, Network::Unmetered).0, SyncEnd::Idle);
    assert_eq!(world.desk.requests(), requests, "nothing is asked when nothing is left");
}

fn no_fault_at_any_request_loses_or_doubles_a_case(driver: &dyn Driver) {
    let page = Response { status: 200, headers: Vec::new(), body: b"<html>Welcome</html>".to_vec() };
    let busy = |status, kind| {
        let mut answer = problem(status, kind);
        answer.headers.push(("retry-after".to_owned(), "3".to_owned()));
        answer
    };
    let faults = [
        Fault::Before(TransportError::Unreachable),
        Fault::Before(TransportError::Lost),
        Fault::After,
        Fault::Answer(page),
        Fault::Answer(problem(503, ProblemType::Maintenance)),
        Fault::Answer(busy(503, ProblemType::Busy)),
        Fault::Answer(busy(429, ProblemType::RateLimited)),
        Fault::Answer(problem(401, ProblemType::TokenInvalid)),
        Fault::Answer(problem(401, ProblemType::ClockSkew)),
        Fault::Answer(problem(460, ProblemType::ChecksumMismatch)),
    ];
    let whole = {
        let world = World::new();
        let client = world.begin(driver);
        world.seal(&client);
        world.drain(driver, &client);
        world.desk.requests()
    };
    assert!(whole > 6, "the control: {whole} requests");
    for fault in &faults {
        for number in 0..whole {
            let world = World::new();
            let client = world.begin(driver);
            let case = world.seal(&client);
            world.desk.state().faults.insert(number, fault.clone());
            world.drain(driver, &client);
            assert!(world.desk.state().faults.is_empty(), "{fault:?} at {number} never happened");
            world.assert_handed_over(&client, case, &format!("{fault:?} at {number}"));
        }
    }
}

fn a_cut_in_the_middle_of_a_chunk_costs_no_byte_that_the_box_has(driver: &dyn Driver) {
    let world = World::new();
    let client = world.begin(driver);
    let case = world.seal(&client);
    let clean = sizes(&world, driver);
    world.desk.state().faults.insert(clean.photo_at, Fault::Cut(1_000));
    world.drain(driver, &client);
    world.assert_handed_over(&client, case, "after the cut");
    let sent = world.desk.bytes_to("/uploads/");
    // The request that was cut counts whole; of what it carried, the first thousand bytes are not sent again.
    let expected = clean.objects + clean.photo - 1_000;
    assert!(sent.abs_diff(expected) < 200, "{sent} for {expected}: records differ by the length of a number");
}

struct Sizes {
    objects: u64,
    photo: u64,
    photo_at: usize,
}

/// What a case of the same shape sends, without a fault.
fn sizes(_: &World, driver: &dyn Driver) -> Sizes {
    let world = World::new();
    let client = world.begin(driver);
    world.seal(&client);
    world.drain(driver, &client);
    let state = world.desk.state();
    let uploads = || state.seen.iter().enumerate().filter(|(_, (_, path, _))| path.contains("/uploads/"));
    let (photo_at, photo) =
        uploads().map(|(at, (.., bytes))| (at, *bytes)).max_by_key(|(_, bytes)| *bytes).expect("one");
    Sizes { objects: uploads().map(|(_, (.., bytes))| bytes).sum(), photo, photo_at }
}

fn a_token_that_ends_in_the_middle_of_an_upload_is_renewed_and_the_upload_goes_on_where_it_was(driver: &dyn Driver) {
    let world = World::with_speed(Some(4_000));
    let client = world.begin(driver);
    let case = world.seal(&client);
    let at = {
        let control = World::with_speed(Some(4_000));
        let client = control.begin(driver);
        control.seal(&client);
        control.drain(driver, &client);
        let state = control.desk.state();
        let patches: Vec<_> =
            state.seen.iter().enumerate().filter(|(_, (method, ..))| *method == Method::Patch).collect();
        patches.last().expect("a chunk").0
    };
    world.desk.state().faults.insert(at, Fault::Answer(problem(401, ProblemType::TokenInvalid)));
    assert_eq!(world.drain(driver, &client), 0, "no wait");
    world.assert_handed_over(&client, case, "with a new token");
    assert_eq!(world.desk.state().tokens, 2);
}

fn a_nonce_that_the_box_demands_is_taken_and_the_same_is_sent_again_at_once(driver: &dyn Driver) {
    let world = World::new();
    world.desk.state().demands_nonce = true;
    let client = world.begin(driver);
    let case = world.seal(&client);
    assert_eq!(world.drain(driver, &client), 0, "no wait");
    world.assert_handed_over(&client, case, "with a nonce");
    assert_eq!(world.desk.count(Method::Post, "/token"), 2, "refused once");
    // A box that is never content is waited for like any other fault.
    let world = World::new();
    let client = world.begin(driver);
    world.seal(&client);
    for number in 0..200 {
        world.desk.state().faults.insert(number, Fault::Answer(problem(401, ProblemType::UseDpopNonce)));
    }
    assert!(matches!(driver.sync(&world, &client, Network::Unmetered).0, SyncEnd::WaitUntil(_)));
    assert!(world.desk.requests() < 8, "{} requests", world.desk.requests());
}

fn an_upload_that_has_expired_is_declared_anew(driver: &dyn Driver) {
    let world = World::new();
    let client = world.begin(driver);
    let case = world.seal(&client);
    let at = sizes(&world, driver).photo_at;
    world.desk.state().faults.insert(at, Fault::Answer(problem(410, ProblemType::UploadExpired)));
    assert_eq!(world.drain(driver, &client), 0, "no wait");
    world.assert_handed_over(&client, case, "declared again");
    assert_eq!(world.desk.count(Method::Put, "/cases/"), 2);
}

fn a_request_that_is_cancelled_costs_one_question_and_no_wait(driver: &dyn Driver) {
    let world = World::new();
    let client = world.begin(driver);
    let case = world.seal(&client);
    let at = sizes(&world, driver).photo_at;
    world.desk.state().faults.insert(at, Fault::Before(TransportError::Cancelled));
    assert_eq!(world.drain(driver, &client), 0, "no wait");
    world.assert_handed_over(&client, case, "asked where it stands");
    assert_eq!(world.desk.count(Method::Head, "/uploads/"), 1);
}

fn a_revoked_device_keeps_everything(driver: &dyn Driver) {
    let world = World::new();
    let client = world.begin(driver);
    let case = world.seal(&client);
    world.desk.state().faults.insert(3, Fault::Answer(problem(403, ProblemType::DeviceRevoked)));
    assert_eq!(driver.sync(&world, &client, Network::Unmetered).0, SyncEnd::Revoked);
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed);
    // A person takes it back: it goes on, with a new token.
    world.drain(driver, &client);
    world.assert_handed_over(&client, case, "taken back");
    assert_eq!(world.desk.state().tokens, 2);
}

fn a_process_that_dies_with_a_request_on_its_way_goes_on(driver: &dyn Driver) {
    let whole = {
        let world = World::new();
        let client = world.begin(driver);
        world.seal(&client);
        world.drain(driver, &client);
        world.desk.requests()
    };
    for number in 0..whole {
        let world = World::new();
        let client = world.begin(driver);
        let case = world.seal(&client);
        // The box has the request; nobody hears of its answer, and everything behind it fails.
        world.desk.state().faults.insert(number, Fault::After);
        for later in number + 1..number + 50 {
            world.desk.state().faults.insert(later, Fault::Before(TransportError::Unreachable));
        }
        let _ends = driver.sync(&world, &client, Network::Unmetered);
        drop(client);
        world.desk.state().faults.clear();
        let client = driver.open(&world);
        world.drain(driver, &client);
        world.assert_handed_over(&client, case, &format!("died at {number}"));
        assert_eq!(world.desk.state().cases.len(), 1);
    }
}

/// What only the host's driver has: an answer that finds another process, and one that comes again.
#[test]
fn an_answer_that_comes_to_a_new_process_is_taken_once() {
    use streife_core::client::{SyncLimits, Transfer};
    let world = World::new();
    let client = world.begin(&Host);
    let case = world.seal(&client);
    let limits = SyncLimits::over(Network::Unmetered);
    let mut client = client;
    let mut stale = Vec::new();
    while let Transfer::Send { token, method, path, headers, body } = client.next_transfer(&limits).expect("works") {
        drop(client);
        client = Host.open(&world);
        let outcome = world.desk.handle(method, &path, &headers, &body);
        client.transfer_done(token, outcome.clone(), &limits).expect("is taken");
        let before = (client.status().expect("reads"), world.desk.requests());
        for token in stale.iter().chain([&token]) {
            let refused = client.transfer_done(*token, outcome.clone(), &limits);
            assert!(matches!(refused, Err(Error::StaleTransfer)), "{path}");
        }
        assert_eq!((client.status().expect("reads"), world.desk.requests()), before, "nothing has changed");
        stale.push(token);
    }
    world.assert_handed_over(&client, case, "over many processes");
    assert_eq!(world.desk.state().tokens, 1, "one session for all of them");
    assert!(stale.len() > 6);
}

#[test]
fn a_transfer_that_was_given_up_is_not_taken_any_more() {
    use streife_core::client::{SyncLimits, Transfer};
    let world = World::new();
    let client = world.begin(&Host);
    world.seal(&client);
    let limits = SyncLimits::over(Network::Unmetered);
    let Transfer::Send { token, .. } = client.next_transfer(&limits).expect("works") else {
        panic!("something to send")
    };
    let Transfer::Send { token: next, .. } = client.next_transfer(&limits).expect("works") else { panic!("again") };
    assert_ne!(token, next);
    let refused = client.transfer_done(token, Err(TransportError::Lost), &limits);
    assert!(matches!(refused, Err(Error::StaleTransfer)));
    client.transfer_done(next, Err(TransportError::Lost), &limits).expect("is the one on its way");
}
