//! Who gets in, and who does not.

mod support;

use reqwest::Method;
use streife_core::seal::SoftwareKey;
use streife_core::seal::jose::{self, AssertionClaims, ProofClaims};
use streife_core::sync::protocol::ProblemType;
use support::{House, Phone, problem};

const REFUSED: (u16, ProblemType) = (401, ProblemType::TokenInvalid);

#[test]
fn a_proof_counts_once() {
    let house = House::new();
    let phone = house.phone();
    let path = format!("/v1/cases/{}", streife_core::domain::CaseId::new([1; 16]));
    let claims = phone.proof_claims("GET", &path);
    let ask = || problem(phone.request_with(Method::GET, &path, &claims).send().expect("an answer"));
    assert_eq!(ask(), (404, ProblemType::CaseUnknown));
    assert_eq!(ask(), REFUSED);
}

#[test]
fn an_assertion_counts_once() {
    let house = House::new();
    let mut phone = house.phone();
    phone.token.clear();
    let assertion = phone.assertion();
    assert_eq!(phone.ask_token(&assertion, &phone.proof_claims("POST", "/v1/token")).status(), 200);
    assert_eq!(problem(phone.ask_token(&assertion, &phone.proof_claims("POST", "/v1/token"))), REFUSED);
}

#[test]
fn two_tokens_of_one_phone_are_both_good() {
    let house = House::new();
    let mut phone = house.phone();
    let first = phone.token.clone();
    phone.log_in();
    assert_ne!(first, phone.token);
    assert_eq!(phone.open_shift().status(), 200);
    phone.token = first;
    assert_eq!(phone.open_shift().status(), 200);
}

#[test]
fn a_proof_is_for_one_method_address_token_and_key() {
    let house = House::new();
    let phone = house.phone();
    let path = format!("/v1/cases/{}", streife_core::domain::CaseId::new([1; 16]));
    let refused = |change: &dyn Fn(&mut ProofClaims)| {
        let mut claims = phone.proof_claims("GET", &path);
        change(&mut claims);
        problem(phone.request_with(Method::GET, &path, &claims).send().expect("an answer"))
    };
    assert_eq!(refused(&|claims| claims.htm = "PUT".to_owned()), REFUSED);
    assert_eq!(refused(&|claims| claims.htu.push('0')), REFUSED);
    assert_eq!(refused(&|claims| claims.htu = format!("https://elsewhere.example{path}")), REFUSED);
    assert_eq!(refused(&|claims| claims.ath = None), REFUSED);
    assert_eq!(refused(&|claims| claims.ath = Some(jose::token_hash("another"))), REFUSED);
    assert_eq!(refused(&|claims| claims.iat -= 301), (401, ProblemType::ClockSkew));
    assert_eq!(refused(&|claims| claims.iat += 301), (401, ProblemType::ClockSkew));
    assert_eq!(refused(&|claims| claims.iat -= 300), (404, ProblemType::CaseUnknown));
    let claims = phone.proof_claims("GET", &path);
    let other = SoftwareKey::from_bytes(&[5; 32]).expect("a key");
    let proof = jose::sign_proof(&claims, &other).expect("signs");
    let request = phone.http.get(format!("{}{path}", phone.connection.origin)).header("dpop", proof);
    let answer = request.header("authorization", format!("DPoP {}", phone.token)).send().expect("an answer");
    assert_eq!(
        answer.headers().get("www-authenticate").expect("a challenge"),
        r#"DPoP error="invalid_token", algs="ES256""#
    );
    assert_eq!(problem(answer), REFUSED);
}

#[test]
fn an_assertion_is_for_this_box_and_short_lived() {
    let house = House::new();
    let mut phone = house.phone();
    phone.token.clear();
    let refused = |change: &dyn Fn(&mut AssertionClaims)| {
        let mut assertion = phone.assertion();
        change(&mut assertion);
        problem(phone.ask_token(&assertion, &phone.proof_claims("POST", "/v1/token")))
    };
    assert_eq!(refused(&|claims| claims.aud = "https://elsewhere.example/v1/token".to_owned()), REFUSED);
    assert_eq!(refused(&|claims| claims.exp += 1), REFUSED);
    assert_eq!(refused(&|claims| claims.sub = "0".repeat(32)), REFUSED);
    assert_eq!(refused(&|claims| claims.iss = "x".to_owned()), REFUSED);
    let skewed = refused(&|claims| (claims.iat, claims.exp) = (claims.iat - 301, claims.exp - 301));
    assert_eq!(skewed, (401, ProblemType::ClockSkew));
    let mut stranger = Phone::new(phone.connection.clone(), phone.clock.clone());
    stranger.learn_nonce();
    let answer = stranger.ask_token(&stranger.assertion(), &stranger.proof_claims("POST", "/v1/token"));
    assert_eq!(problem(answer), (401, ProblemType::DeviceUnknown));
    stranger.device = phone.device;
    let answer = stranger.ask_token(&stranger.assertion(), &stranger.proof_claims("POST", "/v1/token"));
    assert_eq!(problem(answer), REFUSED);
}

#[test]
fn a_token_ends_after_twelve_hours() {
    let house = House::new();
    let mut phone = house.phone();
    house.clock.advance_ms(43_199_000);
    phone.learn_nonce();
    assert_eq!(phone.open_shift().status(), 200);
    house.clock.advance_ms(1_000);
    assert_eq!(problem(phone.open_shift()), REFUSED);
    phone.log_in();
    assert_eq!(phone.open_shift().status(), 200);
}

#[test]
fn a_refusal_arrives_even_if_megabytes_are_under_way() {
    let house = House::new();
    let mut phone = house.phone();
    let case = phone.case(1, &[8_000_000]);
    phone.declare(&case);
    phone.token = "0".repeat(64);
    assert_eq!(problem(phone.patch(case.objects[0].0, 0, &case.objects[0].1)), REFUSED);
}

#[test]
fn a_revoked_device_is_told_so() {
    let house = House::new();
    let mut phone = house.phone();
    house.running.revoke(phone.device).expect("revokes");
    assert_eq!(problem(phone.open_shift()), (403, ProblemType::DeviceRevoked));
    phone.token.clear();
    let answer = phone.ask_token(&phone.assertion(), &phone.proof_claims("POST", "/v1/token"));
    assert_eq!(problem(answer), (403, ProblemType::DeviceRevoked));
}

#[test]
fn the_desk_is_closed_without_its_token() {
    let house = House::new();
    let phone = house.phone();
    let id = "0".repeat(32);
    let paths = [
        "/v1/cases".to_owned(),
        format!("/v1/cases/{id}/manifest"),
        format!("/v1/cases/{id}/objects/{id}"),
        format!("/v1/cases/{id}/events"),
        format!("/v1/cases/{id}/events/{id}"),
        format!("/v1/shifts/{id}"),
        format!("/v1/shifts/{id}/seal"),
        format!("/v1/devices/{id}"),
    ];
    for path in paths {
        let url = format!("{}{path}", phone.connection.origin);
        let without = phone.http.get(&url).send().expect("an answer");
        assert_eq!(problem(without), (403, ProblemType::DeskRefused), "{path}");
        let wrong = phone.http.get(&url).bearer_auth("guessed").send().expect("an answer");
        assert_eq!(problem(wrong), (403, ProblemType::DeskRefused), "{path}");
        assert_eq!(problem(phone.get(&path)), (403, ProblemType::DeskRefused), "{path}");
    }
}

#[test]
fn an_id_has_one_spelling() {
    let house = House::new();
    let phone = house.phone();
    for id in ["00", &"A".repeat(32), "not-an-id"] {
        assert_eq!(problem(phone.get(&format!("/v1/cases/{id}"))), (400, ProblemType::Malformed));
    }
    let answer = phone.request(Method::POST, "/v1/cases").send().expect("an answer");
    assert_eq!(problem(answer), (405, ProblemType::NotFound));
}
