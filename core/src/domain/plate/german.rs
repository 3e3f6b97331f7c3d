//! The form of German plates, written with their separators.

use super::text::{all_digits, all_letters, is_prefix_letter};
use super::{Plate, PlateClass, PlateError, Season, Suffix};

/// Reads normal text.
pub(super) fn plate(text: &str) -> Result<Plate, PlateError> {
    if let Some(plate) = insurance(text) {
        return Ok(plate);
    }
    if text.starts_with('0') {
        return diplomatic("0", text.trim_start_matches('0').trim_start_matches([' ', '-']), text);
    }
    let (prefix, rest) = text.split_once('-').ok_or(PlateError::Separator)?;
    let (prefix, rest) = (prefix.trim_end(), rest.trim_start());
    if !(1..=3).contains(&prefix.chars().count()) || !prefix.chars().all(is_prefix_letter) {
        return Err(PlateError::Prefix);
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        lettered(prefix, rest)
    } else if matches!(prefix, "B" | "BN") && rest.contains('-') {
        diplomatic(prefix, rest, text)
    } else {
        digits_only(prefix, rest)
    }
}

fn insurance(text: &str) -> Option<Plate> {
    let (digits, letters) = text.split_once([' ', '-'])?;
    let form = digits.len() == 3 && letters.len() == 3 && all_digits(digits) && all_letters(letters);
    form.then(|| Plate {
        digits: Some(digits.to_owned()),
        letters: Some(letters.to_owned()),
        ..Plate::bare(PlateClass::Insurance, format!("{digits} {letters}"), "D")
    })
}

/// Blocks of digits behind `0`, or behind the prefixes of Berlin and Bonn.
fn diplomatic(prefix: &str, blocks: &str, text: &str) -> Result<Plate, PlateError> {
    if prefix == "0" && !text.starts_with("0-") && !text.starts_with("0 ") {
        return Err(PlateError::Separator);
    }
    let blocks: Vec<_> = blocks.split([' ', '-']).collect();
    let sound = |block: &&str| (1..=4).contains(&block.len()) && all_digits(block);
    if blocks.len() > 4 || !blocks.iter().all(sound) {
        return Err(PlateError::Digits);
    }
    let digits = blocks.join("-");
    let text = format!("{prefix}-{digits}");
    Ok(Plate {
        prefix: Some(prefix.to_owned()),
        digits: Some(digits),
        ..Plate::bare(PlateClass::Diplomatic, text, "D")
    })
}

/// Prefix and digits, perhaps one letter behind: authority, red, short-term or export.
fn digits_only(prefix: &str, rest: &str) -> Result<Plate, PlateError> {
    let in_groups = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-');
    let (groups, tail) = rest.split_at(rest.find(|c| !in_groups(c)).unwrap_or(rest.len()));
    let digits: String = groups.chars().filter(char::is_ascii_digit).collect();
    let class = class_of_digits(&digits, tail)?;
    let space = if tail.is_empty() { "" } else { " " };
    let text = format!("{prefix}-{digits}{space}{tail}");
    Ok(Plate {
        prefix: Some(prefix.to_owned()),
        letters: (!tail.is_empty()).then(|| tail.to_owned()),
        digits: Some(digits),
        ..Plate::bare(class, text, "D")
    })
}

fn class_of_digits(digits: &str, tail: &str) -> Result<PlateClass, PlateError> {
    if digits.len() > 6 {
        return Err(PlateError::Digits);
    }
    match (digits.get(..2), tail.len()) {
        (_, 1) if all_letters(tail) && digits.len() <= 4 && !digits.starts_with('0') => Ok(PlateClass::Export),
        (Some("05" | "06" | "07"), 0) => Ok(PlateClass::Red),
        (Some("03" | "04"), 0) => Ok(PlateClass::ShortTerm),
        (_, 0) if !digits.starts_with('0') => Ok(PlateClass::Authority),
        _ => Err(PlateError::Digits),
    }
}

/// Prefix, letters, digits, then perhaps a suffix and a season.
fn lettered(prefix: &str, rest: &str) -> Result<Plate, PlateError> {
    let (letters, rest) = rest.split_at(rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()));
    if !(1..=2).contains(&letters.len()) || !all_letters(letters) {
        return Err(PlateError::Letters);
    }
    let rest = rest.trim_start_matches([' ', '-']);
    let (digits, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    if !(1..=4).contains(&digits.len()) || digits.starts_with('0') {
        return Err(PlateError::Digits);
    }
    let (suffix, tail) = suffix(tail)?;
    let season = season(tail)?;
    let length = prefix.chars().count() + letters.len() + digits.len() + usize::from(suffix.is_some());
    if length > 8 || (season.is_some() && length > 7) {
        return Err(PlateError::MoreThanEight);
    }
    Ok(assembled([prefix, letters, digits], suffix, season))
}

fn assembled([prefix, letters, digits]: [&str; 3], suffix: Option<Suffix>, season: Option<Season>) -> Plate {
    let class = match (season, suffix) {
        (Some(_), _) => PlateClass::Season,
        (None, Some(Suffix::E)) => PlateClass::Electric,
        (None, Some(Suffix::H)) => PlateClass::Historic,
        (None, None) => PlateClass::Standard,
    };
    let ending = suffix.map_or("", |suffix| if suffix == Suffix::E { "E" } else { "H" });
    let months = season.map_or_else(String::new, |s| format!(" {:02}-{:02}", s.from, s.to));
    Plate {
        prefix: Some(prefix.to_owned()),
        letters: Some(letters.to_owned()),
        digits: Some(digits.to_owned()),
        suffix,
        season,
        ..Plate::bare(class, format!("{prefix}-{letters} {digits}{ending}{months}"), "D")
    }
}

fn suffix(tail: &str) -> Result<(Option<Suffix>, &str), PlateError> {
    let tail = tail.trim_start();
    let (letters, rest) = tail.split_at(tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len()));
    match letters {
        "" => Ok((None, rest)),
        "E" => Ok((Some(Suffix::E), rest)),
        "H" => Ok((Some(Suffix::H), rest)),
        _ => Err(PlateError::Suffix),
    }
}

fn season(tail: &str) -> Result<Option<Season>, PlateError> {
    let tail = tail.trim();
    if tail.is_empty() {
        return Ok(None);
    }
    let (from, to) = tail.split_once(['-', '/']).ok_or(PlateError::Season)?;
    let month = |text: &str| match text.parse::<u8>() {
        Ok(month @ 1..=12) if text.len() == 2 && all_digits(text) => Ok(month),
        _ => Err(PlateError::Season),
    };
    let (from, to) = (month(from)?, month(to)?);
    if from == to { Err(PlateError::Season) } else { Ok(Some(Season { from, to })) }
}
