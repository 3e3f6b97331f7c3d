//! Facts from the EXIF block: time, position, orientation. An allow-list of tags on a capped block.
//!
//! All fields of a block are never walked, because a 66 KB file can make that cost gigabytes. A block that is partly
//! unreadable gives what it can. Values that a platform has blanked out (0/0) are a state of their own and never a
//! position in the Gulf of Guinea.

use exif::{Exif, In, Reader, Tag, Value};

use super::limits;
use crate::domain::{ExifFacts, GpsState};

/// Reads the facts from the first bytes of a JPEG.
pub(super) fn facts(head: &[u8]) -> ExifFacts {
    let Some(exif) = block(head).and_then(parse) else { return ExifFacts::default() };
    let (gps, position) = position(&exif);
    ExifFacts {
        taken: text(&exif, Tag::DateTimeOriginal).and_then(|text| iso_time(&text)),
        offset: text(&exif, Tag::OffsetTimeOriginal).filter(|text| is_offset(text)),
        lat_e7: position.map(|(lat, _)| lat),
        lon_e7: position.map(|(_, lon)| lon),
        gps,
        orientation: orientation(&exif),
    }
}

/// The TIFF block of the first APP1 "Exif" segment, as far as it lies in `head`.
fn block(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head.get(2..)?;
    loop {
        let (marker, tail) = rest.split_first_chunk::<4>()?;
        let [0xff, code @ 0xc0..=0xff, high, low] = *marker else { return None };
        let body = tail.get(..usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?)?;
        match (code, body.strip_prefix(b"Exif\0\0")) {
            (0xe1, Some(tiff)) if tiff.len() <= limits::EXIF_BYTES => return Some(tiff),
            (0xda, _) => return None,
            _ => rest = tail.get(body.len()..)?,
        }
    }
}

fn parse(tiff: &[u8]) -> Option<Exif> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    reader.read_raw(tiff.to_vec()).or_else(|error| error.distill_partial_result(|_| {})).ok()
}

fn value(exif: &Exif, tag: Tag) -> Option<&Value> {
    exif.get_field(tag, In::PRIMARY).map(|field| &field.value)
}

/// ASCII up to the first NUL; anything else in it makes it worthless.
fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(parts) = value(exif, tag)? else { return None };
    let text = parts.first()?.split(|byte| *byte == 0).next()?;
    let printable = text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    printable.then(|| String::from_utf8_lossy(text).trim().to_owned())
}

/// `2026:06:16 06:14:05` to `2026-06-16T06:14:05`, if it is a time at all.
fn iso_time(exif: &str) -> Option<String> {
    let time = chrono::NaiveDateTime::parse_from_str(exif, "%Y:%m:%d %H:%M:%S").ok()?;
    if exif.ends_with(":60") {
        return None; // a leap second, which no camera means
    }
    Some(time.format("%Y-%m-%dT%H:%M:%S").to_string())
}

fn is_offset(text: &str) -> bool {
    text.len() == 6 && chrono::DateTime::parse_from_rfc3339(&format!("2000-01-01T00:00:00{text}")).is_ok()
}

/// 1 to 8; some cameras write it as a signed or longer integer, or not at all.
fn orientation(exif: &Exif) -> u8 {
    let number = match value(exif, Tag::Orientation) {
        Some(Value::SLong(values)) => values.first().and_then(|value| u32::try_from(*value).ok()),
        Some(other) => other.get_uint(0),
        None => None,
    };
    number.and_then(|number| u8::try_from(number).ok()).filter(|number| (1..=8).contains(number)).unwrap_or(1)
}

fn position(exif: &Exif) -> (GpsState, Option<(i32, i32)>) {
    let tags = [Tag::GPSLatitude, Tag::GPSLongitude].map(|tag| value(exif, tag));
    let [Some(lat), Some(lon)] = tags else {
        let pointer = value(exif, Tag::GPSInfoIFDPointer).is_some();
        let half = tags.iter().any(Option::is_some);
        return (if half || pointer && has_gps(exif) { GpsState::Unreadable } else { GpsState::Absent }, None);
    };
    let sign = |tag, negative| text(exif, tag).map(|letter| if letter == negative { -1.0 } else { 1.0 });
    match (degrees(lat), degrees(lon), sign(Tag::GPSLatitudeRef, "S"), sign(Tag::GPSLongitudeRef, "W")) {
        (Degrees::Undefined, ..) | (_, Degrees::Undefined, ..) => (GpsState::Redacted, None),
        (Degrees::Value(lat), Degrees::Value(lon), Some(ns), Some(ew)) => on_globe(lat * ns, lon * ew),
        _ => (GpsState::Unreadable, None),
    }
}

fn has_gps(exif: &Exif) -> bool {
    [Tag::GPSLatitudeRef, Tag::GPSLongitudeRef].iter().any(|tag| value(exif, *tag).is_some())
}

fn on_globe(lat: f64, lon: f64) -> (GpsState, Option<(i32, i32)>) {
    if lat == 0.0 && lon == 0.0 {
        return (GpsState::Absent, None); // a receiver without a fix
    }
    let e7 = |degrees: f64, limit: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "within +-1.8e9 by the check before")]
        (degrees.abs() <= limit).then(|| (degrees * 1e7).round() as i32)
    };
    match (e7(lat, 90.0), e7(lon, 180.0)) {
        (Some(lat), Some(lon)) => (GpsState::Present, Some((lat, lon))),
        _ => (GpsState::Unreadable, None),
    }
}

enum Degrees {
    Value(f64),
    /// 0/0 in degrees or minutes.
    Undefined,
    Wrong,
}

fn degrees(value: &Value) -> Degrees {
    let fractions: Vec<(f64, f64)> = match value {
        Value::Rational(parts) => parts.iter().map(|part| (part.num.into(), part.denom.into())).collect(),
        Value::SRational(parts) => parts.iter().map(|part| (part.num.into(), part.denom.into())).collect(),
        _ => return Degrees::Wrong,
    };
    let [degrees, minutes, seconds] = *fractions.as_slice() else { return Degrees::Wrong };
    let quotient = |(numerator, denominator): (f64, f64)| (denominator != 0.0).then(|| numerator / denominator);
    // Seconds may be undefined where the minutes carry the fraction.
    match (quotient(degrees), quotient(minutes), quotient(seconds)) {
        (Some(degrees), Some(minutes), seconds) if seconds.is_some() || minutes.fract() != 0.0 => {
            Degrees::Value(degrees + minutes / 60.0 + seconds.unwrap_or(0.0) / 3600.0)
        }
        _ => Degrees::Undefined,
    }
}
