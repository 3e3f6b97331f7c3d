//! Importing a photo takes no more memory because the photo is larger. A process of its own, because the high-water
//! mark is the process's.
#![cfg(target_os = "linux")]

mod common;

use common::{Phone, officer};
use streife_core::domain::PhotoClass;

const LIMIT_KIB: u64 = 4 * 1024;

/// Resident high-water mark in KiB.
fn high_water() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}

fn reset_high_water() {
    std::fs::write("/proc/self/clear_refs", "5").expect("resets the mark");
}

#[test]
fn a_photo_of_40_mb_takes_no_more_memory_than_one_of_4_mb() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let file = |megabytes: usize| {
        let mut bytes = std::fs::read(phone.photo("small.jpg", 1)).expect("reads");
        bytes.resize(megabytes * 1_000_000, 0x5a);
        phone.write(&format!("{megabytes}.jpg"), &bytes)
    };
    let files = [file(4), file(40)];
    client.add_photo(case, &files[0], PhotoClass::Overview).expect("warms up");
    let [small, large] = files.map(|file| {
        reset_high_water();
        client.add_photo(case, &file, PhotoClass::Overview).expect("adds");
        high_water()
    });
    println!("high-water mark: {small} KiB with 4 MB, {large} KiB with 40 MB");
    assert!(large.saturating_sub(small) <= LIMIT_KIB, "{small} KiB, then {large} KiB");
    // Positive control: holding the large photo once shows in the mark.
    reset_high_water();
    let held = std::fs::read(phone.folder.path().join("40.jpg")).expect("reads");
    assert!(high_water() > large + LIMIT_KIB, "{} bytes held", held.len());
}
