//! The EXIF block of a photo (EXIF 2.32, CIPA DC-008): camera, orientation, local time with offset, and the fix.
//!
//! The texts of [`PhotoSpec`] are written as they are, so a test can make a photo with an unreadable time. Only the
//! GPS date and time need arithmetic; they are left out if the local time can't be read. Without a fix there is no GPS
//! directory at all, as on a phone whose owner refused the location.

use super::PhotoSpec;
use super::clock::{Utc, to_utc};
use super::tiff::{self, Field};

/// Parts of a second of arc that the position keeps: 0.3 mm on the ground.
const SECOND_PARTS: u32 = 100_000;

/// The TIFF file that goes behind `Exif\0\0`.
pub(super) fn block(spec: &PhotoSpec) -> Vec<u8> {
    let gps = spec.fix.map(|fix| gps(fix, to_utc(&spec.taken_local, &spec.utc_offset)));
    let detail = detail(spec);
    let base = tiff::HEADER.len();
    let detail_at = base + tiff::length(&camera(spec, 0, gps.as_ref().map(|_| 0)));
    let gps_at = detail_at + tiff::length(&detail);
    let camera = camera(spec, detail_at, gps.as_ref().map(|_| gps_at));
    let mut file = tiff::HEADER.to_vec();
    file.extend(tiff::directory(&camera, base));
    file.extend(tiff::directory(&detail, detail_at));
    if let Some(gps) = gps {
        file.extend(tiff::directory(&gps, gps_at));
    }
    file
}

/// The first directory: the camera and where the other directories lie.
fn camera(spec: &PhotoSpec, detail_at: usize, gps_at: Option<usize>) -> Vec<Field> {
    let mut fields = vec![
        Field::text(0x010F, "Streife"),
        Field::text(0x0110, "Simulated 12 MP"),
        Field::short(0x0112, u16::from(spec.orientation)),
        Field::fractions(0x011A, &[(72, 1)]),
        Field::fractions(0x011B, &[(72, 1)]),
        Field::short(0x0128, 2),
        Field::text(0x0132, &spec.taken_local),
        Field::short(0x0213, 1),
        Field::long(0x8769, offset(detail_at)),
    ];
    fields.extend(gps_at.map(|at| Field::long(0x8825, offset(at))));
    fields
}

/// The directory of the exposure: version, times, size.
fn detail(spec: &PhotoSpec) -> Vec<Field> {
    vec![
        Field::bytes(0x9000, 7, b"0232"),
        Field::text(0x9003, &spec.taken_local),
        Field::text(0x9011, &spec.utc_offset),
        Field::bytes(0x9101, 7, &[1, 2, 3, 0]),
        Field::text(0x9291, &format!("{:03}", spec.seed % 1000)),
        Field::bytes(0xA000, 7, b"0100"),
        Field::short(0xA001, 1),
        Field::long(0xA002, spec.width),
        Field::long(0xA003, spec.height),
    ]
}

/// The directory of the position.
fn gps((latitude, longitude): (f64, f64), utc: Option<Utc>) -> Vec<Field> {
    let side = |value: f64, plus: &'static str, minus: &'static str| if value < 0.0 { minus } else { plus };
    let mut fields = vec![
        Field::bytes(0x0000, 1, &[2, 3, 0, 0]),
        Field::text(0x0001, side(latitude, "N", "S")),
        Field::fractions(0x0002, &sexagesimal(latitude)),
        Field::text(0x0003, side(longitude, "E", "W")),
        Field::fractions(0x0004, &sexagesimal(longitude)),
    ];
    if let Some(Utc { date, time }) = utc {
        fields.push(Field::fractions(0x0007, &time.map(|part| (part, 1))));
        fields.push(Field::text(0x001D, &date));
    }
    fields
}

/// Degrees, minutes and seconds of an angle without its sign.
#[expect(clippy::cast_possible_truncation, reason = "an angle up to 360 degrees fits 32 bits")]
fn sexagesimal(angle: f64) -> [(u32, u32); 3] {
    let parts = (angle.abs() * 3600.0 * f64::from(SECOND_PARTS)).round() as u64;
    let minute = u64::from(SECOND_PARTS) * 60;
    let (degrees, minutes) = (parts / (minute * 60), parts / minute % 60);
    [(degrees as u32, 1), (minutes as u32, 1), ((parts % minute) as u32, SECOND_PARTS)]
}

fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
