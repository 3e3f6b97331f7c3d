//! How many bytes leave a phone for the bytes that are needed, counted on the wire below TLS.

use std::path::PathBuf;
use std::sync::Arc;

use streife_core::client::Client;
use streife_core::domain::{CaseId, PhotoClass};
use streife_core::http::HttpTransport;
use streife_core::seal::{Hash, Sha256Stream};
use streife_core::testing::photo;
use streife_e2e::Rig;
use streife_e2e::proxy::{Act, Proxy, Way, Wire};

/// A camera's photo.
const PHOTO_BYTES: usize = 4 << 20;
const PHOTOS: u64 = 6;

#[test]
fn a_clean_link_carries_at_most_two_percent_more_than_is_needed() {
    let (wire, needed) = handed_over(&|_| {});
    assert!(wire.up * 100 <= needed * 102, "{wire:?} for {needed}");
}

/// The link is cut every 2 MB, in the middle of whatever goes on; 2 % of the segments upwards are lost. TCP sends those
/// again below everything that is tried here, so their bytes are counted twice and nothing else happens to them.
#[test]
fn a_bad_link_carries_at_most_five_percent_more_than_is_needed() {
    let (wire, needed) = handed_over(&|proxy| {
        proxy.every(Act::Cut { way: Way::Up, after: 2_000_000 });
        proxy.lose(20, 7);
    });
    assert!(wire.up * 100 <= needed * 105, "{wire:?} for {needed}");
    assert!(wire.connections >= 12 && wire.lost_segments > 200, "the link was good: {wire:?}");
}

#[expect(clippy::print_stdout, reason = "the figures are published")]
fn say(needed: u64, wire: Wire, waits: u32) {
    let per_mille = wire.up * 1_000 / needed;
    println!("wire: {needed} bytes needed, {per_mille} per mille of them sent, {waits} waits, {wire:?}");
}

/// Hands over a case with a camera's photos; gives what went over the wire and the bytes of all sealed files.
fn handed_over(link: &dyn Fn(&Proxy)) -> (Wire, u64) {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = recorded(&rig, &client);
    let sealed = std::fs::read_dir(rig.vault_folder().join("objects")).expect("lists");
    let needed: u64 = sealed.map(|entry| entry.expect("an entry").metadata().expect("a file").len()).sum();
    drop(client);
    let proxy = Proxy::before(rig.server.address());
    link(&proxy);
    let http = HttpTransport::new(&proxy.origin(), rig.connection().ca_pem.as_bytes()).expect("sound settings");
    let client = rig.open_over(Arc::new(http));
    let waits = rig.drain(&client);
    let wire = proxy.wire();
    say(needed, wire, waits);
    assert!(rig.server.ledger().case(case).expect("reads").expect("is there").receipt.is_some());
    (wire, needed)
}

fn recorded(rig: &Rig, client: &Client) -> CaseId {
    let case = rig.draft_case(client, 0);
    for seed in 0..PHOTOS {
        client.add_photo(case, &camera_photo(rig, seed), PhotoClass::Overview).expect("adds");
    }
    client.seal_case(case, Vec::new()).expect("seals");
    case
}

/// A photo with a motion photo's film behind it, as large as a camera's; noise, so that nothing could make it smaller.
fn camera_photo(rig: &Rig, seed: u64) -> PathBuf {
    let mut bytes = photo::make(&photo::PhotoSpec { width: 1_280, height: 960, ..Default::default() });
    for n in 0_u64.. {
        if bytes.len() >= PHOTO_BYTES {
            break;
        }
        let mut noise = Sha256Stream::default();
        noise.update(&[seed.to_be_bytes(), n.to_be_bytes()].concat());
        let Hash(noise) = noise.finish();
        bytes.extend_from_slice(&noise);
    }
    let file = rig.folder.path().join("camera.jpg");
    std::fs::write(&file, bytes).expect("writes");
    file
}
