//! Local time of the shift: the recording's milliseconds plus its one offset, without a time zone database.

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
pub(super) struct LocalClock {
    /// Seconds east of UTC.
    pub(super) offset_s: i32,
}

impl LocalClock {
    fn local_s(self, at_ms: i64) -> i64 {
        at_ms.div_euclid(1000).saturating_add(i64::from(self.offset_s))
    }

    /// `hh:mm:ss`.
    pub(super) fn hms(self, at_ms: i64) -> String {
        let s = self.local_s(at_ms).rem_euclid(DAY_S);
        format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }

    /// `hh:mm`.
    pub(super) fn hm(self, at_ms: i64) -> String {
        let s = self.local_s(at_ms).rem_euclid(DAY_S);
        format!("{:02}:{:02}", s / 3600, s / 60 % 60)
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

    /// `UTC+02:00`.
    pub(super) fn zone(self) -> String {
        let minutes = self.offset_s.unsigned_abs() / 60;
        let sign = if self.offset_s < 0 { '−' } else { '+' };
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
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
