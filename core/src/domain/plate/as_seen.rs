//! A plate that an officer stands by although the verdict is against it: damaged, forged, homemade or of a form that
//! this version does not know.

use super::text::{MAX_INPUT, normal};
use super::{Plate, PlateClass, Verdict, sign};
use crate::domain::{InputError, PlateDoubt, check_reason};

/// Longest text, in characters.
const LENGTH: usize = 24;

/// A plate as it was seen, with the reason of the officer. Personal data: its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlateOverride {
    /// Text as seen, composed and in upper case.
    pub text: String,
    /// Nationality sign as seen.
    pub nation: String,
    /// The verdict that was overridden.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl PlateOverride {
    /// Keeps a plate as seen.
    ///
    /// # Errors
    /// [`InputError`] naming `plate`, `nation` or `reason` if it is empty or too long.
    pub fn new(text: &str, nation: &str, verdict: Verdict, reason: &str) -> Result<Self, InputError> {
        check_reason(reason)?;
        let text = if text.len() > MAX_INPUT { String::new() } else { normal(text) };
        if !(1..=LENGTH).contains(&text.chars().count()) {
            return Err(InputError { field: "plate" });
        }
        let nation = sign(nation).map_err(|_| InputError { field: "nation" })?;
        Ok(Self { text, nation, verdict, reason: reason.trim().to_owned() })
    }

    /// The plate as a record keeps it: the one that its text reads as, or one without parts.
    #[must_use]
    pub fn plate(&self) -> Plate {
        Plate::parse(&self.text, &self.nation)
            .unwrap_or_else(|_| Plate::bare(PlateClass::AsSeen, self.text.clone(), &self.nation))
    }

    /// What the record says about it; nothing if the verdict is for the plate.
    #[must_use]
    pub fn doubt(&self) -> Option<PlateDoubt> {
        Some(PlateDoubt { verdict: self.verdict.doubted()?, reason: self.reason.clone() })
    }
}

impl std::fmt::Debug for PlateOverride {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlateOverride(..)")
    }
}
