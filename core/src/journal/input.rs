//! What an officer's input looks like in a recording: without the times, which are those of its event, and with labels
//! where the record has ids.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Axle, ClockPosition, FixProvider, Municipality, NamedOffence, Payment, PlateMarks, Side, TalkOutcome, TowOutcome,
    VehicleFlag, VehicleKind,
};

/// The officer as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerInput {
    /// Service number.
    pub id: String,
    /// Unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A valve position as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValveInput {
    /// Side of the vehicle.
    pub side: Side,
    /// Axle.
    pub axle: Axle,
    /// Position on a clock face.
    pub clock: ClockPosition,
}

/// An offence as recorded.
pub type OffenceInput = NamedOffence;

/// A fix as the receiver gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixInput {
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// Radius of confidence in metres.
    pub accuracy_m: f64,
    /// Age of the fix when it was used, milliseconds.
    pub age_ms: u32,
    /// Where it came from.
    pub provider: FixProvider,
    /// Whether it was simulated.
    pub mocked: bool,
}

/// A finding that was confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Code of the finding.
    pub finding: String,
    /// The officer's reason.
    pub reason: String,
}

/// A vehicle as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VehicleInput {
    /// The plate as the officer settled on it.
    pub plate: String,
    /// Nationality sign.
    pub nation: String,
    /// Kind of vehicle.
    pub kind: VehicleKind,
    /// Make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// What else the plate shows, and the officer's reason to stand by it against the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<PlateMarks>,
    /// Plate of the trailer behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer: Option<TrailerInput>,
    /// Permissible maximum mass, kilograms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross_kg: Option<u32>,
    /// Vehicle identification number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// What else was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<VehicleFlag>,
}

/// Plate of a trailer as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailerInput {
    /// The plate.
    pub plate: String,
    /// Nationality sign.
    pub nation: String,
}

/// A place as recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceInput {
    /// The officer's words.
    pub text: String,
    /// The fix behind them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixInput>,
    /// Municipality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Municipality>,
    /// Street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// House number with its letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_number: Option<String>,
    /// Postcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Whether it lies within a built-up area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_up: Option<bool>,
}

/// A talk with the driver as recorded; it was held at the time of the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TalkInput {
    /// Whether the person was told of the right to refuse.
    pub instructed: bool,
    /// How it ended.
    pub outcome: TalkOutcome,
    /// What was paid on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
}

/// Which time of a tow an event gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TowStep {
    /// It is ordered now.
    Ordered,
    /// Nothing but details.
    Noted,
    /// The truck comes now.
    Arrived,
    /// It is over now.
    Finished,
}

/// A step of a tow as recorded. What a step does not name stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TowInput {
    /// Which step.
    pub step: TowStep,
    /// How it ended; with the last step and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<TowOutcome>,
    /// Why the vehicle cannot stay; with the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Driver of the truck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Where the vehicle goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// State of the vehicle before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Damage that was there before; added to what was noted earlier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<DamageInput>,
    /// Whether a note was left that tells the driver where the vehicle is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_left: Option<bool>,
}

/// Damage as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DamageInput {
    /// Where and what.
    pub text: String,
    /// Label of the photo that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
}
