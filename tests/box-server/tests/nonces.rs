//! Proofs that carry the box's nonce (RFC 9449, section 8).

mod support;

use streife_core::domain::CaseId;
use streife_core::sync::protocol::ProblemType;
use support::{House, Phone, problem};

fn nonce(answer: &reqwest::blocking::Response) -> String {
    answer.headers().get("dpop-nonce").expect("a nonce").to_str().expect("text").to_owned()
}

fn newcomer(house: &House) -> Phone {
    let phone = Phone::new(house.running.connection().clone(), house.clock.clone());
    assert_eq!(phone.enrol().status(), 201);
    phone
}

fn ask(phone: &Phone) -> (u16, ProblemType) {
    problem(phone.get(&format!("/v1/cases/{}", CaseId::new([1; 16]))))
}

const UNKNOWN: (u16, ProblemType) = (404, ProblemType::CaseUnknown);
const STALE: (u16, ProblemType) = (401, ProblemType::UseDpopNonce);

#[test]
fn a_proof_without_a_nonce_is_told_which_one_to_take() {
    let house = House::new();
    let mut phone = newcomer(&house);
    let refused = phone.ask_token(&phone.assertion(), &phone.proof_claims("POST", "/v1/token"));
    let challenge = refused.headers().get("www-authenticate").expect("a challenge").to_str().expect("text").to_owned();
    assert_eq!(challenge, r#"DPoP error="use_dpop_nonce", algs="ES256""#);
    let given = nonce(&refused);
    assert_eq!(problem(refused), STALE);
    phone.nonce = Some(given);
    let granted = phone.ask_token(&phone.assertion(), &phone.proof_claims("POST", "/v1/token"));
    assert_eq!(granted.status(), 200, "the nonce of the refusal is enough");
    phone.log_in();
    assert_eq!(ask(&phone), UNKNOWN);
    phone.nonce = None;
    assert_eq!(ask(&phone), STALE);
    phone.nonce = Some("0".repeat(32));
    assert_eq!(ask(&phone), STALE);
}

#[test]
fn the_newest_nonce_and_the_one_before_count_and_an_older_one_does_not() {
    let house = House::new();
    let mut phone = newcomer(&house);
    phone.log_in();
    house.clock.advance_ms(180_000);
    let answer = phone.get(&format!("/v1/cases/{}", CaseId::new([1; 16])));
    let newest = nonce(&answer);
    assert_ne!(Some(&newest), phone.nonce.as_ref());
    assert_eq!(problem(answer), UNKNOWN);
    house.clock.advance_ms(180_000);
    assert_eq!(ask(&phone), STALE);
    phone.nonce = Some(newest);
    assert_eq!(ask(&phone), UNKNOWN);
}

#[test]
fn a_restart_costs_each_phone_one_question() {
    let house = House::new();
    let mut phone = newcomer(&house);
    phone.log_in();
    let house = house.restart();
    phone.http = support::client(house.running.connection());
    let refused = phone.get(&format!("/v1/cases/{}", CaseId::new([1; 16])));
    phone.nonce = Some(nonce(&refused));
    assert_eq!(problem(refused), STALE);
    assert_eq!(ask(&phone), UNKNOWN);
}

#[test]
fn every_401_carries_a_nonce_and_a_box_that_demands_none_takes_any() {
    let house = House::with(|config| config.demand_nonces = false);
    let mut phone = house.phone();
    assert_eq!(ask(&Phone { nonce: None, ..house.phone() }), UNKNOWN);
    phone.nonce = Some("whatever".to_owned());
    assert_eq!(ask(&phone), UNKNOWN);
    let refused = phone.http.get(format!("{}/v1/cases/{}", phone.connection.origin, CaseId::new([1; 16]))).send();
    let refused = refused.expect("an answer");
    assert_eq!(nonce(&refused).len(), 32);
    assert_eq!(problem(refused), (401, ProblemType::TokenInvalid));
}
