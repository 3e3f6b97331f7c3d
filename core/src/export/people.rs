//! Who a case is against, and how that person took part.

use crate::domain::{CaseRecord, DriverPresence, Person, PersonRole, PostalAddress, VehicleKind};

/// How the accused took part, as far as it is known on the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Driver,
    Keeper,
    DriverAndKeeper,
    Pedestrian,
    Cyclist,
}

impl Part {
    /// None for a passenger, against whom the case is not.
    pub(super) const fn of(role: PersonRole) -> Option<Self> {
        match role {
            PersonRole::Driver => Some(Self::Driver),
            PersonRole::Keeper => Some(Self::Keeper),
            PersonRole::DriverAndKeeper => Some(Self::DriverAndKeeper),
            PersonRole::Pedestrian => Some(Self::Pedestrian),
            PersonRole::Cyclist => Some(Self::Cyclist),
            PersonRole::Passenger => None,
        }
    }

    /// A keeper is accused only if nobody else is.
    const fn rank(self) -> u8 {
        if matches!(self, Self::Keeper) { 1 } else { 0 }
    }
}

/// The person whom the case is against, with the place in the list, if somebody was met.
pub(super) fn accused(record: &CaseRecord) -> Option<(usize, &Person)> {
    let ranked =
        record.persons.iter().enumerate().filter_map(|(at, person)| Some((Part::of(person.role)?, at, person)));
    ranked.min_by_key(|(part, at, _)| (part.rank(), *at)).map(|(_, at, person)| (at, person))
}

/// How the accused took part. If nobody was met, a driver who was seen, else the keeper.
pub(super) fn part(record: &CaseRecord) -> Part {
    let met = accused(record).and_then(|(_, person)| Part::of(person.role));
    met.unwrap_or(match record.scene.driver {
        Some(DriverPresence::Present | DriverPresence::Left) => Part::Driver,
        Some(DriverPresence::Absent) | None => Part::Keeper,
    })
}

/// Whether more is known of a person than looks.
pub(super) const fn is_known(person: &Person) -> bool {
    let named = person.family_name.is_some() || person.given_names.is_some();
    named || person.born.is_some() || person.birth_place.is_some() || person.address.is_some()
}

/// Street and house number, which the record keeps in one. The number is the last word, if it begins with a digit.
pub(super) fn street(address: &PostalAddress) -> (Option<&str>, Option<&str>) {
    let Some(street) = address.street.as_deref().map(str::trim) else { return (None, None) };
    match street.rsplit_once(' ') {
        Some((name, number)) if number.starts_with(|sign: char| sign.is_ascii_digit()) => {
            (Some(name.trim_end()), Some(number))
        }
        _ => (Some(street), None),
    }
}

/// The key of a kind of vehicle, the same letters in both formats; none for a bus and for what is something else.
pub(super) const fn vehicle_key(kind: VehicleKind) -> Option<&'static str> {
    match kind {
        VehicleKind::Motorcycle => Some("A"),
        VehicleKind::Car => Some("D"),
        VehicleKind::CarWithTrailer => Some("E"),
        VehicleKind::Lorry => Some("F"),
        VehicleKind::Trailer => Some("P"),
        VehicleKind::Camper => Some("Q"),
        VehicleKind::LightMotorcycle => Some("U"),
        VehicleKind::Moped => Some("V"),
        VehicleKind::MobilityAid => Some("1"),
        VehicleKind::Bus | VehicleKind::Other => None,
    }
}

/// A kind of vehicle with its article in the genitive, as in `Halter des PKW`.
pub(super) const fn of_vehicle(kind: VehicleKind) -> &'static str {
    match kind {
        VehicleKind::Car => "des PKW",
        VehicleKind::CarWithTrailer => "des PKW mit Anhänger",
        VehicleKind::Lorry => "des LKW",
        VehicleKind::Motorcycle => "des Kraftrads",
        VehicleKind::LightMotorcycle => "des Leichtkraftrads",
        VehicleKind::Moped => "des Mopeds",
        VehicleKind::Trailer => "des Anhängers",
        VehicleKind::Camper => "des Wohnmobils",
        VehicleKind::Bus => "des Omnibusses",
        VehicleKind::MobilityAid => "der Mobilitätshilfe",
        VehicleKind::Other => "des Fahrzeugs",
    }
}
