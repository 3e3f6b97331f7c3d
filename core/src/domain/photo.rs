//! A photo of a case: what it shows, and what the file itself says about time and place.

use super::{Moment, ObjectId, Salt};

/// What a photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhotoClass {
    /// The whole situation.
    Overview,
    /// The number plate.
    Plate,
    /// The traffic sign.
    Sign,
    /// A valve.
    Valve,
    /// A detail.
    Detail,
    /// The driver.
    Driver,
}

/// What a photo file says about where it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GpsState {
    /// Coordinates could be read.
    Present,
    /// No coordinates in the file.
    #[default]
    Absent,
    /// Coordinates are there but undefined, as a platform leaves them when it hides the place.
    Redacted,
    /// A block is there that cannot be read.
    Unreadable,
}

/// Facts from a photo's EXIF block. They are the camera's claims; cross-checks decide what they are worth.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExifFacts {
    /// `YYYY-MM-DDTHH:MM:SS`, local time as the camera wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Offset of that time, `+02:00`; most cameras leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// Latitude in 1e-7 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i32>,
    /// Longitude in 1e-7 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i32>,
    /// Whether there are coordinates.
    pub gps: GpsState,
    /// EXIF orientation, 1 to 8; 1 if the file says nothing.
    pub orientation: u8,
}

impl Default for ExifFacts {
    fn default() -> Self {
        Self { taken: None, offset: None, lat_e7: None, lon_e7: None, gps: GpsState::Absent, orientation: 1 }
    }
}

impl std::fmt::Debug for ExifFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExifFacts(gps: {:?}, orientation: {}, ..)", self.gps, self.orientation)
    }
}

/// The thumbnail that was made from a photo.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThumbnailRecord {
    /// Its sealed object.
    pub object: ObjectId,
    /// Blinds its commitment in the manifest.
    pub salt: Salt,
}

/// A photo as it stands in the record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoRecord {
    /// Its sealed object.
    pub object: ObjectId,
    /// What it shows.
    pub class: PhotoClass,
    /// When the core took it over.
    pub imported_at: Moment,
    /// Blinds its commitment in the manifest.
    pub salt: Salt,
    /// Media type by the file's own bytes.
    pub media_type: String,
    /// Length of the original file in bytes.
    pub length: u64,
    /// Stored width in pixels, before orientation.
    pub width: u32,
    /// Stored height in pixels, before orientation.
    pub height: u32,
    /// What the file says about itself.
    pub exif: ExifFacts,
    /// Its thumbnail, if one could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<ThumbnailRecord>,
}
