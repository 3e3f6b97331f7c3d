//! Case numbers: the same request gets the same range for ever, and no range is ever given twice.

mod support;

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::blocking::Response;
use streife_box::{Fault, Route};
use streife_core::domain::{DeviceId, RangeRequestId};
use streife_core::seal::{GrantedNumbers, Signed, VerifyingKey};
use streife_core::sync::protocol::{ProblemType, path};
use support::{BACK_TO_VERSION_3, House, Phone, problem, random};

fn ask(phone: &Phone, request: RangeRequestId) -> Response {
    let path = path::numbers(phone.device, request);
    phone.request(Method::PUT, &path).send().expect("answers")
}

fn granted(phone: &Phone, answer: Response) -> (u16, GrantedNumbers) {
    let key = VerifyingKey::from_sec1(&phone.connection.box_key).expect("a key");
    let status = answer.status().as_u16();
    let signed =
        Signed::<GrantedNumbers>::verify(&answer.bytes().expect("a body"), &key).expect("the box has signed it");
    (status, signed.into_payload())
}

fn fresh() -> RangeRequestId {
    RangeRequestId::new(random())
}

#[test]
fn a_request_gets_its_range_once_and_the_same_bytes_again() {
    let house = House::new();
    let phone = house.phone();
    let request = fresh();
    let (status, first) = granted(&phone, ask(&phone, request));
    assert_eq!((status, first.device, first.request), (201, phone.device, request));
    assert_eq!((first.agency.0.as_str(), first.numbers.range, first.numbers.count), ("Musterstadt", 1, 100));
    let (status, again) = granted(&phone, ask(&phone, request));
    assert_eq!((status, again), (200, first));
    assert_eq!(granted(&phone, ask(&phone, fresh())).1.numbers.range, 2);
}

#[test]
fn an_answer_that_was_lost_with_the_box_comes_again_after_its_restart() {
    let house = House::new();
    let mut phone = house.phone();
    let request = fresh();
    house.running.chaos().script(Route::NumbersPut, 1, Fault::DropAfter);
    let path = path::numbers(phone.device, request);
    assert!(phone.request(Method::PUT, &path).send().is_err(), "the connection ends behind the commit");
    assert_eq!(house.running.ledger().ranges().expect("reads").len(), 1);
    let house = house.restart_after_kill();
    phone.learn_nonce();
    let (status, numbers) = granted(&phone, ask(&phone, request));
    assert_eq!((status, numbers.numbers.range), (200, 1));
    assert_eq!(house.running.ledger().ranges().expect("reads").len(), 1);
}

#[test]
fn a_request_that_never_arrived_takes_nothing() {
    let house = House::new();
    let phone = house.phone();
    house.running.chaos().script(Route::NumbersPut, 1, Fault::DropBefore);
    assert!(phone.request(Method::PUT, &path::numbers(phone.device, fresh())).send().is_err());
    assert!(house.running.ledger().ranges().expect("reads").is_empty());
}

#[test]
fn no_range_is_given_twice_over_devices_restarts_and_deletions() {
    let mut house = House::new();
    let mut seen = BTreeSet::new();
    let mut phones = [house.phone(), house.phone()];
    for round in 0..3 {
        for phone in &phones {
            let (_, granted) = granted(phone, ask(phone, fresh()));
            assert!(seen.insert(granted.numbers.range), "{granted:?} in round {round}");
        }
        house = house.restart_with(|folder| {
            let database = rusqlite::Connection::open(folder.join("box.db")).expect("opens");
            database.execute("DELETE FROM ranges", []).expect("deletes");
        });
        phones.iter_mut().for_each(Phone::learn_nonce);
    }
}

#[test]
fn two_devices_may_choose_the_same_request_and_get_two_ranges() {
    let house = House::new();
    let (one, other, request) = (house.phone(), house.phone(), fresh());
    let ranges = [&one, &other].map(|phone| granted(phone, ask(phone, request)).1.numbers.range);
    assert_ne!(ranges[0], ranges[1]);
}

#[test]
fn numbers_go_to_the_device_that_asks_and_to_no_stranger() {
    let house = House::new();
    let (phone, other) = (house.phone(), house.phone());
    let elsewhere = path::numbers(other.device, fresh());
    let answer = phone.request(Method::PUT, &elsewhere).send().expect("answers");
    assert_eq!(problem(answer), (404, ProblemType::NotFound));
    let unproved = support::client(&phone.connection);
    let url = format!("{}{}", phone.connection.origin, path::numbers(phone.device, fresh()));
    assert_eq!(problem(unproved.put(url).send().expect("answers")), (401, ProblemType::TokenInvalid));
    house.running.revoke(phone.device).expect("revokes");
    assert_eq!(problem(ask(&phone, fresh())), (403, ProblemType::DeviceRevoked));
    let broken = format!("/v1/devices/{}/numbers/00", DeviceId::new([0; 16]));
    assert_eq!(problem(other.request(Method::PUT, &broken).send().expect("answers")), (400, ProblemType::Malformed));
    assert!(house.running.ledger().ranges().expect("reads").is_empty());
}

#[test]
fn a_device_cannot_use_the_agencys_numbers_up() {
    let house = House::new();
    let (phone, other) = (house.phone(), house.phone());
    let first = fresh();
    assert_eq!(ask(&phone, first).status(), 201);
    (1..50).for_each(|_| assert_eq!(ask(&phone, fresh()).status(), 201));
    let refused = ask(&phone, fresh());
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(problem(refused), (429, ProblemType::RateLimited));
    assert_eq!(ask(&phone, first).status(), 200, "what was given is given again");
    assert_eq!(ask(&other, fresh()).status(), 201);
    house.clock.advance_ms(24 * 60 * 60 * 1_000);
    let mut phone = phone;
    phone.log_in();
    assert_eq!(ask(&phone, fresh()).status(), 201, "the next day");
}

#[test]
fn a_box_of_the_second_version_gives_numbers_too() {
    let house = House::new();
    let mut phone = house.phone();
    let house = house.restart_with(|folder| {
        let database = rusqlite::Connection::open(folder.join("box.db")).expect("opens");
        database.execute_batch(BACK_TO_VERSION_3).expect("goes back");
        database.execute_batch("DROP TABLE ranges; PRAGMA user_version = 2").expect("goes back");
    });
    phone.learn_nonce();
    assert_eq!(granted(&phone, ask(&phone, fresh())).1.numbers.range, 1);
    assert_eq!(house.running.ledger().ranges().expect("reads").len(), 1);
}
