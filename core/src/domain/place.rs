//! Where it happened: the fix as the receiver gave it, and the officer's words, which win.
//!
//! Both are kept. The fix is immutable evidence; correcting the place never touches it.

use super::Moment;

/// Where a fix came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixProvider {
    /// Satellite receiver.
    Gnss,
    /// Cell and Wi-Fi networks.
    Network,
    /// The platform's fused provider.
    Fused,
    /// Set on a map by hand.
    Manual,
}

/// A position fix in WGS 84. Personal data in connection with a case; `Debug` shows its quality only.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Latitude in 1e-7 degrees, north positive.
    pub lat_e7: i32,
    /// Longitude in 1e-7 degrees, east positive.
    pub lon_e7: i32,
    /// Radius of 68 % confidence in millimetres.
    pub accuracy_mm: u32,
    /// When the receiver computed it.
    pub at: Moment,
    /// Where it came from.
    pub provider: FixProvider,
    /// Whether the platform says that it was simulated.
    pub mocked: bool,
}

impl Fix {
    /// Latitude and longitude in degrees.
    #[must_use]
    pub fn degrees(&self) -> (f64, f64) {
        (f64::from(self.lat_e7) / 1e7, f64::from(self.lon_e7) / 1e7)
    }

    /// Whether the coordinates lie on the globe.
    #[must_use]
    pub const fn is_on_globe(&self) -> bool {
        self.lat_e7.unsigned_abs() <= 900_000_000 && self.lon_e7.unsigned_abs() <= 1_800_000_000
    }
}

impl std::fmt::Debug for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fix({:?}, +-{} mm, ..)", self.provider, self.accuracy_mm)
    }
}

/// Official municipality key (AGS): eight digits, kept as text for its leading zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Municipality(String);

/// A text is not an eight-digit municipality key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an eight-digit municipality key")]
pub struct MunicipalityError;

impl Municipality {
    /// The eight digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Municipality {
    type Error = MunicipalityError;
    fn try_from(text: String) -> Result<Self, MunicipalityError> {
        let sound = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        if sound { Ok(Self(text)) } else { Err(MunicipalityError) }
    }
}

impl From<Municipality> for String {
    fn from(key: Municipality) -> Self {
        key.0
    }
}

/// The place of the offence.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The officer's words: street, number, direction. A court needs them to stand alone.
    pub text: String,
    /// The fix, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Municipality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Municipality>,
    /// Street, if it was taken apart from the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// House number with its letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_number: Option<String>,
    /// Postcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Whether it lies within a built-up area (geschlossene Ortschaft).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_up: Option<bool>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Place(.., fix: {})", self.fix.is_some())
    }
}
