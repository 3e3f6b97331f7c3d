//! Case numbers on the phone: ranges that the box has given, and which number is the next.
//!
//! **Invariant:** no number is given twice. Nothing of it is a value of its own that could be set back: the journal
//! tells of every request, every range and every number, and what it tells up to the mark lies in the mark. An older
//! mark only makes the reading longer. The number of a case is checked and used up in the transaction that seals it.
//!
//! Where an entry may have told of a number and cannot be asked (it is damaged, missing, under a key that is not at hand,
//! or the whole folder was set back or built again), all ranges known until then are given up. The box has more; a number
//! that nobody ever gets harms nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::journal::{JournalEvent, JournalWriter};
use super::{Vault, VaultError};
use crate::domain::{CaseNumber, Moment, NumberPrefix, NumberRange, RangeRequestId};

/// What the journal tells of case numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbers {
    /// Ranges with numbers left, in the order they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<Stock>,
    /// The request that waits for its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<RangeRequestId>,
    /// The highest range that was ever here, by its prefix. A box gives rising ones, so one that is not higher was here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    highest: BTreeMap<NumberPrefix, u32>,
}

/// A range and the highest number used of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    numbers: NumberRange,
    used: u16,
}

impl Stock {
    const fn left(&self) -> u16 {
        self.numbers.count.saturating_sub(self.used)
    }
}

impl Numbers {
    /// Learns what an entry says. An entry may be read twice.
    pub(super) fn take(&mut self, event: &JournalEvent) {
        match event {
            JournalEvent::NumbersAsked { request } => self.asked = Some(*request),
            JournalEvent::NumbersStale { .. } => self.asked = None,
            JournalEvent::NumbersGranted { numbers } => self.add(*numbers),
            JournalEvent::CaseSealed { number: Some(number), .. } => self.use_up(number),
            JournalEvent::Salvaged { .. }
            | JournalEvent::SetBack { .. }
            | JournalEvent::Copied {}
            | JournalEvent::BoxKnowsMore { .. }
            | JournalEvent::ChangedWhileSuspended { .. } => self.burn(),
            _ => {}
        }
    }

    fn add(&mut self, numbers: NumberRange) {
        self.asked = None;
        if self.is_new(&numbers) {
            self.highest.insert(numbers.prefix, numbers.range);
            self.ranges.push(Stock { numbers, used: 0 });
        }
    }

    fn use_up(&mut self, number: &CaseNumber) {
        for stock in &mut self.ranges {
            if (stock.numbers.prefix, stock.numbers.range) == (number.prefix(), number.range()) {
                stock.used = stock.used.max(number.running());
            }
        }
        self.ranges.retain(|stock| stock.left() > 0);
    }

    /// Gives up all ranges and the open request.
    pub(super) fn burn(&mut self) {
        self.ranges.clear();
        self.asked = None;
    }

    /// Whether a range was never here.
    pub(super) fn is_new(&self, numbers: &NumberRange) -> bool {
        numbers.is_sound() && self.highest.get(&numbers.prefix).is_none_or(|highest| numbers.range > *highest)
    }

    /// The number that the next case gets.
    pub(super) fn next(&self) -> Option<CaseNumber> {
        let stock = self.ranges.first()?;
        stock.numbers.number(stock.used.saturating_add(1))
    }

    /// So many numbers are left.
    pub(super) fn left(&self) -> u32 {
        self.ranges.iter().map(|stock| u32::from(stock.left())).sum()
    }

    pub(super) const fn asked(&self) -> Option<RangeRequestId> {
        self.asked
    }

    /// Whether nothing was ever told of numbers.
    pub(super) fn is_unused(&self) -> bool {
        *self == Self::default()
    }
}

impl Vault {
    /// How many case numbers are left.
    #[must_use]
    pub fn numbers_left(&self) -> u32 {
        self.known.numbers_left()
    }

    /// Whether fewer than `low` case numbers are left, and more could be taken over. No key is made for them.
    #[must_use]
    pub fn lacks_numbers(&self, low: u32) -> bool {
        self.known.numbers_left() < low && self.keys.current().is_ok()
    }

    /// The request for case numbers to send: the one that waits for its answer, else a new one, which is journalled first.
    /// So the same is asked again after a kill, and the box gives the same.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn range_request(&self, at: Moment) -> Result<RangeRequestId, VaultError> {
        if let Some(asked) = self.known.asked() {
            return Ok(asked);
        }
        let request = RangeRequestId::new(self.entropy.array()?);
        self.journaled(at, |_, journal| journal.append(JournalEvent::NumbersAsked { request }))?;
        Ok(request)
    }

    /// Journals a range for an open request; whether it was never here before.
    pub(super) fn take_range(
        &self,
        journal: &mut JournalWriter<'_>,
        request: RangeRequestId,
        numbers: NumberRange,
    ) -> Result<bool, VaultError> {
        if self.known.asked() != Some(request) {
            return Err(VaultError::State);
        }
        let is_new = self.known.is_new_range(&numbers);
        let stale = JournalEvent::NumbersStale { request };
        journal.append(if is_new { JournalEvent::NumbersGranted { numbers } } else { stale })?;
        Ok(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CaseId;
    use crate::seal::Hash;

    fn range(range: u32, count: u16) -> NumberRange {
        NumberRange { prefix: "MUC".parse().expect("three letters"), range, count }
    }

    fn sealed(number: Option<CaseNumber>) -> JournalEvent {
        JournalEvent::CaseSealed { case: CaseId::new([1; 16]), seq: 1, payload: Hash::ZERO, number }
    }

    fn granted(ranges: &[NumberRange]) -> Numbers {
        let mut numbers = Numbers::default();
        ranges.iter().for_each(|range| numbers.take(&JournalEvent::NumbersGranted { numbers: *range }));
        numbers
    }

    #[test]
    fn numbers_are_used_in_order_over_ranges_and_then_there_are_none() {
        let mut numbers = granted(&[range(3, 2), range(5, 1)]);
        assert_eq!(numbers.left(), 3);
        let mut given = Vec::new();
        while let Some(number) = numbers.next() {
            numbers.take(&sealed(Some(number)));
            given.push((number.range(), number.running()));
        }
        assert_eq!(given, [(3, 1), (3, 2), (5, 1)]);
        assert_eq!((numbers.left(), numbers.next()), (0, None));
        numbers.take(&sealed(None));
        assert_eq!(numbers.next(), None);
    }

    #[test]
    fn an_entry_that_is_read_again_brings_no_number_back() {
        let mut numbers = granted(&[range(3, 3)]);
        let history = [sealed(range(3, 3).number(1)), sealed(range(3, 3).number(2))];
        history.iter().for_each(|event| numbers.take(event));
        let at_hand = numbers.clone();
        numbers.take(&JournalEvent::NumbersGranted { numbers: range(3, 3) });
        history.iter().for_each(|event| numbers.take(event));
        assert_eq!((numbers.clone(), numbers.left()), (at_hand, 1));
        numbers.take(&sealed(range(3, 3).number(3)));
        numbers.take(&JournalEvent::NumbersGranted { numbers: range(3, 3) });
        assert_eq!(numbers.next(), None, "a range that is used up does not come again");
    }

    #[test]
    fn a_range_that_is_not_higher_than_one_before_was_here() {
        let numbers = granted(&[range(3, 3), range(8, 3)]);
        for (other, is_new) in [(range(3, 3), false), (range(7, 3), false), (range(8, 9), false), (range(9, 1), true)] {
            assert_eq!(numbers.is_new(&other), is_new, "{other:?}");
        }
        let elsewhere = NumberRange { prefix: "NUE".parse().expect("three letters"), ..range(3, 3) };
        assert!(numbers.is_new(&elsewhere));
    }

    #[test]
    fn what_makes_the_past_uncertain_gives_up_all_ranges() {
        let request = RangeRequestId::new([4; 16]);
        for event in [
            JournalEvent::SetBack { anchored: 2, found: 1 },
            JournalEvent::Copied {},
            JournalEvent::BoxKnowsMore { known: 9 },
            JournalEvent::ChangedWhileSuspended { left: 1, found: 2 },
        ] {
            let mut numbers = granted(&[range(3, 3)]);
            numbers.take(&JournalEvent::NumbersAsked { request });
            numbers.take(&event);
            assert_eq!((numbers.left(), numbers.asked()), (0, None), "{event:?}");
            assert!(!numbers.is_new(&range(3, 3)) && numbers.is_new(&range(4, 3)));
            let json = serde_json::to_vec(&numbers).expect("serialises");
            assert_eq!(serde_json::from_slice::<Numbers>(&json).expect("comes back"), numbers);
        }
    }
}
