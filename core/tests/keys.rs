//! Key epochs: how one begins, and what a crash in the middle leaves.

mod common;

use std::sync::Arc;

use common::dead::database;
use common::{Phone, officer};
use streife_core::client::{Client, Ports};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::error::ErrorKind;
use streife_core::ports::{KeyStore, KeyStoreError, OsEntropy};
use streife_core::seal::{Binding, Hash, Kind, RootKey, chain, seal};
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_core::vault::{JournalEvent, JournalRecord};

fn aliases(phone: &Phone) -> Vec<String> {
    let database = database(phone);
    let mut statement = database.prepare("SELECT alias FROM epochs ORDER BY epoch").expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

#[test]
fn no_two_vaults_name_their_hardware_key_alike() {
    let (one, other) = (Phone::new(), Phone::new());
    drop((one.open(), other.open()));
    assert_ne!(aliases(&one), aliases(&other));
    assert!(aliases(&one).iter().all(|alias| alias.starts_with("streife-epoch-1-")));
}

#[test]
fn an_epoch_that_a_crash_left_prepared_is_discarded_with_its_hardware_key() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    drop(client);
    let sql = "INSERT INTO epochs (epoch, state, alias) VALUES (2, 0, 'streife-epoch-2-torn')";
    database(&phone).execute(sql, []).expect("inserts");
    phone.key_store.create("streife-epoch-2-torn").expect("creates");
    let client = phone.open();
    assert!(client.status().expect("status").shift.is_some());
    drop(client);
    assert_eq!(aliases(&phone).len(), 1);
    assert_eq!(phone.key_store.wrap("streife-epoch-2-torn", &[1; 32]), Err(KeyStoreError::Gone));
}

/// Positive control: what something is sealed under is no leftover, whatever its state says.
#[test]
fn a_prepared_epoch_that_is_named_keeps_its_key() {
    let phone = Phone::new();
    phone.open().open_shift(&officer()).expect("opens");
    let named = database(&phone);
    named.execute("INSERT INTO epochs (epoch, state, alias) VALUES (2, 0, 'named')", []).expect("inserts");
    named.execute("UPDATE journal SET epoch = 2", []).expect("updates");
    drop(named);
    phone.key_store.create("named").expect("creates");
    drop(phone.try_open());
    assert!(aliases(&phone).contains(&"named".to_owned()));
    phone.key_store.wrap("named", &[1; 32]).expect("the key is there");
}

#[test]
fn a_store_that_fails_begins_no_vault_and_leaves_no_epoch() {
    let phone = Phone::new();
    for failure in [KeyStoreError::NotNow, KeyStoreError::Invalidated, KeyStoreError::Failed] {
        phone.key_store.fail_with(Some(failure));
        assert_eq!(phone.try_open().map(drop).expect_err("refused").kind(), ErrorKind::KeyUnavailable);
    }
    phone.key_store.fail_with(None);
    drop(phone.open());
    assert_eq!(aliases(&phone).len(), 1);
}

/// A vault as schema 1 left it: one epoch with a plain alias, a device id and a journal entry under the root itself.
fn vault_of_schema_1(phone: &Phone) {
    std::fs::create_dir_all(phone.vault_folder()).expect("a folder");
    let old = database(phone);
    old.execute_batch(include_str!("../migrations/0001_initial.sql")).expect("creates");
    old.pragma_update(None, "user_version", 1).expect("sets");
    old.pragma_update(None, "application_id", 0x5354_5246).expect("sets");
    let root = RootKey::new([9; 32]);
    let sealed = |kind, object, plain: &[u8]| {
        let binding = Binding { epoch: 1, ..Binding::of_case(kind, CaseId::new([0; 16]), object) };
        seal(&root.object_key(), &binding, plain, &OsEntropy).expect("seals")
    };
    phone.key_store.create("streife-epoch-1").expect("creates");
    let wrapped = phone.key_store.wrap("streife-epoch-1", root.as_bytes()).expect("wraps");
    let canary = sealed(Kind::WrappedKey, ObjectId::new([0xca; 16]), b"streife/1 canary");
    old.execute("INSERT INTO epochs VALUES (1, 'streife-epoch-1', ?1, ?2)", (wrapped, canary)).expect("inserts");
    let record =
        JournalRecord { at: phone.now(), draft: None, row: None, event: JournalEvent::ClockDiffers { by_ms: 1 } };
    let entry =
        sealed(Kind::JournalEntry, ObjectId::new(1_u128.to_be_bytes()), &serde_json::to_vec(&record).expect("JSON"));
    let link = chain::link(&chain::GENESIS, 1, &Hash::of(&[&entry]));
    old.execute("INSERT INTO journal VALUES (1, 1, ?1, ?2)", (entry, link.0)).expect("inserts");
    let Hash(name) = Hash::of(&[b"streife/1 setting", b"device"]);
    let row = ObjectId::try_from(&name[..16]).expect("16 bytes");
    old.execute("INSERT INTO settings VALUES ('device', 1, ?1)", [sealed(Kind::Setting, row, &[0xde; 16])])
        .expect("inserts");
}

#[test]
fn a_vault_of_schema_1_goes_on_under_a_journal_key_and_its_old_entries_still_read() {
    let phone = Phone::new();
    vault_of_schema_1(&phone);
    for entries in [2, 3] {
        let client = phone.open();
        assert_eq!(*client.device().as_bytes(), [0xde; 16]);
        if entries == 2 {
            client.open_shift(&officer()).expect("opens");
        } else {
            client.begin_case().expect("begins");
        }
        let journal = client.journal().expect("reads");
        journal.verify().expect("holds");
        assert_eq!(journal.records().count(), entries);
    }
    let sealed: i64 = database(&phone)
        .query_row("SELECT COUNT(*) FROM settings WHERE name = 'device'", [], |row| row.get(0))
        .expect("counts");
    assert_eq!(sealed, 0, "the device's id lies in clear now");
    let generations: Vec<Option<u16>> = {
        let database = database(&phone);
        let mut statement = database.prepare("SELECT generation FROM journal ORDER BY n").expect("prepares");
        let rows = statement.query_map([], |row| row.get(0)).expect("queries");
        rows.collect::<Result<_, _>>().expect("reads")
    };
    assert_eq!(generations, [None, Some(1), Some(1)]);
}

#[test]
fn two_phones_share_no_key_store() {
    let phone = Phone::new();
    drop(phone.open());
    let ports = Ports { key_store: Arc::new(DangerousSoftwareKeyStore::default()), ..phone.ports() };
    assert_eq!(Client::open(phone.config(), ports).map(drop).expect_err("refused").kind(), ErrorKind::KeyUnavailable);
}
