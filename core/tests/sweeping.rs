//! What opening finds when rows and files do not agree.
#![cfg(unix)]

mod common;

use common::{Phone, officer};
use streife_core::client::Client;
use streife_core::domain::{CaseId, PhotoClass};

fn photo(phone: &Phone, client: &Client, case: CaseId, seed: u64) -> std::path::PathBuf {
    let added = client.add_photo(case, &phone.photo("camera.jpg", seed), PhotoClass::Detail).expect("adds");
    phone.vault_folder().join("objects").join(format!("{}.sbx", added.photo.object))
}

#[test]
fn exactly_the_rows_whose_file_cannot_be_opened_are_reported() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let [kept, removed, elsewhere, nowhere] = [1, 2, 3, 4].map(|seed| photo(&phone, &client, case, seed));
    drop(client);
    std::fs::remove_file(&removed).expect("removes");
    let moved = phone.folder.path().join("moved.sbx");
    std::fs::rename(&elsewhere, &moved).expect("moves");
    std::os::unix::fs::symlink(&moved, &elsewhere).expect("links");
    std::fs::remove_file(&nowhere).expect("removes");
    std::os::unix::fs::symlink(phone.folder.path().join("gone"), &nowhere).expect("links");

    let client = phone.open();
    let found = client.recovered();
    let mut missing: Vec<_> = found.missing.iter().map(|orphan| format!("{}.sbx", orphan.object)).collect();
    let mut expected = [removed, nowhere].map(|path| path.file_name().expect("a name").to_string_lossy().into_owned());
    missing.sort();
    expected.sort();
    assert_eq!(missing, expected);
    assert!(found.missing.iter().all(|orphan| orphan.case == case));
    assert_eq!((found.orphans.len(), found.deleted, found.quarantined), (0, 0, 0));
    assert!(kept.exists() && elsewhere.exists());
}
