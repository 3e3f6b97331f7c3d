//! Quality of a fix and plausibility of the way between two.

use geo::{Distance, Haversine, Point};

use crate::domain::{Fix, Moment};

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

/// Up to where a fix is good for what. The agency may set its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Gates {
    silent_mm: u32,
    confirm_mm: u32,
    max_age_ms: u32,
}

/// A fix would be filled in silently that is not even good enough to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the silent gate lies above the one to confirm")]
pub struct GatesError;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    silent_mm: u32,
    confirm_mm: u32,
    max_age_ms: u32,
}

impl Default for Gates {
    /// 15 m silently, since phones reach 7 to 13 m in cities; 50 m to be confirmed; 60 s.
    fn default() -> Self {
        Self { silent_mm: 15_000, confirm_mm: 50_000, max_age_ms: 60_000 }
    }
}

impl TryFrom<Wire> for Gates {
    type Error = GatesError;
    fn try_from(Wire { silent_mm, confirm_mm, max_age_ms }: Wire) -> Result<Self, GatesError> {
        Self::new(silent_mm, confirm_mm, max_age_ms)
    }
}

impl From<Gates> for Wire {
    fn from(Gates { silent_mm, confirm_mm, max_age_ms }: Gates) -> Self {
        Self { silent_mm, confirm_mm, max_age_ms }
    }
}

impl Gates {
    /// Radii of 68 % confidence in millimetres, age in milliseconds, each included.
    ///
    /// # Errors
    /// [`GatesError`] if the first radius is larger than the second.
    pub const fn new(silent_mm: u32, confirm_mm: u32, max_age_ms: u32) -> Result<Self, GatesError> {
        if silent_mm > confirm_mm { Err(GatesError) } else { Ok(Self { silent_mm, confirm_mm, max_age_ms }) }
    }

    /// Judges a fix at the moment it is used. One that came later than that moment is not too old.
    #[must_use]
    pub fn judge(&self, fix: &Fix, now: &Moment) -> FixQuality {
        let age = now.since_ms(&fix.at);
        if !fix.is_on_globe() || age > i64::from(self.max_age_ms) || fix.accuracy_mm > self.confirm_mm {
            FixQuality::Weak
        } else if fix.accuracy_mm > self.silent_mm {
            FixQuality::Confirm
        } else {
            FixQuality::Good
        }
    }
}

/// Judges a fix at the moment it is used, by the default gates.
#[must_use]
pub fn quality(fix: &Fix, now: &Moment) -> FixQuality {
    Gates::default().judge(fix, now)
}

/// Distance in metres on a sphere; up to 0.34 % off, which is far below a fix's accuracy within a town.
#[must_use]
pub fn distance_m(from: (f64, f64), to: (f64, f64)) -> f64 {
    let point = |(lat, lon): (f64, f64)| Point::new(lon, lat);
    Haversine.distance(point(from), point(to))
}

/// Whether a patrol can have gone from one fix to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// It can.
    Plausible,
    /// Not even if both fixes are as far off as they may be.
    Implausible {
        /// The speed it would have taken at least, metres a second.
        speed_m_s: f64,
    },
    /// The monotonic clock does not say how long it took: another boot, or in reverse order.
    Unknown,
}

/// Judges the way between two fixes by the monotonic clock and a speed in metres a second. Both accuracies count in the
/// patrol's favour, and less than a second counts as one.
#[must_use]
pub fn judge_way(from: &Fix, to: &Fix, max_speed_m_s: f64) -> Way {
    let elapsed_ms = to.at.since_ms(&from.at);
    if from.at.boot() != to.at.boot() || elapsed_ms < 0 {
        return Way::Unknown;
    }
    let tolerance = f64::from(from.accuracy_mm.saturating_add(to.accuracy_mm)) / 1000.0;
    let seconds = u32::try_from(elapsed_ms / 1000).map_or(f64::MAX, f64::from).max(1.0);
    let speed_m_s = (distance_m(from.degrees(), to.degrees()) - tolerance) / seconds;
    if speed_m_s > max_speed_m_s { Way::Implausible { speed_m_s } } else { Way::Plausible }
}

/// Whether a patrol car can have gone from one fix to the other in a town; a way that cannot be judged is held against
/// nobody.
#[must_use]
pub fn is_way_plausible(from: &Fix, to: &Fix) -> bool {
    !matches!(judge_way(from, to, MAX_SPEED_M_S), Way::Implausible { .. })
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
        assert_eq!(quality(&fix(0, 50_000, 0), &now(0)), FixQuality::Confirm);
        assert_eq!(quality(&fix(0, 50_001, 0), &now(0)), FixQuality::Weak);
        assert_eq!(quality(&fix(0, 5_000, 0), &now(60_001)), FixQuality::Weak);
        assert_eq!(quality(&fix(0, 5_000, 60_001), &now(0)), FixQuality::Good, "later than the first check");
        let off_the_globe = Fix { lat_e7: 900_000_001, ..fix(0, 5_000, 0) };
        assert_eq!(quality(&off_the_globe, &now(0)), FixQuality::Weak);
    }

    #[test]
    fn an_agency_sets_its_own_gates_and_only_sound_ones() {
        let gates: Gates =
            serde_json::from_str(r#"{"silent_mm":5000,"confirm_mm":9000,"max_age_ms":1000}"#).expect("sound");
        assert_eq!(gates.judge(&fix(0, 5_000, 0), &fix(0, 0, 1_000).at), FixQuality::Good);
        assert_eq!(gates.judge(&fix(0, 5_001, 0), &fix(0, 0, 0).at), FixQuality::Confirm);
        assert_eq!(gates.judge(&fix(0, 9_001, 0), &fix(0, 0, 0).at), FixQuality::Weak);
        assert_eq!(gates.judge(&fix(0, 1, 0), &fix(0, 0, 1_001).at), FixQuality::Weak);
        let unsound = r#"{"silent_mm":9001,"confirm_mm":9000,"max_age_ms":1000}"#;
        assert!(serde_json::from_str::<Gates>(unsound).is_err());
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

    #[test]
    fn a_way_that_the_monotonic_clock_did_not_measure_is_not_judged() {
        let (start, end) = (fix(115_754_900, 5_000, 10_000), fix(125_754_900, 5_000, 11_000));
        assert!(matches!(judge_way(&start, &end, 25.0), Way::Implausible { speed_m_s } if speed_m_s > 70_000.0));
        assert_eq!(judge_way(&end, &start, 25.0), Way::Unknown, "in reverse order");
        let booted = Moment::new(3_600_000, 0, 11_000, BootId([1; 16])).expect("in the calendar");
        assert_eq!(judge_way(&start, &Fix { at: booted, ..end }, 25.0), Way::Unknown, "another boot");
    }

    #[test]
    fn a_wall_clock_that_was_set_makes_nobody_fly() {
        let (start, end) = (fix(115_754_900, 5_000, 0), fix(115_754_900 + 134_700, 5_000, 60_000));
        let set_back = Moment::new(-86_400_000, 0, 60_000, BootId([0; 16])).expect("in the calendar");
        assert_eq!(judge_way(&start, &Fix { at: set_back, ..end }, 25.0), Way::Plausible);
    }
}
