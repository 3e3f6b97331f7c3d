//! What may go over which link, on which battery, within which budget: one table.
//!
//! The class of an item follows from its size: signed structures, records and views are small, photos are not. What the
//! table holds back is not refused, it waits for another link, the charger or the next day. An urgent case waits for
//! nothing but a network: somebody stands beside the vehicle.

use super::memory::{Memory, next_day_ms};
use crate::domain::Moment;

/// What the link is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Network {
    /// No network: nothing is tried.
    Offline,
    /// Each byte costs: large objects wait.
    Metered,
    /// Each byte costs much: only what is small goes.
    Roaming,
    /// Everything may go.
    #[default]
    Unmetered,
}

impl Network {
    /// Whether its bytes count towards the day's budget.
    #[must_use]
    pub const fn is_metered(self) -> bool {
        matches!(self, Self::Metered | Self::Roaming)
    }
}

/// How the battery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Battery {
    /// Low, and not charging.
    Low,
    /// Enough, or charging.
    #[default]
    Enough,
}

/// What an agency allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// On a metered link larger objects wait, bytes.
    pub metered_object: u64,
    /// On a low battery and while roaming larger objects wait, bytes: records, views and thumbnails go, photos do not.
    pub small_object: u64,
    /// Bytes a day of the device's calendar over metered links; when they are used up, objects wait for the next day or
    /// another link. What is smaller than [`Policy::STRUCTURE`] always goes.
    pub metered_day: u64,
}

impl Policy {
    /// No signed structure is longer: a manifest's limit.
    pub const STRUCTURE: u64 = 64 << 10;
}

impl Default for Policy {
    /// Photos of 3 to 5 MB wait for an unmetered link, masked copies and everything smaller do not; a day over metered
    /// links costs no more than a video of some minutes.
    fn default() -> Self {
        Self { metered_object: 1 << 20, small_object: 256 << 10, metered_day: 200 << 20 }
    }
}

/// What holds an item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Link,
    Battery,
    /// Until then.
    Budget(i64),
}

/// Largest object that goes now; a larger one is held for this reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) size: u64,
    pub(super) held: Option<Held>,
}

/// The table: link and battery to the largest object, before the budget.
const fn table(policy: &Policy, network: Network, battery: Battery) -> Allowed {
    use {Battery::Enough, Battery::Low, Network::Metered, Network::Offline, Network::Roaming, Network::Unmetered};
    let (size, held) = match (network, battery) {
        (Offline, _) => (0, Some(Held::Link)),
        (Unmetered, Enough) => (u64::MAX, None),
        (Unmetered, Low) => (policy.small_object, Some(Held::Battery)),
        (Metered, Enough) => (policy.metered_object, Some(Held::Link)),
        (Metered, Low) if policy.small_object < policy.metered_object => (policy.small_object, Some(Held::Battery)),
        (Metered, Low) => (policy.metered_object, Some(Held::Link)),
        (Roaming, _) => (policy.small_object, Some(Held::Link)),
    };
    Allowed { size, held }
}

pub(super) fn allowed(policy: &Policy, network: Network, battery: Battery, memory: &Memory, now: &Moment) -> Allowed {
    let mut allowed = table(policy, network, battery);
    if network.is_metered() {
        let left = policy.metered_day.saturating_sub(memory.metered_today(now)).max(Policy::STRUCTURE);
        if left < allowed.size {
            allowed = Allowed { size: left, held: Some(Held::Budget(next_day_ms(now))) };
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    fn now() -> Moment {
        Moment::new(1_781_582_400_000, 7_200, 0, BootId([0; 16])).expect("in the calendar")
    }

    #[test]
    fn every_row_of_the_table() {
        use {Battery::Enough, Battery::Low, Network::Metered, Network::Offline, Network::Roaming, Network::Unmetered};
        let policy = Policy::default();
        let table = [
            (Offline, Enough, 0, Some(Held::Link)),
            (Offline, Low, 0, Some(Held::Link)),
            (Unmetered, Enough, u64::MAX, None),
            (Unmetered, Low, 256 << 10, Some(Held::Battery)),
            (Metered, Enough, 1 << 20, Some(Held::Link)),
            (Metered, Low, 256 << 10, Some(Held::Battery)),
            (Roaming, Enough, 256 << 10, Some(Held::Link)),
            (Roaming, Low, 256 << 10, Some(Held::Link)),
        ];
        for (network, battery, size, held) in table {
            let allowed = allowed(&policy, network, battery, &Memory::default(), &now());
            assert_eq!(allowed, Allowed { size, held }, "{network:?} {battery:?}");
        }
    }

    #[test]
    fn a_day_whose_budget_is_used_up_still_carries_what_is_signed() {
        let policy = Policy { metered_day: 1_000_000, ..Policy::default() };
        let mut memory = Memory::default();
        memory.spend(&now(), 800_000);
        let some = allowed(&policy, Network::Metered, Battery::Enough, &memory, &now());
        assert_eq!((some.size, some.held), (200_000, Some(Held::Budget(next_day_ms(&now())))));
        memory.spend(&now(), 800_000);
        assert_eq!(allowed(&policy, Network::Metered, Battery::Enough, &memory, &now()).size, Policy::STRUCTURE);
        let free = allowed(&policy, Network::Unmetered, Battery::Enough, &memory, &now());
        assert_eq!((free.size, free.held), (u64::MAX, None));
    }
}
