//! Room on the disk: what is held back, and what is refused before anything is captured. What needs a disk that is really
//! full stands in `tests/crash/tests/pressure.rs`.

mod common;

use std::path::PathBuf;

use common::{Phone, all_bytes, officer};
use streife_core::client::{Client, Config, SpaceLevel, StorageConfig};
use streife_core::error::{Error, ErrorKind};
use streife_core::vault::VaultError;

const BALLAST: u64 = 1 << 20;
/// No disk has so much.
const TOO_MUCH: u64 = 1 << 60;

fn open(phone: &Phone, ballast: u64) -> Client {
    drop(phone.open()); // what the agency gives is installed
    let storage = StorageConfig { ballast, ..StorageConfig::default() };
    Client::open(Config { storage, ..phone.config() }, phone.ports()).expect("opens")
}

fn ballast(phone: &Phone) -> PathBuf {
    phone.vault_folder().join("ballast")
}

fn length(phone: &Phone) -> Option<u64> {
    std::fs::metadata(ballast(phone)).ok().map(|file| file.len())
}

#[test]
fn ballast_is_made_when_the_vault_opens_and_kept_as_large_as_it_is_to_be() {
    let phone = Phone::new();
    for (size, left) in [(BALLAST, Some(BALLAST)), (BALLAST / 2, Some(BALLAST / 2)), (0, None)] {
        let client = open(&phone, size);
        assert_eq!(length(&phone), left);
        let space = client.space().expect("is known");
        assert_eq!((space.level, space.ballast), (SpaceLevel::Enough, size));
        assert!(space.free > 3 * BALLAST, "a disk with some room");
    }
    drop(open(&phone, BALLAST));
    std::fs::write(ballast(&phone), b"cut by a crash").expect("writes");
    drop(open(&phone, BALLAST));
    assert_eq!(length(&phone), Some(BALLAST));
}

#[test]
fn without_room_no_case_is_begun_and_all_else_goes_on() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let begun = phone.complete_draft(&client, "M-AB 1234");
    drop(client);

    let client = open(&phone, TOO_MUCH);
    let space = client.space().expect("is known");
    assert_eq!((space.level, space.ballast, length(&phone)), (SpaceLevel::Full, 0, None));
    let objects = all_bytes(&phone.vault_folder().join("objects"));
    let journal = client.journal().expect("reads").entries.len();
    let refused = client.begin_case().expect_err("no room");
    assert!(matches!(refused, Error::Vault(VaultError::DiskFull)));
    assert_eq!(refused.kind(), ErrorKind::DiskFull);
    assert_eq!(client.status().expect("reads").drafts, 1);
    assert_eq!(all_bytes(&phone.vault_folder().join("objects")), objects);
    assert_eq!(client.journal().expect("reads").entries.len(), journal, "a refusal leaves no trace");

    client.add_photo(begun, &phone.photo("b.jpg", 2), streife_core::domain::PhotoClass::Plate).expect("goes on");
    client.seal_case(begun, Vec::new()).expect("goes on");
    client.close_shift().expect("goes on");
    drop(client);
    let client = open(&phone, BALLAST);
    client.open_shift(&officer()).expect("opens");
    client.begin_case().expect("there is room");
}

#[test]
fn room_is_told_while_the_vault_is_suspended() {
    let phone = Phone::new();
    let client = open(&phone, BALLAST);
    client.suspend().expect("suspends");
    let space = client.space().expect("is known");
    assert_eq!((space.level, space.ballast), (SpaceLevel::Enough, BALLAST));
}

#[test]
fn no_state_needs_the_ballast_to_be_there() {
    let phone = Phone::new();
    let client = open(&phone, BALLAST);
    client.open_shift(&officer()).expect("opens");
    std::fs::remove_file(ballast(&phone)).expect("somebody removes it");
    std::fs::create_dir(ballast(&phone)).expect("and is in the way");
    client.begin_case().expect("begins");
    drop(client);
    let client = open(&phone, BALLAST);
    assert_eq!(client.status().expect("reads").drafts, 1);
}
