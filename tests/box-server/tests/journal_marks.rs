//! How far a device's journal had come: what the box remembers, and what it makes of less.

mod support;

use reqwest::Method;
use streife_core::seal::jose::{AssertionClaims, HeadClaim};
use streife_core::seal::{Hash, JournalHead};
use streife_core::sync::protocol::TokenAnswer;
use support::{BACK_TO_VERSION_3, House, Phone};

fn head(n: u64, link: u8) -> HeadClaim {
    HeadClaim { n, link: Hash([link; 32]) }
}

/// Logs in and tells a place; what the box knew before.
fn tell(phone: &mut Phone, told: Option<HeadClaim>) -> Option<HeadClaim> {
    phone.token.clear();
    let assertion = AssertionClaims { head: told, ..phone.assertion() };
    let answer = phone.ask_token(&assertion, &phone.proof_claims("POST", "/v1/token"));
    assert_eq!(answer.status(), 200, "an alarm is no reason to refuse");
    let answer: TokenAnswer = serde_json::from_slice(&answer.bytes().expect("a body")).expect("a token");
    phone.token = answer.access_token;
    answer.head
}

#[test]
fn a_device_is_reminded_of_the_highest_place_it_has_told() {
    let house = House::new();
    let mut phone = house.phone();
    assert_eq!(tell(&mut phone, None), None, "an older app does not tell");
    assert_eq!(tell(&mut phone, Some(head(5, 1))), None);
    assert_eq!(tell(&mut phone, Some(head(9, 2))), Some(head(5, 1)));
    assert_eq!(tell(&mut phone, Some(head(9, 2))), Some(head(9, 2)));
    assert_eq!(tell(&mut phone, None), None);
    assert!(house.running.ledger().alarms().expect("reads").is_empty());
}

#[test]
fn a_journal_that_became_shorter_or_another_is_an_alarm_and_its_cases_are_taken() {
    let house = House::new();
    let mut phone = house.phone();
    tell(&mut phone, Some(head(9, 2)));
    assert_eq!(tell(&mut phone, Some(head(4, 7))), Some(head(9, 2)));
    assert_eq!(tell(&mut phone, Some(head(9, 3))), Some(head(9, 2)), "the mark stays");
    tell(&mut phone, Some(head(4, 7)));
    assert_eq!(phone.open_shift().status(), 200);
    let alarms = house.running.ledger().alarms().expect("reads");
    let told: Vec<JournalHead> = alarms.iter().map(|alarm| alarm.told).collect();
    assert_eq!(told, [head(4, 7).into(), head(9, 3).into()], "the same again is one alarm");
    assert!(alarms.iter().all(|alarm| alarm.device == phone.device && alarm.known == head(9, 2).into()));
    let token = format!("Bearer {}", phone.connection.desk_token);
    let url = format!("{}/v1/alarms", phone.connection.origin);
    let shown = phone.http.get(&url).header("authorization", token).send().expect("an answer");
    let shown: serde_json::Value = serde_json::from_slice(&shown.bytes().expect("a body")).expect("JSON");
    assert_eq!(shown["alarms"].as_array().map(Vec::len), Some(2));
    assert_eq!(shown["alarms"][0]["told"]["n"], 4);
    let as_device = phone.request(Method::GET, "/v1/alarms").send().expect("an answer");
    assert_eq!(as_device.status(), 403);
}

/// What versions 2 and 3 have added.
const WITHOUT_ADDED: &str = "DROP TABLE heads; DROP TABLE alarms; DROP TABLE ranges; PRAGMA user_version = 1";

#[test]
fn a_box_of_the_first_version_goes_on_with_its_devices() {
    let house = House::new();
    let mut phone = house.phone();
    tell(&mut phone, Some(head(5, 1)));
    let house = house.restart_with(|folder| {
        let database = rusqlite::Connection::open(folder.join("box.db")).expect("opens");
        database.execute_batch(&format!("{BACK_TO_VERSION_3} {WITHOUT_ADDED}")).expect("goes back");
    });
    phone.learn_nonce();
    assert_eq!(tell(&mut phone, Some(head(5, 1))), None);
    assert_eq!(tell(&mut phone, Some(head(6, 1))), Some(head(5, 1)));
    assert!(house.running.ledger().alarms().expect("reads").is_empty());
}
