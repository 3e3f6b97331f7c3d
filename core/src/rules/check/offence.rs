//! The offences: whether the catalogue knows them on the day, what they ask for, and whether the observation bears them.

use super::{Subject, found};
use crate::catalogue::{Details, Entry, Missing};
use crate::domain::{DurationBasis, FindingCode, NamedOffence, Observation, is_in_repeated_hour};

const DAY_MS: i64 = 86_400_000;

pub(super) fn check(subject: &Subject<'_>) -> Vec<FindingCode> {
    let observation = subject.observation();
    let entry = |offence: &NamedOffence| subject.day().and_then(|day| subject.catalogue.lookup(offence.number, day));
    let about = |offence: &NamedOffence| match entry(offence) {
        Some(entry) => about_entry(entry, offence, &observation),
        None => vec![FindingCode::OffenceUnknown],
    };
    let mut codes: Vec<_> = subject.facts.offences.iter().flat_map(about).collect();
    codes.extend(about_times(subject, &observation));
    codes
}

fn about_entry(entry: &Entry, offence: &NamedOffence, observation: &Observation) -> Vec<FindingCode> {
    let missing = entry.missing(&Details::from(offence));
    let lasts = entry.min_minutes_exclusive.is_some();
    let basis = observation.duration_basis();
    found([
        (missing.iter().any(|one| *one != Missing::Surplus), FindingCode::RefinementMissing),
        (missing.contains(&Missing::Surplus), FindingCode::DetailsSurplus),
        (!entry.is_long_enough(observation.duration_s), FindingCode::DurationTooShort),
        (lasts && !observation.valves_unmoved(), FindingCode::ValvesMoved),
        (lasts && basis == Some(DurationBasis::Wall), FindingCode::DurationByWallClock),
    ])
}

fn about_times(subject: &Subject<'_>, observation: &Observation) -> Vec<FindingCode> {
    let checks = &subject.facts.checks;
    let late_ms = i64::from(subject.rules.late_days) * DAY_MS;
    found([
        (observation.duration_basis() == Some(DurationBasis::Backwards), FindingCode::ChecksOutOfOrder),
        (checks.iter().any(|check| is_in_repeated_hour(&check.at)), FindingCode::RepeatedHour),
        (subject.now.since_ms(subject.moment()) > late_ms, FindingCode::LateOffence),
    ])
}
