//! What the core reads out of real cameras' photos, held against exiftool: on every photo of the data beside the project.
//!
//! The photos are others' and no part of the project; exiftool is the Debian package libimage-exiftool-perl. Where one of
//! them is missing the test says so and proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use streife_core::domain::{ExifFacts, GpsState};
use streife_core::evidence::{facts, thumbnail};

const GROUPS: [&str; 12] = [
    "-GPS:GPSLatitude",
    "-GPS:GPSLatitudeRef",
    "-GPS:GPSLongitude",
    "-GPS:GPSLongitudeRef",
    "-GPS:GPSDateStamp",
    "-GPS:GPSTimeStamp",
    "-IFD0:Orientation",
    "-ExifIFD:DateTimeOriginal",
    "-ExifIFD:OffsetTimeOriginal",
    "-File:ImageWidth",
    "-File:ImageHeight",
    "-IFD0:Make",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/photos")
}

#[expect(clippy::print_stdout, reason = "tests/run counts what was left out")]
fn skipped(why: &str) {
    println!("SKIPPED: EXIF facts of real photos against exiftool: {why}");
}

/// What exiftool says of every photo below the folder.
fn told(folder: &Path) -> Option<Vec<Value>> {
    let mut command = Command::new("exiftool");
    command.args(["-r", "-j", "-n", "-G1", "-q", "-m", "-fast", "-ext", "jpg"]).args(GROUPS).arg(folder);
    let output = command.output().ok()?;
    Some(serde_json::from_slice(&output.stdout).expect("exiftool writes JSON"))
}

fn text(told: &Value, name: &str) -> Option<String> {
    match told.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(told: &Value, name: &str) -> Option<f64> {
    told.get(name)?.as_f64()
}

/// `YYYY:MM:DD HH:MM:SS` as the core writes it, fractions of a second dropped.
fn iso(time: &str) -> String {
    let (date, clock) = time.split_once(' ').expect("a date and a time");
    format!("{}T{}", date.replace(':', "-"), clock.split('.').next().unwrap_or_default())
}

/// The position in 1e-7 degrees, north and east positive. Exiftool's 0, 0 is no position.
fn position(told: &Value) -> Option<(f64, f64)> {
    let sign = |name, negative: &str| text(told, name).map(|letter| if letter == negative { -1e7 } else { 1e7 });
    let lat = number(told, "GPS:GPSLatitude")? * sign("GPS:GPSLatitudeRef", "S")?;
    let lon = number(told, "GPS:GPSLongitude")? * sign("GPS:GPSLongitudeRef", "W")?;
    (lat != 0.0 || lon != 0.0).then_some((lat, lon))
}

fn compare(file: &str, told: &Value, ours: &ExifFacts, size: (u32, u32)) {
    let orientation = number(told, "IFD0:Orientation").filter(|value| (1.0..=8.0).contains(value)).unwrap_or(1.0);
    assert_eq!(f64::from(ours.orientation), orientation, "{file}: orientation");
    let taken = text(told, "ExifIFD:DateTimeOriginal").map(|time| iso(&time));
    assert_eq!(ours.taken, taken, "{file}: time");
    assert_eq!(ours.offset, text(told, "ExifIFD:OffsetTimeOriginal"), "{file}: offset");
    let date = text(told, "GPS:GPSDateStamp");
    let utc = date.zip(text(told, "GPS:GPSTimeStamp")).map(|(date, time)| iso(&format!("{date} {time}")));
    assert_eq!(ours.utc, utc, "{file}: time of the satellites");
    match position(told) {
        Some((lat, lon)) => {
            assert_eq!(ours.gps, GpsState::Present, "{file}");
            let near = |ours: Option<i32>, theirs: f64| (f64::from(ours.expect("present")) - theirs).abs() <= 1.0;
            assert!(near(ours.lat_e7, lat) && near(ours.lon_e7, lon), "{file}: {ours:?} and {lat} {lon}");
        }
        None => assert_eq!((ours.lat_e7, ours.lon_e7), (None, None), "{file}: a position that exiftool has not"),
    }
    let theirs = (number(told, "File:ImageWidth"), number(told, "File:ImageHeight"));
    assert_eq!((Some(f64::from(size.0)), Some(f64::from(size.1))), theirs, "{file}: size");
}

#[test]
fn facts_of_every_real_photo_are_those_of_exiftool() {
    let folder = folder();
    if !folder.is_dir() {
        return skipped("the photos beside the project are missing");
    }
    let Some(all) = told(&folder) else { return skipped("exiftool is missing") };
    assert!(all.len() >= 25, "{} photos", all.len());
    let (mut times, mut positions, mut turned) = (0, 0, 0);
    for told in &all {
        let file = text(told, "SourceFile").expect("a name");
        let bytes = std::fs::read(&file).expect("reads");
        let ours = facts(bytes.chunks(65_536)).unwrap_or_else(|| panic!("{file} is a whole picture"));
        compare(&file, told, &ours.exif, (ours.width, ours.height));
        assert!(thumbnail(&bytes, ours.exif.orientation).is_ok(), "{file}: no thumbnail");
        times += usize::from(ours.exif.taken.is_some());
        positions += usize::from(ours.exif.gps == GpsState::Present);
        turned += usize::from(ours.exif.orientation != 1);
    }
    println!("{} photos: {times} times, {positions} positions, {turned} turned, as exiftool has them", all.len());
    assert!(times > 5 && positions > 5 && turned > 10, "the photos show nothing: {times}, {positions}, {turned}");
}
