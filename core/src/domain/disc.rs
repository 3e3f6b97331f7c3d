//! The parking disc: what it shows, and what that says about the time parked.
//!
//! The hand is set to the half hour after arrival, so the disc counts from there. A dial has twelve hours: 8:00 may be
//! morning or evening. Both readings are given - the latest arrival that the dial allows, which favours the driver, and
//! by how much it would be set ahead - and the officer decides.

use chrono::{Days, NaiveDateTime, NaiveTime, TimeDelta};

use super::legal_time::{instants_of, legal_wall};
use super::{ClockError, Moment};

const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;
const DIAL_MIN: u16 = 12 * 60;

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

/// What a disc says at a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscReading {
    /// Seconds since the time the disc shows, by its latest reading not after the next half hour. Negative before it.
    pub since_s: i64,
    /// Whether the disc stands on a half or full hour, as it must be set.
    pub on_half_hour: bool,
    /// Minutes by which the disc is set ahead of the next half hour if it is read forwards, 0 if it stands on it.
    pub ahead_min: u16,
}

impl DiscReading {
    /// Seconds parked beyond what is allowed; none if the time is not over. Strict: at the full minute it is not.
    #[must_use]
    pub fn over_s(&self, allowed_min: u32) -> Option<u64> {
        u64::try_from(self.since_s - i64::from(allowed_min) * 60).ok().filter(|over| *over > 0)
    }
}

impl DiscTime {
    /// Reads the disc at a check, in German legal time. None outside the calendar.
    #[must_use]
    pub fn read_at(self, at: &Moment) -> Option<DiscReading> {
        let next = next_half_hour(at.unix_ms())?;
        let shown = self.latest_before(next)?;
        let wall = legal_wall(next)?;
        let next_min =
            u16::try_from(wall.signed_duration_since(wall.date().and_time(NaiveTime::MIN)).num_minutes()).ok()?;
        let ahead_min = (self.minutes % DIAL_MIN + DIAL_MIN - next_min % DIAL_MIN) % DIAL_MIN;
        Some(DiscReading {
            since_s: (at.unix_ms() - shown).div_euclid(1_000),
            on_half_hour: self.minutes.is_multiple_of(30),
            ahead_min,
        })
    }

    /// The latest instant, not after another, at which a clock with twelve hours showed this.
    fn latest_before(self, end_ms: i64) -> Option<i64> {
        let today = legal_wall(end_ms)?.date();
        let yesterday = today.checked_sub_days(Days::new(1))?;
        let first = TimeDelta::minutes((self.minutes % DIAL_MIN).into());
        let walls = [yesterday, today].into_iter().flat_map(|day| {
            let midnight: NaiveDateTime = day.and_time(NaiveTime::MIN);
            [midnight + first, midnight + first + TimeDelta::minutes(DIAL_MIN.into())]
        });
        walls.flat_map(instants_of).filter(|instant| *instant <= end_ms).max()
    }
}

/// The next full or half hour at or after an instant. Offsets are whole hours, so this needs no zone.
fn next_half_hour(unix_ms: i64) -> Option<i64> {
    let past = unix_ms.rem_euclid(HALF_HOUR_MS);
    if past == 0 { Some(unix_ms) } else { unix_ms.checked_add(HALF_HOUR_MS - past) }
}
