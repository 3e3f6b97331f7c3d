//! The box misbehaves exactly as told, and does no harm by it.

mod support;

use std::time::Duration;

use reqwest::Method;
use streife_box::{Fault, Gate, Route};
use streife_core::sync::protocol::{CaseAnswer, ProblemType};
use support::{House, problem, with_body};

#[test]
fn a_case_whose_answer_was_lost_is_welcome_again() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    house.running.chaos().script(Route::CasePut, 1, Fault::DropAfter);
    let request = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
    assert!(with_body(request, "application/cose", case.signed.clone()).send().is_err());
    assert_eq!(house.running.ledger().cases().expect("reads").len(), 1);
    let again = phone.put_case(&case);
    assert_eq!(again.status(), 200);
    let again: CaseAnswer = serde_json::from_slice(&again.bytes().expect("a body")).expect("an answer");
    assert_eq!(again.missing.len(), 1);
    let answers = house.running.ledger().traffic(Route::CasePut).answers;
    assert_eq!((answers[&201], answers[&200]), (1, 1));
}

#[test]
fn a_last_chunk_whose_answer_was_lost_shows_in_the_offset() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[300_000]);
    phone.declare(&case);
    let (object, bytes) = &case.objects[0];
    house.running.chaos().script(Route::UploadPatch, 1, Fault::DropAfter);
    let request = phone.request(Method::PATCH, &format!("/v1/uploads/{object}"));
    let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 0);
    assert!(with_body(request, "application/offset+octet-stream", bytes.clone()).send().is_err());
    assert_eq!(phone.offset(*object), bytes.len() as u64);
    assert_eq!(phone.get(&format!("/v1/cases/{}/receipt", case.id)).status(), 200);
}

#[test]
fn a_connection_that_ends_before_handling_changes_nothing() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    house.running.chaos().script(Route::CasePut, 1, Fault::DropBefore);
    let request = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
    assert!(with_body(request, "application/cose", case.signed.clone()).send().is_err());
    assert!(house.running.ledger().cases().expect("reads").is_empty());
    assert_eq!(phone.put_case(&case).status(), 201);
}

#[test]
fn the_second_request_of_a_kind_is_told_to_come_back() {
    let house = House::new();
    let phone = house.phone();
    let fault = Fault::Status { status: 503, retry_after_s: Some(120) };
    house.running.chaos().script(Route::ShiftPut, 2, fault);
    assert_eq!(phone.open_shift().status(), 200);
    let refused = phone.open_shift();
    assert_eq!(support::number(&refused, "retry-after"), 120);
    assert_eq!(problem(refused), (503, ProblemType::Maintenance));
    assert_eq!(phone.open_shift().status(), 200);
    assert_eq!(house.running.chaos().pending(), 0);
}

#[test]
fn a_captive_portal_answers_with_a_page() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    house.running.chaos().script(Route::CasePut, 1, Fault::Html);
    let answer = phone.put_case(&case);
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("content-type").expect("a type").to_str().expect("text").starts_with("text/html"));
    assert!(house.running.ledger().cases().expect("reads").is_empty());
}

#[test]
fn a_held_request_is_handled_when_its_gate_opens() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| phone.put_case(&case).status());
        assert!(gate.wait_for_arrival(Duration::from_secs(30)));
        assert!(house.running.ledger().cases().expect("reads").is_empty());
        gate.open();
        assert_eq!(held.join().expect("ends"), 201);
    });
}

#[test]
fn a_box_that_dies_with_a_request_in_its_hands_has_it_or_has_it_not() {
    let mut house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    let request = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
    let request = with_body(request, "application/cose", case.signed.clone());
    let held = std::thread::spawn(move || request.send().is_err());
    assert!(gate.wait_for_arrival(Duration::from_secs(30)));
    house = house.restart_after_kill();
    assert!(held.join().expect("ends"));
    assert_eq!(phone.put_case(&case).status(), 201);
    phone.send_objects(&case);
    assert!(house.running.ledger().case(case.id).expect("reads").expect("is there").receipt.is_some());
}

#[test]
fn a_second_box_on_the_same_folder_does_not_start() {
    let house = House::new();
    let second = streife_box::RunningBox::start(streife_box::BoxConfig::local(house.folder.path()));
    assert!(second.is_err());
}

#[test]
fn a_founded_box_does_not_replace_a_lost_key() {
    let house = House::new();
    let folder = house.folder;
    house.running.stop().expect("stops");
    let key = folder.path().join("keys").join("box.key");
    std::fs::remove_file(&key).expect("removes");
    assert!(streife_box::RunningBox::start(streife_box::BoxConfig::local(folder.path())).is_err());
    assert!(!key.exists());
}
