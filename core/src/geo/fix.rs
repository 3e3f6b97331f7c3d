//! Quality of a fix and plausibility of the way between two.

use geo::{Distance, Haversine, Point};

use crate::domain::{Fix, Moment};

/// Up to this radius a fix fills in the place silently. Phones reach 7 to 13 m in cities.
const SILENT_MM: u32 = 15_000;
/// Up to this radius the officer confirms the place; above, nothing is proposed.
const CONFIRM_MM: u32 = 50_000;
/// A fix older than this proposes nothing.
const MAX_AGE_MS: i64 = 60_000;
/// Faster than a patrol car gets from case to case in a town: 90 km/h.
const MAX_SPEED_M_S: f64 = 25.0;

/// What a fix is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixQuality {
    /// Good enough to fill in the place.
    Good,
    /// To be confirmed.
    Confirm,
    /// Too coarse, too old or off the globe.
    Weak,
}

/// Judges a fix at the moment it is used.
#[must_use]
pub fn quality(fix: &Fix, now: &Moment) -> FixQuality {
    let age = now.since_ms(&fix.at);
    if !fix.is_on_globe() || age > MAX_AGE_MS || fix.accuracy_mm > CONFIRM_MM {
        FixQuality::Weak
    } else if fix.accuracy_mm > SILENT_MM {
        FixQuality::Confirm
    } else {
        FixQuality::Good
    }
}

/// Distance in metres on a sphere; up to 0.34 % off, which is far below a fix's accuracy within a town.
#[must_use]
pub fn distance_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    let point = |(lat, lon): (f64, f64)| Point::new(lon, lat);
    Haversine.distance(point(from), point(to))
}

/// Whether a patrol can have gone from one fix to the other in the time between. Both accuracies count in its favour;
/// fixes of different boots or in reverse order are not judged.
#[must_use]
pub fn is_way_plausible(from: &Fix, to: &Fix) -> bool {
    let elapsed_ms = to.at.since_ms(&from.at);
    if from.at.boot() != to.at.boot() || elapsed_ms < 0 {
        return true;
    }
    let tolerance = f64::from(from.accuracy_mm.saturating_add(to.accuracy_mm)) / 1000.0;
    let seconds = u32::try_from(elapsed_ms / 1000).map_or(f64::MAX, f64::from).max(1.0);
    distance_m(from.degrees(), to.degrees()) - tolerance <= MAX_SPEED_M_S * seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BootId, FixProvider};

    fn fix(lon_e7: i32, accuracy_mm: u32, mono_ms: u64) -> Fix {
        let at = Moment::new(0, 0, mono_ms, BootId([0; 16])).expect("in the calendar");
        Fix { lat_e7: 481_374_300, lon_e7, accuracy_mm, at, provider: FixProvider::Gnss, mocked: false }
    }

    #[test]
    fn accuracy_and_age_decide_what_a_fix_is_good_for() {
        let now = |mono_ms| Moment::new(0, 0, mono_ms, BootId([0; 16])).expect("in the calendar");
        assert_eq!(quality(&fix(0, 15_000, 0), &now(60_000)), FixQuality::Good);
        assert_eq!(quality(&fix(0, 15_001, 0), &now(0)), FixQuality::Confirm);
        assert_eq!(quality(&fix(0, 50_001, 0), &now(0)), FixQuality::Weak);
        assert_eq!(quality(&fix(0, 5_000, 0), &now(60_001)), FixQuality::Weak);
    }

    #[test]
    fn a_way_faster_than_a_patrol_car_is_implausible_beyond_the_accuracies() {
        let start = fix(115_754_900, 5_000, 0);
        let kilometre_east = |mono_ms| fix(115_754_900 + 134_700, 5_000, mono_ms);
        assert!(is_way_plausible(&start, &kilometre_east(41_000)));
        assert!(!is_way_plausible(&start, &kilometre_east(30_000)));
        let coarse = Fix { accuracy_mm: 600_000, ..kilometre_east(30_000) };
        assert!(is_way_plausible(&start, &coarse));
    }
}
