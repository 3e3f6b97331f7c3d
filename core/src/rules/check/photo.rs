//! The photos: whether the classes that are asked for are there, and what their files say about time and place.

use super::{Subject, found};
use crate::domain::{FindingCode, Fix, GpsState, PhotoRecord};
use crate::geo::distance_m;

pub(super) fn check(subject: &Subject<'_>) -> Vec<FindingCode> {
    let photos = &subject.facts.photos;
    let lacks = |class| photos.iter().all(|photo| photo.class != class);
    let is_lacking = subject.rules.photo_classes.iter().any(|class| lacks(*class));
    let mut codes = found([(is_lacking && !photos.is_empty(), FindingCode::PhotoClassMissing)]);
    codes.extend(photos.iter().flat_map(|photo| about_photo(photo, subject)));
    codes
}

fn about_photo(photo: &PhotoRecord, subject: &Subject<'_>) -> Vec<FindingCode> {
    let fix = subject.facts.place.as_ref().and_then(|place| place.fix.as_ref());
    let limit_m = f64::from(subject.rules.photo_distance_m);
    found([
        (time_differs(photo, subject.rules.photo_time_s), FindingCode::PhotoTimeDiffers),
        (fix.is_some_and(|fix| is_far(photo, fix, limit_m)), FindingCode::PhotoPlaceDiffers),
        (photo.exif.gps == GpsState::Redacted, FindingCode::PhotoGpsRedacted),
    ])
}

/// Cameras write local time, mostly without an offset: compared with the device's local time.
fn time_differs(photo: &PhotoRecord, limit_s: u32) -> bool {
    let taken = photo.exif.taken.as_deref().and_then(|text| text.parse::<chrono::NaiveDateTime>().ok());
    let imported = photo.imported_at.civil().map(|time| time.naive_local());
    match (taken, imported) {
        (Some(taken), Ok(imported)) => (imported - taken).num_seconds().abs() > i64::from(limit_s),
        _ => false,
    }
}

fn is_far(photo: &PhotoRecord, fix: &Fix, limit_m: f64) -> bool {
    let (Some(lat), Some(lon)) = (photo.exif.lat_e7, photo.exif.lon_e7) else { return false };
    let taken = (f64::from(lat) / 1e7, f64::from(lon) / 1e7);
    distance_m(taken, fix.degrees()) - f64::from(fix.accuracy_mm) / 1000.0 > limit_m
}
