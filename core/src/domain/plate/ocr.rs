//! Help for a camera that reads plates: what it read, with its confidences, becomes ranked legal plates.
//!
//! Letters and digits that look alike are told apart by where they stand, seals read as characters are left out, and
//! a prefix that nobody gives makes no plate. Nothing is decided: the officer sees the candidates beside the raw text,
//! which each keeps. German plates only; a foreign one is typed.

use super::verdict::look_up;
use super::{PlateKind, PlateReading, PlateTables, PlateWarning};

/// Readings of one picture that are looked at.
const MAX_READINGS: usize = 16;
/// Characters of a reading, separators included.
const MAX_LENGTH: usize = 24;
/// Candidates given back.
const MAX_CANDIDATES: usize = 8;
/// Confidence of a character that came without one, per mille.
const UNSURE: u16 = 500;

/// Look-alikes: the letter and the digit.
const ALIKE: [(char, char); 10] = [
    ('O', '0'),
    ('I', '1'),
    ('B', '8'),
    ('S', '5'),
    ('Z', '2'),
    ('Q', '0'),
    ('D', '0'),
    ('L', '1'),
    ('G', '6'),
    ('T', '7'),
];
/// What the two seals between prefix and letters are read as.
const SEALS: &str = "PDCOBQGU08690";

// Penalties, in the unit of confidence: per mille of one character.
const COERCED: u32 = 250;
const UMLAUT: u32 = 400;
const SEAL: u32 = 200;
const BAND: u32 = 100;
const GAP: u32 = 700;
const RARE: u32 = 200;
const WARNED: u32 = 600;
/// What each further reading of the same plate takes off.
const SUPPORT: u32 = 200;

/// What a recogniser read at once: a line of text and how sure it is. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct OcrReading {
    /// Text as read.
    pub text: String,
    /// Confidence of each character of the composed text, blanks included, per mille. Fewer: the last goes for the
    /// rest; none: 500.
    pub confidences: Vec<u16>,
}

/// A legal plate that a reading may stand for. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct OcrCandidate {
    /// The plate.
    pub reading: PlateReading,
    /// Warnings about its prefix, as in a verdict.
    pub warnings: Vec<PlateWarning>,
    /// Distance from what was read: 0 is certain; each doubtful character costs up to 1000. The order counts, not the
    /// amount.
    pub penalty: u32,
    /// How many readings lead to this plate.
    pub support: u8,
    /// The text of the nearest reading, untouched.
    pub raw: String,
}

/// A recogniser's answer is beyond the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcrError {
    /// More than 16 readings.
    #[error("more than 16 readings of one picture")]
    TooMany,
    /// A reading is longer than 24 characters.
    #[error("reading {index} is longer than 24 characters")]
    TooLong {
        /// Which, from 0.
        index: usize,
    },
}

/// Legal plates that readings may stand for, the nearest first, at most eight. None is a fair answer.
///
/// # Errors
/// [`OcrError`] if there are too many readings or one is too long.
pub fn rank(readings: &[OcrReading], tables: &PlateTables) -> Result<Vec<OcrCandidate>, OcrError> {
    if readings.len() > MAX_READINGS {
        return Err(OcrError::TooMany);
    }
    // Characters have at most four bytes, so counting is bounded as well.
    let long = |reading: &OcrReading| reading.text.len() > 4 * MAX_LENGTH || reading.text.chars().count() > MAX_LENGTH;
    if let Some(index) = readings.iter().position(long) {
        return Err(OcrError::TooLong { index });
    }
    let mut ranked: Vec<OcrCandidate> = Vec::new();
    for reading in readings {
        for candidate in candidates(reading, tables) {
            merge(&mut ranked, candidate);
        }
    }
    let place = |c: &OcrCandidate| c.penalty.saturating_sub(SUPPORT * u32::from(c.support.saturating_sub(1)));
    ranked.sort_by(|a, b| (place(a), &a.reading.plate.text).cmp(&(place(b), &b.reading.plate.text)));
    ranked.truncate(MAX_CANDIDATES);
    Ok(ranked)
}

fn merge(ranked: &mut Vec<OcrCandidate>, candidate: OcrCandidate) {
    let Some(known) = ranked.iter_mut().find(|known| known.reading == candidate.reading) else {
        return ranked.push(candidate);
    };
    let support = known.support.saturating_add(1);
    if candidate.penalty < known.penalty {
        *known = candidate;
    }
    known.support = support;
}

/// The plates of one reading, each once with its smallest penalty.
fn candidates(reading: &OcrReading, tables: &PlateTables) -> Vec<OcrCandidate> {
    let glyphs = glyphs(reading);
    let mut found: Vec<OcrCandidate> = Vec::new();
    for (text, penalty) in spellings(&glyphs) {
        let Some((reading, warnings, rarity)) = legal(&text, tables) else { continue };
        let penalty = penalty + rarity;
        match found.iter_mut().find(|known| known.reading == reading) {
            Some(known) => known.penalty = known.penalty.min(penalty),
            None => found.push(OcrCandidate { reading, warnings, penalty, support: 1, raw: String::new() }),
        }
    }
    found.iter_mut().for_each(|candidate| candidate.raw.clone_from(&reading.text));
    found
}

fn legal(text: &str, tables: &PlateTables) -> Option<(PlateReading, Vec<PlateWarning>, u32)> {
    let reading = PlateReading::parse(text, "D").ok()?;
    let warnings = look_up(&reading, tables)?;
    let common = reading.kind.may_interchange() || matches!(reading.kind, PlateKind::Season | PlateKind::Insurance);
    let warned = WARNED * u32::try_from(warnings.len()).unwrap_or(u32::MAX / WARNED);
    Some((reading, warnings, if common { warned } else { warned + RARE }))
}

/// A character, how sure it is, and whether a separator stands before it.
#[derive(Clone, Copy)]
struct Glyph {
    read: char,
    confidence: u32,
    gap: bool,
}

fn glyphs(reading: &OcrReading) -> Vec<Glyph> {
    let mut glyphs = Vec::new();
    let mut gap = false;
    let last = reading.confidences.last().copied().unwrap_or(UNSURE);
    let sure = reading.confidences.iter().copied().chain(std::iter::repeat(last));
    for (character, confidence) in super::text::composed(&reading.text).chars().zip(sure) {
        match character {
            '|' => glyphs.push(Glyph { read: '1', confidence: 0, gap }),
            c if c.is_alphanumeric() => {
                glyphs.push(Glyph { read: c, confidence: u32::from(confidence.min(1000)), gap });
            }
            _ => {
                gap = true;
                continue;
            }
        }
        gap = false;
    }
    glyphs
}

/// What stands at a place of a plate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Prefix,
    Letter,
    Digit,
    /// E or H.
    Suffix,
}

/// A part of a plate: its kind, its length, and what the canonical text has before it.
type Part = (Slot, usize, &'static str);

/// Texts of sound shape with their penalties. What is left out at the front is the blue band's `D`.
fn spellings(glyphs: &[Glyph]) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let band = glyphs.first().is_some_and(|glyph| glyph.read == 'D') && glyphs.len() > 3;
    for skipped in 0..=usize::from(band) {
        let glyphs = glyphs.get(skipped..).unwrap_or_default();
        let cost = BAND * u32::from(skipped == 1);
        let shapes = shapes(glyphs.len());
        found.extend(shapes.iter().flat_map(|shape| written(glyphs, shape)).map(|(text, p)| (text, p + cost)));
    }
    found.extend(diplomatic(glyphs));
    found
}

/// Digits alone behind a nought, in the blocks in which they were read.
fn diplomatic(glyphs: &[Glyph]) -> Option<(String, u32)> {
    let mut text = String::new();
    let mut cost = 0;
    for glyph in glyphs {
        let (character, penalty) = fit(*glyph, Slot::Digit)?;
        text.push_str(if glyph.gap && !text.is_empty() { "-" } else { "" });
        text.push(character);
        cost += penalty;
    }
    text.starts_with("0-").then_some((text, cost))
}

/// A shape: length of the prefix, seals left out behind it, and the parts that follow.
struct Shape {
    prefix: usize,
    seals: usize,
    parts: Vec<Part>,
}

fn shapes(length: usize) -> Vec<Shape> {
    let mut shapes = Vec::new();
    if length == 6 {
        let parts = vec![(Slot::Digit, 3, ""), (Slot::Letter, 3, " ")];
        shapes.push(Shape { prefix: 0, seals: 0, parts });
    }
    for prefix in 1..=3 {
        for seals in 0..=2 {
            let tails = length.checked_sub(prefix + seals).map(tails).unwrap_or_default();
            shapes.extend(tails.into_iter().map(|parts| Shape { prefix, seals, parts }));
        }
    }
    shapes
}

/// Ways to fill so many places behind prefix and seals.
fn tails(length: usize) -> Vec<Vec<Part>> {
    let mut tails = Vec::new();
    for letters in 1..=2 {
        for digits in 1..=4 {
            let parts = [(Slot::Letter, letters, "-"), (Slot::Digit, digits, " ")];
            match length.checked_sub(letters + digits) {
                Some(0) => tails.push(parts.to_vec()),
                Some(1) => tails.push([&parts[..], &[(Slot::Suffix, 1, "")]].concat()),
                Some(4) => tails.push([&parts[..], &SEASON].concat()),
                Some(5) => tails.push([&parts[..], &[(Slot::Suffix, 1, "")], &SEASON].concat()),
                _ => {}
            }
        }
    }
    if (1..=6).contains(&length) {
        tails.push(vec![(Slot::Digit, length, "-")]);
    }
    if (2..=5).contains(&length) {
        tails.push(vec![(Slot::Digit, length - 1, "-"), (Slot::Letter, 1, " ")]);
    }
    tails
}

const SEASON: [Part; 2] = [(Slot::Digit, 2, " "), (Slot::Digit, 2, "-")];

/// The texts of a shape, one for each way to read the prefix's umlauts.
fn written(glyphs: &[Glyph], shape: &Shape) -> Vec<(String, u32)> {
    let (prefix, rest) = glyphs.split_at(shape.prefix.min(glyphs.len()));
    let (seals, rest) = rest.split_at(shape.seals.min(rest.len()));
    let Some(dropped) = seals.iter().map(dropped).sum::<Option<u32>>() else { return Vec::new() };
    let Some((tail, cost)) = filled(rest, &shape.parts) else { return Vec::new() };
    let gaps = gap_cost(prefix);
    let texts = prefixes(prefix).into_iter();
    texts.map(|(text, penalty)| (text + &tail, penalty + dropped + cost + gaps)).collect()
}

fn dropped(seal: &Glyph) -> Option<u32> {
    SEALS.contains(seal.read).then_some(SEAL + seal.confidence / 2)
}

fn filled(mut glyphs: &[Glyph], parts: &[Part]) -> Option<(String, u32)> {
    let mut text = String::new();
    let mut cost = 0;
    for (slot, length, before) in parts {
        let (part, rest) = glyphs.split_at_checked(*length)?;
        text.push_str(before);
        for glyph in part {
            let (character, penalty) = fit(*glyph, *slot)?;
            text.push(character);
            cost += penalty;
        }
        cost += gap_cost(part);
        glyphs = rest;
    }
    glyphs.is_empty().then_some((text, cost))
}

/// A separator inside a part speaks against it.
fn gap_cost(part: &[Glyph]) -> u32 {
    part.iter().skip(1).map(|glyph| if glyph.gap { GAP } else { 0 }).sum()
}

/// A glyph as a character that can stand there, and what that costs.
fn fit(glyph: Glyph, slot: Slot) -> Option<(char, u32)> {
    let read = glyph.read;
    let fits = match slot {
        Slot::Prefix => super::text::is_prefix_letter(read),
        Slot::Letter => read.is_ascii_uppercase(),
        Slot::Digit => read.is_ascii_digit(),
        Slot::Suffix => matches!(read, 'E' | 'H'),
    };
    if fits {
        return Some((read, 1000 - glyph.confidence));
    }
    alike(read, slot).map(|character| (character, COERCED + glyph.confidence / 2))
}

fn alike(read: char, slot: Slot) -> Option<char> {
    match (slot, read) {
        (Slot::Suffix, _) => None,
        (Slot::Digit, _) => ALIKE.iter().find(|(letter, _)| *letter == read).map(|(_, digit)| *digit),
        (Slot::Letter, 'Ä') => Some('A'),
        (Slot::Letter, 'Ö') => Some('O'),
        (Slot::Letter, 'Ü') => Some('U'),
        _ => ALIKE.iter().find(|(_, digit)| *digit == read).map(|(letter, _)| *letter),
    }
}

/// The prefix as read, and with dots that the recogniser may have missed or made up.
fn prefixes(glyphs: &[Glyph]) -> Vec<(String, u32)> {
    let mut texts = vec![(String::new(), 0)];
    for glyph in glyphs {
        let Some((plain, cost)) = fit(*glyph, Slot::Prefix) else { return Vec::new() };
        let dotted = other_dots(plain).map(|character| (character, cost + UMLAUT));
        let choices: Vec<_> = std::iter::once((plain, cost)).chain(dotted).collect();
        texts = texts
            .iter()
            .flat_map(|(text, so_far)| choices.iter().map(move |(c, cost)| (format!("{text}{c}"), so_far + cost)))
            .collect();
    }
    texts
}

const fn other_dots(character: char) -> Option<char> {
    match character {
        'A' => Some('Ä'),
        'O' => Some('Ö'),
        'U' => Some('Ü'),
        'Ä' => Some('A'),
        'Ö' => Some('O'),
        'Ü' => Some('U'),
        _ => None,
    }
}

impl std::fmt::Debug for OcrReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OcrReading(..)")
    }
}

impl std::fmt::Debug for OcrCandidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OcrCandidate({:?}, penalty {}, ..)", self.reading.kind, self.penalty)
    }
}
