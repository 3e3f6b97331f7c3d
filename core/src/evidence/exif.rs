//! Facts from the EXIF block: time, position, orientation. An allow-list of tags on a capped block.
//!
//! All fields of a block are never walked, because a 66 KB file can make that cost gigabytes; how many there are is
//! counted before. A block that is partly unreadable gives what it can. Values that a platform has blanked out (0/0) are
//! a state of their own and never a position in the Gulf of Guinea.
//!
//! The tags: orientation; time and offset of the exposure; size of the picture; latitude and longitude with their
//! hemispheres; date and time of the satellites. Serial numbers, owner's names, notes of the maker and the small picture
//! inside are not read.

use exif::{Exif, In, Reader, Tag, Value};

use super::directories::{Census, census};
use super::limits::LIMITS;
use crate::domain::{ExifFacts, GpsState};

/// What a block says, and what of it is only looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// What goes into the record.
    pub facts: ExifFacts,
    /// Width and height that the picture had when the block was written.
    pub size: Option<(u32, u32)>,
    /// The position was 0 degrees north, 0 degrees east; the facts say that there is none.
    pub null_island: bool,
}

/// Reads the claims of a TIFF block as it lies in a photo. A block that is there and cannot be read leaves the position
/// [`GpsState::Unreadable`].
#[must_use]
pub fn claims(tiff: &[u8]) -> Claims {
    let capped = tiff.get(..LIMITS.exif_bytes).unwrap_or(tiff);
    let read = census(capped).and_then(|census| Some((census, parse(capped)?)));
    match read {
        Some((census, exif)) => of(&exif, census),
        None => Claims { facts: ExifFacts { gps: GpsState::Unreadable, ..ExifFacts::default() }, ..Claims::default() },
    }
}

fn of(exif: &Exif, census: Census) -> Claims {
    let (gps, position) = position(exif, census);
    let null_island = position == Some((0, 0));
    let position = position.filter(|_| !null_island);
    let facts = ExifFacts {
        taken: text(exif, Tag::DateTimeOriginal).and_then(|text| iso_time(&text)),
        offset: text(exif, Tag::OffsetTimeOriginal).filter(|text| is_offset(text)),
        lat_e7: position.map(|(lat, _)| lat),
        lon_e7: position.map(|(_, lon)| lon),
        gps: if null_island { GpsState::Absent } else { gps },
        orientation: orientation(exif),
        utc: utc(exif),
    };
    let side = |tag| value(exif, tag).and_then(|value| value.get_uint(0));
    let size = side(Tag::PixelXDimension).zip(side(Tag::PixelYDimension)).filter(|(x, y)| *x > 0 && *y > 0);
    Claims { facts, size, null_island }
}

/// The TIFF block of the first APP1 "Exif" segment, as far as it lies in `head`.
pub(super) fn block(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head.get(2..)?;
    loop {
        let (marker, tail) = rest.split_first_chunk::<4>()?;
        let [0xff, code @ 0xc0..=0xff, high, low] = *marker else { return None };
        let body = tail.get(..usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?)?;
        match (code, body.strip_prefix(b"Exif\0\0")) {
            (0xe1, Some(tiff)) => return Some(tiff),
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

/// Date and time of the satellites. Fractions of a second are dropped.
fn utc(exif: &Exif) -> Option<String> {
    let date = chrono::NaiveDate::parse_from_str(&text(exif, Tag::GPSDateStamp)?, "%Y:%m:%d").ok()?;
    let fractions = fractions(value(exif, Tag::GPSTimeStamp)?)?;
    let [hours, minutes, seconds] = *fractions.as_slice() else { return None };
    let whole = |part, limit: f64| {
        let value = quotient(part)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 59 by the check")]
        (0.0..limit).contains(&value).then_some(value as u32)
    };
    let time = date.and_hms_opt(whole(hours, 24.0)?, whole(minutes, 60.0)?, whole(seconds, 60.0)?)?;
    Some(time.format("%Y-%m-%dT%H:%M:%S").to_string())
}

/// The position in 1e-7 degrees and what there is of it.
fn position(exif: &Exif, census: Census) -> (GpsState, Option<(i32, i32)>) {
    let tags = [Tag::GPSLatitude, Tag::GPSLongitude].map(|tag| value(exif, tag));
    let [Some(lat), Some(lon)] = tags else {
        // A directory without a position is that of a camera whose receiver is off; a pointer to nothing is damage.
        let half = tags.iter().any(Option::is_some) || has_hemisphere(exif);
        let lost = half || census.names_gps && !has_gps(exif);
        return (if lost { GpsState::Unreadable } else { GpsState::Absent }, None);
    };
    let sign = |tag, negative| text(exif, tag).map(|letter| if letter == negative { -1.0 } else { 1.0 });
    match (degrees(lat), degrees(lon), sign(Tag::GPSLatitudeRef, "S"), sign(Tag::GPSLongitudeRef, "W")) {
        (Degrees::Undefined, ..) | (_, Degrees::Undefined, ..) => (GpsState::Redacted, None),
        (Degrees::Value(lat), Degrees::Value(lon), Some(ns), Some(ew)) => on_globe(lat * ns, lon * ew),
        _ => (GpsState::Unreadable, None),
    }
}

/// Hemispheres without degrees: the degrees are there and of a kind that is not read. A platform that blanks out
/// everything leaves the letters empty.
fn has_hemisphere(exif: &Exif) -> bool {
    let letter = |tag| text(exif, tag).is_some_and(|letter| !letter.is_empty());
    [Tag::GPSLatitudeRef, Tag::GPSLongitudeRef].into_iter().any(letter)
}

fn has_gps(exif: &Exif) -> bool {
    let known = [
        Tag::GPSVersionID,
        Tag::GPSLatitudeRef,
        Tag::GPSLongitudeRef,
        Tag::GPSAltitudeRef,
        Tag::GPSAltitude,
        Tag::GPSTimeStamp,
        Tag::GPSDateStamp,
        Tag::GPSMapDatum,
        Tag::GPSStatus,
        Tag::GPSProcessingMethod,
    ];
    known.into_iter().any(|tag| value(exif, tag).is_some())
}

fn on_globe(lat: f64, lon: f64) -> (GpsState, Option<(i32, i32)>) {
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

/// Fractions, signed or not: some phones write the signed kind.
fn fractions(value: &Value) -> Option<Vec<(f64, f64)>> {
    match value {
        Value::Rational(parts) => Some(parts.iter().map(|part| (part.num.into(), part.denom.into())).collect()),
        Value::SRational(parts) => Some(parts.iter().map(|part| (part.num.into(), part.denom.into())).collect()),
        _ => None,
    }
}

fn quotient((numerator, denominator): (f64, f64)) -> Option<f64> {
    (denominator != 0.0).then(|| numerator / denominator)
}

fn degrees(value: &Value) -> Degrees {
    let Some(fractions) = fractions(value) else { return Degrees::Wrong };
    let [degrees, minutes, seconds] = *fractions.as_slice() else { return Degrees::Wrong };
    // Seconds may be undefined where the minutes carry the fraction.
    match (quotient(degrees), quotient(minutes), quotient(seconds)) {
        (Some(degrees), Some(minutes), seconds) if seconds.is_some() || minutes.fract() != 0.0 => {
            Degrees::Value(degrees + minutes / 60.0 + seconds.unwrap_or(0.0) / 3600.0)
        }
        _ => Degrees::Undefined,
    }
}
