//! One row of a catalogue: an offence from a first to perhaps a last day, and what a sound row is.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::wording::{Details, Missing, Wording};
use crate::domain::{Category, ChargedOffence, Money, OffenceNumber, is_longer_than};

/// Longest label in characters.
pub const MAX_LABEL: usize = 1_000;
/// Highest amount: 10,000 euros.
const MAX_AMOUNT: Money = Money(1_000_000);
const MAX_POINTS: u8 = 3;
/// 366 days.
const MAX_MINUTES: u32 = 527_040;
const MAX_BKAT: usize = 40;

/// What a row is not sound by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RowFault {
    /// A label is empty or has more than [`MAX_LABEL`] characters.
    #[error("label empty or too long")]
    Label,
    /// A choice in the wording is not of the form `<a/b>`.
    #[error("choice in the wording not of the form <a/b>")]
    Wording,
    /// The amount is above 10,000 euros.
    #[error("amount too high")]
    Amount,
    /// More than three points.
    #[error("more than three points")]
    Points,
    /// The last day lies before the first.
    #[error("ends before it begins")]
    Validity,
    /// The threshold of the duration is zero or more than a year.
    #[error("threshold of the duration out of range")]
    Threshold,
    /// The number in the schedule of fines is empty or too long.
    #[error("number in the schedule of fines empty or too long")]
    Schedule,
    /// Another row of the number holds on one of its days.
    #[error("another row of the number holds on one of its days")]
    Overlap,
}

/// What an offence counts for during probation (Anlage 12 FeV).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Probation {
    /// Grave.
    A,
    /// Less grave.
    B,
}

/// What an offence is about, by the federal classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Anything else.
    Other,
    /// Traffic lights.
    TrafficLight,
    /// Obstruction of others.
    Obstruction,
    /// Endangering others.
    Endangering,
    /// An accident.
    Accident,
    /// Stopping and parking.
    StoppingParking,
    /// Speed.
    Speed,
    /// Too heavy a load.
    Overload,
    /// Alcohol.
    Alcohol,
    /// Distance to the vehicle ahead.
    Distance,
}

impl Topic {
    /// The topic of a key of the federal classification, 0 to 9.
    #[must_use]
    pub const fn of_key(key: u8) -> Option<Self> {
        Some(match key {
            0 => Self::Other,
            1 => Self::TrafficLight,
            2 => Self::Obstruction,
            3 => Self::Endangering,
            4 => Self::Accident,
            5 => Self::StoppingParking,
            6 => Self::Speed,
            7 => Self::Overload,
            8 => Self::Alcohol,
            9 => Self::Distance,
            _ => return None,
        })
    }
}

/// One row: an offence from a first to perhaps a last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub number: OffenceNumber,
    /// Wording in German, with the catalogue's marks if it has any.
    pub label_de: String,
    /// Wording in English; the German one where there is none.
    pub label_en: String,
    /// The German wording, taken apart.
    pub wording: Wording,
    /// Amount.
    pub amount: Money,
    /// Points.
    pub points: u8,
    /// What it counts for during probation.
    pub probation: Option<Probation>,
    /// What it is about, if the catalogue says so.
    pub topic: Option<Topic>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day, if it has ended.
    pub valid_to: Option<NaiveDate>,
    /// Strict lower bound of the duration in minutes, for duration offences.
    pub min_minutes_exclusive: Option<u32>,
    /// Whether the officer must specify something.
    pub needs_refinement: bool,
    /// Whether that something is how others were obstructed or endangered.
    pub needs_obstruction: bool,
    /// Number in the federal schedule of fines (Bußgeldkatalog).
    pub bkat: Option<String>,
}

impl Entry {
    /// Whether the row holds on a day; first and last day count.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// Whether a duration of so many seconds is long enough. "Longer than an hour" is more than 60:00.
    #[must_use]
    pub fn is_long_enough(&self, duration_s: u64) -> bool {
        self.min_minutes_exclusive.is_none_or(|minutes| is_longer_than(duration_s, minutes))
    }

    /// Warning or fine.
    #[must_use]
    pub fn category(&self) -> Category {
        Category::of(self.amount)
    }

    /// What the officer still has to say before the offence can be charged. Empty: nothing.
    #[must_use]
    pub fn missing(&self, details: &Details) -> Vec<Missing> {
        let mut missing = self.wording.missing(details);
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
        if self.needs_obstruction && is_empty(&details.obstruction) {
            missing.push(Missing::Obstruction);
        } else if self.needs_refinement && !self.needs_obstruction && is_empty(&details.specified) {
            missing.push(Missing::Specification);
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The offence as charged, its wording filled in.
    ///
    /// # Errors
    /// Everything that is missing.
    pub fn charge(&self, details: &Details) -> Result<ChargedOffence, Vec<Missing>> {
        let missing = self.missing(details);
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(self.charged(self.wording.fill(details)?, details.refinement()))
    }

    pub(super) fn charged(&self, label: String, refinement: Option<String>) -> ChargedOffence {
        ChargedOffence {
            number: self.number,
            label,
            refinement,
            amount_cents: self.amount,
            points: self.points,
            category: self.category(),
        }
    }
}

/// A row before it is judged: what a document or a foreign file says.
pub(super) struct Draft {
    pub number: OffenceNumber,
    pub label_de: String,
    pub label_en: String,
    pub amount: Money,
    pub points: u8,
    pub probation: Option<Probation>,
    pub topic: Option<Topic>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub min_minutes_exclusive: Option<u32>,
    pub needs_refinement: bool,
    pub needs_obstruction: bool,
    pub bkat: Option<String>,
}

impl Draft {
    /// The row, if it is sound by itself.
    pub fn judge(self) -> Result<Entry, RowFault> {
        self.check()?;
        let wording: Wording = self.label_de.parse().map_err(|_| RowFault::Wording)?;
        let needs_obstruction = self.needs_obstruction || wording.asks_obstruction();
        Ok(Entry {
            number: self.number,
            needs_refinement: self.needs_refinement || needs_obstruction || wording.asks_specification(),
            needs_obstruction,
            wording,
            label_de: self.label_de,
            label_en: self.label_en,
            amount: self.amount,
            points: self.points,
            probation: self.probation,
            topic: self.topic,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            min_minutes_exclusive: self.min_minutes_exclusive,
            bkat: self.bkat,
        })
    }

    fn check(&self) -> Result<(), RowFault> {
        let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        let rules = [
            (fits(&self.label_de, MAX_LABEL) && fits(&self.label_en, MAX_LABEL), RowFault::Label),
            (self.amount <= MAX_AMOUNT, RowFault::Amount),
            (self.points <= MAX_POINTS, RowFault::Points),
            (self.valid_to.is_none_or(|last| self.valid_from <= last), RowFault::Validity),
            (
                self.min_minutes_exclusive.is_none_or(|minutes| (1..=MAX_MINUTES).contains(&minutes)),
                RowFault::Threshold,
            ),
            (self.bkat.as_ref().is_none_or(|number| fits(number, MAX_BKAT)), RowFault::Schedule),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, fault)| Err(fault))
    }
}

/// Rows by number and first day. No two rows of a number hold on one day.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Rows(BTreeMap<(OffenceNumber, NaiveDate), Entry>);

impl Rows {
    /// Takes a row in.
    pub fn insert(&mut self, entry: Entry) -> Result<(), RowFault> {
        let key = (entry.number, entry.valid_from);
        let same = |(other, _): &(&(OffenceNumber, NaiveDate), &Entry)| other.0 == entry.number;
        let before = self.0.range(..=key).next_back().filter(same);
        let after = self.0.range(key..).next().filter(same);
        let reaches_into = before.is_some_and(|(_, row)| row.valid_to.is_none_or(|last| last >= entry.valid_from));
        let is_reached = after.is_some_and(|(_, row)| entry.valid_to.is_none_or(|last| last >= row.valid_from));
        if reaches_into || is_reached {
            return Err(RowFault::Overlap);
        }
        self.0.insert(key, entry);
        Ok(())
    }

    /// The row of a number that holds on a day.
    pub fn on(&self, number: OffenceNumber, day: NaiveDate) -> Option<&Entry> {
        let (key, entry) = self.0.range(..=(number, day)).next_back()?;
        (key.0 == number && entry.holds_on(day)).then_some(entry)
    }

    /// All rows, by number and first day.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.values_mut()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
