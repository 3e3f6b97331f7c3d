//! The checks before sealing: what stands against it, what must be confirmed, and what should be known.
//!
//! One file a part of the case. A check names a finding or is silent; how much it weighs, the rule set says.

mod offence;
mod photo;
mod place;
mod proceedings;
mod vehicle;

use chrono::NaiveDate;

use super::{Memory, Rules};
use crate::catalogue::Catalogue;
use crate::domain::{CaseFacts, Finding, FindingCode, Moment, Observation, PlateTables, legal_day};
use crate::geo::GeoPack;

/// A case and all that it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What was recorded.
    pub facts: &'a CaseFacts,
    /// Now.
    pub now: &'a Moment,
    /// The offences.
    pub catalogue: &'a Catalogue,
    /// What the agency asks.
    pub rules: &'a Rules,
    /// Prefixes and nationality signs.
    pub plates: &'a PlateTables,
    /// The map, if there is one.
    pub map: Option<&'a GeoPack>,
    /// The cases just recorded.
    pub memory: &'a Memory,
    /// Whether the slip's number was used before on this phone.
    pub is_slip_used: bool,
}

impl Subject<'_> {
    /// The moment of the offence: the first check, else now.
    fn moment(&self) -> &Moment {
        self.facts.checks.first().map_or(self.now, |check| &check.at)
    }

    /// The calendar day of the offence in German legal time; none at the end of the calendar.
    fn day(&self) -> Option<NaiveDate> {
        legal_day(self.moment()).ok()
    }

    fn observation(&self) -> Observation {
        Observation::new(self.facts.checks.clone())
    }
}

/// Everything that is found, heaviest first, each finding once.
#[must_use]
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let parts = [missing, vehicle::check, offence::check, place::check, photo::check, proceedings::check];
    let mut codes: Vec<_> = parts.iter().flat_map(|part| part(subject)).collect();
    codes.sort_unstable();
    codes.dedup();
    let weigh = |code| Some(Finding { code, severity: subject.rules.severity(code)? });
    let mut findings: Vec<_> = codes.into_iter().filter_map(weigh).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// The codes of which it is so.
fn found<const N: usize>(looks: [(bool, FindingCode); N]) -> Vec<FindingCode> {
    looks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).collect()
}

fn missing(subject: &Subject<'_>) -> Vec<FindingCode> {
    let facts = subject.facts;
    found([
        (facts.vehicle.is_none(), FindingCode::VehicleMissing),
        (facts.offences.is_empty(), FindingCode::OffenceMissing),
        (facts.checks.is_empty(), FindingCode::CheckMissing),
        (facts.place.as_ref().is_none_or(|place| place.text.trim().is_empty()), FindingCode::PlaceMissing),
        (facts.photos.is_empty(), FindingCode::PhotoMissing),
        (facts.slip.is_none(), FindingCode::SlipMissing),
        (subject.is_slip_used, FindingCode::SlipUsed),
    ])
}
