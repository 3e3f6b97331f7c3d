//! Checks of single values against the field they go to. A sheet belongs to one case and gathers all that is wrong.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::lines::Line;
use super::report::{Reason, Unmapped};

/// Name of a member of the record, with its place in a list: `persons[0].family_name`.
pub(super) type Member = Cow<'static, str>;
/// Name and value, sound for the format.
pub(super) type Checked = (&'static str, String);

/// Signs that a format can hold. Control characters are in neither, but tabs and line ends are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// All of Unicode that XML 1.0 allows.
    Utf8,
    /// ISO-8859-1, strictly: no sign is put in the place of another.
    Latin1,
}

impl Charset {
    fn holds(self, sign: char) -> bool {
        let plain = !sign.is_control() || matches!(sign, '\t' | '\n' | '\r');
        plain && !matches!(sign, '\u{FFFE}' | '\u{FFFF}') && (self == Self::Utf8 || u32::from(sign) <= 0xFF)
    }
}

/// A field of a target format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    path: &'static str,
    limit: usize,
}

impl Field {
    /// A field by its parent and its name, with its greatest length in characters.
    pub(super) const fn new(path: &'static str, limit: usize) -> Self {
        Self { path, limit }
    }

    /// A field whose greatest length is not known, or which our own tables fill.
    pub(super) const fn open(path: &'static str) -> Self {
        Self { path, limit: usize::MAX }
    }

    /// Parent and name.
    pub(super) const fn path(&self) -> &'static str {
        self.path
    }

    /// Its greatest length, characters.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// A value that cannot be wrong: a number, a date, a key from our own tables.
    pub(super) fn fixed(&self, value: impl Into<String>) -> Checked {
        (self.name(), value.into())
    }
}

/// Which rule of a field a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Longer than the field, both in characters.
    #[error("has {length} characters, the field takes {limit}")]
    TooLong {
        /// Characters of the value.
        length: usize,
        /// Characters the field takes.
        limit: usize,
    },
    /// A sign that the format cannot hold.
    #[error("sign {at} is U+{code:04X}, which the format cannot hold")]
    Character {
        /// The sign's number in Unicode.
        code: u32,
        /// Its place, from 1.
        at: usize,
    },
    /// The format demands it.
    #[error("is missing")]
    Missing,
    /// The format has no value for it, and cannot do without.
    #[error("has no counterpart")]
    NoCounterpart,
    /// Not of the form that the field demands.
    #[error("is not of the field's form")]
    Form,
    /// The last check lies before the first.
    #[error("ends before it begins")]
    EndsBeforeBegin,
    /// A void case is not handed over.
    #[error("the case is void")]
    Voided,
    /// The batch has the case already.
    #[error("the case stands in the batch already")]
    Duplicate,
}

/// A field that a record cannot fill. It names both sides and never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{element} from {member}: {rule}")]
pub struct FieldError {
    /// Element or attribute of the target format, behind its parent.
    pub element: &'static str,
    /// Member of the record, of [`HandedCase`](super::HandedCase) or of [`Handover`](super::Handover).
    pub member: Cow<'static, str>,
    /// The rule.
    pub rule: Rule,
}

/// What is found out while one case is mapped.
#[derive(Debug)]
pub(super) struct Sheet {
    charset: Charset,
    pub(super) errors: Vec<FieldError>,
    pub(super) unmapped: Vec<Unmapped>,
}

impl Sheet {
    pub(super) const fn new(charset: Charset) -> Self {
        Self { charset, errors: Vec::new(), unmapped: Vec::new() }
    }

    /// Notes that a field cannot be filled.
    pub(super) fn refuse(&mut self, field: &Field, member: impl Into<Member>, rule: Rule) {
        self.errors.push(FieldError { element: field.path, member: member.into(), rule });
    }

    /// Notes what has no element of its own, and where it went.
    pub(super) fn leave(&mut self, member: impl Into<Member>, reason: Reason, carried: Option<&'static str>) {
        self.unmapped.push(Unmapped { member: member.into(), reason, carried });
    }

    /// A text in composed form and without blanks around it, or nothing if it is blank or does not fit.
    pub(super) fn text(&mut self, field: &Field, member: impl Into<Member>, value: &str) -> Option<Checked> {
        let value: String = value.trim().nfc().collect();
        if value.is_empty() {
            return None;
        }
        if let Err(rule) = self.fits(field, &value) {
            self.refuse(field, member, rule);
            return None;
        }
        Some(field.fixed(value))
    }

    /// A text that may be absent.
    pub(super) fn optional(
        &mut self,
        field: &Field,
        member: impl Into<Member>,
        value: Option<&String>,
    ) -> Option<Checked> {
        value.and_then(|value| self.text(field, member, value))
    }

    /// A text that the format demands.
    pub(super) fn needed(&mut self, field: &Field, member: impl Into<Member>, value: Option<&str>) -> Option<Checked> {
        match value.filter(|value| !value.trim().is_empty()) {
            Some(value) => self.text(field, member, value),
            None => {
                self.refuse(field, member, Rule::Missing);
                None
            }
        }
    }

    fn fits(&self, field: &Field, value: &str) -> Result<(), Rule> {
        let foreign = value.chars().enumerate().find(|(_, sign)| !self.charset.holds(*sign));
        if let Some((at, sign)) = foreign {
            return Err(Rule::Character { code: sign.into(), at: at + 1 });
        }
        let length = value.chars().count();
        if length > field.limit { Err(Rule::TooLong { length, limit: field.limit }) } else { Ok(()) }
    }

    /// A note: the officer's words, which must fit, and behind them as many whole lines as there is room for. Each line
    /// is reported, with the field if it went in.
    pub(super) fn note(&mut self, field: &Field, member: &'static str, own: &str, lines: Vec<Line>) -> Option<Checked> {
        let errors = self.errors.len();
        let mut note = self.text(field, member, own).map(|(_, text)| text).unwrap_or_default();
        for Line { member, reason, text } in lines {
            let Some((_, line)) = self.text(&Field::open(field.path), member.clone(), &text) else { continue };
            let full = note.chars().count() + line.chars().count() + 1 > field.limit;
            let (reason, carried) = if full { (Reason::Full, None) } else { (reason, Some(field.path)) };
            self.leave(member, reason, carried);
            if !full {
                note = if note.is_empty() { line } else { format!("{note}\n{line}") };
            }
        }
        (errors == self.errors.len() && !note.is_empty()).then(|| field.fixed(note))
    }
}
