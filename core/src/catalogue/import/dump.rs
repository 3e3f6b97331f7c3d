//! The federal dump: one offence a line, thirty columns with `^` between them, Windows-1252, no headings.

use super::row::Texts;
use super::windows::decode;
use super::{Import, ImportError, MAX_ROW_BYTES, Reason, check_size};

/// Number, five pieces of text, two of legal basis, probation, points, euros, cents, three notes, last and first day,
/// driving ban, refinements, classification, table, bounds, then the same texts as they are printed.
const COLUMNS: usize = 30;

/// Reads a dump. Ended rows are kept: they are what held before.
///
/// # Errors
/// [`ImportError::TooLarge`], [`ImportError::NoList`] if not one line has a separator.
pub fn dump(bytes: &[u8]) -> Result<Import, ImportError> {
    check_size(bytes)?;
    if !bytes.contains(&b'^') {
        return Err(ImportError::NoList);
    }
    let mut import = Import::default();
    for (line, bytes) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let bytes = bytes.trim_ascii();
        let is_heading = line == 1 && bytes.to_ascii_lowercase().starts_with(b"tbnr^");
        if !bytes.is_empty() && !is_heading {
            take(&mut import, line, bytes);
        }
    }
    Ok(import)
}

fn take(import: &mut Import, line: usize, bytes: &[u8]) {
    if bytes.len() > MAX_ROW_BYTES {
        return import.take(line, Err((None, Reason::Length)));
    }
    let Some(text) = decode(bytes) else { return import.take(line, Err((None, Reason::Encoding))) };
    let cells: Vec<_> = text.split('^').map(str::trim).collect();
    let [number, d1, d2, d3, d4, d5, p1, p2, fap, points, euros, cents, _, _, _, to, from, _, refinements, class, ..] =
        cells.as_slice()
    else {
        return import.take(line, Err((None, Reason::Columns)));
    };
    if !(COLUMNS..=COLUMNS + 1).contains(&cells.len()) || cells.get(COLUMNS).is_some_and(|rest| !rest.is_empty()) {
        return import.take(line, Err((number.parse().ok(), Reason::Columns)));
    }
    let texts = Texts {
        number,
        label_de: &joined(&[d1, d2, d3, d4, d5]),
        basis: &joined(&[p1, p2]),
        probation: fap,
        points,
        euros,
        cents,
        valid_to: to,
        valid_from: from,
        class,
        refinements,
        ..Texts::default()
    };
    import.take(line, texts.draft());
}

/// Pieces of one text, with one blank between them.
fn joined(pieces: &[&str]) -> String {
    let pieces: Vec<_> = pieces.iter().copied().filter(|piece| !piece.is_empty()).collect();
    pieces.join(" ")
}
