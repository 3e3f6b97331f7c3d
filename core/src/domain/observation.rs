//! What was seen when: checks of a standing vehicle, and the duration between them.
//!
//! A duration offence needs two checks. Its duration is computed from them and never typed in; the thresholds of
//! the catalogue are strict, "longer than an hour" is more than 60:00. The same valve positions on two wheels at
//! all checks show that the vehicle has not moved.

use super::{DiscTime, Moment};

/// Side of the vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Left in driving direction.
    Left,
    /// Right in driving direction.
    Right,
}

/// Axle of the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axle {
    /// Front axle.
    Front,
    /// Rear axle.
    Rear,
}

/// Position on a clock face, 1 to 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct ClockPosition(u8);

/// A value that is no position on a clock face, or no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position on a clock")]
pub struct ClockError;

impl TryFrom<u8> for ClockPosition {
    type Error = ClockError;
    fn try_from(value: u8) -> Result<Self, ClockError> {
        if (1..=12).contains(&value) { Ok(Self(value)) } else { Err(ClockError) }
    }
}

impl From<ClockPosition> for u8 {
    fn from(position: ClockPosition) -> Self {
        position.0
    }
}

/// Where the valve of one wheel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Valve {
    /// Side of the wheel.
    pub side: Side,
    /// Axle of the wheel.
    pub axle: Axle,
    /// Position of the valve.
    pub clock: ClockPosition,
}

/// One look at the vehicle.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// When.
    pub at: Moment,
    /// Valve positions, if they were noted.
    #[serde(default)]
    pub valves: Vec<Valve>,
    /// Parking disc, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disc: Option<DiscTime>,
}

/// What the valves say about whether the vehicle has stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Two wheels at least stand as at the first check, and none differently.
    Unmoved,
    /// Wheels that were noted stand differently, and none the same.
    Moved,
    /// Some stand the same and some do not: one of the notes is wrong.
    Contradictory,
    /// Fewer than two wheels were noted at every check.
    Unknown,
}

/// What a duration was measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationBasis {
    /// The monotonic clock: nobody can have set it.
    Monotonic,
    /// The wall clock, because the device was restarted between the checks.
    Wall,
    /// The clock ran backwards between the checks: the duration is zero and says nothing.
    Backwards,
}

/// Whether a duration is longer than so many minutes. Strict: 60:00 is not longer than 60 minutes.
#[must_use]
pub const fn is_longer_than(duration_s: u64, minutes: u32) -> bool {
    duration_s > minutes as u64 * 60
}

/// All checks of a case and the time between the first and the last.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// In the order they were made.
    pub checks: Vec<Check>,
    /// Whole seconds between first and last check.
    pub duration_s: u64,
}

impl Observation {
    /// Puts checks together; no check gives a duration of zero.
    #[must_use]
    pub fn new(checks: Vec<Check>) -> Self {
        let duration_ms = match (checks.first(), checks.last()) {
            (Some(first), Some(last)) => last.at.since_ms(&first.at),
            _ => 0,
        };
        let duration_s = u64::try_from(duration_ms / 1000).unwrap_or(0);
        Self { checks, duration_s }
    }

    /// Whether two wheels at least show the same valve position at all checks, and none another.
    #[must_use]
    pub fn valves_unmoved(&self) -> bool {
        self.standing() == Standing::Unmoved
    }

    /// What the valves say. Checks between the first and the last count if valves were noted at them.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let [first, between @ .., last] = self.checks.as_slice() else { return Standing::Unknown };
        let noted = between.iter().filter(|check| !check.valves.is_empty());
        let compared = noted.chain(std::iter::once(last)).map(|check| compare(&first.valves, &check.valves));
        let (same, moved) =
            compared.fold((usize::MAX, 0), |(least, most), (same, moved)| (same.min(least), moved.max(most)));
        match (same, moved) {
            (2.., 0) => Standing::Unmoved,
            (_, 0) => Standing::Unknown,
            (0, _) => Standing::Moved,
            _ => Standing::Contradictory,
        }
    }

    /// What the duration was measured with. Without two checks there is none.
    #[must_use]
    pub fn duration_basis(&self) -> Option<DurationBasis> {
        let [first, .., last] = self.checks.as_slice() else { return None };
        Some(match (last.at.since_ms(&first.at), first.at.boot() == last.at.boot()) {
            (..0, _) => DurationBasis::Backwards,
            (_, true) => DurationBasis::Monotonic,
            (_, false) => DurationBasis::Wall,
        })
    }

    /// Whether the vehicle was seen longer than so many minutes. Strict.
    #[must_use]
    pub const fn is_longer_than(&self, minutes: u32) -> bool {
        is_longer_than(self.duration_s, minutes)
    }
}

/// How many wheels stand the same at two checks, and how many do not. A wheel that a check has twice does not count.
fn compare(before: &[Valve], after: &[Valve]) -> (usize, usize) {
    let mut counts = (0, 0);
    for valve in before {
        match (position(before, valve), position(after, valve)) {
            (Some(one), Some(other)) if one == other => counts.0 += 1,
            (Some(_), Some(_)) => counts.1 += 1,
            _ => {}
        }
    }
    counts
}

/// The one position that a check has for the wheel of a valve.
fn position(valves: &[Valve], wheel: &Valve) -> Option<ClockPosition> {
    let mut of_wheel = valves.iter().filter(|valve| (valve.side, valve.axle) == (wheel.side, wheel.axle));
    let only = of_wheel.next()?;
    of_wheel.next().is_none().then_some(only.clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    fn check(mono_s: u64, clock: u8) -> Check {
        let at = Moment::new(0, 0, mono_s * 1000, BootId([0; 16])).expect("in the calendar");
        let clock = ClockPosition::try_from(clock).expect("on the clock");
        let valve = |axle| Valve { side: Side::Left, axle, clock };
        Check { at, valves: vec![valve(Axle::Front), valve(Axle::Rear)], disc: None }
    }

    #[test]
    fn duration_runs_from_the_first_check_to_the_last() {
        let observation = Observation::new(vec![check(10, 5), check(20, 5), check(3_611, 5)]);
        assert_eq!(observation.duration_s, 3_601);
        assert!(observation.valves_unmoved());
        assert!(!Observation::new(vec![check(0, 5), check(60, 6)]).valves_unmoved());
        assert!(!Observation::new(vec![check(0, 5)]).valves_unmoved());
    }

    #[test]
    fn a_vehicle_that_left_and_came_back_has_moved() {
        let observation = Observation::new(vec![check(0, 5), check(60, 6), check(120, 5)]);
        assert_eq!(observation.standing(), Standing::Moved);
    }

    #[test]
    fn one_wheel_noted_twice_is_one_wheel_at_most() {
        let mut twice = check(0, 5);
        for valve in &mut twice.valves {
            valve.axle = Axle::Front;
        }
        let mut again = twice.clone();
        again.at = check(60, 5).at;
        assert_eq!(Observation::new(vec![twice, again]).standing(), Standing::Unknown);
    }

    #[test]
    fn a_disc_shows_a_time_of_day() {
        assert_eq!(DiscTime::try_from("09:30".to_owned()).map(String::from), Ok("09:30".to_owned()));
        for wrong in ["9:30", "24:00", "09:60", "+9:30", "0930"] {
            assert_eq!(DiscTime::try_from(wrong.to_owned()), Err(ClockError), "{wrong}");
        }
    }
}
