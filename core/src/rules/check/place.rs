//! The place: the fix's quality, the way to it, and whose area it lies in.

use super::{Subject, found};
use crate::domain::{FindingCode, Fix, Municipality, Place};
use crate::geo::{AgencyArea, Coverage, FixQuality, Location, Way, judge_way};

pub(super) fn check(subject: &Subject<'_>) -> Vec<FindingCode> {
    let place = subject.facts.place.as_ref();
    let mut codes = match place.and_then(|place| place.fix.as_ref()) {
        Some(fix) => about_fix(subject, fix),
        None => vec![FindingCode::FixWeak],
    };
    codes.extend(place.into_iter().flat_map(|place| about_area(subject, place)));
    codes
}

fn about_fix(subject: &Subject<'_>, fix: &Fix) -> Vec<FindingCode> {
    let used_at = subject.facts.checks.first().map_or(fix.at, |check| check.at);
    let limit_m_s = f64::from(subject.rules.way_kmh) / 3.6;
    let way = subject.memory.last_fix().map(|last| judge_way(last, fix, limit_m_s));
    found([
        (fix.mocked, FindingCode::FixMocked),
        (subject.rules.gates.judge(fix, &used_at) == FixQuality::Weak, FindingCode::FixWeak),
        (matches!(way, Some(Way::Implausible { .. })), FindingCode::WayImplausible),
    ])
}

fn about_area(subject: &Subject<'_>, place: &Place) -> Vec<FindingCode> {
    let located = subject.map.zip(place.fix.as_ref()).map(|(map, fix)| map.locate(fix));
    let named = place.municipality.as_ref();
    let coverage = subject.rules.area.as_ref().and_then(|area| covers(area, named, located.as_ref()));
    let differs = named.zip(located.as_ref()).is_some_and(|(named, located)| !may_lie_in(located, named));
    found([
        (coverage == Some(Coverage::Outside), FindingCode::OutsideArea),
        (coverage == Some(Coverage::AtBorder), FindingCode::NearBoundary),
        (differs, FindingCode::MunicipalityDiffers),
    ])
}

/// The officer's municipality wins over what the map says of the fix.
fn covers(area: &AgencyArea, named: Option<&Municipality>, located: Option<&Location<'_>>) -> Option<Coverage> {
    match named {
        Some(key) if area.has(key) => Some(Coverage::Inside),
        Some(_) => Some(Coverage::Outside),
        None => located.map(|located| area.covers(located)),
    }
}

/// Whether the disc of a fix touches a municipality.
fn may_lie_in(located: &Location<'_>, key: &Municipality) -> bool {
    match located {
        Location::Inside { zone, .. } => zone.key() == key,
        Location::NearBoundary { zone, others, .. } => zone.iter().chain(others).any(|zone| zone.key() == key),
        Location::Outside => false,
    }
}
