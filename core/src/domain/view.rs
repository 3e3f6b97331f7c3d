//! What the citizen may see of the own case: a second, smaller record under its own key.
//!
//! It is derived from the case record and holds no officer, no internal note and no fix; of the photos it names the masked
//! copies and nothing else.

use super::{
    Agency, CaseId, CaseNumber, CaseRecord, Money, ObjectId, OffenceNumber, PhotoClass, PhotoRecord, Salt, VoidReason,
};

/// One offence as the citizen reads it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewOffence {
    /// The offence number.
    pub number: OffenceNumber,
    /// The catalogue's wording.
    pub label: String,
    /// Amount of this offence alone.
    pub amount_cents: Money,
    /// Points.
    pub points: u8,
}

/// A masked copy that the citizen may see.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewPhoto {
    /// Its sealed object, of the view's scope.
    pub object: ObjectId,
    /// Blinds its commitment in the manifest.
    pub salt: Salt,
    /// What it shows.
    pub class: PhotoClass,
}

/// The citizen's record of a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseView {
    /// Always [`CaseView::FORMAT`]; nothing else is read.
    #[serde(deserialize_with = "view_format")]
    pub format: String,
    /// The case.
    pub case: CaseId,
    /// The case number, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<CaseNumber>,
    /// Blinds the view's own commitment in the manifest.
    pub salt: Salt,
    /// The authority.
    pub agency: Agency,
    /// The plate as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// The offences.
    pub offences: Vec<ViewOffence>,
    /// What is charged.
    pub amount_cents: Money,
    /// The place in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// First check, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last check, RFC 3339, if there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Number of the slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<String>,
    /// The officer's note for the citizen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Masked copies of photos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<ViewPhoto>,
    /// Why the case is void, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<VoidReason>,
}

fn view_format<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    super::record::exactly(deserializer, CaseView::FORMAT)
}

impl CaseView {
    /// Value of the `format` member.
    pub const FORMAT: &str = "streife/1 view";
    /// Media type in the manifest.
    pub const MEDIA_TYPE: &str = "application/vnd.streife.view+json";

    /// Takes from a record what the citizen may see.
    #[must_use]
    pub fn of(record: &CaseRecord, salt: Salt) -> Self {
        let checks = &record.observation.checks;
        let several = checks.len() > 1;
        Self {
            format: Self::FORMAT.to_owned(),
            case: record.case,
            number: record.number,
            salt,
            agency: record.agency.clone(),
            plate: record.vehicle.as_ref().map(|vehicle| vehicle.plate.text.clone()),
            offences: record.offences.iter().flat_map(|offences| &offences.items).map(ViewOffence::of).collect(),
            amount_cents: record.offences.as_ref().map(|offences| offences.amount_cents).unwrap_or_default(),
            place: record.place.as_ref().map(|place| place.text.clone()),
            from: checks.first().map(|check| check.at.to_rfc3339()),
            to: checks.last().filter(|_| several).map(|check| check.at.to_rfc3339()),
            slip: record.slip.as_ref().map(|slip| slip.number.clone()),
            note: record.notes.citizen.clone(),
            photos: record.photos.iter().filter_map(ViewPhoto::of).collect(),
            voided: record.voided.as_ref().map(|void| void.reason),
        }
    }
}

impl ViewPhoto {
    fn of(photo: &PhotoRecord) -> Option<Self> {
        let masked = photo.masked.as_ref()?;
        Some(Self { object: masked.object, salt: masked.salt, class: photo.class })
    }
}

impl ViewOffence {
    fn of(charged: &super::ChargedOffence) -> Self {
        Self {
            number: charged.number,
            label: charged.label.clone(),
            amount_cents: charged.amount_cents,
            points: charged.points,
        }
    }
}
