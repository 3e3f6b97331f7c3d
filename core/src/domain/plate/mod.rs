//! Number plates (Kennzeichen) as structured parts, never as one string.
//!
//! A [`Plate`] is read with its separators (`M-AB 1234`), because without them 3 % of all prefix and letter
//! combinations have two readings: `BNO1` is `B-NO 1` or `BN-O 1`. Folding drops separators and umlauts; it serves
//! searching and the citizen's key only and never identifies a vehicle. Form follows § 9 to § 12 and § 52 ff. FZV.
//!
//! A [`PlateReading`] adds what else the plate shows: the finer kind, the date of expiry, the interchangeable sign.
//! Whether a prefix is in use is data and not form: [`judge`] asks a [`PlateTables`], which a newer one can replace,
//! and gives a [`Verdict`]. [`rank`] makes legal plates out of what a camera has read.

mod as_seen;
mod german;
mod kind;
mod nations;
mod ocr;
mod prefixes;
mod reading;
mod splits;
mod table;
mod text;
mod verdict;

pub use as_seen::PlateOverride;
pub use kind::{Lettering, PlateKind};
pub use nations::{Nation, NationTable, SignStatus};
pub use ocr::{OcrCandidate, OcrError, OcrReading, rank};
pub use prefixes::{PrefixTable, PrefixUse};
pub use reading::PlateReading;
pub use table::{PlateTableError, PlateTables};
pub use text::fold_plate;
pub use verdict::{PlateWarning, Verdict, judge};

/// Kind of plate, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlateClass {
    /// Prefix, one or two letters, up to four digits.
    Standard,
    /// Standard with months of validity (Saisonkennzeichen).
    Season,
    /// Standard with suffix E.
    Electric,
    /// Standard with suffix H.
    Historic,
    /// Prefix of an authority and digits only; also the armed forces' Y and X.
    Authority,
    /// Corps diplomatique: begins with 0.
    Diplomatic,
    /// Red plate: digits begin with 05, 06 or 07.
    Red,
    /// Short-term plate: digits begin with 03 or 04.
    ShortTerm,
    /// Export plate: digits and one letter behind them.
    Export,
    /// Insurance plate of mopeds: three digits, three letters.
    Insurance,
    /// Any other nation's plate, kept as read.
    Foreign,
    /// As an officer has seen it, against the verdict: no parts.
    AsSeen,
}

/// Letter behind the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Suffix {
    /// Electric vehicle.
    E,
    /// Historic vehicle.
    H,
}

/// Months in which a seasonal plate is valid, 1 to 12, first and last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// First month.
    pub from: u8,
    /// Last month.
    pub to: u8,
}

/// Which rule of form a plate breaks. Carries no text of the plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    /// Nothing to read.
    #[error("the plate is empty")]
    Empty,
    /// Longer than any plate.
    #[error("the plate is longer than 15 characters")]
    TooLong,
    /// Nationality signs have one to three letters.
    #[error("the nationality sign is not one to three letters")]
    Nation,
    /// Prefixes have one to three letters.
    #[error("the prefix is not one to three letters")]
    Prefix,
    /// One or two letters without umlauts stand behind the prefix.
    #[error("the middle part is not one or two letters without umlauts")]
    Letters,
    /// One to four digits without a leading zero.
    #[error("the digits are not one to four without a leading zero")]
    Digits,
    /// Prefix, letters, digits and suffix together have at most eight characters.
    #[error("the plate has more than eight characters")]
    MoreThanEight,
    /// Season months are 01 to 12 and differ.
    #[error("the season is not two different months")]
    Season,
    /// Without a separator behind the prefix the plate may have two readings.
    #[error("the separator behind the prefix is missing")]
    Separator,
    /// Behind the digits stand letters that are no suffix. E and H together are none either.
    #[error("what stands behind the digits is neither E nor H")]
    Suffix,
    /// The expiry is not a day of the calendar, written `DD.MM.YY`.
    #[error("the expiry is not a date")]
    Expiry,
    /// An expiry belongs to short-term and export plates, the interchangeable sign to plates with letters and no season.
    #[error("the expiry or the interchangeable sign does not go with this kind of plate")]
    Combination,
}

/// A plate of sound form. Personal data: it is not loggable and its `Debug` shows the class only.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plate {
    /// Kind of plate.
    pub class: PlateClass,
    /// Canonical text, such as `M-AB 1234`.
    pub text: String,
    /// Nationality sign (not an ISO code), `D` for Germany.
    pub nation: String,
    /// Prefix (Unterscheidungszeichen).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Letters behind the prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letters: Option<String>,
    /// Digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// E or H.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<Suffix>,
    /// Months of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Season>,
}

impl Plate {
    /// Reads a plate as written with its separators. `nation` is the sign on the vehicle; for other nations than
    /// `D` the text is kept as it stands, trimmed, composed and in upper case. Expiry and interchangeable sign are
    /// no part of it: [`PlateReading::parse`] reads them.
    ///
    /// # Errors
    /// The first broken rule of form.
    pub fn parse(text: &str, nation: &str) -> Result<Self, PlateError> {
        if text.len() > text::MAX_INPUT {
            return Err(PlateError::TooLong);
        }
        let text = text::normal(text);
        let nation = sign(nation)?;
        match text.chars().count() {
            0 => Err(PlateError::Empty),
            1..=15 if nation == "D" => german::plate(&text),
            1..=15 => Ok(Self::bare(PlateClass::Foreign, text, &nation)),
            _ => Err(PlateError::TooLong),
        }
    }

    /// Letters and digits only, upper case, umlauts without their dots. For searching and the citizen's key.
    #[must_use]
    pub fn folded(&self) -> String {
        fold_plate(&self.text)
    }

    fn bare(class: PlateClass, text: String, nation: &str) -> Self {
        let nation = nation.to_owned();
        Self { class, text, nation, prefix: None, letters: None, digits: None, suffix: None, season: None }
    }
}

impl std::fmt::Debug for Plate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plate({:?}, ..)", self.class)
    }
}

/// A nationality sign in upper case.
fn sign(nation: &str) -> Result<String, PlateError> {
    let nation = nation.trim();
    let sound = (1..=3).contains(&nation.len()) && nation.bytes().all(|byte| byte.is_ascii_alphabetic());
    if sound { Ok(nation.to_ascii_uppercase()) } else { Err(PlateError::Nation) }
}

#[cfg(test)]
mod tests {
    use super::{PlateClass::*, *};

    #[test]
    fn every_class_is_read_from_its_usual_spelling() {
        let cases = [
            ("m-ab 1234", "D", Standard, "M-AB 1234"),
            ("LÖ-A1", "D", Standard, "LÖ-A 1"),
            ("SR-AB 12E", "D", Electric, "SR-AB 12E"),
            ("M-AB 12 H", "D", Historic, "M-AB 12H"),
            ("M-AB 123 04-10", "D", Season, "M-AB 123 04-10"),
            ("Y-123456", "D", Authority, "Y-123456"),
            ("BYL-1234", "D", Authority, "BYL-1234"),
            ("0-17-1", "D", Diplomatic, "0-17-1"),
            ("M-06123", "D", Red, "M-06123"),
            ("M-03123", "D", ShortTerm, "M-03123"),
            ("M-123 A", "D", Export, "M-123 A"),
            ("780 hga", "D", Insurance, "780 HGA"),
            ("w 12345 x", "A", Foreign, "W 12345 X"),
        ];
        for (text, nation, class, canonical) in cases {
            let plate = Plate::parse(text, nation).expect(text);
            assert_eq!((plate.class, plate.text.as_str()), (class, canonical), "{text}");
            assert_eq!(Plate::parse(&plate.text, nation), Ok(plate), "{text} is not stable");
        }
    }

    #[test]
    fn a_broken_form_names_its_rule() {
        let cases = [
            ("", PlateError::Empty),
            ("BNO 1", PlateError::Separator),
            ("ABCD-E 1", PlateError::Prefix),
            ("M-ABC 1", PlateError::Letters),
            ("M-ÄB 1", PlateError::Letters),
            ("M-AB 0123", PlateError::Digits),
            ("M-AB", PlateError::Digits),
            ("ABI-AB 1234", PlateError::MoreThanEight),
            ("M-AB 123 04-04", PlateError::Season),
            ("M-AB 123 13-02", PlateError::Season),
            ("M-AB 123456789", PlateError::Digits),
            ("M-AB 12345678901234", PlateError::TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(Plate::parse(text, "D"), Err(error), "{text}");
        }
        assert_eq!(Plate::parse("M-AB 1", "DEUT"), Err(PlateError::Nation));
    }

    #[test]
    fn folding_drops_what_a_citizen_leaves_out_when_typing() {
        assert_eq!(fold_plate("lö-a 1"), "LOA1");
        assert_eq!(fold_plate("LO\u{308}A1"), "LOA1");
    }

    #[test]
    fn debug_shows_no_plate() {
        let plate = Plate::parse("M-AB 1234", "D").expect("sound");
        assert!(!format!("{plate:?}").contains("AB"));
    }
}
