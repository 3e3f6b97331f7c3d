//! From the sealed case to the tombstone, over a good link and over bad ones.

use std::sync::Arc;

use streife_box::Fault;
use streife_core::client::SyncEnd;
use streife_core::error::ErrorKind;
use streife_core::ports::{Cancel, Request, Response, Transport, TransportError};
use streife_core::sync::Network;
use streife_core::sync::protocol::BoxCaseState;
use streife_core::vault::CaseState;
use streife_e2e::{HANDOVER, Rig, sync};

#[test]
fn a_case_arrives_once_and_only_its_tombstone_stays() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 2);
    let report = sync(&client, Network::Unmetered);
    assert_eq!((report.end, report.receipts), (SyncEnd::Idle, 1));
    let stored = rig.server.ledger().case(case).expect("reads").expect("is there");
    assert_eq!(stored.state, BoxCaseState::Complete);
    assert!(stored.objects.iter().all(|object| object.file.is_some()));
    let row = client.case(case).expect("the tombstone");
    assert_eq!(row.state, CaseState::Purged);
    assert!(row.receipt.is_some() && row.payload_hash.is_some() && row.manifest.is_none());
    assert_eq!(std::fs::read_dir(rig.vault_folder().join("objects")).expect("lists").count(), 0);
    client.close_shift().expect("closes");
    assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Idle);
    assert!(rig.server.ledger().shifts().expect("reads").iter().all(|shift| shift.seal.is_some()));
}

#[test]
fn a_metered_link_carries_what_is_small_and_photos_wait() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = client.begin_case().expect("begins");
    client.add_photo(case, &large_photo(&rig), streife_core::domain::PhotoClass::Overview).expect("adds");
    client.void_case(case, streife_core::domain::VoidReason::Other, None).expect("voids");
    let report = sync(&client, Network::Metered);
    assert_eq!((report.end, report.receipts), (SyncEnd::Idle, 0));
    let stored = rig.server.ledger().case(case).expect("reads").expect("is there");
    let missing: Vec<_> = stored.objects.iter().filter(|object| object.file.is_none()).collect();
    assert_eq!(missing.len(), 1, "only the photo waits");
    assert_eq!(sync(&client, Network::Unmetered).receipts, 1);
}

fn large_photo(rig: &Rig) -> std::path::PathBuf {
    let spec = streife_core::testing::photo::PhotoSpec { width: 3_200, height: 2_400, ..Default::default() };
    let file = rig.folder.path().join("large.jpg");
    std::fs::write(&file, streife_core::testing::photo::make(&spec)).expect("writes");
    file
}

/// Every fault at every step: lost before and after the commit, refused with a wait, a portal's page.
#[test]
fn no_fault_at_any_step_loses_or_doubles_a_case() {
    let faults = || {
        [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Html,
            Fault::Status { status: 503, retry_after_s: Some(5) },
            Fault::Status { status: 429, retry_after_s: Some(1) },
            Fault::Status { status: 500, retry_after_s: None },
        ]
    };
    for route in HANDOVER {
        for fault in faults() {
            let rig = Rig::new();
            let client = rig.on_patrol();
            let case = rig.seal_case(&client, 1);
            client.void_case(case, streife_core::domain::VoidReason::WrongPlate, Some("misread")).expect("voids");
            client.close_shift().expect("closes");
            rig.server.chaos().script(route, 1, fault.clone());
            let _waits = rig.drain(&client);
            let context = format!("{fault:?} at {route:?}");
            assert_eq!(rig.server.chaos().pending(), 0, "{context} never happened");
            let cases = rig.server.ledger().cases().expect("reads");
            assert_eq!(cases.len(), 1, "{context}");
            let stored = cases.first().expect("one");
            assert!(stored.receipt.is_some() && stored.events.len() == 1, "{context}");
            assert_eq!(client.case(case).expect("the tombstone").state, CaseState::Purged, "{context}");
            assert_eq!(client.status().expect("status").quarantined, 0, "{context}");
        }
    }
}

#[test]
fn a_box_that_is_down_costs_nothing_but_time() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    let down = Arc::new(
        streife_core::http::HttpTransport::new("https://localhost:9", rig.connection().ca_pem.as_bytes())
            .expect("sound"),
    );
    drop(client);
    let client = rig.open_over(down);
    let report = sync(&client, Network::Unmetered);
    assert!(matches!(report.end, SyncEnd::WaitUntil(_)), "{report:?}");
    assert_eq!(report.requests, 1, "one attempt, then waiting");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed);
    drop(client);
    assert_eq!(rig.drain(&rig.open()), 1, "a new process remembers that it must wait");
}

#[test]
fn another_authority_is_refused_before_a_byte_of_a_body_leaves() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let _case = rig.seal_case(&client, 1);
    drop(client);
    let before = rig.server.ledger().all_traffic();
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let other = parameters.self_signed(&key).expect("signs").pem();
    let client = rig.open_over(Arc::new(rig.http(other.as_bytes())));
    assert_eq!(client.enrol("code").expect_err("untrusted").kind(), ErrorKind::Untrusted);
    assert!(matches!(sync(&client, Network::Unmetered).end, SyncEnd::WaitUntil(_)));
    assert_eq!(rig.server.ledger().all_traffic(), before, "the box has seen nothing");
}

#[test]
fn a_wrong_enrolment_code_is_refused() {
    let rig = Rig::new();
    let client = rig.open();
    assert_eq!(client.enrol("wrong").expect_err("refused").kind(), ErrorKind::Refused);
    assert_eq!(client.begin_case().expect_err("no shift").kind(), ErrorKind::State);
}

#[test]
fn a_revoked_device_keeps_everything() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    rig.server.revoke(client.device()).expect("revokes");
    assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Revoked);
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed);
}

#[test]
fn an_app_killed_between_any_two_requests_goes_on_where_it_was() {
    for cut in 1..12 {
        let rig = Rig::new();
        let client = rig.on_patrol();
        let case = rig.seal_case(&client, 2);
        drop(client);
        let http = rig.http(rig.connection().ca_pem.as_bytes());
        let client = rig.open_over(Arc::new(Dying { http, left: cut.into() }));
        let _report = sync(&client, Network::Unmetered);
        drop(client);
        let client = rig.open();
        let _waits = rig.drain(&client);
        assert_eq!(rig.server.ledger().cases().expect("reads").len(), 1, "after request {cut}");
        assert_eq!(client.case(case).expect("the tombstone").state, CaseState::Purged, "after request {cut}");
    }
}

/// A link over which the answer to the nth request and everything after it is lost.
struct Dying {
    http: streife_core::http::HttpTransport,
    left: std::sync::atomic::AtomicU32,
}

impl Transport for Dying {
    fn origin(&self) -> &str {
        self.http.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        let left = self.left.load(std::sync::atomic::Ordering::Relaxed);
        if left == 0 {
            return Err(TransportError::Unreachable);
        }
        self.left.store(left - 1, std::sync::atomic::Ordering::Relaxed);
        let answer = self.http.send(request, cancel);
        if left == 1 { Err(TransportError::Lost) } else { answer }
    }
}

/// Everything is answered with 200 and a page. The box has nothing, so the phone must keep everything.
#[test]
fn a_lying_success_without_a_receipt_lets_nothing_go() {
    struct Liar(String);
    impl Transport for Liar {
        fn origin(&self) -> &str {
            &self.0
        }
        fn send(&self, _: &Request, _: &dyn Cancel) -> Result<Response, TransportError> {
            Ok(Response { status: 200, headers: Vec::new(), body: b"<html>Welcome</html>".to_vec() })
        }
    }
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    drop(client);
    let client = rig.open_over(Arc::new(Liar(rig.connection().origin.clone())));
    assert!(matches!(sync(&client, Network::Unmetered).end, SyncEnd::WaitUntil(_)));
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed);
    assert!(rig.server.ledger().cases().expect("reads").is_empty());
}

/// Opening, seal and void have no receipt: only an answer that a box gives may count for them.
#[test]
fn a_success_with_a_body_that_no_box_sends_is_none() {
    struct LiesOnce(streife_core::http::HttpTransport, std::sync::Mutex<Vec<String>>);
    impl Transport for LiesOnce {
        fn origin(&self) -> &str {
            self.0.origin()
        }
        fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
            let is_of_these = ["/shifts/", "/events/"].iter().any(|part| request.path.contains(part));
            let mut lied = self.1.lock().expect("no holder panics");
            if !is_of_these || lied.contains(&request.path) {
                return self.0.send(request, cancel);
            }
            lied.push(request.path.clone());
            let json = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(Response { status: 200, headers: json, body: b"{}".to_vec() })
        }
    }
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    client.void_case(case, streife_core::domain::VoidReason::Duplicate, None).expect("voids");
    client.close_shift().expect("closes");
    drop(client);
    let liar = Arc::new(LiesOnce(rig.http(rig.connection().ca_pem.as_bytes()), std::sync::Mutex::default()));
    let client = rig.open_over(liar.clone());
    let _waits = rig.drain(&client);
    assert_eq!(liar.1.lock().expect("no holder panics").len(), 3, "opening, seal and void");
    let stored = rig.server.ledger().case(case).expect("reads").expect("is there");
    assert_eq!((stored.state, stored.events.len()), (BoxCaseState::Voided, 1));
    assert!(rig.server.ledger().shifts().expect("reads").iter().all(|shift| shift.seal.is_some()));
}

/// A clock that is set after it was compared shows in the next manifest, and sets nothing right by itself.
#[test]
fn a_clock_that_was_set_shows_in_the_evidence() {
    use streife_core::ports::{Clock, ClockReading};
    use streife_core::seal::{ClockState, Manifest, Signed};
    let rig = Rig::new();
    let client = rig.on_patrol();
    let state_of = |case| {
        let stored = rig.server.ledger().case(case).expect("reads").expect("is there");
        let key = rig.server.ledger().devices().expect("reads").first().expect("one").key.clone();
        Signed::<Manifest>::verify(&stored.manifest, &key).expect("verifies").payload().clock.state
    };
    let unchecked = rig.seal_case(&client, 1);
    let _report = sync(&client, Network::Unmetered);
    let agrees = rig.seal_case(&client, 1);
    let honest = rig.clock.read();
    rig.clock.set(ClockReading { unix_ms: honest.unix_ms - 3_600_000, ..honest });
    let differs = rig.seal_case(&client, 1);
    rig.clock.set(honest);
    let _waits = rig.drain(&client);
    assert_eq!(state_of(unchecked), ClockState::Unchecked);
    assert_eq!(state_of(agrees), ClockState::Agrees);
    assert_eq!(state_of(differs), ClockState::Differs);
}
