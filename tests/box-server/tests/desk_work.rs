//! What the desk does with cases, and what everybody hears of it.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::json;
use streife_core::domain::{CaseId, DeviceId, EventId};
use streife_core::ports::OsEntropy;
use streife_core::seal::{Decision, DecisionKind, Hash, Signed, VerifyingKey, WrappedKey};
use streife_core::sync::protocol::{BoxCaseState, DeviceCases, ProblemType};
use support::{BACK_TO_VERSION_3, House, Phone, TestCase, problem, random};

fn cases_of(phone: &Phone, device: DeviceId, after: u64) -> DeviceCases {
    let answer = phone.get(&format!("/v1/devices/{device}/cases?after={after}"));
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().expect("a body")).expect("a list")
}

fn complete(phone: &Phone, seq: u32) -> TestCase {
    let case = phone.case(seq, &[40]);
    phone.declare(&case);
    phone.send_objects(&case);
    case
}

#[test]
fn a_device_sees_its_own_cases_as_the_box_has_them() {
    let house = House::new();
    let (phone, other) = (house.phone(), house.phone());
    let (whole, begun) = (complete(&phone, 1), phone.case(2, &[40, 50]));
    complete(&other, 1);
    phone.declare(&begun);
    let seen = cases_of(&phone, phone.device, 0);
    let ids: Vec<CaseId> = seen.cases.iter().map(|case| case.case).collect();
    assert_eq!(ids, [whole.id, begun.id]);
    assert_eq!(seen.cases[0].manifest, Hash::of(&[&whole.signed]));
    assert_eq!((seen.cases[0].state, seen.cases[1].state), (BoxCaseState::Complete, BoxCaseState::Declared));
    assert_eq!(seen.cases[1].missing, [begun.objects[0].0, begun.objects[1].0]);
    assert_eq!(cases_of(&phone, phone.device, seen.cases[0].index).cases.len(), 1);
    assert_eq!(cases_of(&phone, phone.device, seen.next), DeviceCases { cases: Vec::new(), next: seen.next });
    let strange = phone.get(&format!("/v1/devices/{}/cases", other.device));
    assert_eq!(problem(strange), (404, ProblemType::NotFound));
}

#[test]
fn a_decision_is_signed_by_the_box_shown_everywhere_and_final() {
    let house = House::new();
    let phone = house.phone();
    let case = complete(&phone, 1);
    let event = EventId::new(random());
    let path = format!("/v1/cases/{}/decision/{event}", case.id);
    let verdict = json!({"decision": "accepted", "reason": "complete"});
    assert_eq!(problem(phone.get(&format!("/v1/cases/{}/decision", case.id))), (404, ProblemType::NotFound));
    let first = house.desk_put(&path, &verdict);
    assert_eq!(first.status(), 201);
    let bytes = first.bytes().expect("a body");
    let key = VerifyingKey::from_sec1(&house.running.connection().box_key).expect("a key");
    let decision = Signed::<Decision>::verify(&bytes, &key).expect("verifies").into_payload();
    assert_eq!((decision.case, decision.event, decision.kind), (case.id, event, DecisionKind::Accepted));
    assert_eq!(decision.box_id, house.running.connection().box_id);
    house.clock.advance_ms(1000);
    let again = house.desk_put(&path, &verdict);
    assert_eq!((again.status().as_u16(), again.bytes().expect("a body")), (200, bytes.clone()));
    let conflict = (409, ProblemType::EventConflict);
    assert_eq!(problem(house.desk_put(&path, &json!({"decision": "rejected", "reason": "complete"}))), conflict);
    let second = format!("/v1/cases/{}/decision/{}", case.id, EventId::new(random()));
    assert_eq!(problem(house.desk_put(&second, &verdict)), conflict);
    assert_eq!(phone.get(&format!("/v1/cases/{}/decision", case.id)).bytes().expect("a body"), bytes);
    let seen = cases_of(&phone, phone.device, 0).cases.remove(0);
    assert_eq!((seen.state, seen.decision), (BoxCaseState::Accepted, Some(BASE64.encode(&bytes))));
    assert_eq!(house.running.ledger().case(case.id).expect("reads").expect("is there").state, BoxCaseState::Accepted);
}

#[test]
fn only_the_desk_decides_and_only_what_is_whole() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[40]);
    phone.declare(&case);
    let path = |case: CaseId| format!("/v1/cases/{case}/decision/{}", EventId::new(random()));
    let verdict = json!({"decision": "rejected", "reason": "no-offence"});
    assert_eq!(problem(house.desk_put(&path(case.id), &verdict)), (404, ProblemType::CaseIncomplete));
    assert_eq!(problem(house.desk_put(&path(CaseId::new(random())), &verdict)), (404, ProblemType::CaseUnknown));
    phone.send_objects(&case);
    let by_phone = support::with_body(phone.request(Method::PUT, &path(case.id)), "application/json", b"{}".to_vec());
    assert_eq!(problem(by_phone.send().expect("an answer")), (403, ProblemType::DeskRefused));
    for wrong in [json!({"decision": "maybe", "reason": "x"}), json!({"decision": "accepted", "reason": "Frau Meier"})]
    {
        assert_eq!(problem(house.desk_put(&path(case.id), &wrong)), (400, ProblemType::Malformed));
    }
    assert_eq!(house.desk_put(&path(case.id), &verdict).status(), 201);
    assert_eq!(house.running.ledger().case(case.id).expect("reads").expect("is there").state, BoxCaseState::Rejected);
}

#[test]
fn the_feed_tells_in_order_what_happened_to_cases() {
    let house = House::new();
    let phone = house.phone();
    let case = complete(&phone, 1);
    let (void, decision) = (EventId::new(random()), EventId::new(random()));
    let signed = phone.void(case.id, void, "duplicate");
    assert_eq!(phone.put_cose(&format!("/v1/cases/{}/events/{void}", case.id), &signed).status(), 201);
    let verdict = json!({"decision": "rejected", "reason": "voided"});
    assert_eq!(house.desk_put(&format!("/v1/cases/{}/decision/{decision}", case.id), &verdict).status(), 201);
    let feed = house.desk_json("/v1/events");
    let line = |n: usize| (feed["events"][n]["kind"].clone(), feed["events"][n]["id"].clone());
    assert!(feed["events"].as_array().expect("lines").iter().all(|line| line["case"] == json!(case.id)));
    assert_eq!(line(0), (json!("declared"), json!(null)));
    assert_eq!(line(1), (json!("complete"), json!(null)));
    assert_eq!(line(2), (json!("event"), json!(void)));
    assert_eq!(line(3), (json!("decision"), json!(decision)));
    assert_eq!(house.desk_json("/v1/events?after=3")["events"].as_array().expect("lines").len(), 1);
    assert_eq!(house.desk_json("/v1/events?after=4"), json!({"events": [], "next": 4}));
    assert_eq!(problem(phone.get("/v1/events")), (403, ProblemType::DeskRefused));
    let house = house.restart();
    assert_eq!(house.desk_json("/v1/events"), feed);
}

#[test]
fn a_case_key_is_wrapped_for_somebody_else_of_the_agency_and_nobody_outside() {
    let house = House::new();
    let phone = house.phone();
    let case = complete(&phone, 1);
    let set = phone.recipients();
    let recipient = &set.recipients[0];
    let wrapped = WrappedKey::for_all(&[recipient], &[7; 32], case.id.as_bytes(), &OsEntropy).expect("wraps").remove(0);
    let body = json!({"kem": wrapped.kem as u16, "enc": BASE64.encode(&wrapped.wrap.enc), "ct": BASE64.encode(&wrapped.wrap.ct)});
    let path = format!("/v1/cases/{}/wraps/{}", case.id, wrapped.recipient);
    assert_eq!(house.desk_put(&path, &body).status(), 201);
    assert_eq!(house.desk_put(&path, &body).status(), 200);
    let mut other = body.clone();
    other["ct"] = json!(BASE64.encode([9; 48]));
    assert_eq!(problem(house.desk_put(&path, &other)), (409, ProblemType::EventConflict));
    let stranger = format!("/v1/cases/{}/wraps/{}", case.id, "00".repeat(16));
    assert_eq!(problem(house.desk_put(&stranger, &body)), (422, ProblemType::Malformed));
    other["ct"] = json!(BASE64.encode([9; 47]));
    assert_eq!(problem(house.desk_put(&path, &other)), (400, ProblemType::Malformed));
    let stored = house.desk_json(&format!("/v1/cases/{}/wraps", case.id));
    assert_eq!((&stored["wraps"][0]["ct"], &stored["wraps"][0]["kid"]), (&body["ct"], &json!(wrapped.recipient)));
    let manifest = house.desk(Method::GET, &format!("/v1/cases/{}/manifest", case.id)).send().expect("an answer");
    assert_eq!(manifest.bytes().expect("a body"), case.signed);
    assert_eq!(house.desk_json("/v1/events")["events"][2]["kind"], "wrap");
}

#[test]
fn a_box_of_the_third_version_tells_what_it_has() {
    let house = House::new();
    let phone = house.phone();
    let case = complete(&phone, 1);
    let house = house.restart_with(|folder| {
        let database = rusqlite::Connection::open(folder.join("box.db")).expect("opens");
        database.execute_batch(BACK_TO_VERSION_3).expect("goes back");
    });
    let feed = house.desk_json("/v1/events");
    let kinds: Vec<_> = feed["events"].as_array().expect("lines").iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds, [json!("declared"), json!("complete")]);
    let verdict = json!({"decision": "accepted", "reason": "complete"});
    let path = format!("/v1/cases/{}/decision/{}", case.id, EventId::new(random()));
    assert_eq!(house.desk_put(&path, &verdict).status(), 201);
    assert_eq!(house.desk_json("/v1/events?after=2")["events"][0]["kind"], "decision");
}
