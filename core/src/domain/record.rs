//! The case record: all facts of a case as one JSON document, sealed for the case workers.
//!
//! Its form is `schemas/case-record.schema.json`. Absent values are left out, unknown members are refused: what a
//! case worker reads is exactly what was signed.

use super::{
    Agency, AttachmentRecord, CaseId, CaseNumber, DeviceId, Moment, Observation, Offences, Officer, Person,
    PhotoRecord, Place, Salt, Scene, ShiftId, Tow, Vehicle, VoidReason, WarningTalk, Witness,
};

/// Free text, for the citizen and for the authority, kept apart.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// May be shown to the citizen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen: Option<String>,
    /// Never leaves the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal: Option<String>,
}

impl Notes {
    /// Whether nothing was noted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.citizen.is_none() && self.internal.is_none()
    }
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes(..)")
    }
}

/// A finding the officer has confirmed, with the reason given.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Code of the finding.
    pub finding: String,
    /// The officer's reason.
    pub reason: String,
}

/// Says in the record that the case was void when it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidNote {
    /// Why.
    pub reason: VoidReason,
    /// When.
    pub at: Moment,
}

/// The whole case as sealed for the case workers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// Always [`CaseRecord::FORMAT`]; nothing else is read.
    #[serde(deserialize_with = "record_format")]
    pub format: String,
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// The recording device.
    pub device: DeviceId,
    /// Number within the shift, from 1.
    pub seq: u32,
    /// The case number, unless the phone had none left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<CaseNumber>,
    /// Blinds the record's own commitment in the manifest.
    pub salt: Salt,
    /// The authority.
    pub agency: Agency,
    /// The officer.
    pub officer: Officer,
    /// When it was sealed.
    pub sealed_at: Moment,
    /// The vehicle; only a void case may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// The offences; only a void case may lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offences: Option<Offences>,
    /// What was seen when.
    pub observation: Observation,
    /// The place; only a void case may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What stood around, and who was there.
    #[serde(default, skip_serializing_if = "Scene::is_empty")]
    pub scene: Scene,
    /// Persons met on the spot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<Person>,
    /// Witnesses besides the recording officer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Witness>,
    /// The talk with the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<WarningTalk>,
    /// The tow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tow: Option<Tow>,
    /// The photos.
    pub photos: Vec<PhotoRecord>,
    /// Voice notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRecord>,
    /// Number of the slip at the windscreen. Its code is never part of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<SlipNumber>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
    /// Findings the officer confirmed.
    pub confirmed: Vec<Confirmation>,
    /// Present if the case was void when it was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<VoidNote>,
}

fn record_format<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    exactly(deserializer, CaseRecord::FORMAT)
}

/// Reads a member that can only have one value.
pub(super) fn exactly<'de, D: serde::Deserializer<'de>>(deserializer: D, expected: &str) -> Result<String, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    if text == expected { Ok(text) } else { Err(serde::de::Error::custom("another format")) }
}

impl CaseRecord {
    /// Value of the `format` member.
    pub const FORMAT: &str = "streife/1 record";
    /// Media type in the manifest.
    pub const MEDIA_TYPE: &str = "application/vnd.streife.record+json";
}

/// The slip as the record names it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipNumber {
    /// Number printed on the slip.
    pub number: String,
}
