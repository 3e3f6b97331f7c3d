//! A suspended vault has nothing open, is free for another process, and goes on where it was.
#![cfg(target_os = "linux")] // it is looked at through /proc

mod common;
#[path = "suspend/other.rs"]
mod other;
#[path = "suspend/outside.rs"]
mod outside;

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, Weak};

use common::{Phone, all_bytes, officer};
use other::{Other, shared_phone};
use outside::Held;
use streife_core::client::{Client, Config, Notice, Ports, StorageConfig, SyncLimits};
use streife_core::domain::{CaseEdit, PhotoClass, Place};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::{Cancel, KeyStore, KeyStoreError, NeverCancel, Request, Response, Transport, TransportError};
use streife_core::sync::Network;
use streife_core::vault::{JournalEvent, VaultError};

fn is_suspended<T: std::fmt::Debug>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Vault(VaultError::Suspended)))
}

fn held(phone: &Phone) -> Held {
    Held::of(std::process::id(), &phone.vault_folder())
}

fn limits(cancel: &dyn Cancel) -> SyncLimits<'_> {
    SyncLimits { cancel, ..SyncLimits::over(Network::Unmetered) }
}

// ---- one process ----

#[test]
fn a_suspended_vault_holds_no_lock_and_no_file_and_every_call_says_so() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    let photo = client.draft(case).expect("reads").photos.remove(0);
    let open = held(&phone);
    assert!(open.locks > 0 && open.files.len() > 1, "the control: {open:?}");

    client.suspend().expect("suspends");
    assert_eq!(held(&phone), Held::nothing());
    assert!(!phone.vault_folder().join("vault.db-wal").exists(), "the log is emptied");
    client.suspend().expect("again");
    let path = phone.photo("second.jpg", 2);
    assert!(is_suspended(client.status()));
    assert!(is_suspended(client.draft(case)));
    assert!(is_suspended(client.begin_case()));
    assert!(is_suspended(client.edit_case(case, CaseEdit::Vehicle(client_vehicle()))));
    assert!(is_suspended(client.read_photo(case, &photo)));
    assert!(is_suspended(client.add_photo(case, &path, PhotoClass::Plate)));
    assert!(is_suspended(client.seal_case(case, Vec::new())));
    assert!(is_suspended(client.close_shift()));
    assert!(is_suspended(client.sync(&limits(&NeverCancel))));
    assert!(is_suspended(client.journal()));
    assert_eq!(client.status().expect_err("suspended").kind(), ErrorKind::State);
    assert_eq!(held(&phone), Held::nothing());

    client.resume().expect("resumes");
    client.resume().expect("again");
    assert_eq!(client.notices(), []);
    client.add_photo(case, &path, PhotoClass::Plate).expect("goes on");
    client.seal_case(case, Vec::new()).expect("goes on");
    client.close_shift().expect("goes on");
}

fn client_vehicle() -> streife_core::domain::Vehicle {
    let plate = streife_core::domain::Plate::parse("M-XY 1", "D").expect("sound");
    streife_core::domain::Vehicle::new(plate, streife_core::domain::VehicleKind::Car)
}

/// Gives a photo's first half at once and the rest when it is told to.
struct SlowSource {
    bytes: std::io::Cursor<Vec<u8>>,
    reached: SyncSender<()>,
    go_on: Receiver<()>,
    half: u64,
    waited: bool,
}

impl Read for SlowSource {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.bytes.position() >= self.half && !self.waited {
            self.waited = true;
            self.reached.send(()).expect("the test listens");
            self.go_on.recv().expect("the test goes on");
        }
        let some = buffer.len().min(4096);
        self.bytes.read(buffer.get_mut(..some).expect("at most as long"))
    }
}

#[test]
fn suspending_does_not_wait_for_the_source_of_a_photo() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let mut photo = std::fs::read(phone.photo("a.jpg", 1)).expect("reads");
    photo.resize(3 << 20, 0);
    let (reached, at_half) = sync_channel(0);
    let (go, go_on) = sync_channel(0);
    let half = photo.len() as u64 / 2;
    let source = SlowSource { bytes: std::io::Cursor::new(photo.clone()), reached, go_on, half, waited: false };
    std::thread::scope(|scope| {
        let adding = scope.spawn(|| client.add_photo_from(case, source, PhotoClass::Overview));
        at_half.recv().expect("comes to the half");
        assert!(held(&phone).files.iter().any(|file| file.extension().is_some_and(|kind| kind == "part")));
        client.suspend().expect("suspends while the source is silent");
        assert_eq!(held(&phone), Held::nothing());
        go.send(()).expect("is waited for");
        assert!(is_suspended(adding.join().expect("no panic")));
    });
    assert_eq!(all_bytes(&phone.vault_folder().join("objects")), []);
    client.resume().expect("resumes");
    client.add_photo_from(case, photo.as_slice(), PhotoClass::Overview).expect("adds");
    assert_eq!(client.draft(case).expect("reads").photos.len(), 1);
}

/// Carries nothing until it is told to stop.
struct Stuck {
    sending: SyncSender<()>,
}

impl Transport for Stuck {
    fn origin(&self) -> &str {
        "https://box.test"
    }

    fn send(&self, _: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        self.sending.send(()).expect("the test listens");
        while !cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(TransportError::Cancelled)
    }
}

#[test]
fn a_handover_in_flight_ends_and_is_taken_up_again() {
    let phone = Phone::new();
    let (sending, is_sending) = sync_channel(1);
    let transport = Arc::new(Stuck { sending });
    drop(phone.open());
    let client = Client::open(phone.config(), Ports { transport, ..phone.ports() }).expect("opens");
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    client.seal_case(case, Vec::new()).expect("seals");
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| client.sync(&limits(&NeverCancel)));
        is_sending.recv().expect("sends");
        client.suspend().expect("suspends while a request is on its way");
        assert!(is_suspended(syncing.join().expect("no panic")));
    });
    client.resume().expect("resumes");
    let stop = Flag::default();
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| client.sync(&limits(&stop)));
        is_sending.recv().expect("sends again");
        stop.0.store(true, Ordering::SeqCst);
        syncing.join().expect("no panic").expect("ends as it was asked to");
    });
    assert_eq!(client.status().expect("reads").waiting, 1);
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Cancel for Flag {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Every call in flight is done or was not done, and says which.
#[test]
fn what_was_acknowledged_around_many_suspensions_is_there() {
    const ROUNDS: usize = 60;
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let photo = std::fs::read(phone.photo("a.jpg", 1)).expect("reads");
    let (done, acknowledged) = (AtomicBool::new(false), Mutex::new((String::new(), 0)));
    std::thread::scope(|scope| {
        let editing = scope.spawn(|| {
            for number in 0_u32.. {
                if done.load(Ordering::SeqCst) {
                    return;
                }
                let text = format!("Marienplatz {number}");
                let place = Place { text: text.clone(), ..Place::default() };
                match client.edit_case(case, CaseEdit::Place(place)) {
                    Ok(()) => acknowledged.lock().expect("no panic").0 = text,
                    Err(error) => assert!(is_suspended::<()>(Err(error))),
                }
            }
        });
        let adding = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) && acknowledged.lock().expect("no panic").1 < 40 {
                match client.add_photo_from(case, photo.as_slice(), PhotoClass::Detail) {
                    Ok(_) => acknowledged.lock().expect("no panic").1 += 1,
                    Err(error) => assert!(is_suspended::<()>(Err(error))),
                }
            }
        });
        for _ in 0..ROUNDS {
            client.suspend().expect("suspends");
            assert_eq!(held(&phone), Held::nothing());
            client.resume().expect("resumes");
        }
        done.store(true, Ordering::SeqCst);
        editing.join().expect("ends");
        adding.join().expect("ends");
    });
    let (place, photos) = acknowledged.into_inner().expect("no panic");
    let draft = client.draft(case).expect("reads");
    assert_eq!(draft.place.map(|place| place.text).unwrap_or_default(), place);
    assert_eq!(draft.photos.len(), photos);
    assert_eq!(all_bytes(&phone.vault_folder().join("objects")).len(), photos);
    drop(client);
    assert!(phone.try_open().expect("opens").recovered().is_clean());
}

// ---- what is not what was left behind ----

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("copies");
}

#[test]
fn another_state_in_the_vaults_place_is_noticed_and_worked_on() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    client.suspend().expect("suspends");
    let (database, older) = (phone.vault_folder().join("vault.db"), phone.folder.path().join("older"));
    copy(&database, &older);
    client.resume().expect("resumes");
    assert_eq!(client.notices(), []);
    let lost = client.begin_case().expect("begins");
    client.suspend().expect("suspends");
    copy(&older, &database);
    client.resume().expect("resumes");
    let notice = client.notices().pop().expect("a notice");
    let Notice::ChangedWhileSuspended { left, found } = notice else { panic!("{notice:?}") };
    assert_eq!(left, found + 1);
    assert!(client.draft(lost).is_err());
    client.begin_case().expect("goes on");
    let journal = client.journal().expect("opens");
    journal.verify().expect("holds");
    let entry = JournalEvent::ChangedWhileSuspended { left, found };
    assert!(journal.records().any(|record| record.event == entry));
}

/// A key store that sends the app to the background in the middle of a question, and answers only then.
struct GoesToSleep {
    store: Arc<dyn KeyStore>,
    client: Mutex<Weak<Client>>,
}

impl KeyStore for GoesToSleep {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.store.create(alias)
    }

    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        self.store.wrap(alias, key)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        let client = std::mem::take(&mut *self.client.lock().expect("no holder panics")).upgrade();
        client.into_iter().for_each(|client| client.suspend().expect("suspends"));
        self.store.unwrap(alias, wrapped)
    }

    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.store.delete(alias)
    }
}

/// The limit of the key store lies beyond this test's patience: if suspending waited for the resumption, both would stand.
#[test]
fn suspending_does_not_wait_for_a_resumption_that_asks_the_key_store() {
    let phone = Phone::new();
    let key_store = Arc::new(GoesToSleep { store: phone.ports().key_store, client: Mutex::default() });
    let storage = StorageConfig { key_store_timeout_ms: u64::MAX, ..phone.config().storage };
    let config = Config { storage, ..phone.config() };
    let ports = Ports { key_store: key_store.clone(), ..phone.ports() };
    let client = Arc::new(Client::open(config, ports).expect("opens"));
    client.open_shift(&officer()).expect("opens");
    client.suspend().expect("suspends");
    phone.open().rotate_keys().expect("another process begins an epoch");
    *key_store.client.lock().expect("no holder panics") = Arc::downgrade(&client);
    assert!(is_suspended(client.resume()), "it was suspended meanwhile");
    assert!(is_suspended(client.begin_case()));
    client.resume().expect("resumes");
    assert!(
        matches!(client.notices()[..], [Notice::ChangedWhileSuspended { .. }]),
        "told by the one that comes through"
    );
    client.begin_case().expect("goes on");
    client.journal().expect("opens").verify().expect("holds");
}

#[test]
fn a_vault_that_is_gone_or_newer_is_not_made_anew_and_resumes_when_it_is_back() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    client.suspend().expect("suspends");
    let (database, kept) = (phone.vault_folder().join("vault.db"), phone.folder.path().join("kept"));
    std::fs::rename(&database, &kept).expect("takes it away");
    assert_eq!(client.resume().expect_err("gone").kind(), ErrorKind::Storage);
    assert!(!database.exists(), "no other was made");
    std::fs::write(&database, []).expect("writes");
    assert_eq!(client.resume().expect_err("empty").kind(), ErrorKind::Corrupt);
    copy(&kept, &database);
    let newer = rusqlite::Connection::open(&database).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("sets");
    drop(newer);
    let before = all_bytes(&phone.vault_folder());
    assert_eq!(client.resume().expect_err("newer").kind(), ErrorKind::NewerVersion);
    assert_eq!(all_bytes(&phone.vault_folder()), before);
    assert_eq!(held(&phone), Held::nothing());
    copy(&kept, &database);
    client.resume().expect("is back");
    client.begin_case().expect("goes on");
}

// ---- two processes ----

#[test]
fn while_one_process_is_suspended_another_works_and_the_first_waits_for_it() {
    let phone = shared_phone();
    let mut other = Other::start(&phone);
    assert_eq!(other.tell("open"), "ok");
    assert_eq!(other.tell("record"), "ok");
    assert_eq!(phone.try_open().map(drop).expect_err("in use").kind(), ErrorKind::InUse);
    assert!(Held::of(other.pid(), &phone.vault_folder()).locks > 0, "the control");

    assert_eq!(other.tell("suspend"), "ok");
    assert_eq!(Held::of(other.pid(), &phone.vault_folder()), Held::nothing());
    assert_eq!(other.tell("record"), "State");
    let client = phone.try_open().expect("is free");
    assert_eq!(client.status().expect("reads").drafts, 1);
    assert_eq!(other.tell("resume"), "InUse");
    assert_eq!(other.tell("record"), "State", "it stays suspended");
    client.begin_case().expect("begins");
    drop(client);
    assert_eq!(other.tell("resume"), "ok");
    assert_eq!(other.tell("record"), "ok");
    assert_eq!(other.tell("close"), "ok");

    let client = phone.try_open().expect("opens");
    assert_eq!(client.status().expect("reads").drafts, 3);
    let journal = client.journal().expect("opens");
    journal.verify().expect("holds");
    let changed = |event: &JournalEvent| matches!(event, JournalEvent::ChangedWhileSuspended { .. });
    assert_eq!(journal.records().filter(|record| changed(&record.event)).count(), 1);
}

#[test]
fn a_kill_gives_the_vault_back() {
    let phone = shared_phone();
    let mut other = Other::start(&phone);
    assert_eq!(other.tell("open"), "ok");
    assert_eq!(other.tell("record"), "ok");
    assert_eq!(phone.try_open().map(drop).expect_err("in use").kind(), ErrorKind::InUse);
    other.kill();
    let client = phone.try_open().expect("opens");
    assert_eq!(client.status().expect("reads").drafts, 1);
}

#[test]
fn a_stopped_process_keeps_the_vault_and_goes_on_in_place() {
    let phone = shared_phone();
    let mut other = Other::start(&phone);
    assert_eq!(other.tell("open"), "ok");
    assert_eq!(other.tell("record"), "ok");
    for _ in 0..20 {
        other.begin("record");
        other.signal("STOP");
        assert_eq!(phone.try_open().map(drop).expect_err("in use").kind(), ErrorKind::InUse);
        phone.clock.advance_ms(600_000);
        other.signal("CONT");
        assert_eq!(other.reply(), "ok");
    }
    assert_eq!(other.tell("close"), "ok");
    let client = phone.try_open().expect("opens");
    assert!(client.recovered().is_clean());
    assert_eq!(client.status().expect("reads").drafts, 21);
}

/// `SQLite`'s own lock would end here: it belongs to the process, and the second opener of the process closes the file.
#[test]
fn a_second_opener_of_the_same_process_does_not_let_another_process_in() {
    let phone = shared_phone();
    let client = phone.open();
    let mut other = Other::start(&phone);
    assert_eq!(phone.try_open().map(drop).expect_err("in use").kind(), ErrorKind::InUse);
    assert_eq!(other.tell("open"), "InUse");
    drop(client);
    assert_eq!(other.tell("open"), "ok");
}

#[test]
#[ignore = "is started by other tests"]
fn the_other_process() {
    other::obey();
}
