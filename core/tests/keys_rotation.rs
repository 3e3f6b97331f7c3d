//! Rotation of key epochs: what it leaves, what it takes away, and what an end in the middle leaves.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::dead::{Dead, database};
use common::faults::{Camera, Fault, FaultyStore};
use common::{Phone, all_bytes, officer};
use streife_core::client::{CaseState, Client, Ports};
use streife_core::domain::{CaseFacts, CaseId, PhotoClass, VoidReason};
use streife_core::error::ErrorKind;
use streife_core::ports::{KeyStore, KeyStoreError};
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_core::vault::JournalEvent;

/// A phone whose hardware keys lie in a folder beside the vault.
fn phone() -> Phone {
    let mut phone = Phone::new();
    let keys = phone.folder.path().join("keys");
    phone.key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&keys).expect("folder"));
    phone
}

/// The same phone, as a kill has left it somewhere else.
fn left_by_a_kill(folder: tempfile::TempDir, of: &Phone) -> Phone {
    let key_store = DangerousSoftwareKeyStore::in_folder(&folder.path().join("keys")).expect("folder");
    let recovery =
        streife_core::seal::RecipientPrivateKey::new(streife_core::seal::Kem::XWing, of.agency.recovery.as_bytes());
    let mut phone = Phone { folder, key_store: Arc::new(key_store), ..Phone::new() };
    phone.agency.root = of.agency.root.clone();
    phone.agency.recovery = recovery.expect("valid");
    phone
}

/// What was captured before: a draft and a sealed case, in an open shift.
struct Captured {
    draft: CaseId,
    facts: CaseFacts,
    sealed: CaseId,
    entries: usize,
}

fn capture(phone: &Phone, client: &Client) -> Captured {
    client.open_shift(&officer()).expect("opens");
    // Each time other vehicles: the same ones again would be a finding.
    let seen = client.cases().expect("lists").len();
    let plate = |number: usize| format!("M-AB {}", seen + number);
    let sealed = phone.complete_draft(client, &plate(1));
    client.seal_case(sealed, Vec::new()).expect("seals");
    let draft = phone.complete_draft(client, &plate(2));
    let facts = client.draft(draft).expect("a draft");
    Captured { draft, facts, sealed, entries: client.journal().expect("reads").entries.len() }
}

impl Captured {
    /// Everything can be read.
    fn is_readable(&self, client: &Client) {
        assert_eq!(client.draft(self.draft).expect("a draft"), self.facts);
        client.read_photo(self.draft, self.facts.photos.first().expect("a photo")).expect("the photo opens");
        assert_eq!(client.case(self.sealed).expect("is there").state, CaseState::Sealed);
        let journal = client.journal().expect("reads");
        journal.verify().expect("holds");
        assert_eq!(journal.records().count(), journal.entries.len(), "every entry reads");
        assert!(journal.entries.len() >= self.entries);
    }

    /// And capture goes on.
    fn goes_on(&self, client: &Client) {
        client.seal_case(self.draft, Vec::new()).expect("seals");
        client.void_case(self.sealed, VoidReason::Other, None).expect("voids");
        client.close_shift().expect("closes");
    }
}

/// Number and state of each epoch.
fn states(phone: &Phone) -> Vec<(u16, u8)> {
    let database = database(phone);
    let mut statement = database.prepare("SELECT epoch, state FROM epochs ORDER BY epoch").expect("prepares");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

fn hardware_keys(phone: &Phone) -> usize {
    std::fs::read_dir(phone.folder.path().join("keys")).expect("lists").count()
}

fn begun_and_erased(client: &Client) -> (Vec<u16>, Vec<u16>) {
    let (mut begun, mut erased) = (Vec::new(), Vec::new());
    for record in client.journal().expect("reads").records() {
        match &record.event {
            JournalEvent::EpochBegun { epoch } => begun.push(*epoch),
            JournalEvent::EpochErased { epoch } => erased.push(*epoch),
            _ => {}
        }
    }
    (begun, erased)
}

const ERASED: u8 = 4;

#[test]
fn a_rotation_keeps_everything_readable_and_nothing_of_the_old_root() {
    let phone = phone();
    let client = phone.open();
    let captured = capture(&phone, &client);
    drop(client);
    let (alias, wrapped): (String, Vec<u8>) = database(&phone)
        .query_row("SELECT alias, wrapped FROM epochs", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("an epoch");
    let holds_old_root = || {
        all_bytes(&phone.vault_folder())
            .iter()
            .any(|(_, bytes)| bytes.windows(wrapped.len()).any(|part| part == wrapped))
    };
    assert!(holds_old_root(), "positive control: the search finds what is there");
    let client = phone.open();
    client.rotate_keys().expect("rotates");
    captured.is_readable(&client);
    assert_eq!(begun_and_erased(&client), (vec![2], vec![1]));
    assert!(!holds_old_root());
    assert_eq!(phone.key_store.wrap(&alias, &[1; 32]), Err(KeyStoreError::Gone));
    drop(client);
    assert_eq!(states(&phone), [(1, ERASED), (2, 1)]);
    assert_eq!(hardware_keys(&phone), 1);
    let dead = Dead::open(&phone);
    assert_eq!(dead.roots.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(dead.draft(captured.draft), captured.facts);
    assert!(dead.journal().len() > captured.entries);
    drop(dead);
    let client = phone.open();
    captured.is_readable(&client);
    captured.goes_on(&client);
}

#[test]
fn a_shift_ends_with_its_epoch() {
    let phone = phone();
    let client = phone.open();
    for shift in 1..=3 {
        let captured = capture(&phone, &client);
        captured.goes_on(&client);
        let journal = client.journal().expect("reads");
        assert_eq!(journal.records().count(), journal.entries.len(), "entries outlive their epochs");
        assert_eq!(begun_and_erased(&client), ((2..=shift + 1).collect(), (1..=shift).collect()));
    }
    drop(client);
    assert_eq!(hardware_keys(&phone), 1);
    assert_eq!(states(&phone), [(1, ERASED), (2, ERASED), (3, ERASED), (4, 1)]);
    let officers: i64 =
        database(&phone).query_row("SELECT COUNT(*) FROM officers", [], |row| row.get(0)).expect("counts");
    assert_eq!(officers, 0, "the officers of shifts that are over went with their epochs");
}

#[test]
fn a_kill_at_any_moment_of_a_rotation_leaves_everything_readable_and_the_next_opening_finishes_it() {
    let phone = phone();
    let camera = Camera::new(&phone);
    drop(phone.open());
    let client = Client::open(phone.config(), camera.ports(&phone)).expect("opens");
    let captured = capture(&phone, &client);
    camera.arm(true);
    client.rotate_keys().expect("rotates");
    camera.shoot();
    camera.arm(false);
    drop(client);
    let pictures = camera.pictures();
    assert!(pictures.len() > 20, "{} moments", pictures.len());
    let (mut unfinished, moments) = (0, pictures.len());
    for picture in pictures {
        let killed = left_by_a_kill(picture, &phone);
        unfinished += u32::from(states(&killed) != [(1, ERASED), (2, 1)]);
        let client = killed.open();
        captured.is_readable(&client);
        drop(client);
        let living: Vec<_> = states(&killed).into_iter().filter(|(_, state)| *state != ERASED).collect();
        assert!(matches!(living[..], [(_, 1)]), "{living:?}");
        assert_eq!(hardware_keys(&killed), 1);
        let client = killed.open();
        captured.is_readable(&client);
        captured.goes_on(&client);
    }
    println!("{moments} moments of a rotation, {unfinished} of them before its end");
    assert!(unfinished > 15, "the moments lie within the rotation");
}

#[test]
fn a_key_store_that_fails_or_panics_at_any_call_only_puts_a_rotation_off() {
    let faults = [KeyStoreError::NotNow, KeyStoreError::Invalidated, KeyStoreError::Gone, KeyStoreError::WrongKey]
        .into_iter()
        .chain([KeyStoreError::Failed])
        .map(Fault::Fails)
        .chain([Fault::Panics]);
    for fault in faults {
        for answered in 0..4 {
            let phone = phone();
            drop(phone.open());
            let store = FaultyStore::new(phone.key_store.clone(), fault, answered);
            let ports = Ports { key_store: store.clone(), ..phone.ports() };
            let client = Client::open(phone.config(), ports).expect("opens");
            let captured = capture(&phone, &client);
            store.arm(true);
            let refused = client.rotate_keys().expect_err("put off");
            assert!(
                matches!(refused.kind(), ErrorKind::KeyUnavailable | ErrorKind::WrongKey),
                "{fault:?} {answered}: {refused}"
            );
            captured.is_readable(&client);
            let fourth = phone.complete_draft(&client, "M-AB 4");
            client.void_case(fourth, VoidReason::Other, None).expect("capture goes on");
            store.arm(false);
            drop(client);
            let client = phone.open();
            captured.is_readable(&client);
            captured.goes_on(&client);
            drop(client);
            assert_eq!(hardware_keys(&phone), 1, "{fault:?} {answered}");
            let living = states(&phone).into_iter().filter(|(_, state)| *state != ERASED).count();
            assert_eq!(living, 1, "{fault:?} {answered}");
        }
    }
}

#[test]
fn all_four_questions_of_a_rotation_are_tried_by_these_tests() {
    let phone = phone();
    drop(phone.open());
    let store = FaultyStore::new(phone.key_store.clone(), Fault::Panics, 100);
    let client = Client::open(phone.config(), Ports { key_store: store.clone(), ..phone.ports() }).expect("opens");
    store.arm(true);
    client.rotate_keys().expect("rotates");
    assert_eq!(100 - store.left.load(Ordering::SeqCst), 4, "create, wrap, unwrap, delete");
}

#[test]
fn an_epoch_is_kept_while_something_under_its_root_does_not_open() {
    let phone = phone();
    let client = phone.open();
    let captured = capture(&phone, &client);
    drop(client);
    let damage = "UPDATE cases SET wrapped_key = CAST(substr(wrapped_key, 1, 70) || x'0000' || substr(wrapped_key, 73)
                  AS BLOB) WHERE state = 2";
    assert_eq!(database(&phone).execute(damage, []).expect("updates"), 1);
    let client = phone.open();
    client.rotate_keys().expect("rotates");
    captured.is_readable(&client);
    drop(client);
    assert_eq!(states(&phone), [(1, 2), (2, 1)], "the old root stays for what salvage may find");
    assert_eq!(hardware_keys(&phone), 2);
    phone.open().rotate_keys().expect("rotates again");
    assert_eq!(states(&phone), [(1, 2), (2, ERASED), (3, 1)]);
}

/// The newest entry about a draft is under a journal key that is gone, and the draft itself opens: it is not blamed for
/// being newer than what can be read.
#[test]
fn a_draft_whose_newest_entry_nobody_can_read_is_not_called_outdated() {
    let phone = phone();
    let client = phone.open();
    let captured = capture(&phone, &client);
    client.rotate_keys().expect("rotates");
    client.add_check(captured.draft, Vec::new(), None).expect("adds");
    client.add_photo(captured.draft, &phone.photo("second.jpg", 8), PhotoClass::Sign).expect("adds");
    let facts = client.draft(captured.draft).expect("a draft");
    drop(client);
    assert_eq!(database(&phone).execute("DELETE FROM journal_keys WHERE generation = 2", []).expect("deletes"), 1);
    std::fs::remove_file(phone.vault_folder().join("spare/epoch-2.cbor")).expect("removes the copy");
    let client = phone.open();
    let unread = |entry: &&streife_core::vault::JournalEntry| entry.reading.record().is_none();
    assert!(client.journal().expect("reads").entries.iter().filter(unread).count() > 0);
    assert_eq!(client.draft(captured.draft).expect("is the newest"), facts);
    client.seal_case(captured.draft, Vec::new()).expect("the photo that no entry tells of is sealed with it");
}
