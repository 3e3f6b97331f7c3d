//! A disk that runs full: refused early and whole, readable, and as before once there is space again.

use streife_core::client::Client;
use streife_core::domain::{CaseFacts, CaseId, PhotoClass};
use streife_core::error::ErrorKind;
use streife_core::vault::CaseState;
use streife_crash::check::object_files;
use streife_crash::disk::SmallDisk;
use streife_crash::patrol::Patrol;
use streife_crash::settings::{say, skipped};
use streife_crash::{Acknowledged, Phone, check};

/// Left free for the photo that does not fit.
const PAGES_FOR_A_PART: u64 = 256;
/// Sealing and signing a case needs fewer pages than this.
const PAGES_FOR_A_SEAL: u64 = 40;
const PHOTO_BYTES: usize = 4 << 20;

fn small_disk(what: &str) -> Option<SmallDisk> {
    SmallDisk::mount().map_err(|why| skipped(what, &why)).ok()
}

fn patrol<'a>(phone: &Phone, client: &'a Client) -> Patrol<'a, Vec<u8>> {
    Patrol::begin(phone, client, Vec::new()).expect("begins")
}

/// A draft that lacks nothing.
fn complete_draft(phone: &Phone, client: &Client) -> CaseId {
    let mut patrol = patrol(phone, client);
    let case = patrol.draft().expect("drafts");
    patrol.photo(case, PhotoClass::Overview, 0).expect("adds");
    case
}

fn large_photo(phone: &Phone) -> Vec<u8> {
    let mut photo = phone.photo().expect("reads");
    photo.resize(PHOTO_BYTES, 0);
    photo
}

/// The folder holds what the drafts name, and this many objects of sealed cases.
fn assert_nothing_half_written(phone: &Phone, facts: &CaseFacts, others: usize) {
    let files = object_files(phone);
    assert!(facts.photos.iter().all(|photo| files.contains(&format!("{}.sbx", photo.object))), "{files:?}");
    assert_eq!(files.len(), facts.photos.len() + others, "{files:?}");
}

#[test]
fn a_photo_that_does_not_fit_is_refused_and_all_else_stays() {
    let Some(disk) = small_disk("full disk: a photo") else { return };
    let phone = Phone::new(&disk.path().join("phone"));
    let client = phone.open().expect("opens");
    let case = complete_draft(&phone, &client);
    let (before, photo) = (client.draft(case).expect("reads"), large_photo(&phone));
    disk.fill(PAGES_FOR_A_PART);
    let refused = client.add_photo_from(case, photo.as_slice(), PhotoClass::Detail).expect_err("does not fit");
    assert_eq!(refused.kind(), ErrorKind::DiskFull);
    assert_eq!(client.draft(case).expect("reads"), before);
    assert_nothing_half_written(&phone, &before, 0);

    disk.fill(0);
    drop(client);
    disk.fill(0);
    let client = phone.try_open().expect("opens on a full disk");
    client.journal().expect("reads").verify().expect("verifies");
    assert_eq!(client.draft(case).expect("reads on a full disk"), before);
    assert_nothing_half_written(&phone, &before, 0);

    disk.free();
    client.add_photo_from(case, photo.as_slice(), PhotoClass::Detail).expect("fits now");
    client.seal_case(case, Vec::new()).expect("seals");
    drop(client);
    check(&phone, &Acknowledged::default()).assert_sound("behind the full disk");
}

#[test]
fn a_case_seals_whole_or_stays_a_draft_at_every_page_left() {
    let Some(disk) = small_disk("full disk: sealing") else { return };
    let phone = Phone::new(&disk.path().join("phone"));
    let (mut refused, mut signed) = (0, 0);
    for pages in 0..PAGES_FOR_A_SEAL {
        let client = phone.open().expect("opens");
        let case = complete_draft(&phone, &client);
        let (before, others) = (client.draft(case).expect("reads"), object_files(&phone).len() - 1);
        disk.fill(pages);
        match client.seal_case(case, Vec::new()) {
            Ok(view) => signed += u32::from(view.signed),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::DiskFull, "{pages} pages left");
                assert_eq!(client.case(case).expect("is there").state, CaseState::Draft, "{pages} pages left");
                assert_eq!(client.draft(case).expect("reads"), before, "{pages} pages left");
                assert_nothing_half_written(&phone, &before, others);
                refused += 1;
            }
        }
        disk.free();
        if client.case(case).expect("is there").state == CaseState::Draft {
            client.seal_case(case, Vec::new()).expect("seals now");
        }
        drop(client);
        check(&phone, &Acknowledged::default()).assert_sound(&format!("{pages} pages left"));
    }
    say(&format_args!("full disk: {PAGES_FOR_A_SEAL} fillings while sealing, {refused} refused, {signed} signed"));
    assert!(refused > 0 && signed > 0, "the fillings miss the seal");
}

#[test]
fn what_a_kill_has_left_does_not_keep_a_full_disk_from_opening() {
    let Some(disk) = small_disk("full disk: opening behind a kill") else { return };
    let phone = Phone::new(&disk.path().join("phone"));
    let client = phone.open().expect("opens");
    let case = complete_draft(&phone, &client);
    drop(client);
    // A photo whose row was not committed yet, and the first moment of another.
    let before = ["copy", "anchor-copy"].map(|name| disk.path().join(name));
    let set_back = [phone.vault_folder().join("vault.db"), phone.anchor_file()];
    for (from, to) in set_back.iter().zip(&before) {
        std::fs::copy(from, to).expect("copies");
    }
    let client = phone.open().expect("opens");
    let added = patrol(&phone, &client).photo(case, PhotoClass::Detail, 0);
    added.expect("adds");
    drop(client);
    for (from, to) in before.iter().zip(&set_back) {
        std::fs::rename(from, to).expect("takes the row back");
    }
    std::fs::write(phone.vault_folder().join("objects/00000000000000000000000000000001.part"), []).expect("writes");

    disk.fill(0);
    let client = phone.try_open().expect("opens on a full disk");
    assert_eq!(client.draft(case).expect("reads on a full disk").photos.len(), 1);
    drop(client);
    disk.free();
    let client = phone.try_open().expect("opens");
    assert_eq!(client.draft(case).expect("reads").photos.len(), 2, "the whole photo is taken into its draft");
    drop(client);
    check(&phone, &Acknowledged::default()).assert_sound("behind the full disk");
}
