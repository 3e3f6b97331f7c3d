//! Number plates (Kennzeichen) as structured parts, never as one string.
//!
//! A plate is read with its separators (`M-AB 1234`), because without them 3 % of all prefix and letter
//! combinations have two readings: `BNO1` is `B-NO 1` or `BN-O 1`. Folding drops separators and umlauts; it serves
//! searching and the citizen's key only and never identifies a vehicle. Form follows § 9 to § 12 and § 52 ff. FZV;
//! whether a prefix is in use is data, not form, and not decided here.

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
    /// `D` the text is kept as it stands, trimmed and in upper case.
    ///
    /// # Errors
    /// The first broken rule of form.
    pub fn parse(text: &str, nation: &str) -> Result<Self, PlateError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        let nation = nation.trim().to_uppercase();
        match text.chars().count() {
            0 => return Err(PlateError::Empty),
            1..=15 => {}
            _ => return Err(PlateError::TooLong),
        }
        if !(1..=3).contains(&nation.len()) || !nation.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(PlateError::Nation);
        }
        if nation == "D" { german(&text) } else { Ok(Self::bare(PlateClass::Foreign, text, &nation)) }
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

/// Folds a plate as typed: upper case, letters and digits only, `Ä` to `A`, `Ö` to `O`, `Ü` to `U`.
#[must_use]
pub fn fold_plate(text: &str) -> String {
    // A decomposed umlaut folds by itself: its combining dots are neither letter nor digit.
    text.to_uppercase()
        .chars()
        .filter(|character| character.is_alphanumeric())
        .map(|character| match character {
            'Ä' => 'A',
            'Ö' => 'O',
            'Ü' => 'U',
            other => other,
        })
        .collect()
}

fn german(text: &str) -> Result<Plate, PlateError> {
    if let Some(plate) = insurance(text) {
        return Ok(plate);
    }
    let (prefix, rest) = text.split_once('-').ok_or(PlateError::Separator)?;
    if prefix == "0" {
        return diplomatic(text, rest);
    }
    let is_prefix = |c: char| c.is_ascii_uppercase() || matches!(c, 'Ä' | 'Ö' | 'Ü');
    if !(1..=3).contains(&prefix.chars().count()) || !prefix.chars().all(is_prefix) {
        return Err(PlateError::Prefix);
    }
    let rest = rest.trim_start();
    if rest.starts_with(|c: char| c.is_ascii_digit()) { digits_only(prefix, rest) } else { lettered(prefix, rest) }
}

fn insurance(text: &str) -> Option<Plate> {
    let (digits, letters) = text.split_once([' ', '-'])?;
    let form = digits.len() == 3
        && letters.len() == 3
        && digits.bytes().all(|b| b.is_ascii_digit())
        && letters.bytes().all(|b| b.is_ascii_uppercase());
    form.then(|| Plate {
        digits: Some(digits.to_owned()),
        letters: Some(letters.to_owned()),
        ..Plate::bare(PlateClass::Insurance, format!("{digits} {letters}"), "D")
    })
}

fn diplomatic(text: &str, blocks: &str) -> Result<Plate, PlateError> {
    let sound = blocks.split('-').count() <= 4
        && blocks.split('-').all(|block| (1..=4).contains(&block.len()) && all_digits(block));
    if !sound {
        return Err(PlateError::Digits);
    }
    Ok(Plate {
        prefix: Some("0".to_owned()),
        digits: Some(blocks.to_owned()),
        ..Plate::bare(PlateClass::Diplomatic, text.to_owned(), "D")
    })
}

/// Prefix and digits, perhaps one letter behind: authority, red, short-term or export.
fn digits_only(prefix: &str, rest: &str) -> Result<Plate, PlateError> {
    let (digits, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let tail = tail.trim();
    let class = match (digits.get(..2), tail.len()) {
        (_, 1) if tail.bytes().all(|b| b.is_ascii_uppercase()) && digits.len() <= 4 => PlateClass::Export,
        (Some("05" | "06" | "07"), 0) => PlateClass::Red,
        (Some("03" | "04"), 0) => PlateClass::ShortTerm,
        (_, 0) if !digits.starts_with('0') => PlateClass::Authority,
        _ => return Err(PlateError::Digits),
    };
    if digits.len() > 6 {
        return Err(PlateError::Digits);
    }
    let space = if tail.is_empty() { "" } else { " " };
    Ok(Plate {
        prefix: Some(prefix.to_owned()),
        digits: Some(digits.to_owned()),
        letters: (!tail.is_empty()).then(|| tail.to_owned()),
        ..Plate::bare(class, format!("{prefix}-{digits}{space}{tail}"), "D")
    })
}

/// Prefix, letters, digits, then perhaps a suffix and a season.
fn lettered(prefix: &str, rest: &str) -> Result<Plate, PlateError> {
    let (letters, rest) = rest.split_at(rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()));
    if !(1..=2).contains(&letters.len()) || !letters.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(PlateError::Letters);
    }
    let rest = rest.trim_start();
    let (digits, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    if !(1..=4).contains(&digits.len()) || digits.starts_with('0') {
        return Err(PlateError::Digits);
    }
    let (suffix, tail) = suffix(tail);
    let season = season(tail)?;
    let length = prefix.chars().count() + letters.len() + digits.len() + usize::from(suffix.is_some());
    if length > 8 || (season.is_some() && length > 7) {
        return Err(PlateError::MoreThanEight);
    }
    let class = match (season, suffix) {
        (Some(_), _) => PlateClass::Season,
        (None, Some(Suffix::E)) => PlateClass::Electric,
        (None, Some(Suffix::H)) => PlateClass::Historic,
        (None, None) => PlateClass::Standard,
    };
    let ending = suffix.map_or("", |suffix| if suffix == Suffix::E { "E" } else { "H" });
    let months = season.map_or_else(String::new, |s| format!(" {:02}-{:02}", s.from, s.to));
    Ok(Plate {
        prefix: Some(prefix.to_owned()),
        letters: Some(letters.to_owned()),
        digits: Some(digits.to_owned()),
        suffix,
        season,
        ..Plate::bare(class, format!("{prefix}-{letters} {digits}{ending}{months}"), "D")
    })
}

fn suffix(tail: &str) -> (Option<Suffix>, &str) {
    let trimmed = tail.trim_start();
    if let Some(rest) = trimmed.strip_prefix('E') {
        (Some(Suffix::E), rest)
    } else if let Some(rest) = trimmed.strip_prefix('H') {
        (Some(Suffix::H), rest)
    } else {
        (None, trimmed)
    }
}

fn season(tail: &str) -> Result<Option<Season>, PlateError> {
    let tail = tail.trim();
    if tail.is_empty() {
        return Ok(None);
    }
    let (from, to) = tail.split_once(['-', '/']).ok_or(PlateError::Season)?;
    let month = |text: &str| match text.parse::<u8>() {
        Ok(month @ 1..=12) if text.len() == 2 => Ok(month),
        _ => Err(PlateError::Season),
    };
    let (from, to) = (month(from)?, month(to)?);
    if from == to { Err(PlateError::Season) } else { Ok(Some(Season { from, to })) }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
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
