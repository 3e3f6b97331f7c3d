//! The offence catalogue: what an offence costs at the time it was committed.
//!
//! Every row has a first and perhaps a last day, so a new catalogue needs no cut-over: both amounts stand in it and the
//! day of the offence picks one. Digits of an offence number decide nothing. The document is signed by the agency; here
//! it arrives verified.

mod document;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::{Category, ChargedOffence, Money, NamedOffence, OffenceNumber};

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
    /// Two rows of one number hold on the same day.
    #[error("offence {number} has two rows for one day")]
    Overlap {
        /// The number.
        number: OffenceNumber,
    },
}

/// One row: an offence from a first to perhaps a last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub number: OffenceNumber,
    /// Wording in German.
    pub label_de: String,
    /// Wording in English.
    pub label_en: String,
    /// Amount.
    pub amount: Money,
    /// Points.
    pub points: u8,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day, if it has ended.
    pub valid_to: Option<NaiveDate>,
    /// Strict lower bound of the duration in minutes, for duration offences.
    pub min_minutes_exclusive: Option<u32>,
    /// Whether the officer must specify something.
    pub needs_refinement: bool,
}

/// A catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Catalogue {
    version: String,
    entries: BTreeMap<OffenceNumber, Vec<Entry>>,
}

impl Catalogue {
    /// Reads a catalogue document (`schemas/catalogue.schema.json`).
    ///
    /// # Errors
    /// [`CatalogueError`] naming the first fault.
    pub fn parse(json: &[u8]) -> Result<Self, CatalogueError> {
        document::parse(json)
    }

    /// Its version, as manifests name it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The row of an offence that holds on a day.
    #[must_use]
    pub fn lookup(&self, number: OffenceNumber, day: NaiveDate) -> Option<&Entry> {
        self.entries.get(&number)?.iter().find(|entry| entry.holds_on(day))
    }

    /// What the catalogue charges for an offence on a day.
    #[must_use]
    pub fn charge(&self, offence: &NamedOffence, day: NaiveDate) -> Option<ChargedOffence> {
        let entry = self.lookup(offence.number, day)?;
        Some(ChargedOffence {
            number: entry.number,
            label: entry.label_de.clone(),
            refinement: offence.refinement.clone(),
            amount_cents: entry.amount,
            points: entry.points,
            category: Category::of(entry.amount),
        })
    }

    /// Rows that hold on a day, by number.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &Entry> {
        self.entries.values().flatten().filter(move |entry| entry.holds_on(day))
    }
}

impl Entry {
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// Whether a duration of so many seconds is long enough. "Longer than an hour" is more than 60:00.
    #[must_use]
    pub fn is_long_enough(&self, duration_s: u64) -> bool {
        self.min_minutes_exclusive.is_none_or(|minutes| duration_s > u64::from(minutes) * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let overlap = CatalogueError::Overlap { number: number("112070") };
        assert_eq!(Catalogue::parse(json.as_bytes()), Err(overlap));
    }
}
