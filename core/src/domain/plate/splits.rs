//! All readings of a text whose separators are missing or stand elsewhere.
//!
//! A separator that was written is kept as a border between two parts; none is needed. So `BNO1` has two readings,
//! and `B NO1` one. Diplomatic plates of Berlin and Bonn need their separators: without, they are an authority's.

use super::reading::split_expiry;
use super::text::{is_prefix_letter, normal};
use super::{PlateReading, text};

/// Longest text without separators that can be a plate: prefix, letters, digits, suffix, season.
const MAX_COMPACT: usize = 14;

/// Every well-formed German reading, the more common classes first. Prefixes are not looked up.
pub(super) fn readings(text: &str) -> Vec<PlateReading> {
    if text.len() > text::MAX_INPUT {
        return Vec::new();
    }
    let normal = normal(text);
    let Ok((rest, expires)) = split_expiry(&normal) else { return Vec::new() };
    let Some(compact) = Compact::of(rest) else { return Vec::new() };
    let date = expires.map_or_else(String::new, |day| day.format(" %d.%m.%Y").to_string());
    let mut found: Vec<PlateReading> = Vec::new();
    for pieces in compact.candidates() {
        let reading = compact.spelled(&pieces).and_then(|text| PlateReading::parse(&format!("{text}{date}"), "D").ok());
        found.extend(reading.filter(|reading| !found.contains(reading)));
    }
    found
}

/// Text without separators, and where they stood.
struct Compact {
    chars: Vec<char>,
    borders: Vec<usize>,
}

/// A part: what stands before it in the canonical text, and its length in characters.
type Piece = (&'static str, usize);

impl Compact {
    fn of(text: &str) -> Option<Self> {
        let mut compact = Self { chars: Vec::new(), borders: Vec::new() };
        for token in text.split([' ', '-', '/', '.', ':', '_']).filter(|token| !token.is_empty()) {
            compact.chars.extend(token.chars());
            compact.borders.push(compact.chars.len());
        }
        compact.borders.pop();
        let sound = compact.chars.len() <= MAX_COMPACT
            && compact.chars.iter().all(|c| is_prefix_letter(*c) || c.is_ascii_digit());
        sound.then_some(compact)
    }

    fn run(&self, from: usize, fits: impl Fn(char) -> bool) -> usize {
        self.chars.iter().skip(from).take_while(|c| fits(**c)).count()
    }

    fn candidates(&self) -> Vec<Vec<Piece>> {
        let letters = self.run(0, is_prefix_letter);
        let mut all = Vec::new();
        for prefix in 1..=letters.min(3) {
            for tail in self.tails(letters) {
                all.push([vec![("", prefix), ("-", letters - prefix)], tail].concat());
            }
        }
        all.extend(self.unlettered(letters));
        if letters == 0 {
            all.extend(self.led_by_digits());
        }
        all
    }

    /// Digits behind letters, with each suffix, season and sign they can have.
    fn tails(&self, letters: usize) -> Vec<Vec<Piece>> {
        let digits = self.run(letters, |c| c.is_ascii_digit());
        let rest = self.chars.len() - letters - digits;
        let mut tails = Vec::new();
        match rest {
            0 => tails.extend([vec![(" ", digits)], season_tail(digits)]),
            1 if self.chars.last() == Some(&'W') => tails.push(vec![(" ", digits), (" ", 1)]),
            1 => tails.push(vec![(" ", digits), ("", 1)]),
            2 => tails.push(vec![(" ", digits), ("", 1), (" ", 1)]),
            5 => tails.push(vec![(" ", digits), ("", 1), (" ", 2), ("-", 2)]),
            _ => {}
        }
        tails
    }

    /// The letters are all prefix: authority, red, short-term, export.
    fn unlettered(&self, letters: usize) -> Vec<Vec<Piece>> {
        let digits = self.run(letters, |c| c.is_ascii_digit());
        match self.chars.len() - letters - digits {
            0 if letters > 0 => vec![self.grouped(letters, digits, " "), self.grouped(letters, digits, "-")],
            1 if letters > 0 => vec![vec![("", letters), ("-", digits), (" ", 1)]],
            _ => Vec::new(),
        }
    }

    /// Digits in the groups in which they were written.
    fn grouped(&self, letters: usize, digits: usize, between: &'static str) -> Vec<Piece> {
        let end = letters + digits;
        let inner = self.borders.iter().copied().filter(|border| *border > letters);
        let cuts: Vec<_> = std::iter::once(letters).chain(inner).chain(std::iter::once(end)).collect();
        let groups = cuts.windows(2).map(|pair| match pair {
            [from, to] => (if *from == letters { "-" } else { between }, to - from),
            _ => ("", 0),
        });
        std::iter::once(("", letters)).chain(groups).collect()
    }

    /// Insurance plates, and diplomatic ones with each place where a block can end.
    fn led_by_digits(&self) -> Vec<Vec<Piece>> {
        let digits = self.run(0, |c| c.is_ascii_digit());
        let length = self.chars.len();
        if digits < length {
            return vec![vec![("", digits), (" ", length - digits)]];
        }
        let split = |at| vec![("", 1), ("-", at - 1), ("-", length - at)];
        let one_block = (length > 1).then(|| vec![("", 1), ("-", length - 1)]);
        one_block.into_iter().chain((2..length).map(split)).chain(self.as_written()).collect()
    }

    fn as_written(&self) -> Option<Vec<Piece>> {
        let ends = self.borders.iter().copied().chain(std::iter::once(self.chars.len()));
        let mut from = 0;
        let pieces: Vec<_> =
            ends.map(|end| (if from == 0 { "" } else { "-" }, end - std::mem::replace(&mut from, end))).collect();
        (pieces.len() > 3).then_some(pieces)
    }

    /// The canonical text of pieces, if every border that was written is one of theirs.
    fn spelled(&self, pieces: &[Piece]) -> Option<String> {
        let mut text = String::new();
        let mut ends = Vec::new();
        let mut at = 0;
        for (before, length) in pieces {
            text.push_str(before);
            text.extend(self.chars.get(at..at + length)?);
            at += length;
            ends.push(at);
        }
        let whole = at == self.chars.len() && pieces.iter().all(|(_, length)| *length > 0);
        (whole && self.borders.iter().all(|border| ends.contains(border))).then_some(text)
    }
}

/// The last four digits as two months.
fn season_tail(digits: usize) -> Vec<Piece> {
    vec![(" ", digits.saturating_sub(4)), (" ", 2), ("-", 2)]
}
