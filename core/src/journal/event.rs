//! Events of a recording. Names of cases and photos are labels of the recording, not ids.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Axle, ClockPosition, DiscTime, FixProvider, Municipality, NamedOffence, OffenceRelation, PhotoClass, Side,
    VehicleKind, VoidReason,
};

/// First line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always [`Header::FORMAT`].
    pub format: String,
    /// Always 1.
    pub version: u32,
    /// IANA name of the time zone.
    pub zone: String,
    /// Version of the offence catalogue.
    pub catalogue: String,
    /// Seed of everything random.
    pub seed: u64,
    /// The authority.
    pub agency: String,
    /// What the recording shows.
    pub title: String,
}

impl Header {
    /// Value of the `format` member.
    pub const FORMAT: &str = "streife-shift-recording";
}

/// State of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum NetworkState {
    Offline,
    Metered,
    Unmetered,
}

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

/// Counts that must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Cases at the box, complete and receipted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
    /// Original photos at the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<u64>,
    /// Void events at the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<u64>,
    /// Tombstones on the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<u64>,
    /// Sealed cases without receipt on the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<u64>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each variant is a call of the client; schemas/shift-recording.schema.json explains the members"
)]
pub enum Event {
    #[serde(rename = "shift.open")]
    ShiftOpen { officer: OfficerInput },
    #[serde(rename = "shift.close")]
    ShiftClose {},
    #[serde(rename = "network")]
    Network { state: NetworkState },
    #[serde(rename = "app.kill")]
    AppKill {},
    #[serde(rename = "app.start")]
    AppStart {},
    #[serde(rename = "sync")]
    Sync {},
    #[serde(rename = "case.begin")]
    CaseBegin { case: String },
    #[serde(rename = "case.vehicle")]
    CaseVehicle {
        case: String,
        plate: String,
        nation: String,
        kind: VehicleKind,
        make: Option<String>,
        model: Option<String>,
        colour: Option<String>,
    },
    #[serde(rename = "case.check")]
    CaseCheck {
        case: String,
        #[serde(default)]
        valves: Vec<ValveInput>,
        disc: Option<DiscTime>,
    },
    #[serde(rename = "case.offences")]
    CaseOffences { case: String, relation: OffenceRelation, items: Vec<OffenceInput> },
    #[serde(rename = "case.place")]
    CasePlace { case: String, text: String, fix: Option<FixInput>, municipality: Option<Municipality> },
    #[serde(rename = "case.photo")]
    CasePhoto { case: String, photo: String, class: PhotoClass },
    #[serde(rename = "case.slip")]
    CaseSlip { case: String, number: String, code: Option<String> },
    #[serde(rename = "case.notes")]
    CaseNotes { case: String, citizen: Option<String>, internal: Option<String> },
    #[serde(rename = "case.seal")]
    CaseSeal {
        case: String,
        #[serde(default)]
        confirm: Vec<Confirm>,
    },
    #[serde(rename = "case.void")]
    CaseVoid { case: String, reason: VoidReason, note: Option<String> },
    #[serde(rename = "expect")]
    Expect {
        #[serde(flatten)]
        counts: Expectation,
    },
}

/// An event with its times.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedEvent {
    /// Line of the recording, from 1.
    pub line: usize,
    /// Wall time, unix milliseconds.
    pub unix_ms: i64,
    /// Seconds east of UTC.
    pub offset_s: i32,
    /// Milliseconds since the recording began.
    pub mono_ms: u64,
    /// What happened.
    pub event: Event,
}
