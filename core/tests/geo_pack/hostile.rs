//! Packs that somebody has meddled with.

use proptest::prelude::*;
use streife_core::geo::compile::{Addresses, Boundaries, compile};
use streife_core::geo::{GeoPack, PackError};

use crate::source::{NAMES, about, collection, square};

/// Both sections, small.
fn whole() -> Vec<u8> {
    let json = collection(&[
        ("09000001", "Polygon", format!("[{},{}]", square(11.0, 48.0, 0.1), square(11.04, 48.04, 0.02))),
        ("09000002", "MultiPolygon", format!("[[{}],[{}]]", square(11.1, 48.0, 0.1), square(12.0, 48.0, 0.1))),
    ]);
    let table = "key;street;number;lat;lon\n09000001;Hauptstraße;1;48.01;11.01\n09000001;Am Markt;12 a;48.02;11.02\n";
    let (addresses, rejected) = Addresses::from_table(table.as_bytes()).expect("reads");
    assert!(rejected.is_empty());
    let boundaries = Boundaries::from_geojson(json.as_bytes(), &NAMES).expect("reads");
    compile(&about(), Some(&boundaries), Some(&addresses)).expect("compiles")
}

/// Asks everything that can be asked.
fn use_up(pack: &GeoPack) {
    for at in [(480_100_000, 110_100_000), (0, 0), (900_000_000, 1_800_000_000), (i32::MIN, i32::MAX)] {
        let _ = (pack.municipalities().at(at), pack.municipalities().locate(at, 100.0));
        let _ = pack.register().nearest(at, 9);
    }
    for street in pack.register().streets("", 9) {
        let _ = pack.register().house_numbers(&street);
    }
}

#[test]
fn a_pack_that_is_cut_off_or_longer_is_refused() {
    let bytes = whole();
    assert!(GeoPack::load(&bytes).is_ok());
    for length in 0..bytes.len() {
        assert!(GeoPack::load(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
    }
    let longer: Vec<_> = bytes.iter().copied().chain([0]).collect();
    assert_eq!(GeoPack::load(&longer).map(drop), Err(PackError::Malformed { at: bytes.len() }));
}

#[test]
fn another_magic_and_another_version_are_told_apart() {
    let mut bytes = whole();
    bytes[7] = 2;
    assert_eq!(GeoPack::load(&bytes).map(drop), Err(PackError::UnknownVersion(2)));
    bytes[0] = b'X';
    assert_eq!(GeoPack::load(&bytes).map(drop), Err(PackError::NotAPack));
}

/// Counts of four thousand million where nothing follows: refused before anything is allocated.
#[test]
fn a_count_beyond_the_bytes_is_refused() {
    let head = whole()[..8].to_vec();
    let about = [1, 0xe8, 7, 2, 29, 0, 1, b'x']; // municipalities, 2024-02-29, tolerance 0, source
    let many = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let section =
        |body: &[u8]| [&head[..], &about, &u32::try_from(body.len()).expect("short").to_le_bytes(), body].concat();
    let zone = [b"\x01".as_slice(), b"09000001", b"\x01x"].concat();
    for body in [
        many.to_vec(),
        [&zone[..], &many].concat(),
        [&zone[..], &[1], &many].concat(),
        [&zone[..], &[1, 1], &many].concat(),
    ] {
        let padded = [&body[..], &[0; 40]].concat();
        assert!(matches!(GeoPack::load(&section(&padded)), Err(PackError::Malformed { .. })), "{body:?}");
    }
    let sound = [&zone[..], &[1, 1, 3, 0, 0, 2, 0, 0, 2]].concat();
    assert_eq!(GeoPack::load(&section(&sound)).map(drop), Ok(()), "the control");
}

#[test]
fn keys_out_of_order_are_refused() {
    let bytes = whole();
    let place = bytes.windows(8).position(|eight| eight == b"09000002").expect("the second");
    for digits in [b"09000001", b"09000000", b"0900000x"] {
        let mut swapped = bytes.clone();
        swapped[place..place + 8].copy_from_slice(digits);
        assert!(matches!(GeoPack::load(&swapped), Err(PackError::Malformed { .. })));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_pack_with_changed_bytes_is_refused_or_answers(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = whole();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(pack) = GeoPack::load(&bytes) {
            use_up(&pack);
        }
    }

    #[test]
    fn noise_behind_a_sound_beginning_is_refused_or_answers(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&whole()[..8], &noise].concat();
        if let Ok(pack) = GeoPack::load(&bytes) {
            use_up(&pack);
        }
    }
}
