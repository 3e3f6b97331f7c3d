//! A box without files: one in memory altogether, and tests of other programs with stores of the embedder's own, which
//! outlive the box as a database server does.

#![allow(clippy::duplicate_mod, reason = "the programs that are taken in bring their phone along")]

#[path = "exactly_once.rs"]
mod exactly_once;
#[path = "handing_over.rs"]
mod handing_over;
#[path = "resumable.rs"]
mod resumable;
mod support;

use std::sync::Arc;

use streife_box::{BoxConfig, BoxError, RunningBox, issue_code};
use streife_core::seal::{Manifest, Receipt, Signed, VerifyingKey};
use streife_core::sync::protocol::BoxCaseState;
use streife_core::testing::SimClock;
use support::{MORNING, Phone};

#[test]
fn a_box_in_memory_takes_a_whole_case_and_needs_no_folder() {
    let clock = Arc::new(SimClock::new(MORNING, 7200));
    let config = BoxConfig { clock: Arc::<SimClock>::clone(&clock), ..BoxConfig::in_memory() };
    assert!(matches!(issue_code(&config, 1_000), Err(BoxError::NoFolder)));
    let running = RunningBox::start(config).expect("starts");
    let mut phone = Phone::new(running.connection().clone(), clock);
    let code = running.one_time_code(60_000).expect("a code");
    assert_eq!(phone.enrol_with(&phone.key.verifying_key(), &code).status(), 201);
    let second = Phone::new(phone.connection.clone(), phone.clock.clone());
    assert_eq!(second.enrol_with(&second.key.verifying_key(), &code).status(), 403, "a code is used up");
    phone.log_in();
    assert_eq!(phone.open_shift().status(), 201);
    let case = phone.case(1, &[1_000, 700_000]);
    phone.declare(&case);
    phone.send_objects(&case);

    let receipt = phone.get(&format!("/v1/cases/{}/receipt", case.id)).bytes().expect("a body");
    let box_key = VerifyingKey::from_sec1(&phone.connection.box_key).expect("a key");
    let receipt = Signed::<Receipt>::verify(&receipt, &box_key).expect("verifies");
    let manifest = Signed::<Manifest>::verify(&case.signed, &phone.key.verifying_key()).expect("verifies");
    assert!(receipt.payload().covers(&manifest));
    let ledger = running.ledger();
    let found = ledger.case(case.id).expect("reads").expect("is there");
    assert_eq!(found.state, BoxCaseState::Complete);
    assert!(found.objects.iter().all(|object| object.stored && object.file.is_none()));
    for (object, bytes) in &case.objects {
        assert_eq!(&ledger.object_bytes(*object).expect("reads"), bytes);
    }
    let agency = running.dev_agency().expect("the agency");
    assert!(manifest.payload().open_case_key(&agency.case_worker).is_ok());
}

#[test]
fn two_boxes_in_memory_have_nothing_in_common() {
    let start = || RunningBox::start(BoxConfig::in_memory()).expect("starts");
    let (one, two) = (start(), start());
    assert_ne!(one.connection().box_id, two.connection().box_id);
    assert_ne!(one.connection().ca_pem, two.connection().ca_pem);
    assert_eq!(
        support::client(one.connection()).get(format!("{}/v1/box", one.origin())).send().expect("an answer").status(),
        200
    );
}
