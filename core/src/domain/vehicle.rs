//! The vehicle an offence was committed with.

use super::Plate;

/// Kind of vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleKind {
    /// Passenger car.
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
    /// Trailer standing alone.
    Trailer,
    /// Camper van.
    Camper,
    /// Bus.
    Bus,
    /// Mobility aid.
    MobilityAid,
    /// Anything else.
    Other,
}

/// A vehicle as the officer saw it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vehicle {
    /// Its number plate.
    pub plate: Plate,
    /// Its kind.
    pub kind: VehicleKind,
    /// Make, such as `VW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
}
