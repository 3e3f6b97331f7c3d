//! Favourites of the beat: which offences an officer is likely to need next.
//!
//! A pure ranking of counts that the caller kept, so nothing here remembers anybody. What was used counts half as much
//! with each 30 days since its last use; the beat's own uses weigh four times those of the rest of the agency. Equal
//! weight: the later use first, then the lower number. Numbers the catalogue does not charge on the day are left out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Catalogue;
use crate::domain::OffenceNumber;

const HALF_LIFE_DAYS: u32 = 30;
const BEAT_WEIGHT: u64 = 4;
/// Fixed point: what a use of today weighs.
const ONE: u64 = 1 << 20;

/// How often an offence was recorded, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The offence.
    pub number: OffenceNumber,
    /// How often.
    pub count: u32,
    /// Day of the last time.
    pub last: NaiveDate,
}

/// The most likely offences of a day, at most `limit`, best first.
#[must_use]
pub fn favourites(
    catalogue: &Catalogue,
    day: NaiveDate,
    beat: &[Use],
    agency: &[Use],
    limit: usize,
) -> Vec<OffenceNumber> {
    let mut weights: BTreeMap<OffenceNumber, (u64, NaiveDate)> = BTreeMap::new();
    let weighed = beat.iter().map(|used| (used, BEAT_WEIGHT)).chain(agency.iter().map(|used| (used, 1)));
    for (used, factor) in weighed.filter(|(used, _)| used.count > 0) {
        let (weight, last) = weights.entry(used.number).or_insert((0, used.last));
        *weight = weight.saturating_add(weight_of(used, day).saturating_mul(factor));
        *last = used.last.max(*last);
    }
    let mut ranked: Vec<_> =
        weights.into_iter().filter(|(number, _)| catalogue.lookup(*number, day).is_some()).collect();
    ranked.sort_by_key(|(number, weight)| (Reverse(*weight), *number));
    ranked.into_iter().take(limit).map(|(number, _)| number).collect()
}

fn weight_of(used: &Use, day: NaiveDate) -> u64 {
    let days = u32::try_from((day - used.last).num_days()).unwrap_or(0); // a last use that lies ahead counts as today
    let one = ONE.checked_shr(days / HALF_LIFE_DAYS).unwrap_or(0);
    u64::from(used.count).saturating_mul(one)
}
