//! Catalogues of others: bytes in, sound rows and rejected rows out.
//!
//! Three forms are read: the JSON list of the app community ([`json()`]), the federal dump with `^` between the columns in
//! Windows-1252 ([`dump()`]), and CSV with a line of headings ([`csv()`]). A bad row is rejected by itself with its line and
//! the reason, the good ones are kept; only a file that is no list at all is refused as a whole. Nothing is rounded,
//! cut or guessed. Sizes are checked before anything is allocated.

mod amounts;
mod csv;
mod dump;
mod json;
mod row;
mod windows;

use super::entry::{Draft, RowFault, Rows};
use super::{Catalogue, CatalogueError, Entry};
use crate::domain::OffenceNumber;

pub use csv::csv;
pub use dump::dump;
pub use json::json;

/// Longest file.
pub const MAX_BYTES: usize = 32 << 20;
/// Longest row.
pub const MAX_ROW_BYTES: usize = 16 << 10;

/// Why a row was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// Longer than [`MAX_ROW_BYTES`].
    #[error("row too long")]
    Length,
    /// Not of the form of the file: not JSON of a row, an open quotation mark.
    #[error("not of the form of a row")]
    Form,
    /// More or fewer columns than the file has.
    #[error("wrong number of columns")]
    Columns,
    /// Bytes that are no text in the file's encoding.
    #[error("not text of the file's encoding")]
    Encoding,
    /// No six-digit offence number.
    #[error("no offence number")]
    Number,
    /// No amount in euros with at most two decimals.
    #[error("no amount")]
    Amount,
    /// No whole number of points.
    #[error("no number of points")]
    Points,
    /// No calendar day.
    #[error("no calendar day")]
    Day,
    /// A category of probation other than A and B.
    #[error("unknown category of probation")]
    Probation,
    /// A classification other than 0 to 9.
    #[error("unknown classification")]
    Topic,
    /// The row can be read and is not sound.
    #[error(transparent)]
    Row(#[from] RowFault),
    /// The catalogue is full.
    #[error("more rows than a catalogue has")]
    Surplus,
}

/// A row that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the file, from 1, on which the row begins.
    pub line: usize,
    /// Its number, if that could be read.
    pub number: Option<OffenceNumber>,
    /// Why.
    pub reason: Reason,
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if let Some(number) = self.number {
            write!(f, "{number}: ")?;
        }
        self.reason.fmt(f)
    }
}

/// Why a file was refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Longer than [`MAX_BYTES`].
    #[error("the file is longer than {MAX_BYTES} bytes")]
    TooLarge,
    /// No list of rows.
    #[error("the file is no list of offences")]
    NoList,
    /// A column that every row needs has no heading.
    #[error("no column for {column}")]
    NoColumn {
        /// What the column would hold.
        column: &'static str,
    },
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Import {
    rows: Rows,
    rejected: Vec<Rejected>,
}

impl Import {
    /// Rows that were taken, by number and first day.
    pub fn rows(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter()
    }

    /// Rows that were not, in the order of the file.
    #[must_use]
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// Takes English wordings from a catalogue that has them, for rows that came without one.
    #[must_use]
    pub fn with_english_of(mut self, other: &Catalogue) -> Self {
        for entry in self.rows.iter_mut().filter(|entry| entry.label_en == entry.label_de) {
            if let Some(known) = other.rows().filter(|known| known.number == entry.number).last() {
                entry.label_en.clone_from(&known.label_en);
            }
        }
        self
    }

    /// The catalogue of the rows that were taken.
    ///
    /// # Errors
    /// [`CatalogueError::TooLarge`] if its document would not be read.
    pub fn into_catalogue(self, version: &str) -> Result<Catalogue, CatalogueError> {
        let catalogue = Catalogue { version: version.to_owned(), rows: self.rows };
        if catalogue.to_json().len() > Catalogue::MAX_BYTES { Err(CatalogueError::TooLarge) } else { Ok(catalogue) }
    }

    fn take(&mut self, line: usize, draft: Result<Draft, (Option<OffenceNumber>, Reason)>) {
        let number = draft.as_ref().map_or_else(|(number, _)| *number, |draft| Some(draft.number));
        let judged = draft.map_err(|(_, reason)| reason).and_then(|draft| Ok(draft.judge()?));
        if let Err(reason) = judged.and_then(|entry| self.insert(entry)) {
            self.rejected.push(Rejected { line, number, reason });
        }
    }

    fn insert(&mut self, entry: Entry) -> Result<(), Reason> {
        if self.rows.len() >= Catalogue::MAX_ROWS {
            return Err(Reason::Surplus);
        }
        Ok(self.rows.insert(entry)?)
    }
}

fn check_size(bytes: &[u8]) -> Result<(), ImportError> {
    if bytes.len() > MAX_BYTES { Err(ImportError::TooLarge) } else { Ok(()) }
}
