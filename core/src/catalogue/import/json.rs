//! The JSON list of the app community: an array of objects.
//!
//! The array is cut into its objects before any of them is parsed, so one that is broken is rejected by itself. One that
//! does not even close ends where a later line begins the next; in a file without line ends it takes the rest along.

use serde::Deserialize;
use serde_json::Value;

use super::row::Texts;
use super::{Import, ImportError, MAX_ROW_BYTES, Reason, check_size};

/// Reads a list. Members that are not known are passed over.
///
/// # Errors
/// [`ImportError::TooLarge`], [`ImportError::NoList`] if the file is no array.
pub fn json(bytes: &[u8]) -> Result<Import, ImportError> {
    check_size(bytes)?;
    let inside = bytes.trim_ascii().strip_prefix(b"[").ok_or(ImportError::NoList)?;
    let before = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).filter(|byte| **byte == b'\n').count();
    let mut import = Import::default();
    let mut objects = Objects { rest: inside, line: before + 1 };
    while let Some((line, object)) = objects.next() {
        take(&mut import, line, object);
    }
    Ok(import)
}

fn take(import: &mut Import, line: usize, object: &[u8]) {
    if object.len() > MAX_ROW_BYTES {
        return import.take(line, Err((None, Reason::Length)));
    }
    let Ok(row) = serde_json::from_slice::<Row>(object) else { return import.take(line, Err((None, Reason::Form))) };
    let texts = [&row.tbnr, &row.description, &row.label_en, &row.fine, &row.points, &row.fap];
    let [number, label_de, label_en, euros, points, probation] = texts.map(text_of);
    let texts = [&row.valid_from, &row.valid_to, &row.bkat, &row.classification, &row.number_required_refinements];
    let [valid_from, valid_to, basis, class, refinements] = texts.map(text_of);
    let texts = Texts {
        number: &number,
        label_de: &label_de,
        label_en: &label_en,
        euros: &euros,
        cents: "",
        points: &points,
        probation: &probation,
        valid_from: &valid_from,
        valid_to: &valid_to,
        basis: &basis,
        class: &class,
        refinements: &refinements,
    };
    import.take(line, texts.draft());
}

/// Numbers stand as numbers or as strings, depending on who wrote the file.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Row {
    tbnr: Value,
    description: Value,
    label_en: Value,
    fine: Value,
    bkat: Value,
    fap: Value,
    points: Value,
    valid_from: Value,
    valid_to: Value,
    classification: Value,
    number_required_refinements: Value,
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The objects of an array, each with the line it begins on.
struct Objects<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Objects<'a> {
    fn next(&mut self) -> Option<(usize, &'a [u8])> {
        let start = self.rest.iter().position(|byte| *byte == b'{')?;
        self.pass(start);
        let line = self.line;
        let length = object_length(self.rest);
        let object = self.rest.get(..length)?;
        self.pass(length);
        Some((line, object))
    }

    fn pass(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
    }
}

/// Bytes up to the bracket that closes the first one. An object that does not close within a row's length ends where
/// the next line begins one, so that those after it are still read.
fn object_length(bytes: &[u8]) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate().take(MAX_ROW_BYTES + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !quoted {
            return at + 1;
        }
    }
    next_object(bytes)
}

fn next_object(bytes: &[u8]) -> usize {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if at > 0 && line.trim_ascii_start().first() == Some(&b'{') {
            return at;
        }
        at += line.len();
    }
    bytes.len()
}
