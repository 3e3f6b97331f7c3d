//! The contract of the photo maker, checked with the readers the core itself uses.
//!
//! Drawing is slow without optimisation, so all tests but one work on small pictures, and that one takes two
//! scenes of six in a debug build.

use std::io::Cursor;

use exif::{Exif, In, Rational, Reader, Tag, Value};
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage};

use super::clock::{Utc, to_utc};
use super::{PhotoSpec, Scene, make};

fn small(scene: Scene) -> PhotoSpec {
    PhotoSpec { width: 400, height: 300, scene, ..PhotoSpec::default() }
}

fn decoded(file: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(file, ImageFormat::Jpeg).expect("the file is a JPEG")
}

fn exif_of(file: &[u8]) -> Exif {
    Reader::new().read_from_container(&mut Cursor::new(file)).expect("the file has an EXIF block")
}

fn text(exif: &Exif, tag: Tag) -> String {
    let field = exif.get_field(tag, In::PRIMARY).expect("the field is there");
    match &field.value {
        Value::Ascii(parts) => parts.iter().map(|part| String::from_utf8_lossy(part)).collect(),
        other => format!("{other:?}"),
    }
}

fn fractions(exif: &Exif, tag: Tag) -> Vec<f64> {
    let field = exif.get_field(tag, In::PRIMARY).expect("the field is there");
    match &field.value {
        Value::Rational(parts) => parts.iter().map(Rational::to_f64).collect(),
        _ => Vec::new(),
    }
}

/// The picture without its noise, which differs where the stored pixels lie differently.
fn coarse(picture: &DynamicImage) -> RgbImage {
    picture.thumbnail_exact(80, 60).to_rgb8()
}

/// Mean distance between two pictures of one size, in steps of brightness.
fn distance(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one.iter().zip(other.iter()).map(|(&left, &right)| u64::from(left.abs_diff(right))).sum();
    sum as f64 / one.len() as f64
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    for scene in Scene::ALL {
        assert_eq!(make(&small(scene)), make(&small(scene)), "{scene:?}");
    }
}

#[test]
fn another_seed_gives_another_picture() {
    let one = small(Scene::Overview);
    let other = PhotoSpec { seed: 2, ..one.clone() };
    let (one, other) = (decoded(&make(&one)).to_rgb8(), decoded(&make(&other)).to_rgb8());
    assert!(distance(&one, &other) > 15.0);
}

#[test]
fn another_plate_changes_the_picture_only_around_the_plate() {
    let one = small(Scene::Plate);
    let other = PhotoSpec { plate: "Ü-8".to_owned(), ..one.clone() };
    let (one, other) = (decoded(&make(&one)).to_rgb8(), decoded(&make(&other)).to_rgb8());
    let top = |picture: &RgbImage| picture.view(0, 0, 400, 80).to_image();
    assert!(distance(&one, &other) > 2.0);
    assert!(distance(&top(&one), &top(&other)) < 1e-9);
}

#[test]
fn twelve_megapixels_take_three_to_five_megabytes() {
    let affordable = if cfg!(debug_assertions) { 2 } else { Scene::ALL.len() };
    for scene in Scene::ALL.into_iter().take(affordable) {
        let file = make(&PhotoSpec { scene, ..PhotoSpec::default() });
        assert!((3_000_000..=5_000_000).contains(&file.len()), "{scene:?}: {} bytes", file.len());
        assert_eq!(decoded(&file).dimensions(), (4000, 3000));
    }
}

#[test]
fn odd_sizes_come_out_exactly() {
    for (width, height) in [(1, 1), (17, 9), (9, 17), (333, 251), (64, 640), (640, 64)] {
        for orientation in [1, 8] {
            let spec = PhotoSpec { width, height, orientation, ..PhotoSpec::default() };
            assert_eq!(decoded(&make(&spec)).dimensions(), (width, height));
        }
    }
}

#[test]
fn every_orientation_shows_the_same_picture_upright() {
    let expected = decoded(&make(&small(Scene::Sign)));
    for orientation in 1..=8_u8 {
        let (width, height) = if orientation < 5 { (400, 300) } else { (300, 400) };
        let file = make(&PhotoSpec { width, height, orientation, ..small(Scene::Sign) });
        let tag = exif_of(&file).get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
        assert_eq!(tag, Some(u32::from(orientation)));
        let mut picture = decoded(&file);
        picture.apply_orientation(Orientation::from_exif(orientation).expect("1 to 8 are orientations"));
        let distance = distance(&coarse(&picture), &coarse(&expected));
        assert!(distance < 5.0, "orientation {orientation} is off by {distance}");
    }
}

#[test]
fn exif_names_camera_times_and_size() {
    let exif = exif_of(&make(&small(Scene::Overview)));
    assert_eq!(text(&exif, Tag::Make), "Streife");
    assert_eq!(text(&exif, Tag::Model), "Simulated 12 MP");
    assert_eq!(text(&exif, Tag::DateTime), "2025:07:14 09:41:07");
    assert_eq!(text(&exif, Tag::DateTimeOriginal), "2025:07:14 09:41:07");
    assert_eq!(text(&exif, Tag::OffsetTimeOriginal), "+02:00");
    assert_eq!(text(&exif, Tag::SubSecTimeOriginal), "001");
    let number = |tag| exif.get_field(tag, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    assert_eq!((number(Tag::PixelXDimension), number(Tag::PixelYDimension)), (Some(400), Some(300)));
}

#[test]
fn exif_gives_the_fix_within_a_hundred_thousandth_of_a_degree() {
    for (latitude, longitude) in [(49.377_12, 10.178_95), (-33.856_78, 151.215_29), (0.000_01, -179.999_99)] {
        let exif = exif_of(&make(&PhotoSpec { fix: Some((latitude, longitude)), ..small(Scene::Sign) }));
        let read = |angle, side, minus: &str| {
            let parts = fractions(&exif, angle);
            let sum: f64 = parts.iter().zip([1.0, 60.0, 3600.0]).map(|(part, unit)| part / unit).sum();
            if text(&exif, side) == minus { -sum } else { sum }
        };
        assert!((read(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S") - latitude).abs() < 1e-5);
        assert!((read(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W") - longitude).abs() < 1e-5);
    }
}

#[test]
fn the_time_of_the_fix_is_utc() {
    let exif = exif_of(&make(&PhotoSpec { taken_local: "2024:03:01 00:30:59".to_owned(), ..small(Scene::Sign) }));
    assert_eq!(text(&exif, Tag::GPSDateStamp), "2024:02:29");
    assert_eq!(fractions(&exif, Tag::GPSTimeStamp), [22.0, 30.0, 59.0]);
}

#[test]
fn a_year_ends_in_utc_before_or_after_it_ends_here() {
    let utc = |date: &str, time| Some(Utc { date: date.to_owned(), time });
    assert_eq!(to_utc("2026:01:01 00:59:00", "+01:00"), utc("2025:12:31", [23, 59, 0]));
    assert_eq!(to_utc("2025:12:31 20:00:01", "-04:30"), utc("2026:01:01", [0, 30, 1]));
    assert_eq!(to_utc("2025:06:30 12:00:00", "+00:00"), utc("2025:06:30", [12, 0, 0]));
}

#[test]
fn an_unreadable_time_is_written_but_not_converted() {
    let exif = exif_of(&make(&PhotoSpec { taken_local: "yesterday".to_owned(), ..small(Scene::Sign) }));
    assert_eq!(text(&exif, Tag::DateTimeOriginal), "yesterday");
    assert!(exif.get_field(Tag::GPSTimeStamp, In::PRIMARY).is_none());
}

#[test]
fn without_a_fix_there_is_no_position() {
    let exif = exif_of(&make(&PhotoSpec { fix: None, ..small(Scene::Driver) }));
    assert!(exif.fields().all(|field| field.tag.context() != exif::Context::Gps));
}

#[test]
fn a_valve_points_to_every_hour_for_some_seed() {
    let mut hours: Vec<usize> = (0..200).map(|seed| PhotoSpec { seed, ..PhotoSpec::default() }.valve_hour()).collect();
    hours.sort_unstable();
    hours.dedup();
    assert_eq!(hours, (1..=12).collect::<Vec<_>>());
}
