//! CSV in UTF-8 with a line of headings, by RFC 4180.
//!
//! The separator - comma, semicolon or tab - and the quotation mark - double or single - are those of the headings.
//! Headings are known in the spelling of the federal export and in that of the JSON list; columns with others are
//! passed over.

use super::row::Texts;
use super::{Import, ImportError, MAX_ROW_BYTES, Reason, check_size};

const MARK: &[u8] = b"\xef\xbb\xbf";
/// What a column holds, and the headings it goes by, folded to lower case without underscores.
const HEADINGS: [(&str, &[&str]); 11] = [
    ("number", &["tbnr", "tatbestandsnummer", "number"]),
    ("label", &["tatbestandstext", "tatbestanddatenbank", "tatbestand", "description", "labelde"]),
    ("english", &["labelen"]),
    ("euros", &["geldbusse", "geldbuße", "euro", "fine", "amount"]),
    ("points", &["punkte", "p", "points"]),
    ("probation", &["fap", "probation"]),
    ("from", &["validfrom", "gueltigvon", "gültigvon"]),
    ("to", &["validto", "gueltigbis", "gültigbis"]),
    ("basis", &["rechtsgrundlage", "paragraphendatenbank", "bkat"]),
    ("class", &["klassifizierung", "classification"]),
    ("refinements", &["anzahlerforderlichekonkretisierungen", "numberrequiredrefinements"]),
];
const NEEDED: [&str; 4] = ["number", "label", "euros", "from"];

/// Reads a table.
///
/// # Errors
/// [`ImportError::TooLarge`], [`ImportError::NoList`] without headings, [`ImportError::NoColumn`].
pub fn csv(bytes: &[u8]) -> Result<Import, ImportError> {
    check_size(bytes)?;
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let mut records = Records::new(bytes);
    let headings = match records.next() {
        Some((_, Ok(cells))) if cells.len() > 1 => cells,
        _ => return Err(ImportError::NoList),
    };
    let columns = Columns::of(&headings)?;
    let mut import = Import::default();
    while let Some((line, cells)) = records.next() {
        match cells {
            Ok(cells) if cells.len() == headings.len() => import.take(line, columns.texts(&cells).draft()),
            Ok(_) => import.take(line, Err((None, Reason::Columns))),
            Err(reason) => import.take(line, Err((None, reason))),
        }
    }
    Ok(import)
}

/// Which column holds what.
struct Columns(Vec<Option<&'static str>>);

impl Columns {
    fn of(headings: &[String]) -> Result<Self, ImportError> {
        let known = |heading: &String| {
            let folded = heading.trim().to_lowercase().replace('_', "");
            HEADINGS.iter().find(|(_, spellings)| spellings.contains(&folded.as_str())).map(|(name, _)| *name)
        };
        let columns: Vec<_> = headings.iter().map(known).collect();
        match NEEDED.into_iter().find(|needed| !columns.contains(&Some(*needed))) {
            Some(column) => Err(ImportError::NoColumn { column }),
            None => Ok(Self(columns)),
        }
    }

    fn texts<'a>(&self, cells: &'a [String]) -> Texts<'a> {
        let mut texts = Texts::default();
        for (column, cell) in self.0.iter().zip(cells) {
            match *column {
                Some("number") => texts.number = cell,
                Some("label") => texts.label_de = cell,
                Some("english") => texts.label_en = cell,
                Some("euros") => texts.euros = cell,
                Some("points") => texts.points = cell,
                Some("probation") => texts.probation = cell,
                Some("from") => texts.valid_from = cell,
                Some("to") => texts.valid_to = cell,
                Some("basis") => texts.basis = cell,
                Some("class") => texts.class = cell,
                Some("refinements") => texts.refinements = cell,
                _ => {}
            }
        }
        texts
    }
}

/// Cells of one row, or why they cannot be had.
type Cells = Result<Vec<String>, Reason>;

/// Rows of a table with the line each begins on. Empty lines are passed over.
struct Records<'a> {
    rest: &'a [u8],
    line: usize,
    separator: u8,
    quote: u8,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let headings = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |sign: u8| headings.iter().filter(|byte| **byte == sign).count();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',');
        let quote = if headings.first() == Some(&b'\'') { b'\'' } else { b'"' };
        Self { rest: bytes, line: 1, separator, quote }
    }

    fn next(&mut self) -> Option<(usize, Cells)> {
        loop {
            let first = self.rest.split_inclusive(|byte| *byte == b'\n').next()?;
            if !first.trim_ascii().is_empty() {
                break;
            }
            self.pass(first.len());
        }
        let line = self.line;
        let (length, cells) = self.record();
        self.pass(length);
        Some((line, cells))
    }

    fn pass(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.rest = rest;
    }

    /// The next row and its length. A quotation mark that does not close within a row's length spoils its line alone.
    fn record(&self) -> (usize, Cells) {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), false);
        let mut bytes = self.rest.iter().copied().enumerate().take(MAX_ROW_BYTES).peekable();
        while let Some((at, byte)) = bytes.next() {
            if quoted && byte == self.quote {
                if bytes.next_if(|(_, next)| *next == self.quote).is_some() {
                    cell.push(byte); // doubled: stands for itself
                } else {
                    quoted = false;
                }
            } else if quoted {
                cell.push(byte);
            } else if byte == self.quote && cell.is_empty() {
                quoted = true;
            } else if byte == self.separator {
                cells.push(std::mem::take(&mut cell));
            } else if byte == b'\n' {
                cells.push(cell);
                return (at + 1, texts(cells));
            } else {
                cell.push(byte);
            }
        }
        if self.rest.len() > MAX_ROW_BYTES || quoted {
            let line = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |end| end + 1);
            return (line, Err(if quoted { Reason::Form } else { Reason::Length }));
        }
        cells.push(cell);
        (self.rest.len(), texts(cells))
    }
}

fn texts(cells: Vec<Vec<u8>>) -> Cells {
    let text = |cell: Vec<u8>| String::from_utf8(cell).map(|text| text.trim().to_owned()).map_err(|_| Reason::Encoding);
    cells.into_iter().map(text).collect()
}
