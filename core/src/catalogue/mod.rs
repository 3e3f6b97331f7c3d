//! The offence catalogue: what an offence costs at the time it was committed.
//!
//! Every row has a first and perhaps a last day, so a new catalogue needs no cut-over: both amounts stand in it and the
//! day of the offence picks one. Digits of an offence number decide nothing. The document is signed by the agency; here
//! it arrives verified. [`Index`] finds offences by words, [`favourites()`] puts those of the beat first, [`import`]
//! reads the catalogues of others.

mod document;
mod entry;
mod favourites;
mod fold;
pub mod import;
mod search;
mod wording;

use chrono::NaiveDate;

use crate::domain::{ChargedOffence, Moment, NamedOffence, OffenceNumber, legal_day};

pub use entry::{Entry, MAX_LABEL, Probation, RowFault, Topic};
pub use favourites::{Use, favourites};
pub use search::Index;
pub use wording::{Details, Field, Missing, Part, Wording, WordingError};

use entry::Rows;

/// Why a catalogue document was not taken. The one in use stays in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Not JSON of the catalogue's form; says where.
    #[error("the catalogue is malformed at line {line}, column {column}")]
    Malformed {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
    },
    /// Another format or version than this build reads.
    #[error("the catalogue's format is not known to this version")]
    UnknownFormat,
    /// More bytes or rows than a catalogue has.
    #[error("the catalogue is too large")]
    TooLarge,
    /// A row is not sound.
    #[error("offence {number}: {fault}")]
    Row {
        /// The number.
        number: OffenceNumber,
        /// What is wrong.
        fault: RowFault,
    },
}

/// A catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Catalogue {
    version: String,
    rows: Rows,
}

impl Catalogue {
    /// Longest document. The federal catalogue with all its history has about two million bytes.
    pub const MAX_BYTES: usize = 4 << 20;
    /// Most rows of a document.
    pub const MAX_ROWS: usize = 20_000;

    /// Reads a catalogue document (`schemas/catalogue.schema.json`).
    ///
    /// # Errors
    /// [`CatalogueError`] naming the first fault.
    pub fn parse(json: &[u8]) -> Result<Self, CatalogueError> {
        document::parse(json)
    }

    /// The document, ready to be signed. [`Self::parse`] reads it back.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        document::write(self)
    }

    /// Its version, as manifests name it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of an offence that holds on a day.
    #[must_use]
    pub fn lookup(&self, number: OffenceNumber, day: NaiveDate) -> Option<&Entry> {
        self.rows.on(number, day)
    }

    /// The row of an offence that holds at a moment, by the day of German legal time, whatever zone the phone was in.
    #[must_use]
    pub fn at(&self, number: OffenceNumber, moment: &Moment) -> Option<&Entry> {
        self.lookup(number, legal_day(moment).ok()?)
    }

    /// What the catalogue charges for an offence on a day: its wording, filled in as far as everything it asks for is
    /// given, else as it stands.
    #[must_use]
    pub fn charge(&self, offence: &NamedOffence, day: NaiveDate) -> Option<ChargedOffence> {
        let entry = self.lookup(offence.number, day)?;
        let details = Details::from(offence);
        let as_it_stands = |_| entry.charged(entry.label_de.clone(), details.refinement());
        Some(entry.charge(&details).unwrap_or_else(as_it_stands))
    }

    /// Rows that hold on a day, by number.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Entry> {
        self.rows.iter().filter(move |entry| entry.holds_on(day))
    }

    /// All rows, by number and first day.
    pub fn rows(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Money;

    const STARTER: &[u8] = include_bytes!("../../data/starter-catalogue.json");

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn number(text: &str) -> OffenceNumber {
        text.parse().expect("a number")
    }

    #[test]
    fn the_day_of_the_offence_picks_the_amount() {
        let catalogue = Catalogue::parse(STARTER).expect("parses");
        let amount = |on| catalogue.lookup(number("112070"), day(on)).map(|entry| entry.amount);
        assert_eq!(amount("2024-08-21"), Some(Money(5_000)));
        assert_eq!(amount("2024-08-22"), Some(Money(5_500)));
        assert_eq!(amount("2020-01-01"), None);
    }

    #[test]
    fn longer_than_an_hour_is_strictly_more() {
        let catalogue = Catalogue::parse(STARTER).expect("parses");
        let entry = catalogue.lookup(number("112656"), day("2026-06-16")).expect("is there");
        assert!(!entry.is_long_enough(3_599));
        assert!(!entry.is_long_enough(3_600));
        assert!(entry.is_long_enough(3_601));
    }

    #[test]
    fn a_fault_is_named_with_its_place() {
        let fault = Catalogue::parse(b"{\n \"format\": 1}");
        assert!(matches!(fault, Err(CatalogueError::Malformed { line: 2, .. })), "{fault:?}");
        let other = br#"{"format":"streife/9 catalogue","version":"x","entries":[]}"#;
        assert_eq!(Catalogue::parse(other), Err(CatalogueError::UnknownFormat));
    }

    #[test]
    fn two_rows_for_one_day_are_refused() {
        let row =
            r#"{"number":"112070","label":{"de":"a","en":"b"},"amount_cents":1,"points":0,"valid_from":"2021-01-01"}"#;
        let json = format!(r#"{{"format":"streife/1 catalogue","version":"x","entries":[{row},{row}]}}"#);
        let overlap = CatalogueError::Row { number: number("112070"), fault: RowFault::Overlap };
        assert_eq!(Catalogue::parse(json.as_bytes()), Err(overlap));
    }
}
