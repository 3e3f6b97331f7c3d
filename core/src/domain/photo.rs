//! A photo of a case: what it shows, and what the file itself says about time and place.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime};

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
    /// `YYYY-MM-DDTHH:MM:SS` in UTC, as the camera's receiver had it from the satellites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc: Option<String>,
}

impl ExifFacts {
    /// Seconds by which the camera's clock was ahead of `device`, negative if it was behind. Without an offset in the file
    /// both are compared as local times of the device's zone. Nothing if the file has no time.
    #[must_use]
    pub fn clock_ahead_s(&self, device: &Moment) -> Option<i64> {
        let taken = self.taken.as_deref()?;
        match &self.offset {
            Some(offset) => {
                let taken = DateTime::parse_from_rfc3339(&format!("{taken}{offset}")).ok()?;
                Some((taken.timestamp_millis() - device.unix_ms()) / 1000)
            }
            None => {
                let taken: NaiveDateTime = taken.parse().ok()?;
                Some((taken - device.civil().ok()?.naive_local()).num_seconds())
            }
        }
    }

    /// Seconds by which the satellites' time in the file is ahead of `device`, negative if it is behind: a clock that
    /// neither the camera nor the device has set. Receivers may keep the time of an older fix. Nothing without such a
    /// time.
    #[must_use]
    pub fn satellites_ahead_s(&self, device: &Moment) -> Option<i64> {
        let utc: NaiveDateTime = self.utc.as_deref()?.parse().ok()?;
        Some((utc.and_utc().timestamp_millis() - device.unix_ms()) / 1000)
    }

    /// Latitude and longitude in degrees, if the file has a position.
    #[must_use]
    pub fn degrees(&self) -> Option<(f64, f64)> {
        let degrees = |e7: i32| f64::from(e7) / 1e7;
        Some((degrees(self.lat_e7?), degrees(self.lon_e7?)))
    }
}

impl Default for ExifFacts {
    fn default() -> Self {
        Self { taken: None, offset: None, lat_e7: None, lon_e7: None, gps: GpsState::Absent, orientation: 1, utc: None }
    }
}

impl std::fmt::Debug for ExifFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExifFacts(gps: {:?}, orientation: {}, ..)", self.gps, self.orientation)
    }
}

/// What is unusual about a photo file. None of it makes the photo worthless; each is to be known before sealing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhotoFlag {
    /// Bytes follow behind the end of the picture.
    Trailing,
    /// They are a film with sound: a motion photo, with people and voices who are not part of the case.
    Film,
    /// The file was not written by a camera, or written anew since: by an editor, a messenger, or in another size.
    Reencoded,
    /// A platform has blanked out the position.
    Redacted,
    /// The picture was cut and closed behind the cut.
    Truncated,
    /// The position is 0 degrees north, 0 degrees east, as a receiver without a fix leaves it. It counts as none.
    NullIsland,
    /// A HEIC file that names an orientation twice or not where decoders look: it may show turned.
    OrientationAmbiguous,
}

impl PhotoFlag {
    /// The code as it stands in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trailing => "trailing",
            Self::Film => "film",
            Self::Reencoded => "reencoded",
            Self::Redacted => "redacted",
            Self::Truncated => "truncated",
            Self::NullIsland => "null-island",
            Self::OrientationAmbiguous => "orientation-ambiguous",
        }
    }
}

impl std::fmt::Display for PhotoFlag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a photo has no derivatives. The original is sealed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Underived {
    /// Of a format whose pixels the core does not read.
    NoDecoder,
    /// Larger, or of more scans, than is decoded.
    BeyondLimits,
    /// The decoder gave up.
    Undecodable,
}

/// A rectangle of a photo as it is seen upright, in pixels of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Pixels from the left edge.
    pub left: u32,
    /// Pixels from the upper edge.
    pub top: u32,
    /// Pixels to the right, at least 1.
    pub width: u32,
    /// Pixels downward, at least 1.
    pub height: u32,
}

/// The thumbnail or preview that was made from a photo.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThumbnailRecord {
    /// Its sealed object.
    pub object: ObjectId,
    /// Blinds its commitment in the manifest.
    pub salt: Salt,
}

/// The copy for the citizen, and what was hidden in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedRecord {
    /// Its sealed object.
    pub object: ObjectId,
    /// Blinds its commitment in the manifest.
    pub salt: Salt,
    /// What was asked to be hidden; at least so much is.
    pub regions: Vec<Region>,
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
    /// What is unusual about the file.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<PhotoFlag>,
    /// Its thumbnail, if one could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<ThumbnailRecord>,
    /// Its preview, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<ThumbnailRecord>,
    /// The copy for the citizen, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<MaskedRecord>,
    /// Why nothing can be derived from it, if that was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underived: Option<Underived>,
}

impl PhotoRecord {
    /// Objects and salts of what was derived from the photo.
    pub fn derived(&self) -> impl Iterator<Item = (ObjectId, Salt)> + '_ {
        let small = self.thumbnail.iter().chain(&self.preview).map(|small| (small.object, small.salt));
        small.chain(self.masked.iter().map(|masked| (masked.object, masked.salt)))
    }

    /// Leaves out a derivative that is lost.
    pub fn forget(&mut self, lost: ObjectId) {
        self.thumbnail.take_if(|made| made.object == lost);
        self.preview.take_if(|made| made.object == lost);
        self.masked.take_if(|made| made.object == lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    /// 16 June 2026, 06:00 in Munich.
    fn device() -> Moment {
        Moment::new(1_781_582_400_000, 7_200, 0, BootId([1; 16])).expect("in the calendar")
    }

    fn facts(taken: Option<&str>, offset: Option<&str>, utc: Option<&str>) -> ExifFacts {
        let text = |value: Option<&str>| value.map(str::to_owned);
        ExifFacts { taken: text(taken), offset: text(offset), utc: text(utc), ..ExifFacts::default() }
    }

    #[test]
    fn a_cameras_clock_is_compared_in_its_own_zone_or_in_the_devices() {
        let ahead = |taken, offset| facts(Some(taken), offset, None).clock_ahead_s(&device());
        assert_eq!(ahead("2026-06-16T06:00:00", None), Some(0));
        assert_eq!(ahead("2026-06-16T06:10:01", None), Some(601));
        assert_eq!(ahead("2026-06-16T04:00:00", Some("+00:00")), Some(0));
        assert_eq!(ahead("2026-06-16T06:00:00", Some("+01:00")), Some(3_600));
        assert_eq!(ahead("2025-06-16T06:00:00", None), Some(-31_536_000));
        assert_eq!(facts(None, Some("+02:00"), None).clock_ahead_s(&device()), None);
    }

    #[test]
    fn the_satellites_time_needs_no_zone() {
        assert_eq!(facts(None, None, Some("2026-06-16T03:59:30")).satellites_ahead_s(&device()), Some(-30));
        assert_eq!(facts(Some("2026-06-16T06:00:00"), None, None).satellites_ahead_s(&device()), None);
    }

    #[test]
    fn flags_are_written_as_they_are_named() {
        for flag in [
            PhotoFlag::Trailing,
            PhotoFlag::Film,
            PhotoFlag::Reencoded,
            PhotoFlag::Redacted,
            PhotoFlag::Truncated,
            PhotoFlag::NullIsland,
            PhotoFlag::OrientationAmbiguous,
        ] {
            assert_eq!(serde_json::to_string(&flag).expect("text"), format!("\"{flag}\""));
        }
    }
}
