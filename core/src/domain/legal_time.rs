//! German legal time, from the instant alone.
//!
//! Summer time runs from the last Sunday of March to the last Sunday of October, changing at 01:00 UTC (directive
//! 2000/84/EC; the rule holds since 1996). Which day an offence was committed on must not depend on the zone a phone was
//! set to, and the phone's table of zones may be years old. If the rule is abolished, this file changes.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};

use super::{Moment, MomentError};

const WINTER_S: i32 = 3_600;
const SUMMER_S: i32 = 7_200;

/// Seconds east of UTC in Germany at an instant, milliseconds since 1970 UTC. None outside the calendar.
#[must_use]
pub fn legal_offset_s(unix_ms: i64) -> Option<i32> {
    let instant = DateTime::from_timestamp_millis(unix_ms)?;
    let (begins, ends) = (change(instant.year(), 3)?, change(instant.year(), 10)?);
    Some(if (begins..ends).contains(&instant) { SUMMER_S } else { WINTER_S })
}

/// 01:00 UTC of the last Sunday of a month with 31 days.
fn change(year: i32, month: u32) -> Option<DateTime<Utc>> {
    let last = NaiveDate::from_ymd_opt(year, month, 31)?;
    let after_sunday = last.weekday().days_since(Weekday::Sun);
    let sunday = last.checked_sub_signed(Duration::days(i64::from(after_sunday)))?;
    Some(sunday.and_hms_opt(1, 0, 0)?.and_utc())
}

/// Wall time in Germany at an instant. None outside the calendar.
pub(super) fn legal_wall(unix_ms: i64) -> Option<NaiveDateTime> {
    let offset = TimeDelta::seconds(legal_offset_s(unix_ms)?.into());
    DateTime::from_timestamp_millis(unix_ms)?.naive_utc().checked_add_signed(offset)
}

/// Calendar day in Germany at an instant, milliseconds since 1970 UTC. None outside the calendar.
#[must_use]
pub fn legal_date(unix_ms: i64) -> Option<NaiveDate> {
    legal_wall(unix_ms).map(|wall| wall.date())
}

/// Calendar day in Germany at a moment, whatever offset the device showed.
///
/// # Errors
/// [`MomentError`] at the very ends of the calendar.
pub fn legal_day(moment: &Moment) -> Result<NaiveDate, MomentError> {
    legal_date(moment.unix_ms()).ok_or(MomentError)
}

/// Whether a moment lies in the hour that German legal time has twice. Formats that drop the offset need a note then.
#[must_use]
pub fn is_in_repeated_hour(moment: &Moment) -> bool {
    legal_wall(moment.unix_ms()).is_some_and(|wall| instants_of(wall).count() == 2)
}

/// Whether the device showed German legal time.
#[must_use]
pub fn shows_legal_time(moment: &Moment) -> bool {
    legal_offset_s(moment.unix_ms()) == Some(moment.offset_s())
}

/// The instants at which German clocks show a wall time: one, two in the repeated hour, none in the skipped one.
pub(super) fn instants_of(wall: NaiveDateTime) -> impl Iterator<Item = i64> {
    [SUMMER_S, WINTER_S].into_iter().filter_map(move |offset| {
        let instant = wall.and_utc().timestamp_millis().checked_sub(i64::from(offset) * 1_000)?;
        (legal_offset_s(instant) == Some(offset)).then_some(instant)
    })
}
