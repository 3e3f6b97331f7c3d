//! The scene: what stood around the vehicle and who was with it.

use super::ObjectId;

/// Whether somebody was with the vehicle. Without a driver, the keeper can be made to bear the costs (§ 25a StVG).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverPresence {
    /// Nobody was there.
    Absent,
    /// The driver was there.
    Present,
    /// The driver drove or walked away before anything could be said.
    Left,
}

impl DriverPresence {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Absent, Self::Present, Self::Left];
}

/// What the officer noted of the scene.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Whether the driver was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverPresence>,
    /// Width that was left for others (Restbreite), centimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_width_cm: Option<u16>,
    /// Number of the parking meter or ticket machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// What a permit behind the windscreen says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<String>,
}

impl Scene {
    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A recording beside the photos, as the record names it: a voice note (Sprachnotiz), for the authority only.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRecord {
    /// The object.
    pub object: ObjectId,
    /// Blinds its commitment in the manifest.
    pub salt: super::Salt,
    /// When it was taken over.
    pub imported_at: super::Moment,
    /// Media type, such as `audio/mp4`.
    pub media_type: String,
    /// Bytes.
    pub length: u64,
}
