//! What opening leaves for later is done with the first handover or the end of the shift.

mod common;

use std::path::PathBuf;

use common::{Phone, officer};
use rusqlite::Connection;
use streife_core::client::{Client, Notice};
use streife_core::vault::{Fault, ItemKind, Record};

/// A sealed case in an open shift, and the app is gone.
fn phone_with_a_case() -> Phone {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(case, Vec::new()).expect("seals");
    phone
}

fn copies(phone: &Phone) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(phone.vault_folder().join("spare")).expect("lists");
    let is_copy = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "key");
    entries.map(|entry| entry.expect("an entry").path()).filter(is_copy).collect()
}

fn change(phone: &Phone, sql: &str) {
    let database = Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    assert!(database.execute(sql, []).expect("changes") > 0, "{sql}");
}

fn queued(client: &Client) -> u64 {
    client.status().expect("counts").bytes_waiting
}

#[test]
fn a_copy_that_is_missing_comes_back() {
    let phone = phone_with_a_case();
    let there = copies(&phone);
    assert!(!there.is_empty());
    there.iter().for_each(|copy| std::fs::remove_file(copy).expect("removes"));
    let client = phone.open();
    assert!(copies(&phone).is_empty(), "not while the officer waits");
    client.close_shift().expect("closes");
    assert_eq!(copies(&phone), there);
}

#[test]
fn items_that_are_missing_are_queued_again_and_told() {
    let phone = phone_with_a_case();
    let client = phone.open();
    let before = queued(&client);
    drop(client);
    change(&phone, "DELETE FROM outbox WHERE kind = 3");
    let client = phone.open();
    assert!(queued(&client) < before);
    client.close_shift().expect("closes");
    assert!(queued(&client) > before, "and the seal of the shift");
    let is_told = |notice: &Notice| {
        matches!(notice, Notice::Damaged(damage) if damage.fault == Fault::Missing
            && matches!(damage.record, Record::Item { kind: ItemKind::Manifest, .. }))
    };
    assert!(client.notices().iter().any(is_told), "{:?}", client.notices());
}

#[test]
fn rows_that_only_a_copy_knows_are_told() {
    let phone = phone_with_a_case();
    let copy = copies(&phone).pop().expect("a copy");
    std::fs::copy(&copy, copy.with_file_name("00112233445566778899aabbccddeeff.key")).expect("copies");
    let client = phone.open();
    client.close_shift().expect("closes");
    assert!(client.notices().contains(&Notice::RowsLost(1)), "{:?}", client.notices());
}

#[test]
fn what_is_unusual_is_looked_into_at_once() {
    let phone = phone_with_a_case();
    copies(&phone).iter().for_each(|copy| std::fs::remove_file(copy).expect("removes"));
    std::fs::write(phone.vault_folder().join("objects/torn.part"), b"torn").expect("writes");
    let _client = phone.open();
    assert_eq!(copies(&phone).len(), 1);
}
