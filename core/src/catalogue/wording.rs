//! The wording of an offence, which may leave things open for the officer.
//!
//! The federal catalogue marks in the text what belongs to the single case: `*)` must be specified, `+)` asks how
//! others were obstructed or endangered, `<a/b>` is a choice, `#G##` a measured value of so many characters. A wording
//! is taken apart once; filling it in gives the sentence for the case or names everything that is still missing.

use crate::domain::NamedOffence;

/// Options that one choice can have: they are chosen by one digit each.
const MAX_OPTIONS: usize = 9;

/// A bracket of a choice that is not closed or not opened, or a choice without two to nine options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a choice in the wording is not of the form <a/b>")]
pub struct WordingError;

/// A measured value that the wording has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// What is measured, as the catalogue codes it: `G` what was found, `Z` what is permitted, `D` the difference.
    pub kind: char,
    /// Characters at most, a decimal comma included.
    pub width: u8,
}

/// One piece of a wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words as they are.
    Text(String),
    /// `*)`: the officer specifies the facts here.
    Specify,
    /// `+)`: the officer says how others were obstructed or endangered.
    Obstruction,
    /// `<a/b>`: one of these.
    Choice(Vec<String>),
    /// `#G##`: a measured value.
    Field(Field),
}

/// A wording, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wording {
    parts: Vec<Part>,
}

/// What the officer has to say about an offence, in the order of the wording.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Details {
    /// For each choice the number of the option, from 1.
    pub options: Vec<u8>,
    /// For each field the value, digits with at most one comma.
    pub values: Vec<String>,
    /// What must be specified; one text answers all marks.
    pub specified: Option<String>,
    /// How others were obstructed or endangered.
    pub obstruction: Option<String>,
}

/// One thing that [`Details`] lack, or have and should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The facts are not specified.
    Specification,
    /// Not said how others were obstructed or endangered.
    Obstruction,
    /// The choice of this position, from 0, is not made or not offered.
    Option(usize),
    /// The field of this position, from 0, is empty, too long or no number.
    Value(usize),
    /// More options or values than the wording has room for.
    Surplus,
}

impl From<&NamedOffence> for Details {
    fn from(offence: &NamedOffence) -> Self {
        Self {
            options: offence.options.clone(),
            values: offence.values.clone(),
            specified: offence.refinement.clone(),
            obstruction: offence.obstruction.clone(),
        }
    }
}

impl Details {
    /// Details that only choose, from running digits as hand-over formats write them: `23` is the second option of the
    /// first choice and the third of the second. What is no digit chooses nothing and is found missing.
    #[must_use]
    pub fn of_digits(digits: &str) -> Self {
        let option = |digit: char| digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
        Self { options: digits.chars().map(option).collect(), ..Self::default() }
    }

    /// What was specified and how others were obstructed, as one text.
    #[must_use]
    pub fn refinement(&self) -> Option<String> {
        let given = [given(self.specified.as_deref()), given(self.obstruction.as_deref())];
        let texts: Vec<_> = given.into_iter().flatten().collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

impl std::str::FromStr for Wording {
    type Err = WordingError;

    fn from_str(text: &str) -> Result<Self, WordingError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['*', '+', '<', '>', '#']) {
            let (words, mark) = rest.split_at(at);
            let (part, length) = mark_at(mark)?;
            push(&mut parts, words);
            match part {
                Some(part) => parts.push(part),
                None => push(&mut parts, mark.get(..length).unwrap_or_default()),
            }
            rest = mark.get(length..).unwrap_or_default();
        }
        push(&mut parts, rest);
        Ok(Self { parts })
    }
}

/// The part that a text begins with, and its length in bytes. No part: the sign stands for itself.
fn mark_at(text: &str) -> Result<(Option<Part>, usize), WordingError> {
    match text.as_bytes() {
        [b'*', b')', ..] => Ok((Some(Part::Specify), 2)),
        [b'+', b')', ..] => Ok((Some(Part::Obstruction), 2)),
        [b'<', ..] => choice(text),
        [b'>', ..] => Err(WordingError),
        [b'#', ..] => Ok(field(text)),
        _ => Ok((None, 1)),
    }
}

fn choice(text: &str) -> Result<(Option<Part>, usize), WordingError> {
    let end = text.find('>').ok_or(WordingError)?;
    let inside = text.get(1..end).ok_or(WordingError)?;
    let options: Vec<_> = inside.split('/').map(|option| option.trim().to_owned()).collect();
    let is_sound = (2..=MAX_OPTIONS).contains(&options.len())
        && options.iter().all(|option| !option.is_empty() && !option.contains('<'));
    if is_sound { Ok((Some(Part::Choice(options)), end + 1)) } else { Err(WordingError) }
}

fn field(text: &str) -> (Option<Part>, usize) {
    let mut signs = text.chars().skip(1);
    let Some(kind) = signs.next().filter(|kind| kind.is_ascii_alphanumeric() || *kind == '%') else { return (None, 1) };
    let more = signs.take_while(|sign| *sign == '#').count();
    match u8::try_from(2 + more) {
        Ok(width) if more > 0 => (Some(Part::Field(Field { kind, width })), usize::from(width)),
        _ => (None, 1), // "#1" alone is no field
    }
}

fn push(parts: &mut Vec<Part>, words: &str) {
    match parts.last_mut() {
        _ if words.is_empty() => {}
        Some(Part::Text(text)) => text.push_str(words),
        _ => parts.push(Part::Text(words.to_owned())),
    }
}

impl Wording {
    /// Its pieces in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether the facts must be specified.
    #[must_use]
    pub fn asks_specification(&self) -> bool {
        self.parts.contains(&Part::Specify)
    }

    /// Whether it must be said how others were obstructed or endangered.
    #[must_use]
    pub fn asks_obstruction(&self) -> bool {
        self.parts.contains(&Part::Obstruction)
    }

    /// The choices in order.
    pub fn choices(&self) -> impl Iterator<Item = &[String]> {
        self.parts
            .iter()
            .filter_map(|part| if let Part::Choice(options) = part { Some(options.as_slice()) } else { None })
    }

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.parts.iter().filter_map(|part| if let Part::Field(field) = part { Some(*field) } else { None })
    }

    /// Everything that the details lack for this wording, in a fixed order. Empty: it can be filled in.
    #[must_use]
    pub fn missing(&self, details: &Details) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.asks_specification() && given(details.specified.as_deref()).is_none() {
            missing.push(Missing::Specification);
        }
        if self.asks_obstruction() && given(details.obstruction.as_deref()).is_none() {
            missing.push(Missing::Obstruction);
        }
        let unchosen = |(at, options): (usize, &[String])| {
            details.options.get(at).and_then(|chosen| option(options, *chosen)).is_none().then_some(Missing::Option(at))
        };
        missing.extend(self.choices().enumerate().filter_map(unchosen));
        let unfilled = |(at, field): (usize, Field)| {
            let fits = details.values.get(at).is_some_and(|value| field.takes(value));
            (!fits).then_some(Missing::Value(at))
        };
        missing.extend(self.fields().enumerate().filter_map(unfilled));
        let surplus = details.options.len() > self.choices().count() || details.values.len() > self.fields().count();
        missing.extend(surplus.then_some(Missing::Surplus));
        missing
    }

    /// The sentence for a case: choices made, values filled in, marks taken out.
    ///
    /// # Errors
    /// Everything that is missing, as [`Self::missing`] lists it.
    pub fn fill(&self, details: &Details) -> Result<String, Vec<Missing>> {
        let missing = self.missing(details);
        if !missing.is_empty() {
            return Err(missing);
        }
        let (mut options, mut values) = (details.options.iter(), details.values.iter());
        let mut sentence = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => join(&mut sentence, text),
                Part::Specify | Part::Obstruction => sentence.truncate(sentence.trim_end().len()),
                Part::Choice(all) => {
                    sentence.push_str(options.next().and_then(|chosen| option(all, *chosen)).unwrap_or_default());
                }
                Part::Field(_) => sentence.push_str(values.next().map_or("", String::as_str)),
            }
        }
        Ok(sentence.trim().to_owned())
    }
}

/// Where a mark was taken out at the very beginning, no blank is left.
fn join(sentence: &mut String, text: &str) {
    sentence.push_str(if sentence.is_empty() { text.trim_start() } else { text });
}

fn option(options: &[String], chosen: u8) -> Option<&str> {
    let at = usize::from(chosen).checked_sub(1)?;
    options.get(at).map(String::as_str)
}

impl Field {
    /// Whether a value is a number that fits: digits with at most one comma between them.
    #[must_use]
    pub fn takes(self, value: &str) -> bool {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, decimals) = value.split_once(',').unwrap_or((value, "0"));
        value.len() <= usize::from(self.width) && is_number(whole) && is_number(decimals)
    }
}

impl std::fmt::Display for Wording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Specify => f.write_str("*)")?,
                Part::Obstruction => f.write_str("+)")?,
                Part::Choice(options) => write!(f, "<{}>", options.join("/"))?,
                Part::Field(Field { kind, width }) => {
                    write!(f, "#{kind}{}", "#".repeat(usize::from(*width).saturating_sub(2)))?;
                }
            }
        }
        Ok(())
    }
}
