//! Text of a plate as typed, read or pasted: one spelling for the same letters, and the fold for searching.

use unicode_normalization::UnicodeNormalization;

/// Longest input that is looked at, in bytes; no plate with its details comes near.
pub(super) const MAX_INPUT: usize = 256;

/// Upper case in composed form (NFC), one kind of dash, one blank, no invisible characters.
pub(super) fn normal(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(plain).collect();
    composed(&visible).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Upper case in composed form and nothing else changed, so that a confidence a character stays with it.
pub(super) fn composed(text: &str) -> String {
    text.nfc().collect::<String>().to_uppercase().nfc().collect()
}

/// Folds a plate as typed: upper case, NFC, letters and digits only, `Ä` to `A`, `Ö` to `O`, `Ü` to `U`.
///
/// For searching and the citizen's key only. `BÖ-A 1` and `BO-A 1` fold alike and are two vehicles.
#[must_use]
pub fn fold_plate(text: &str) -> String {
    composed(text).chars().filter(|character| character.is_alphanumeric()).map(undotted).collect()
}

pub(super) fn is_prefix_letter(character: char) -> bool {
    character.is_ascii_uppercase() || matches!(character, 'Ä' | 'Ö' | 'Ü')
}

pub(super) fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn all_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn undotted(character: char) -> char {
    match character {
        'Ä' => 'A',
        'Ö' => 'O',
        'Ü' => 'U',
        other => other,
    }
}

/// Dashes of every length are one dash; seals typed as a dot in the middle are a blank.
fn plain(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
        '\u{B7}' | '\u{2022}' | '\u{25CF}' => ' ',
        other => other,
    }
}

/// What shows nothing and would make two plates of one.
fn is_invisible(character: char) -> bool {
    let blank = character.is_whitespace();
    let formatting = matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    formatting || (character.is_control() && !blank)
}
