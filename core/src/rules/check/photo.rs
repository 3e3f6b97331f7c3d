//! The photos: whether the classes that are asked for are there, and what their files say about time and place.

use super::{Subject, found};
use crate::domain::{FindingCode, Fix, GpsState, PhotoFlag, PhotoRecord};
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
        (photo.flags.contains(&PhotoFlag::Reencoded), FindingCode::PhotoReencoded),
        (photo.flags.contains(&PhotoFlag::Truncated), FindingCode::PhotoTruncated),
        (photo.flags.contains(&PhotoFlag::Film), FindingCode::PhotoFilm),
    ])
}

/// The camera's clock against the device's, and the satellites' against both: neither has set that one.
fn time_differs(photo: &PhotoRecord, limit_s: u32) -> bool {
    let (exif, at) = (&photo.exif, &photo.imported_at);
    let ahead = [exif.clock_ahead_s(at), exif.satellites_ahead_s(at)];
    ahead.into_iter().flatten().any(|seconds| seconds.unsigned_abs() > u64::from(limit_s))
}

fn is_far(photo: &PhotoRecord, fix: &Fix, limit_m: f64) -> bool {
    let distance = photo.exif.degrees().map(|taken| distance_m(taken, fix.degrees()));
    distance.is_some_and(|distance| distance - f64::from(fix.accuracy_mm) / 1000.0 > limit_m)
}
