//! One row of a foreign catalogue as texts, and what becomes of it.

use super::amounts::{day, euros, last_day, schedule, threshold};
use super::{Draft, Reason};
use crate::catalogue::{Probation, Topic};
use crate::domain::{Money, OffenceNumber};

/// The columns of a row. Empty: not given.
#[derive(Default)]
pub struct Texts<'a> {
    pub number: &'a str,
    pub label_de: &'a str,
    pub label_en: &'a str,
    pub euros: &'a str,
    /// Cents apart from the euros, as the federal dump has them.
    pub cents: &'a str,
    pub points: &'a str,
    pub probation: &'a str,
    pub valid_from: &'a str,
    pub valid_to: &'a str,
    /// Legal basis with the number in the schedule of fines.
    pub basis: &'a str,
    /// Key of the federal classification.
    pub class: &'a str,
    /// How many refinements the catalogue says it needs.
    pub refinements: &'a str,
}

impl Texts<'_> {
    /// The row as the project has it, or why not and the number if there was one.
    pub fn draft(&self) -> Result<Draft, (Option<OffenceNumber>, Reason)> {
        let number: OffenceNumber = self.number.trim().parse().map_err(|_| (None, Reason::Number))?;
        self.rest(number).map_err(|reason| (Some(number), reason))
    }

    fn rest(&self, number: OffenceNumber) -> Result<Draft, Reason> {
        let label_de = self.label_de.trim();
        let topic = self.topic()?;
        let is_standing = topic.map_or_else(|| stands(label_de), |topic| topic == Topic::StoppingParking);
        Ok(Draft {
            number,
            label_de: label_de.to_owned(),
            label_en: Some(self.label_en.trim()).filter(|text| !text.is_empty()).unwrap_or(label_de).to_owned(),
            amount: self.amount().ok_or(Reason::Amount)?,
            points: self.points()?,
            probation: self.probation()?,
            topic,
            valid_from: day(self.valid_from.trim()).ok_or(Reason::Day)?,
            valid_to: last_day(self.valid_to.trim()).ok_or(Reason::Day)?,
            min_minutes_exclusive: threshold(label_de).filter(|_| is_standing),
            needs_refinement: self.asks_more(label_de),
            needs_obstruction: false, // the wording's own mark says so
            bkat: schedule(self.basis),
        })
    }

    fn amount(&self) -> Option<Money> {
        let cents = self.cents.trim();
        if cents.is_empty() { euros(self.euros.trim()) } else { euros(&format!("{}.{cents:0>2}", self.euros.trim())) }
    }

    fn points(&self) -> Result<u8, Reason> {
        let text = self.points.trim();
        if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| Reason::Points) }
    }

    fn probation(&self) -> Result<Option<Probation>, Reason> {
        match self.probation.trim() {
            "" => Ok(None),
            "A" => Ok(Some(Probation::A)),
            "B" => Ok(Some(Probation::B)),
            _ => Err(Reason::Probation),
        }
    }

    fn topic(&self) -> Result<Option<Topic>, Reason> {
        let text = self.class.trim();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().ok().and_then(Topic::of_key).map(Some).ok_or(Reason::Topic)
    }

    /// Whether the catalogue counts refinements for which its wording has no mark.
    fn asks_more(&self, label: &str) -> bool {
        let has_marks = label.contains("*)") || label.contains("+)") || label.contains('#');
        !has_marks && self.refinements.trim().parse::<u32>().is_ok_and(|count| count > 0)
    }
}

/// Without a classification: whether the wording speaks of a standing vehicle.
fn stands(label: &str) -> bool {
    ["park", "Park", "hielten", "halten"].iter().any(|word| label.contains(word))
}
