//! From the camera's local time and offset to UTC, as EXIF wants it for the position.
//!
//! EXIF writes a date as `YYYY:MM:DD` and an offset as `+HH:MM`. Offsets are shorter than a day, so UTC lies on the
//! same day or a neighbouring one. Calendar: Gregorian, no leap seconds.

/// A moment in UTC, split the way the GPS tags store it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Utc {
    /// `YYYY:MM:DD`.
    pub(super) date: String,
    /// Hours, minutes, seconds.
    pub(super) time: [u32; 3],
}

/// Converts local time (`YYYY:MM:DD HH:MM:SS`) with its offset (`+HH:MM`); `None` if either isn't written that way.
pub(super) fn to_utc(local: &str, offset: &str) -> Option<Utc> {
    let (date, time) = local.split_once(' ')?;
    let [year, month, day] = numbers(date)?;
    let [hour, minute, second] = numbers(time)?;
    let minutes = hour * 60 + minute - offset_minutes(offset)?;
    let (year, month, day) = moved((year, month, day), minutes.div_euclid(1440))?;
    let of_day = minutes.rem_euclid(1440);
    let unsigned = |value: i32| u32::try_from(value).ok();
    Some(Utc {
        date: format!("{year:04}:{month:02}:{day:02}"),
        time: [unsigned(of_day / 60)?, unsigned(of_day % 60)?, unsigned(second)?],
    })
}

fn offset_minutes(offset: &str) -> Option<i32> {
    let sign = match offset.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
}

fn numbers(text: &str) -> Option<[i32; 3]> {
    let parts: Result<Vec<i32>, _> = text.split(':').map(str::parse).collect();
    parts.ok()?.try_into().ok()
}

/// The date a day earlier (-1), the same day (0) or a day later (1).
fn moved((year, month, day): (i32, i32, i32), days: i32) -> Option<(i32, i32, i32)> {
    let day = day + days;
    if day < 1 {
        let (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
        return Some((year, month, month_length(year, month)?));
    }
    if day > month_length(year, month)? {
        return Some(if month == 12 { (year + 1, 1, 1) } else { (year, month + 1, 1) });
    }
    Some((year, month, day))
}

fn month_length(year: i32, month: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}
