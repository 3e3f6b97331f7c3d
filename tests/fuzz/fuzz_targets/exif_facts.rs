//! Facts of an EXIF block: what is told keeps to the record's schema, whatever the block says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::domain::GpsState;
use streife_core::evidence::claims;

fuzz_target!(|tiff: &[u8]| {
    let found = claims(tiff).facts;
    assert!((1..=8).contains(&found.orientation));
    let present = found.gps == GpsState::Present;
    assert_eq!((present, present), (found.lat_e7.is_some(), found.lon_e7.is_some()));
    assert!(found.lat_e7.is_none_or(|lat| lat.unsigned_abs() <= 900_000_000));
    assert!(found.lon_e7.is_none_or(|lon| lon.unsigned_abs() <= 1_800_000_000));
    for time in [&found.taken, &found.utc].into_iter().flatten() {
        assert_eq!(time.len(), 19, "{time}");
    }
    assert!(found.offset.is_none_or(|offset| offset.len() == 6));
});
