//! The vehicle an offence was committed with.

use chrono::NaiveDate;

use super::{Lettering, Plate, PlateKind, PlateReading};

/// Kind of vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleKind {
    /// Car.
    #[default]
    Car,
    /// Car with a trailer.
    CarWithTrailer,
    /// Lorry.
    Lorry,
    /// Motorcycle.
    Motorcycle,
    /// Light motorcycle.
    LightMotorcycle,
    /// Moped.
    Moped,
    /// A trailer parked alone.
    Trailer,
    /// Camper.
    Camper,
    /// Bus.
    Bus,
    /// Mobility aid, such as a small electric vehicle.
    MobilityAid,
    /// Anything else.
    Other,
}

/// What can be seen on a vehicle and matters to the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleFlag {
    /// Nobody sat in it.
    Empty,
    /// Hazard lights were on.
    HazardLights,
    /// The general inspection (Hauptuntersuchung) is overdue.
    InspectionOverdue,
    /// The badge of the environmental zone is missing.
    EcoBadgeMissing,
    /// Heavier than 2.8 t: may not park half on the footway.
    #[serde(rename = "over-2800-kg")]
    Over2800Kg,
}

impl VehicleFlag {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::Empty, Self::HazardLights, Self::InspectionOverdue, Self::EcoBadgeMissing, Self::Over2800Kg];
}

/// A verdict that an officer can stand against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoubtedVerdict {
    /// More than one plate can be meant.
    Ambiguous,
    /// Nobody gives plates with that prefix.
    UnknownPrefix,
    /// Of no form that is known.
    Malformed,
}

/// Why a plate stands in the record although the verdict was against it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateDoubt {
    /// The verdict.
    pub verdict: DoubtedVerdict,
    /// The officer's reason.
    pub reason: String,
}

impl std::fmt::Debug for PlateDoubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlateDoubt({:?}, ..)", self.verdict)
    }
}

/// What the plate shows beyond its parts.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateMarks {
    /// The finer kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PlateKind>,
    /// Last day of validity, as short-term and export plates show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
    /// Colour of the lettering, if it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lettering: Option<Lettering>,
    /// What a camera has read, before anybody corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The officer stands by the plate against the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<PlateDoubt>,
}

/// A vehicle as the officer saw it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vehicle {
    /// Its plate.
    pub plate: Plate,
    /// What else the plate shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<PlateMarks>,
    /// Its kind.
    pub kind: VehicleKind,
    /// Make, such as `VW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model, such as `Golf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Plate of the trailer behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer: Option<Plate>,
    /// Permissible maximum mass, kilograms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross_kg: Option<u32>,
    /// Vehicle identification number (FIN), 17 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// What else was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<VehicleFlag>,
}

impl Vehicle {
    /// A vehicle of which only plate and kind are known.
    #[must_use]
    pub const fn new(plate: Plate, kind: VehicleKind) -> Self {
        Self {
            plate,
            marks: None,
            kind,
            make: None,
            model: None,
            colour: None,
            trailer: None,
            gross_kg: None,
            vin: None,
            flags: Vec::new(),
        }
    }

    /// The plate with all it shows.
    #[must_use]
    pub fn reading(&self) -> PlateReading {
        let plain = PlateReading::plain(self.plate.clone());
        let Some(marks) = &self.marks else { return plain };
        PlateReading { kind: marks.kind.unwrap_or(plain.kind), expires: marks.expires, ..plain }
    }

    /// The officer's reason for standing by the plate against the verdict.
    #[must_use]
    pub fn doubt(&self) -> Option<&PlateDoubt> {
        self.marks.as_ref().and_then(|marks| marks.doubt.as_ref())
    }
}
