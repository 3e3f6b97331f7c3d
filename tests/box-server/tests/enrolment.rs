//! How devices come in and go out.

mod support;

use reqwest::Method;
use serde_json::json;
use streife_box::issue_code;
use streife_core::domain::{RangeRequestId, ShiftId};
use streife_core::sync::protocol::{ProblemType, TokenAnswer};
use support::{House, Phone, problem, random};

const HOUR: i64 = 3_600_000;
const REFUSED: (u16, ProblemType) = (403, ProblemType::EnrolmentRefused);
const REVOKED: (u16, ProblemType) = (403, ProblemType::DeviceRevoked);

fn stranger(house: &House) -> Phone {
    Phone::new(house.running.connection().clone(), house.clock.clone())
}

fn enrol(phone: &Phone, code: &str) -> reqwest::blocking::Response {
    phone.enrol_with(&phone.key.verifying_key(), code)
}

#[test]
fn a_one_time_code_lets_one_device_in() {
    let house = House::new();
    let code = house.running.one_time_code(HOUR).expect("a code");
    let (first, second) = (stranger(&house), stranger(&house));
    assert_eq!(enrol(&first, &code).status(), 201);
    assert_eq!(problem(enrol(&second, &code)), REFUSED);
    assert_eq!(enrol(&first, &code).status(), 200, "the answer to the first request may have been lost");
    let late = house.running.one_time_code(HOUR).expect("a code");
    house.clock.advance_ms(3_600_000);
    assert_eq!(problem(enrol(&second, &late)), REFUSED);
}

#[test]
fn a_used_code_stays_used_even_if_its_file_comes_back() {
    let house = House::new();
    let code = house.running.one_time_code(HOUR).expect("a code");
    let folder = house.folder.path().join("codes");
    let file = std::fs::read_dir(&folder).expect("a folder").next().expect("a file").expect("a file").path();
    let kept = std::fs::read(&file).expect("reads");
    assert_eq!(enrol(&stranger(&house), &code).status(), 201);
    assert!(!file.exists());
    std::fs::write(&file, kept).expect("writes");
    assert_eq!(problem(enrol(&stranger(&house), &code)), REFUSED);
}

#[test]
fn a_box_may_take_one_time_codes_alone_and_they_are_made_beside_it() {
    let mut beside = None;
    let house = House::with(|config| {
        config.shared_code = false;
        beside = Some(config.clone());
    });
    let phone = stranger(&house);
    assert_eq!(problem(phone.enrol()), REFUSED);
    let code = issue_code(&beside.expect("the same settings"), HOUR).expect("a code");
    assert_eq!(enrol(&phone, &code).status(), 201);
}

#[test]
fn the_desk_sees_what_the_platform_said_of_the_key() {
    let house = House::new();
    let phone = stranger(&house);
    let jwk = streife_core::seal::jose::Jwk::of(&phone.key.verifying_key());
    let chain = json!(["bGVhZg==", "cm9vdA=="]);
    let code = &phone.connection.enrolment_code;
    let body = json!({"jwk": jwk, "attestation": chain, "enrolment_code": code}).to_string();
    let request = phone.http.put(format!("{}/v1/devices/{}", phone.connection.origin, phone.device));
    let answer = support::with_body(request, "application/json", body.into_bytes()).send().expect("an answer");
    assert_eq!(answer.status(), 201);
    let path = format!("/v1/devices/{}/attestation", phone.device);
    assert_eq!(house.desk_json(&path), json!({"device": phone.device, "attestation": chain}));
}

#[test]
fn a_drained_device_brings_home_what_it_has_and_begins_nothing() {
    let house = House::new();
    let mut phone = house.phone();
    let before = phone.case(1, &[40]);
    phone.declare(&before);
    let path = format!("/v1/devices/{}/revocation", phone.device);
    assert_eq!(problem(house.desk(Method::GET, &path).send().expect("an answer")), (404, ProblemType::NotFound));
    assert_eq!(house.desk_put(&path, &json!({"kind": "drain"})).status(), 204);
    assert_eq!(house.desk_json(&path), json!({"kind": "drain"}));
    phone.token.clear();
    let answer = phone.ask_token(&phone.assertion(), &phone.proof_claims("POST", "/v1/token"));
    let token: TokenAnswer = serde_json::from_slice(&answer.bytes().expect("a body")).expect("a token");
    assert_eq!(token.scope.as_deref(), Some("drain"));
    phone.token = token.access_token;
    assert_eq!(phone.open_shift().status(), 200);
    let late = phone.case(2, &[40]);
    phone.declare(&late);
    phone.send_objects(&before);
    phone.send_objects(&late);
    assert_eq!(phone.get(&format!("/v1/cases/{}/receipt", late.id)).status(), 200);
    let request = RangeRequestId::new(random());
    let numbers = phone.request(Method::PUT, &format!("/v1/devices/{}/numbers/{request}", phone.device));
    assert_eq!(problem(numbers.send().expect("an answer")), REVOKED);
    phone.shift = ShiftId::new(random());
    assert_eq!(problem(phone.open_shift()), REVOKED);
    let list = house.desk_json("/v1/cases");
    assert_eq!((&list["cases"][0]["late"], &list["cases"][1]["late"]), (&json!(false), &json!(true)));
}

#[test]
fn a_stolen_device_is_shut_out_for_good_even_if_it_was_being_drained() {
    let house = House::new();
    let phone = house.phone();
    let case = phone.case(1, &[40]);
    phone.declare(&case);
    house.running.drain(phone.device).expect("drains");
    let path = format!("/v1/devices/{}/revocation", phone.device);
    assert_eq!(house.desk_put(&path, &json!({"kind": "stolen"})).status(), 204);
    assert_eq!(problem(phone.put_object(&case, &case.objects[0])), REVOKED);
    assert_eq!(problem(phone.open_shift()), REVOKED);
    assert_eq!(house.desk_put(&path, &json!({"kind": "drain"})).status(), 204);
    assert_eq!(house.desk_json(&path), json!({"kind": "stolen"}));
    let unknown = format!("/v1/devices/{}/revocation", "00".repeat(16));
    assert_eq!(problem(house.desk_put(&unknown, &json!({"kind": "drain"}))), (404, ProblemType::NotFound));
}
