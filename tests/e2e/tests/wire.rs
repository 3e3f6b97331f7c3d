//! How many bytes leave a phone for the bytes that are needed, counted on the wire below TLS.

use std::sync::Arc;

use streife_core::client::Client;
use streife_core::domain::{CaseId, PhotoClass};
use streife_core::http::HttpTransport;
use streife_core::ports::Clock;
use streife_e2e::proxy::{Act, Proxy, Way, Wire};
use streife_e2e::{Rig, camera};

/// A camera's photo.
const PHOTO_BYTES: usize = 4 << 20;
const PHOTOS: u64 = 6;
/// A small one, so that 200 of them do not fill a small disk.
const SMALL_PHOTO_BYTES: usize = 1 << 20;

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

/// A long queue behind a narrow link: requests, proofs and answers between the photos cost next to nothing.
#[test]
fn two_hundred_cases_take_at_most_three_percent_longer_than_a_slow_link_needs() {
    const BITS_A_SECOND: u64 = 1_000_000;
    let rig = Rig::new();
    let client = rig.on_patrol();
    for seed in 0..200 {
        let case = rig.draft_case(&client, 0);
        let photo = camera::photo(rig.folder.path(), seed, SMALL_PHOTO_BYTES);
        client.add_photo(case, &photo, PhotoClass::Overview).expect("adds");
        client.seal_case(case, Vec::new()).expect("seals");
    }
    let needed = sealed_bytes(&rig);
    drop(client);
    let proxy = Proxy::before(rig.server.address());
    proxy.slow(rig.clock.clone(), BITS_A_SECOND);
    let http = HttpTransport::new(&proxy.origin(), rig.connection().ca_pem.as_bytes()).expect("sound settings");
    let client = rig.open_over(Arc::new(http));
    let begun = rig.clock.read().unix_ms;
    let waits = rig.drain(&client);
    let took_ms = (rig.clock.read().unix_ms - begun).unsigned_abs();
    let limit_ms = needed * 8 * 1_000 / BITS_A_SECOND;
    say(needed, proxy.wire(), waits);
    say_time(took_ms, limit_ms);
    assert_eq!(rig.server.ledger().cases().expect("reads").iter().filter(|case| case.receipt.is_some()).count(), 200);
    assert!(took_ms >= limit_ms, "the control: nothing is faster than the link");
    assert!(took_ms * 100 <= limit_ms * 103, "{took_ms} ms for {limit_ms}");
}

#[expect(clippy::print_stdout, reason = "the figures are published")]
fn say_time(took_ms: u64, limit_ms: u64) {
    println!("wire: {} s for 200 cases, the link alone needs {} s", took_ms / 1_000, limit_ms / 1_000);
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
    let needed = sealed_bytes(&rig);
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

/// Bytes of all sealed files.
fn sealed_bytes(rig: &Rig) -> u64 {
    let sealed = std::fs::read_dir(rig.vault_folder().join("objects")).expect("lists");
    sealed.map(|entry| entry.expect("an entry").metadata().expect("a file").len()).sum()
}

fn recorded(rig: &Rig, client: &Client) -> CaseId {
    let case = rig.draft_case(client, 0);
    for seed in 0..PHOTOS {
        client
            .add_photo(case, &camera::photo(rig.folder.path(), seed, PHOTO_BYTES), PhotoClass::Overview)
            .expect("adds");
    }
    client.seal_case(case, Vec::new()).expect("seals");
    case
}
