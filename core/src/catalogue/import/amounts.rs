//! Amounts, days and thresholds as foreign catalogues write them.

use chrono::{DateTime, Datelike, NaiveDate};

use crate::domain::{Money, legal_date};

/// From this year on a last day means "until further notice".
const FOR_EVER: i32 = 2099;

/// Euros with at most two decimals after a dot or a comma.
pub fn euros(text: &str) -> Option<Money> {
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 2 {
        return None;
    }
    let cents: u32 = format!("{decimals:0<2}").parse().ok()?;
    Some(Money(whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(cents)?))
}

/// A day as `2021-11-09`, `09.11.2021`, or a moment with an offset, of which the day of German legal time counts.
pub fn day(text: &str) -> Option<NaiveDate> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return legal_date(moment.timestamp_millis());
    }
    let format = if text.contains('.') { "%d.%m.%Y" } else { "%Y-%m-%d" };
    NaiveDate::parse_from_str(text, format).ok().filter(|day| (1900..=9999).contains(&day.year()))
}

/// A last day; none if there is no end.
pub fn last_day(text: &str) -> Option<Option<NaiveDate>> {
    if text.is_empty() {
        return Some(None);
    }
    day(text).map(|day| Some(day).filter(|day| day.year() < FOR_EVER))
}

/// Minutes of "länger als 1 Stunde", if a wording says so: the strict threshold of a duration offence.
pub fn threshold(wording: &str) -> Option<u32> {
    let (_, after) = wording.split_once("änger als ")?;
    let mut words = after.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    let count = match words.next()? {
        "eine" => 1,
        "zwei" => 2,
        "drei" => 3,
        digits => digits.parse::<u32>().ok()?,
    };
    let minutes = match words.next()? {
        "Minute" | "Minuten" => 1,
        "Stunde" | "Stunden" => 60,
        "Tag" | "Tage" => 24 * 60,
        "Woche" | "Wochen" => 7 * 24 * 60,
        _ => return None,
    };
    count.checked_mul(minutes)
}

/// The number in the schedule of fines out of a legal basis such as `§ 12 Abs. 4 StVO; 52a.1 BKat; § 19 OWiG`.
pub fn schedule(basis: &str) -> Option<String> {
    let part = basis.split(';').map(str::trim).find_map(|part| part.strip_suffix("BKat"))?.trim();
    let is_number = part.starts_with(|sign: char| sign.is_ascii_digit());
    (is_number && part.len() <= 40).then(|| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_none() {
        for (text, cents) in
            [("55", 5_500), ("55.0", 5_500), ("55,00", 5_500), ("7.5", 750), ("0", 0), ("000055", 5_500)]
        {
            assert_eq!(euros(text), Some(Money(cents)), "{text}");
        }
        for wrong in ["", "55.", ".5", "-5", "5.001", "1.234,50", "5 €", "99999999999"] {
            assert_eq!(euros(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_is_the_day_of_german_legal_time() {
        let expected = NaiveDate::from_ymd_opt(2021, 7, 28);
        for text in ["2021-07-28", "28.07.2021", "2021-07-28T00:00:00.000+02:00", "2021-07-27T22:00:00Z"] {
            assert_eq!(day(text), expected, "{text}");
        }
        for wrong in ["", "2021-02-29", "31.4.21x", "20210728", "28/07/2021"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
        assert_eq!(last_day(""), Some(None));
        assert_eq!(last_day("2099-12-31"), Some(None));
        assert_eq!(last_day("never"), None);
    }

    #[test]
    fn a_threshold_is_read_from_the_wording() {
        assert_eq!(threshold("Sie parkten länger als 1 Stunde"), Some(60));
        assert_eq!(threshold("… Parkschein - länger als 30 Minuten."), Some(30));
        assert_eq!(threshold("… ohne Zugfahrzeug länger als zwei Wochen *)."), Some(20_160));
        assert_eq!(threshold("Länger als 3 Stunden"), Some(180));
        assert_eq!(threshold("länger als erlaubt"), None);
        assert_eq!(threshold("länger als 4294967295 Wochen"), None);
    }

    #[test]
    fn the_schedule_of_fines_is_found_in_the_legal_basis() {
        assert_eq!(schedule("§ 12 StVO; § 24 StVG; 52a.1 BKat; § 19 OWiG").as_deref(), Some("52a.1"));
        assert_eq!(schedule("§ 1 StVO; -- BKat"), None);
    }
}
