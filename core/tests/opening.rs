//! Opening a vault: after a crash, under another key, by an older library, twice.

mod common;

use std::sync::Arc;

use common::{Phone, officer};
use streife_core::client::{Client, Ports};
use streife_core::domain::PhotoClass;
use streife_core::error::ErrorKind;
use streife_core::ports::{KeyStore, KeyStoreError};
use streife_core::testing::DangerousSoftwareKeyStore;

#[test]
fn a_draft_and_its_photos_survive_the_end_of_the_process() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    let before = client.draft(case).expect("a draft");
    drop(client);
    let client = phone.open();
    assert!(client.recovered().is_clean());
    assert_eq!(client.draft(case).expect("a draft"), before);
    client.seal_case(case, Vec::new()).expect("seals");
}

#[test]
fn a_whole_photo_without_a_row_is_adopted_and_a_torn_one_is_removed() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let added = client.add_photo(case, &phone.photo("a.jpg", 1), PhotoClass::Plate).expect("adds");
    drop(client);
    // As if the process had died between the rename and the commit: the row is gone, the file is whole.
    let database = rusqlite::Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    database.execute("DELETE FROM objects", []).expect("deletes");
    drop(database);
    let objects = phone.vault_folder().join("objects");
    std::fs::write(objects.join("00112233445566778899aabbccddeeff.part"), b"SBX1 torn").expect("writes");
    std::fs::write(objects.join("stray.txt"), b"not ours").expect("writes");
    let client = phone.open();
    assert_eq!(client.recovered().orphans.len(), 1);
    assert_eq!((client.recovered().deleted, client.recovered().quarantined), (1, 1));
    let photos = client.draft(case).expect("a draft").photos;
    assert!(photos.iter().filter(|photo| photo.object == added.photo.object).count() >= 1);
    let adopted = photos.last().expect("adopted");
    let original = std::fs::read(phone.folder.path().join("a.jpg")).expect("reads");
    assert_eq!(client.read_photo(case, adopted).expect("opens"), original);
    assert!(phone.vault_folder().join("quarantine/stray.txt").exists());
    client.journal().expect("opens").verify().expect("holds");
}

#[test]
fn another_key_is_told_and_changes_nothing() {
    let phone = Phone::new();
    drop(phone.open());
    let before = common::all_bytes(&phone.vault_folder());
    let mut ports = phone.ports();
    ports.key_store = Arc::new(DangerousSoftwareKeyStore::default());
    let refused = Client::open(phone.config(), ports.clone()).map(drop).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::KeyUnavailable);
    // A store that has a key of that name, but another one.
    let database = rusqlite::Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    let alias: String = database.query_row("SELECT alias FROM epochs", [], |row| row.get(0)).expect("an epoch");
    drop(database);
    ports.key_store.create(&alias).expect("creates");
    let refused = Client::open(phone.config(), ports).map(drop).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::WrongKey);
    for failure in [KeyStoreError::NotNow, KeyStoreError::Invalidated, KeyStoreError::Failed] {
        phone.key_store.fail_with(Some(failure));
        assert_eq!(phone.try_open().map(drop).expect_err("refused").kind(), ErrorKind::KeyUnavailable);
    }
    phone.key_store.fail_with(None);
    assert_eq!(common::all_bytes(&phone.vault_folder()), before);
    phone.try_open().expect("opens again");
}

#[test]
fn a_second_opener_is_refused_while_the_first_holds_the_vault() {
    let phone = Phone::new();
    let client = phone.open();
    assert_eq!(phone.try_open().map(drop).expect_err("in use").kind(), ErrorKind::InUse);
    drop(client);
    phone.try_open().expect("opens");
}

#[test]
fn a_newer_database_is_left_as_it_is() {
    let phone = Phone::new();
    drop(phone.open());
    let database = rusqlite::Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    database.pragma_update(None, "user_version", 99).expect("sets");
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("checkpoints");
    drop(database);
    let before = common::all_bytes(&phone.vault_folder());
    assert_eq!(phone.try_open().map(drop).expect_err("newer").kind(), ErrorKind::NewerVersion);
    assert_eq!(common::all_bytes(&phone.vault_folder()), before);
}

#[test]
fn recipients_and_catalogues_of_another_root_or_an_older_day_are_refused() {
    let phone = Phone::new();
    let client = phone.open();
    let stranger = Phone::new();
    let foreign = stranger.agency.recipient_set(common::MORNING_MS).expect("signs");
    assert_eq!(client.install_recipients(&foreign).expect_err("foreign").kind(), ErrorKind::Tampered);
    let older = phone.agency.recipient_set(common::MORNING_MS - 1).expect("signs");
    assert_eq!(client.install_recipients(&older).expect_err("older").kind(), ErrorKind::NotProvisioned);
    let broken = phone.agency.sign_catalogue(b"{}").expect("signs");
    assert_eq!(client.install_catalogue(&broken).expect_err("broken").kind(), ErrorKind::BadInput);
    assert!(client.catalogue().expect("still there").version().starts_with("starter"));
}

#[test]
fn a_store_that_cannot_give_back_what_it_took_begins_no_vault() {
    struct Forgetful;
    impl KeyStore for Forgetful {
        fn create(&self, _: &str) -> Result<(), KeyStoreError> {
            Ok(())
        }
        fn wrap(&self, _: &str, _: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
            Ok(vec![0; 48])
        }
        fn unwrap(&self, _: &str, _: &[u8]) -> Result<[u8; 32], KeyStoreError> {
            Ok([0; 32])
        }
        fn delete(&self, _: &str) -> Result<(), KeyStoreError> {
            Ok(())
        }
    }
    let phone = Phone::new();
    let ports = Ports { key_store: Arc::new(Forgetful), ..phone.ports() };
    assert_eq!(Client::open(phone.config(), ports).map(drop).expect_err("refused").kind(), ErrorKind::KeyUnavailable);
    phone.try_open().expect("a sound store begins the vault");
}
