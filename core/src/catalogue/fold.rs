//! Words of a text as search compares them.
//!
//! `Straße`, `STRASSE` and `Strasse` are one word, so are `Bürgersteig`, `Buergersteig` and `Burgersteig`. Endings that
//! only inflect are cut off. A number and its unit are one word, because the 1 of "1 Stunde" is not the 1 of "Zeichen
//! 242.1"; whole hours in minutes are hours. Words of the trade that mean the same are listed in
//! `core/data/search-words.txt`.

use std::collections::HashMap;

/// Longest text that is looked at, in characters.
const MAX_CHARS: usize = 4_000;
/// Cut off the end of a word of five letters or more, longest first.
const ENDINGS: [&str; 7] = ["en", "er", "es", "em", "e", "n", "s"];
const SHORTEST_STEM: usize = 3;
const UNITS: [&str; 6] = ["stund", "minut", "woch", "tag", "met", "tonn"];

/// Words that mean the same, each by the one that stands for all.
pub struct Synonyms(HashMap<String, String>);

impl Synonyms {
    /// Those of the project.
    pub fn own() -> Self {
        Self::of(include_str!("../../data/search-words.txt"))
    }

    /// One group a line, the word that stands for all first; `#` begins a comment.
    pub fn of(text: &str) -> Self {
        let mut words = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut group = raw_words(line).into_iter();
            let Some(first) = group.next() else { continue };
            let first = stem(&first).to_owned();
            words.extend(group.map(|word| (word, first.clone())));
        }
        Self(words)
    }

    fn resolve(&self, word: &str) -> String {
        self.0.get(word).or_else(|| self.0.get(stem(word))).cloned().unwrap_or_else(|| stem(word).to_owned())
    }

    /// The words of a text in order.
    pub fn words(&self, text: &str) -> Vec<String> {
        let words: Vec<_> = raw_words(text).iter().map(|word| self.resolve(word)).collect();
        let mut joined: Vec<String> = Vec::with_capacity(words.len());
        for word in words {
            match joined.last_mut() {
                Some(number) if is_number(number) && UNITS.contains(&word.as_str()) => *number = measure(number, &word),
                _ => joined.push(word),
            }
        }
        joined
    }
}

/// Whether a word is a number, as in a sign's `242.1`.
pub fn is_number(word: &str) -> bool {
    begins_with_digit(word) && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn measure(number: &str, unit: &str) -> String {
    let whole = |value: &u32| unit == "minut" && *value > 0 && value.is_multiple_of(60);
    match number.parse::<u32>().ok().filter(whole) {
        Some(minutes) => format!("{}stund", minutes / 60),
        None => format!("{number}{unit}"),
    }
}

/// Folded words, numbers apart from letters: `15Min` gives two.
fn raw_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    let mut signs = text.chars().take(MAX_CHARS).peekable();
    while let Some(sign) = signs.next() {
        let ahead_is_digit = signs.peek().is_some_and(char::is_ascii_digit);
        let last = words.last_mut().filter(|_| inside);
        match (last, sign) {
            (last, '\u{300}'..='\u{36f}') => inside = last.is_some(), // a mark set apart from its letter
            (Some(word), '.' | ',') if begins_with_digit(word) && ahead_is_digit => word.push('.'),
            (Some(word), sign) if sign.is_alphanumeric() && begins_with_digit(word) == sign.is_ascii_digit() => {
                word.extend(fold_sign(sign));
            }
            (_, sign) => {
                inside = sign.is_alphanumeric();
                if inside {
                    words.push(fold_sign(sign).collect());
                }
            }
        }
    }
    for word in &mut words {
        *word = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    }
    words
}

fn begins_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn fold_sign(sign: char) -> impl Iterator<Item = char> {
    let spelled: &[char] = match sign {
        'ä' | 'Ä' | 'à' | 'á' | 'â' => &['a'],
        'ö' | 'Ö' | 'ò' | 'ó' | 'ô' => &['o'],
        'ü' | 'Ü' | 'ù' | 'ú' | 'û' => &['u'],
        'é' | 'è' | 'ê' | 'É' => &['e'],
        'ß' | 'ẞ' => &['s', 's'],
        _ => &[],
    };
    let own = spelled.is_empty().then(|| sign.to_lowercase());
    spelled.iter().copied().chain(own.into_iter().flatten())
}

fn stem(word: &str) -> &str {
    if word.len() < SHORTEST_STEM + 2 || is_number(word) {
        return word;
    }
    let cut = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= SHORTEST_STEM));
    cut.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_fold_to_one() {
        let synonyms = Synonyms::own();
        for (one, other) in [
            ("Straße", "STRASSE"),
            ("Bürgersteig", "Buergersteig"),
            ("Bürgersteig", "Bu\u{308}rgersteig"),
            ("Bürgersteig", "Gehweg"),
            ("Stunden", "Std."),
            ("1 Stunde", "60min"),
            ("1 Stunde", "1h"),
            ("zwei Stunden", "120 Minuten"),
            ("geparkt", "parkten"),
            ("in zweiter Reihe", "in 2. Reihe"),
        ] {
            assert_eq!(synonyms.words(one), synonyms.words(other), "{one} {other}");
        }
    }

    #[test]
    fn numbers_keep_what_belongs_to_them() {
        let words = Synonyms::own().words("Zeichen 242.1, 7,5 t und 112656");
        assert_eq!(words, ["zeich", "242.1", "7.5tonn", "und", "112656"]);
    }
}
