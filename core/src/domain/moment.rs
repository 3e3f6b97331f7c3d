//! A moment as the phone knew it: wall time with its offset, monotonic time and the boot it counts from.
//!
//! The wall clock of a phone can be wrong or be set during a shift, so it never stands alone: durations come from
//! the monotonic clock where both moments share a boot. The offset is kept because the hour from 2 to 3 happens
//! twice each October, and only the offset tells which one was meant.

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, TimeZone};

use super::hex::{HexError, from_hex, to_hex};

/// Identifies one run of the device's monotonic clock (16 bytes, new at each boot).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BootId(pub [u8; 16]);

impl TryFrom<String> for BootId {
    type Error = HexError;
    fn try_from(text: String) -> Result<Self, HexError> {
        from_hex(&text).map(Self)
    }
}

impl From<BootId> for String {
    fn from(boot: BootId) -> Self {
        to_hex(&boot.0)
    }
}

/// A time that no calendar can hold, or an offset that no zone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time outside what a calendar can hold")]
pub struct MomentError;

/// A moment with its wall time, offset, monotonic time and boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Moment {
    unix_ms: i64,
    offset_s: i32,
    mono_ms: u64,
    boot: BootId,
}

impl Moment {
    /// Builds a moment from what a clock read.
    ///
    /// `unix_ms` is milliseconds since 1970 UTC, `offset_s` seconds east of UTC, `mono_ms` milliseconds of a clock
    /// that never steps, counted from the start of `boot`.
    ///
    /// # Errors
    /// [`MomentError`] if the calendar cannot express the time.
    pub fn new(unix_ms: i64, offset_s: i32, mono_ms: u64, boot: BootId) -> Result<Self, MomentError> {
        civil(unix_ms, offset_s)?;
        Ok(Self { unix_ms, offset_s, mono_ms, boot })
    }

    /// Milliseconds since 1970 UTC, by the device's wall clock.
    #[must_use]
    pub const fn unix_ms(&self) -> i64 {
        self.unix_ms
    }

    /// Seconds east of UTC that the device showed.
    #[must_use]
    pub const fn offset_s(&self) -> i32 {
        self.offset_s
    }

    /// Milliseconds of the monotonic clock.
    #[must_use]
    pub const fn mono_ms(&self) -> u64 {
        self.mono_ms
    }

    /// The boot that [`Self::mono_ms`] counts from.
    #[must_use]
    pub const fn boot(&self) -> BootId {
        self.boot
    }

    /// RFC 3339 with milliseconds and a numeric offset.
    #[must_use]
    pub fn to_rfc3339(&self) -> String {
        civil(self.unix_ms, self.offset_s).map_or_else(
            |_| String::new(), // unreachable: the constructors have checked it
            |time| time.to_rfc3339_opts(SecondsFormat::Millis, false),
        )
    }

    /// Calendar date and time as shown on the device.
    ///
    /// # Errors
    /// Never for a constructed moment; the signature is the calendar's.
    pub fn civil(&self) -> Result<DateTime<FixedOffset>, MomentError> {
        civil(self.unix_ms, self.offset_s)
    }

    /// Milliseconds from `earlier` to this moment: by the monotonic clock within one boot, else by wall time.
    /// Negative if the wall clock was set back across a reboot.
    #[must_use]
    pub fn since_ms(&self, earlier: &Self) -> i64 {
        if self.boot == earlier.boot {
            let difference = i128::from(self.mono_ms) - i128::from(earlier.mono_ms);
            i64::try_from(difference).unwrap_or(i64::MAX)
        } else {
            self.unix_ms.saturating_sub(earlier.unix_ms)
        }
    }
}

fn civil(unix_ms: i64, offset_s: i32) -> Result<DateTime<FixedOffset>, MomentError> {
    let offset = FixedOffset::east_opt(offset_s).ok_or(MomentError)?;
    let time = offset.timestamp_millis_opt(unix_ms).single().ok_or(MomentError)?;
    // Years of four digits: others have no spelling in RFC 3339.
    if (0..=9999).contains(&time.year()) { Ok(time) } else { Err(MomentError) }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    at: String,
    mono_ms: u64,
    boot: BootId,
}

impl TryFrom<Wire> for Moment {
    type Error = MomentError;
    fn try_from(wire: Wire) -> Result<Self, MomentError> {
        let time = DateTime::parse_from_rfc3339(&wire.at).map_err(|_| MomentError)?;
        Self::new(time.timestamp_millis(), time.offset().local_minus_utc(), wire.mono_ms, wire.boot)
    }
}

impl From<Moment> for Wire {
    fn from(moment: Moment) -> Self {
        Self { at: moment.to_rfc3339(), mono_ms: moment.mono_ms, boot: moment.boot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: BootId = BootId([1; 16]);

    #[test]
    fn the_repeated_hour_keeps_its_offset() {
        let summer: Moment = serde_json::from_str(
            r#"{"at":"2026-10-25T02:30:00.000+02:00","mono_ms":0,"boot":"01010101010101010101010101010101"}"#,
        )
        .expect("well-formed");
        let winter = Moment::new(summer.unix_ms() + 3_600_000, 3600, 3_600_000, BOOT).expect("in the calendar");
        assert_eq!(winter.to_rfc3339(), "2026-10-25T02:30:00.000+01:00");
        assert_eq!(winter.since_ms(&summer), 3_600_000);
    }

    #[test]
    fn a_set_clock_does_not_change_a_duration() {
        let before = Moment::new(1_000_000, 0, 5_000, BOOT).expect("in the calendar");
        let after = Moment::new(0, 0, 65_000, BOOT).expect("in the calendar");
        assert_eq!(after.since_ms(&before), 60_000);
    }

    #[test]
    fn a_time_outside_the_calendar_is_refused() {
        assert_eq!(Moment::new(i64::MAX, 0, 0, BOOT), Err(MomentError));
        assert_eq!(Moment::new(0, 90_000, 0, BOOT), Err(MomentError));
    }
}
