//! A pack that nobody signed: loading takes it or says where it is malformed, and every answer holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::geo::GeoPack;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pack) = GeoPack::load(bytes) else { return };
    for point in [(481_374_300, 115_754_900), (0, 0), (-900_000_000, 1_800_000_000)] {
        let at = pack.municipalities().at(point);
        assert!(at.is_none_or(|zone| pack.municipalities().by_key(zone.key()).is_some()));
        let _ = pack.municipalities().locate(point, 15.0);
        assert!(pack.register().nearest(point, 5).len() <= 5);
    }
    for street in pack.register().streets("a", 8) {
        let _ = pack.register().house_numbers(&street);
    }
});
