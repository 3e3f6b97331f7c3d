//! Whatever the key store answers: nothing is overwritten, capture goes on, and the recovery key opens what the hardware
//! does not.

mod common;

use std::sync::Arc;

use common::dead::{Dead, database};
use common::faults::{Fault, FaultyStore, HangingStore, LostKeys};
use common::{Phone, officer};
use streife_core::client::{CaseState, Client, KeyState, Notice, Ports, VaultError};
use streife_core::domain::{CaseFacts, CaseId, PhotoClass, ShiftId, VoidReason};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::{Anchor, FileAnchor, KeyStore, KeyStoreError};
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_core::vault::JournalEvent;

/// An open shift with a draft and a sealed case, recorded while the store worked.
struct Before {
    shift: ShiftId,
    draft: CaseId,
    facts: CaseFacts,
    sealed: CaseId,
    wrapped: Vec<u8>,
    alias: String,
}

fn before(phone: &Phone) -> Before {
    let client = phone.open();
    let shift = client.open_shift(&officer()).expect("opens");
    let sealed = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(sealed, Vec::new()).expect("seals");
    let draft = phone.complete_draft(&client, "M-AB 2");
    let facts = client.draft(draft).expect("a draft");
    drop(client);
    let (alias, wrapped) = first_epoch(phone);
    Before { shift, draft, facts, sealed, wrapped: wrapped.expect("wrapped"), alias }
}

fn first_epoch(phone: &Phone) -> (String, Option<Vec<u8>>) {
    let sql = "SELECT alias, wrapped FROM epochs WHERE epoch = 1";
    database(phone).query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("the first epoch")
}

fn open_with(phone: &Phone, key_store: Arc<dyn KeyStore>) -> Result<Client, Error> {
    let mut config = phone.config();
    config.storage.key_store_timeout_ms = 50;
    Client::open(config, Ports { key_store, ..phone.ports() })
}

/// Capture goes on over what cannot be read: a case is recorded and sealed, another stays a draft.
fn goes_on(phone: &Phone, client: &Client, before: &Before, state: KeyState) -> (CaseId, CaseFacts) {
    let status = client.status().expect("status");
    assert_eq!((status.keys, status.unreadable, status.shift), (state, 2, Some(before.shift)));
    assert!(client.notices().contains(&Notice::Keys { state }), "{:?}", client.notices());
    let refused = client.draft(before.draft).expect_err("its key is not at hand");
    assert!(matches!(refused, Error::Vault(VaultError::KeyMissing { epoch: 1 })), "{refused}");
    assert_eq!(client.case(before.sealed).expect("is there").state, CaseState::Sealed);
    let case = phone.complete_draft(client, "M-AB 3");
    let refused = client.seal_case(case, Vec::new()).expect_err("the officer cannot be read");
    assert_eq!(refused.kind(), ErrorKind::KeyUnavailable);
    client.restate_officer(&officer()).expect("stated anew");
    assert_eq!(client.restate_officer(&officer()).expect_err("can be read now").kind(), ErrorKind::State);
    client.seal_case(case, Vec::new()).expect("seals");
    client.void_case(before.sealed, VoidReason::Duplicate, None).expect("voids what it cannot read");
    let draft = phone.complete_draft(client, "M-AB 4");
    client.add_photo(draft, &phone.photo("extra.jpg", 9), PhotoClass::Plate).expect("adds");
    let journal = client.journal().expect("reads");
    journal.verify().expect("holds");
    let told = journal.records().any(|record| record.event == JournalEvent::KeysChanged { state });
    assert!(told, "the journal tells of the state");
    (draft, client.draft(draft).expect("a draft"))
}

/// The recovery key opens both what was recorded before and what was recorded since.
fn recovery_opens(phone: &Phone, before: &Before, since: &(CaseId, CaseFacts)) {
    assert_eq!(first_epoch(phone), (before.alias.clone(), Some(before.wrapped.clone())), "not a byte changed");
    let dead = Dead::open(phone);
    assert_eq!(dead.draft(before.draft), before.facts);
    assert_eq!(dead.draft(since.0), since.1);
    for (case, facts) in [(before.draft, &before.facts), (since.0, &since.1)] {
        for photo in &facts.photos {
            assert_eq!(dead.photo(phone, case, photo.object).len() as u64, photo.length);
        }
    }
    assert_eq!(dead.officer(before.shift), officer());
    let entries: u32 = dead.database.query_row("SELECT COUNT(*) FROM journal", [], |row| row.get(0)).expect("counts");
    assert_eq!(dead.journal().len(), entries as usize);
}

/// Behind a time without the store, its keys come back at the next opening: only what the lost memory held stays shut.
fn comes_back(phone: &Phone, before: &Before, since: &(CaseId, CaseFacts)) {
    let client = phone.open();
    let status = client.status().expect("status");
    assert_eq!((status.keys, status.unreadable), (KeyState::Available, 2), "a draft and a sealed case of the escape");
    assert_eq!(client.draft(before.draft).expect("reads again"), before.facts);
    client.seal_case(before.draft, Vec::new()).expect("seals");
    assert!(matches!(client.draft(since.0), Err(Error::Vault(VaultError::KeyMissing { epoch: 2 }))));
    client.close_shift().expect("a draft whose key is gone holds nothing up");
    assert!(client.notices().contains(&Notice::DraftStranded { case: since.0 }));
    drop(client);
    let dead = Dead::open(phone);
    assert_eq!(dead.draft(since.0), since.1, "nothing of it is lost");
}

#[test]
fn a_store_that_fails_in_every_call_is_a_state_and_capture_goes_on_under_the_recovery_key() {
    let answers = [
        (KeyStoreError::NotNow, KeyState::NotNow),
        (KeyStoreError::Invalidated, KeyState::Invalidated),
        (KeyStoreError::Gone, KeyState::Gone),
        (KeyStoreError::WrongKey, KeyState::WrongKey),
        (KeyStoreError::Failed, KeyState::Failed),
    ];
    for (error, state) in answers {
        let phone = Phone::new();
        let before = before(&phone);
        phone.key_store.fail_with(Some(error));
        let client = phone.try_open().expect("opens");
        let since = goes_on(&phone, &client, &before, state);
        drop(client);
        recovery_opens(&phone, &before, &since);
        phone.key_store.fail_with(None);
        comes_back(&phone, &before, &since);
    }
}

#[test]
fn a_store_that_panics_has_failed() {
    let phone = Phone::new();
    let before = before(&phone);
    let store = FaultyStore::new(phone.key_store.clone(), Fault::Panics, 0);
    store.arm(true);
    let client = open_with(&phone, store).expect("opens");
    let since = goes_on(&phone, &client, &before, KeyState::Failed);
    drop(client);
    recovery_opens(&phone, &before, &since);
    comes_back(&phone, &before, &since);
}

#[test]
fn a_store_that_hangs_is_not_available_now_and_is_taken_up_when_it_answers() {
    let phone = Phone::new();
    let before = before(&phone);
    let store = HangingStore::new(phone.key_store.clone());
    let client = open_with(&phone, store.clone()).expect("opens");
    let since = goes_on(&phone, &client, &before, KeyState::NotNow);
    assert_eq!(client.unlock().expect("still hangs"), KeyState::NotNow);
    let refused = client.close_shift().expect_err("the draft's key may come yet");
    assert_eq!(refused.kind(), ErrorKind::KeyUnavailable);
    store.release();
    while client.unlock().expect("asks again") != KeyState::Available {
        std::thread::yield_now(); // until the question that hung has ended
    }
    assert_eq!(client.status().expect("status").unreadable, 0);
    assert_eq!(client.draft(before.draft).expect("reads again"), before.facts);
    drop(client);
    let client = phone.open();
    assert_eq!(client.draft(since.0).expect("the hardware wraps its root now"), since.1);
    let journal = client.journal().expect("reads");
    assert_eq!(journal.records().count(), journal.entries.len());
}

#[test]
fn a_store_that_has_lost_the_key_but_works_begins_a_new_epoch_and_keeps_the_old_rows() {
    let answers = [
        (KeyStoreError::Invalidated, KeyState::Invalidated),
        (KeyStoreError::Gone, KeyState::Gone),
        (KeyStoreError::WrongKey, KeyState::WrongKey),
    ];
    for (error, state) in answers {
        let phone = Phone::new();
        let before = before(&phone);
        let store = LostKeys::all(phone.key_store.clone(), vec![before.alias.clone()], error);
        let client = open_with(&phone, store.clone()).expect("opens");
        let since = goes_on(&phone, &client, &before, state);
        drop(client);
        recovery_opens(&phone, &before, &since);
        let client = open_with(&phone, store.clone()).expect("opens again");
        let status = client.status().expect("status");
        assert_eq!((status.keys, status.unreadable), (KeyState::Available, 2), "the newest key is there");
        assert_eq!(client.draft(since.0).expect("under the new epoch"), since.1);
        client.seal_case(since.0, Vec::new()).expect("seals");
        client.close_shift().expect("a draft whose key is gone holds nothing up");
        assert!(client.notices().contains(&Notice::DraftStranded { case: before.draft }));
        drop(client);
        assert_eq!(first_epoch(&phone).1, Some(before.wrapped.clone()), "rotation takes nothing it cannot read");
        // And should the key turn up again, everything is there.
        store.lost.lock().expect("no holder panics").clear();
        let client = open_with(&phone, store).expect("opens");
        assert_eq!(client.draft(before.draft).expect("reads again"), before.facts);
        assert_eq!(client.status().expect("status").unreadable, 0);
    }
}

#[test]
fn a_root_that_is_not_the_vaults_is_told_by_the_canary() {
    struct Liar(Arc<dyn KeyStore>);
    impl KeyStore for Liar {
        fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
            self.0.create(alias)
        }
        fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
            self.0.wrap(alias, key)
        }
        fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
            let root = self.0.unwrap(alias, wrapped)?;
            Ok(if alias.starts_with("streife-epoch-1-") { [7; 32] } else { root })
        }
        fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
            self.0.delete(alias)
        }
    }
    let phone = Phone::new();
    let before = before(&phone);
    let client = open_with(&phone, Arc::new(Liar(phone.key_store.clone()))).expect("opens");
    let since = goes_on(&phone, &client, &before, KeyState::WrongKey);
    drop(client);
    recovery_opens(&phone, &before, &since);
}

#[test]
fn a_changed_canary_does_not_lock_the_officer_out() {
    let phone = Phone::new();
    let before = before(&phone);
    database(&phone).execute("UPDATE epochs SET canary = CAST(zeroblob(96) AS BLOB)", []).expect("updates");
    let client = phone.open();
    assert_eq!(client.status().expect("status").keys, KeyState::Available);
    assert_eq!(client.draft(before.draft).expect("reads"), before.facts);
}

#[test]
fn without_a_recovery_key_a_silent_store_refuses_and_changes_nothing() {
    let phone = Phone::new();
    drop(phone.try_open().expect("opens, but no recipients are installed"));
    let bytes = common::all_bytes(&phone.vault_folder());
    for failure in [KeyStoreError::NotNow, KeyStoreError::Failed] {
        phone.key_store.fail_with(Some(failure));
        assert_eq!(phone.try_open().map(drop).expect_err("refused").kind(), ErrorKind::KeyUnavailable);
    }
    assert_eq!(common::all_bytes(&phone.vault_folder()), bytes);
    phone.key_store.fail_with(None);
    phone.try_open().expect("opens again");
}

#[test]
fn a_vault_that_is_only_opened_over_a_silent_store_begins_no_epoch() {
    let phone = Phone::new();
    before(&phone);
    let bytes = common::all_bytes(&phone.vault_folder());
    phone.key_store.fail_with(Some(KeyStoreError::NotNow));
    for _ in 0..3 {
        let client = phone.try_open().expect("opens");
        assert_eq!(client.cases().expect("reads").len(), 2);
    }
    assert_eq!(common::all_bytes(&phone.vault_folder()), bytes);
}

#[test]
fn a_locked_vault_refuses_what_needs_a_key_until_it_is_unlocked() {
    let phone = Phone::new();
    let before = before(&phone);
    let client = phone.open();
    client.lock();
    client.lock();
    let status = client.status().expect("what needs no key is still told");
    assert!(status.locked && status.drafts == 1 && status.unreadable == 0);
    let locked = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::Vault(VaultError::Locked))), "{result:?}");
    };
    locked(client.begin_case().map(drop));
    locked(client.draft(before.draft).map(drop));
    locked(client.seal_case(before.draft, Vec::new()).map(drop));
    locked(client.void_case(before.sealed, VoidReason::Other, None).map(drop));
    locked(client.close_shift().map(drop));
    locked(client.rotate_keys());
    locked(client.sync(&limits()).map(drop));
    assert_eq!(client.unlock().expect("unlocks"), KeyState::Available);
    assert_eq!(client.draft(before.draft).expect("reads"), before.facts);
    // A store that is silent when the vault is unlocked: capture goes on under the recovery key.
    client.lock();
    phone.key_store.fail_with(Some(KeyStoreError::NotNow));
    assert_eq!(client.unlock().expect("unlocks"), KeyState::NotNow);
    let since = goes_on(&phone, &client, &before, KeyState::NotNow);
    client.lock();
    phone.key_store.fail_with(None);
    assert_eq!(client.unlock().expect("unlocks"), KeyState::Available);
    assert_eq!(client.draft(before.draft).expect("reads"), before.facts);
    let shut = client.draft(since.0).expect_err("its root went with the memory");
    assert_eq!(shut.kind(), ErrorKind::KeyUnavailable);
    drop(client);
    assert_eq!(Dead::open(&phone).draft(since.0), since.1);
}

#[test]
fn a_vault_that_cannot_be_unlocked_stays_locked() {
    let phone = Phone::new();
    let client = phone.try_open().expect("opens, but no recipients are installed");
    client.lock();
    phone.key_store.fail_with(Some(KeyStoreError::NotNow));
    assert_eq!(client.unlock().expect_err("refused").kind(), ErrorKind::KeyUnavailable);
    assert!(client.status().expect("status").locked);
    phone.key_store.fail_with(None);
    assert_eq!(client.unlock().expect("unlocks"), KeyState::Available);
}

#[test]
fn the_store_is_asked_again_when_a_shift_opens_and_when_it_syncs() {
    for ask in [0, 1] {
        let phone = Phone::new();
        drop(phone.open());
        phone.key_store.fail_with(Some(KeyStoreError::NotNow));
        let client = phone.try_open().expect("opens");
        let shift = client.open_shift(&officer()).expect("opens");
        let case = phone.complete_draft(&client, "M-AB 1");
        client.void_case(case, VoidReason::Other, None).expect("voids");
        client.close_shift().expect("closes");
        assert_eq!(client.status().expect("status").keys, KeyState::NotNow);
        phone.key_store.fail_with(None);
        if ask == 0 {
            client.open_shift(&officer()).expect("opens");
        } else {
            client.sync(&limits()).expect("syncs");
        }
        assert_eq!(client.status().expect("status").keys, KeyState::Available);
        assert!(client.notices().contains(&Notice::Keys { state: KeyState::Available }));
        drop(client);
        let client = phone.open();
        let journal = client.journal().expect("reads");
        assert_eq!(journal.records().count(), journal.entries.len(), "the escape root was kept");
        let opened = JournalEvent::ShiftOpened { shift };
        assert!(journal.records().any(|record| record.event == opened));
        let epochs: Vec<(u16, u8)> = {
            drop(client);
            let database = database(&phone);
            let mut statement = database.prepare("SELECT epoch, state FROM epochs ORDER BY epoch").expect("prepares");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("queries");
            rows.collect::<Result<_, _>>().expect("reads")
        };
        assert_eq!(epochs, [(1, 4), (2, 1)], "the old epoch is erased, the escape epoch is one like all others");
    }
}

fn limits() -> streife_core::client::SyncLimits<'static> {
    streife_core::client::SyncLimits::over(streife_core::client::Network::Unmetered)
}

#[test]
fn a_kill_while_the_hardware_takes_up_an_escape_root_forgets_no_hardware_key() {
    let mut phone = Phone::new();
    let keys = phone.folder.path().join("keys");
    phone.key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&keys).expect("folder"));
    for answered in 0..=4 {
        // First it is silent, then it answers so many questions of the adoption and fails again.
        let before = before(&phone);
        phone.key_store.fail_with(Some(KeyStoreError::NotNow));
        let store = FaultyStore::new(phone.key_store.clone(), Fault::Fails(KeyStoreError::NotNow), answered);
        let client = open_with(&phone, store.clone()).expect("opens");
        let since = phone.complete_draft(&client, "M-AB 9");
        phone.key_store.fail_with(None);
        store.arm(true);
        let state = client.unlock().expect("goes on either way");
        assert_eq!(client.draft(since).expect("the root is in memory").photos.len(), 1);
        drop(client); // here it is killed
        store.arm(false);
        let client = phone.open();
        assert_eq!(client.draft(before.draft).expect("reads"), before.facts);
        assert_eq!(state == KeyState::Available, answered == 4, "unwrap the old root; create, wrap, unwrap");
        assert_eq!(client.draft(since).is_ok(), answered == 4);
        drop(client);
        let named: u32 = database(&phone)
            .query_row("SELECT COUNT(*) FROM epochs WHERE alias IS NOT NULL", [], |row| row.get(0))
            .expect("counts");
        assert_eq!(std::fs::read_dir(&keys).expect("lists").count(), named as usize, "{answered}");
        std::fs::remove_dir_all(phone.vault_folder()).expect("a new phone");
        std::fs::remove_dir_all(&keys).expect("a new phone");
        phone.key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&keys).expect("folder"));
    }
}

/// A database that is lost right behind these calls comes back with them.
#[test]
fn what_changes_while_the_store_is_silent_and_when_it_answers_again_is_copied_at_once() {
    let phone = Phone::new();
    let before = before(&phone);
    phone.key_store.fail_with(Some(KeyStoreError::NotNow));
    let client = phone.try_open().expect("opens");
    client.restate_officer(&officer()).expect("stated anew");
    phone.key_store.fail_with(None);
    // The old key is gone for good, so no rotation copies everything behind it.
    phone.key_store.delete(&before.alias).expect("deletes");
    assert_eq!(client.unlock().expect("answers"), KeyState::Available);
    drop(client);
    let database = database(&phone);
    let stored = |sql: &str| -> Vec<u8> { database.query_row(sql, [], |row| row.get(0)).expect("is there") };
    let copy = |name: String| std::fs::read(phone.vault_folder().join("spare").join(name)).expect("is copied");
    let wrapped = stored("SELECT wrapped FROM epochs WHERE epoch = 2");
    let epoch = copy("epoch-2.cbor".to_owned());
    assert!(epoch.windows(wrapped.len()).any(|part| part == wrapped), "the copy has the root as the hardware wraps it");
    let newest = stored("SELECT officer FROM officers ORDER BY epoch DESC LIMIT 1");
    assert_eq!(copy(format!("{}.officer", before.shift)), newest);
}

/// What the vault knows of its anchor lay under the key that is lost. It is written anew, or the anchor would never be
/// told again.
#[test]
fn the_anchor_is_told_again_when_a_key_is_lost_for_good() {
    let phone = Phone::new();
    drop(phone.open());
    let anchor = Arc::new(FileAnchor::new(phone.folder.path().join("anchor")));
    let open = |key_store: Arc<dyn KeyStore>| {
        Client::open(phone.config(), Ports { key_store, anchor: anchor.clone(), ..phone.ports() }).expect("opens")
    };
    let client = open(phone.key_store.clone());
    client.open_shift(&officer()).expect("opens");
    drop(client);
    let before = anchor.load().expect("answers").expect("was told");
    let alias = first_epoch(&phone).0;
    let store = LostKeys::all(phone.key_store.clone(), vec![alias], KeyStoreError::Gone);
    let client = open(store.clone());
    client.close_shift().expect("closes");
    drop(client);
    assert_ne!(anchor.load().expect("answers"), Some(before), "it knows the newest place");
    let blamed = open(store).notices();
    assert!(!blamed.iter().any(|notice| matches!(notice, Notice::SetBack { .. } | Notice::Copied)), "{blamed:?}");
}
