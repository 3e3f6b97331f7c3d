//! Plates taken apart the way both formats want them: the number, and beside it what else the plate shows.

use chrono::NaiveDate;

use super::local::german_day;
use crate::domain::{Lettering, Plate, PlateClass, Suffix, Vehicle};

/// The number without its season; both formats have another field for it.
pub(super) fn number(plate: &Plate) -> String {
    unsuffixed(plate) + suffix(plate).unwrap_or_default()
}

/// The number without season and suffix.
pub(super) fn unsuffixed(plate: &Plate) -> String {
    let lettered =
        matches!(plate.class, PlateClass::Standard | PlateClass::Season | PlateClass::Electric | PlateClass::Historic);
    match (&plate.prefix, &plate.letters, &plate.digits) {
        (Some(prefix), Some(letters), Some(digits)) if lettered => format!("{prefix}-{letters} {digits}"),
        _ => plate.text.clone(),
    }
}

/// `E` or `H`.
pub(super) fn suffix(plate: &Plate) -> Option<&'static str> {
    plate.suffix.map(|suffix| if suffix == Suffix::E { "E" } else { "H" })
}

/// Months of a seasonal plate, `04/10`.
pub(super) fn season(plate: &Plate) -> Option<String> {
    plate.season.map(|season| format!("{:02}/{:02}", season.from, season.to))
}

/// Last day of validity, `30.04.2026`.
pub(super) fn expiry(vehicle: &Vehicle) -> Option<String> {
    let day: Option<NaiveDate> = vehicle.marks.as_ref().and_then(|marks| marks.expires);
    day.map(german_day)
}

/// Colour of the lettering, if it was noted.
pub(super) fn lettering(vehicle: &Vehicle) -> Option<Lettering> {
    vehicle.marks.as_ref().and_then(|marks| marks.lettering)
}

/// The colour in German.
pub(super) const fn colour(lettering: Lettering) -> &'static str {
    match lettering {
        Lettering::Black => "schwarz",
        Lettering::Blue => "blau",
        Lettering::Green => "grün",
        Lettering::Red => "rot",
    }
}
