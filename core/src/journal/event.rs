//! Events of a recording. Names of cases and photos are labels of the recording, not ids.

use serde::{Deserialize, Serialize};

use super::input::{Confirm, OffenceInput, OfficerInput, PlaceInput, TalkInput, TowInput, ValveInput, VehicleInput};
use crate::domain::{DiscTime, OffenceRelation, Person, PhotoClass, Scene, VoidReason, Witness};

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
    /// Size of the pictures that a replay draws; twelve megapixels if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraInput>,
}

/// A camera as recorded: pixels of its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraInput {
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
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
    #[serde(rename = "phone.reboot")]
    PhoneReboot {},
    #[serde(rename = "sync")]
    Sync {},
    #[serde(rename = "case.begin")]
    CaseBegin { case: String },
    #[serde(rename = "case.vehicle")]
    CaseVehicle {
        case: String,
        #[serde(flatten)]
        vehicle: Box<VehicleInput>,
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
    CasePlace {
        case: String,
        #[serde(flatten)]
        place: PlaceInput,
    },
    #[serde(rename = "case.scene")]
    CaseScene {
        case: String,
        #[serde(flatten)]
        scene: Scene,
    },
    #[serde(rename = "case.persons")]
    CasePersons { case: String, persons: Vec<Person> },
    #[serde(rename = "case.witnesses")]
    CaseWitnesses { case: String, witnesses: Vec<Witness> },
    #[serde(rename = "case.talk")]
    CaseTalk {
        case: String,
        #[serde(flatten)]
        talk: TalkInput,
    },
    #[serde(rename = "case.tow")]
    CaseTow {
        case: String,
        #[serde(flatten)]
        tow: Box<TowInput>,
    },
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
        case: Option<String>,
        findings: Option<Vec<String>>,
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
