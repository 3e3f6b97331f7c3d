//! The box misbehaves exactly as told, and does no harm by it.

mod support;

use std::time::Duration;

use reqwest::Method;
use streife_box::{Fault, Gate, Lie, Route};
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
    let mut phone = house.phone();
    let case = phone.case(1, &[100]);
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    let request = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
    let request = with_body(request, "application/cose", case.signed.clone());
    let held = std::thread::spawn(move || request.send().is_err());
    assert!(gate.wait_for_arrival(Duration::from_secs(30)));
    house = house.restart_after_kill();
    phone.learn_nonce();
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

fn patch(
    phone: &support::Phone,
    object: streife_core::domain::ObjectId,
    bytes: &[u8],
) -> reqwest::Result<reqwest::blocking::Response> {
    let request = phone.request(Method::PATCH, &format!("/v1/uploads/{object}"));
    let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 0);
    with_body(request, "application/offset+octet-stream", bytes.to_vec()).send()
}

#[test]
fn a_late_chunk_does_no_harm_behind_a_newer_one() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[300_000]);
    phone.declare(&case);
    let (object, bytes) = &case.objects[0];
    house.running.chaos().script(Route::UploadPatch, 1, Fault::Late);
    assert!(patch(&phone, *object, bytes).is_err());
    assert_eq!(phone.offset(*object), 0, "it has not arrived yet");
    assert_eq!(patch(&phone, *object, bytes).expect("an answer").status(), 204);
    let answers = house.running.ledger().traffic(Route::UploadPatch);
    assert_eq!(answers.requests, 2);
    let stored = house.running.ledger().case(case.id).expect("reads").expect("is there");
    assert!(stored.receipt.is_some());
    assert_eq!(std::fs::read(stored.objects[0].file.as_ref().expect("a file")).expect("reads"), *bytes);
}

#[test]
fn a_connection_that_ends_within_a_body_leaves_what_had_arrived() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[300_000]);
    phone.declare(&case);
    let (object, bytes) = &case.objects[0];
    house.running.chaos().script(Route::UploadPatch, 1, Fault::DropInBody { after: 100_000 });
    assert!(patch(&phone, *object, bytes).is_err());
    assert_eq!(phone.offset(*object), 100_000);
}

#[test]
fn an_answer_that_is_cut_is_no_answer_and_one_that_is_halved_is() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    house.running.chaos().script(Route::CasePut, 1, Fault::DropInAnswer);
    let cut = phone.request(Method::PUT, &format!("/v1/cases/{}", case.id));
    let cut = with_body(cut, "application/cose", case.signed.clone()).send().expect("a head");
    assert_eq!(cut.status(), 201);
    assert!(cut.bytes().is_err());
    let whole = phone.put_case(&case).bytes().expect("a body");
    house.running.chaos().script(Route::CasePut, 1, Fault::Lie(Lie::Half));
    let half = phone.put_case(&case).bytes().expect("a body");
    assert_eq!(half, whole.slice(..whole.len() / 2));
    house.running.chaos().script(Route::CasePut, 1, Fault::Trickle);
    assert_eq!(phone.put_case(&case).bytes().expect("a body"), whole);
}

#[test]
fn a_request_that_is_handled_twice_is_stored_once() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    house.running.chaos().script(Route::CasePut, 1, Fault::Twice);
    let answer = phone.put_case(&case);
    // The proof was shown already.
    assert_eq!(problem(answer), (401, ProblemType::TokenInvalid));
    assert_eq!(house.running.ledger().cases().expect("reads").len(), 1);
}

#[test]
fn a_lying_receipt_is_wrong_in_exactly_one_thing() {
    use streife_core::seal::{Receipt, SealError, Signed, VerifyingKey};
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[100, 200]);
    phone.declare(&case);
    phone.send_objects(&case);
    let key = VerifyingKey::from_sec1(&house.running.connection().box_key).expect("a key");
    let path = format!("/v1/cases/{}/receipt", case.id);
    let ask = || phone.get(&path).bytes().expect("a body");
    let open = |bytes: &[u8]| Signed::<Receipt>::verify(bytes, &key).map(Signed::into_payload);
    let right = open(&ask()).expect("the right one");
    let lied = |lie| {
        house.running.chaos().script(Route::ReceiptGet, 1, Fault::Lie(lie));
        open(&ask())
    };
    assert!(matches!(lied(Lie::ReceiptByOtherKey), Err(SealError::Signature)));
    let other = lied(Lie::ReceiptOfOtherCase).expect("signed by the box");
    assert_eq!(Receipt { case: right.case, ..other.clone() }, right);
    assert_ne!(other.case, right.case);
    let other = lied(Lie::ReceiptWithOtherHash).expect("signed by the box");
    assert_eq!((other.objects.len(), other.objects[0] == right.objects[0]), (2, true));
    assert_ne!(other.objects[1].hash, right.objects[1].hash);
    assert_eq!(lied(Lie::ReceiptOfLess).expect("signed by the box").objects, right.objects[..1]);
    assert_eq!(open(&ask()).expect("the right one again"), right);
}

#[test]
fn every_scripted_refusal_has_its_problem_and_any_retry_after() {
    let house = House::new();
    let phone = house.phone();
    let chaos = house.running.chaos();
    for (kind, status, retry_after) in [
        (ProblemType::UploadOffset, 409, None),
        (ProblemType::UploadExpired, 410, None),
        (ProblemType::ChecksumMismatch, 460, None),
        (ProblemType::RateLimited, 429, Some("-1")),
        (ProblemType::Busy, 503, Some("Fri, 31 Dec 2100 23:59:59 GMT")),
        (ProblemType::Maintenance, 503, Some("soon")),
    ] {
        let fault = Fault::Problem { kind, retry_after: retry_after.map(str::to_owned) };
        chaos.script(Route::ShiftPut, 1, fault);
        let refused = phone.open_shift();
        let told = refused.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(told.as_deref(), retry_after, "{kind:?}");
        assert_eq!(problem(refused), (status, kind));
    }
}

#[test]
fn what_a_portal_says_is_said_whole() {
    let house = House::new();
    let phone = house.phone();
    let chaos = house.running.chaos();
    chaos.script(Route::ShiftPut, 1, Fault::Portal);
    assert_eq!(phone.open_shift().status(), 511);
    let location = "https://portal.example/login".to_owned();
    chaos.script(Route::ShiftPut, 1, Fault::Redirect { status: 204, location: location.clone() });
    assert_eq!(phone.open_shift().headers()["location"].to_str().expect("text"), location);
    chaos.script(Route::ShiftPut, 1, Fault::Huge);
    assert!(phone.open_shift().bytes().expect("a body").len() > 16 << 20);
    chaos.script(Route::ShiftPut, 1, Fault::Lie(Lie::StoredNothing));
    let told = phone.open_shift();
    assert_eq!((told.status().as_u16(), told.content_length()), (201, Some(0)));
}
