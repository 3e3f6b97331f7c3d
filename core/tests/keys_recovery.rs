//! What lies in clear, and what the agency's recovery key opens when the hardware does not.

mod common;

use common::dead::{Dead, database};
use common::{MORNING_MS, Phone, officer};
use streife_core::domain::PhotoClass;
use streife_core::error::ErrorKind;

fn names(phone: &Phone, table: &str) -> Vec<String> {
    let database = database(phone);
    let mut statement = database.prepare(&format!("SELECT name FROM {table} ORDER BY name")).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

#[test]
fn what_must_be_read_without_a_key_lies_in_clear() {
    let phone = Phone::new();
    let client = phone.open();
    let device = client.device();
    drop(client);
    assert_eq!(names(&phone, "documents"), ["catalogue", "device", "recipients"]);
    let stored: Vec<u8> = database(&phone)
        .query_row("SELECT value FROM documents WHERE name = 'device'", [], |row| row.get(0))
        .expect("is");
    assert_eq!(stored, device.as_bytes());
    assert_eq!(phone.try_open().expect("opens").device(), device);
}

#[test]
fn a_document_that_was_changed_is_refused_until_it_is_installed_anew() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    drop(client);
    let sql = "UPDATE documents SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB)
               WHERE name IN ('recipients', 'catalogue')";
    assert_eq!(database(&phone).execute(sql, []).expect("updates"), 2);
    let client = phone.try_open().expect("opens");
    assert_eq!(client.catalogue().map(drop).expect_err("changed").kind(), ErrorKind::Tampered);
    assert_eq!(client.seal_case(case, Vec::new()).expect_err("changed").kind(), ErrorKind::Tampered);
    drop(client);
    phone.open().seal_case(case, Vec::new()).expect("seals with what was installed anew");
}

#[test]
fn the_recovery_key_opens_drafts_photos_officer_and_journal() {
    let phone = Phone::new();
    let client = phone.open();
    let shift = client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    let added = client.add_photo(case, &phone.photo("b.jpg", 8), PhotoClass::Plate).expect("adds");
    let facts = client.draft(case).expect("a draft");
    let records: Vec<_> = client.journal().expect("reads").records().cloned().collect();
    drop(client);
    let dead = Dead::open(&phone);
    assert_eq!(dead.draft(case), facts);
    assert_eq!(dead.officer(shift), officer());
    let original = std::fs::read(phone.folder.path().join("b.jpg")).expect("reads");
    assert_eq!(dead.photo(&phone, case, added.photo.object), original);
    assert_eq!(dead.journal(), records);
}

#[test]
fn a_root_is_wrapped_as_soon_as_there_is_a_recovery_key_and_again_for_a_new_one() {
    let mut phone = Phone::new();
    drop(phone.try_open().expect("opens"));
    assert!(Dead::open(&phone).roots.is_empty());
    drop(phone.open());
    assert_eq!(Dead::open(&phone).roots.len(), 1);
    let next = Phone::new();
    phone.agency.recovery = next.agency.recovery;
    let set = phone.agency.recipient_set(MORNING_MS + 1).expect("signs");
    phone.try_open().expect("opens").install_recipients(&set).expect("installs");
    assert_eq!(Dead::open(&phone).roots.len(), 1);
    // Positive control: a stranger's recovery key opens nothing.
    phone.agency.recovery = Phone::new().agency.recovery;
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Dead::open(&phone)));
    assert!(opened.is_err());
}
