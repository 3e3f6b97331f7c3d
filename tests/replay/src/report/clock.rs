//! Local time of the shift: the recording's milliseconds plus the offset that its phone showed, without a time zone
//! database. A time that the clocks show twice, in the night in which summer time ends, is written with its offset.

use crate::model::{OffsetChange, RecordingInfo};

const DAY_S: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Turns the recording's milliseconds into local time.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalClock<'a> {
    /// Seconds east of UTC at the first event.
    pub(super) offset_s: i32,
    /// Other offsets since, oldest first.
    pub(super) changes: &'a [OffsetChange],
}

impl<'a> LocalClock<'a> {
    /// The clock of a recording.
    pub(super) fn of(recording: &'a RecordingInfo) -> Self {
        Self { offset_s: recording.offset_s, changes: &recording.offset_changes }
    }

    /// Seconds east of UTC at a time.
    fn offset_at(self, at_ms: i64) -> i32 {
        self.changes.iter().rev().find(|change| change.at_ms <= at_ms).map_or(self.offset_s, |change| change.offset_s)
    }

    fn local_s(self, at_ms: i64) -> i64 {
        at_ms.div_euclid(1000).saturating_add(i64::from(self.offset_at(at_ms)))
    }

    /// The offset, if the clocks show the same time at another instant, too: `+02`.
    fn which_of_two(self, at_ms: i64) -> String {
        let here = self.offset_at(at_ms);
        let offsets = self.changes.iter().map(|change| change.offset_s).chain([self.offset_s]);
        let again = |other: i32| {
            let instant = at_ms.saturating_add((i64::from(here) - i64::from(other)) * 1000);
            other != here && self.offset_at(instant) == other
        };
        if offsets.into_iter().any(again) { short_offset(here) } else { String::new() }
    }

    /// `hh:mm:ss`.
    pub(super) fn hms(self, at_ms: i64) -> String {
        let s = self.local_s(at_ms).rem_euclid(DAY_S);
        format!("{:02}:{:02}:{:02}{}", s / 3600, s / 60 % 60, s % 60, self.which_of_two(at_ms))
    }

    /// `hh:mm`.
    pub(super) fn hm(self, at_ms: i64) -> String {
        let s = self.local_s(at_ms).rem_euclid(DAY_S);
        format!("{:02}:{:02}{}", s / 3600, s / 60 % 60, self.which_of_two(at_ms))
    }

    /// Whether two times lie on one calendar day.
    pub(super) fn same_day(self, one_ms: i64, other_ms: i64) -> bool {
        self.local_s(one_ms).div_euclid(DAY_S) == self.local_s(other_ms).div_euclid(DAY_S)
    }

    /// `Tuesday, 16 June 2026`.
    pub(super) fn date(self, at_ms: i64) -> String {
        let days = self.local_s(at_ms).div_euclid(DAY_S);
        let (year, month, day) = civil(days);
        format!("{}, {day} {} {year}", named(&WEEKDAYS, days.rem_euclid(7)), named(&MONTHS, month - 1))
    }

    /// `2026-06-16`.
    pub(super) fn iso_date(self, at_ms: i64) -> String {
        let (year, month, day) = civil(self.local_s(at_ms).div_euclid(DAY_S));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `UTC+02:00`, and what followed: `UTC+02:00, then UTC+01:00`.
    pub(super) fn zone(self) -> String {
        let offsets = [self.offset_s].into_iter().chain(self.changes.iter().map(|change| change.offset_s));
        offsets.map(zone).collect::<Vec<_>>().join(", then ")
    }
}

fn zone(offset_s: i32) -> String {
    let minutes = offset_s.unsigned_abs() / 60;
    format!("UTC{}{:02}:{:02}", sign(offset_s), minutes / 60, minutes % 60)
}

/// `+02`; with minutes where there are any.
fn short_offset(offset_s: i32) -> String {
    let minutes = offset_s.unsigned_abs() / 60;
    let rest = if minutes.is_multiple_of(60) { String::new() } else { format!(":{:02}", minutes % 60) };
    format!("{}{:02}{rest}", sign(offset_s), minutes / 60)
}

fn sign(offset_s: i32) -> char {
    if offset_s < 0 { '−' } else { '+' }
}

fn named(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("?")
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
