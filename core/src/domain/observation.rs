//! What was seen when: checks of a standing vehicle, and the duration between them.
//!
//! A duration offence needs two checks. Its duration is computed from them and never typed in; the thresholds of
//! the catalogue are strict, "longer than an hour" is more than 60:00. The same valve positions on two wheels at
//! both checks show that the vehicle has not moved.

use super::Moment;

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

/// Time shown by a parking disc, `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiscTime {
    minutes: u16,
}

impl TryFrom<String> for DiscTime {
    type Error = ClockError;
    fn try_from(text: String) -> Result<Self, ClockError> {
        let (hours, minutes) = text.split_once(':').ok_or(ClockError)?;
        if hours.len() != 2 || minutes.len() != 2 {
            return Err(ClockError);
        }
        let part = |text: &str, below: u16| match text.parse::<u16>() {
            Ok(value) if value < below && text.bytes().all(|b| b.is_ascii_digit()) => Ok(value),
            _ => Err(ClockError),
        };
        Ok(Self { minutes: part(hours, 24)? * 60 + part(minutes, 60)? })
    }
}

impl From<DiscTime> for String {
    fn from(time: DiscTime) -> Self {
        format!("{:02}:{:02}", time.minutes / 60, time.minutes % 60)
    }
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

    /// Whether two wheels at least show the same valve position at the first and at the last check.
    #[must_use]
    pub fn valves_unmoved(&self) -> bool {
        let (Some(first), Some(last)) = (self.checks.first(), self.checks.last()) else { return false };
        self.checks.len() > 1 && first.valves.iter().filter(|valve| last.valves.contains(valve)).count() >= 2
    }
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
    fn a_disc_shows_a_time_of_day() {
        assert_eq!(DiscTime::try_from("09:30".to_owned()).map(String::from), Ok("09:30".to_owned()));
        for wrong in ["9:30", "24:00", "09:60", "+9:30", "0930"] {
            assert_eq!(DiscTime::try_from(wrong.to_owned()), Err(ClockError), "{wrong}");
        }
    }
}
