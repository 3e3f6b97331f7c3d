//! The plate: what the tables say about it, and whether it was valid on the day.

use super::{Subject, found};
use crate::domain::{FindingCode, Plate, PlateClass, PlateTables, Vehicle, Verdict, judge_plate};

pub(super) fn check(subject: &Subject<'_>) -> Vec<FindingCode> {
    let Some(vehicle) = &subject.facts.vehicle else { return Vec::new() };
    let mut codes = about_plate(vehicle, subject.plates);
    codes.extend(vehicle.trailer.iter().filter_map(|plate| verdict(plate, subject.plates)));
    let lettering = vehicle.marks.as_ref().and_then(|marks| marks.lettering);
    let warnings = subject.day().map(|day| vehicle.reading().warnings_on(day, lettering)).unwrap_or_default();
    codes.extend(found([(!warnings.is_empty(), FindingCode::PlateNotValid)]));
    codes
}

/// An officer who stands by a plate with a reason has answered its verdict.
fn about_plate(vehicle: &Vehicle, tables: &PlateTables) -> Vec<FindingCode> {
    if vehicle.doubt().is_some() {
        return vec![FindingCode::PlateOverridden];
    }
    verdict(&vehicle.plate, tables).into_iter().collect()
}

fn verdict(plate: &Plate, tables: &PlateTables) -> Option<FindingCode> {
    if plate.class == PlateClass::AsSeen {
        return Some(FindingCode::PlateMalformed);
    }
    match judge_plate(&plate.text, &plate.nation, tables) {
        Verdict::Valid(_) => None,
        Verdict::Plausible(..) => Some(FindingCode::PlateNote),
        Verdict::Ambiguous(_) => Some(FindingCode::PlateAmbiguous),
        Verdict::UnknownPrefix(_) => Some(FindingCode::PlateUnknownPrefix),
        Verdict::Malformed(_) => Some(FindingCode::PlateMalformed),
    }
}
