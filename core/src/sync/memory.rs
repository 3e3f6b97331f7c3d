//! What the engine remembers beyond a process: one sealed value, written with the transition it belongs to.
//!
//! Without it a phone whose app is killed again and again would ask a broken box again and again, and need the hardware
//! key for each token. Losing it costs a token and some waiting, so whatever does not open or parse is treated as absent,
//! and a new version may change it freely. The session key in it is worth as much as the token, which the box ends
//! within the hour; both are sealed under the vault's root key like every draft, and go when the vault is locked or the
//! device is revoked.
//!
//! Times are unix milliseconds by the device's clock, which may be set: [`Memory::undo_set_clock`] takes out what no wait
//! can be.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::flight::Pending;
use super::law::{LONGEST_MS, TIMES};
use super::link::Link;
use super::protocol::Hints;
use super::reconcile::Round;
use super::session::Session;
use crate::domain::Moment;

/// The engine's memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Failures of the network or the box in a row.
    pub(super) failures: u32,
    /// How often in a row the box was busy.
    pub(super) busy: u32,
    /// Everything waits until then, and why.
    pub(super) pause_until: i64,
    pub(super) pause: Option<Pause>,
    /// Failures in a row to get case numbers, and when they are asked for again. Cases do not wait for it.
    pub(super) numbers_failed: u32,
    pub(super) numbers_after: i64,
    /// The time record is not to be believed any more.
    pub(super) doubts_time: bool,
    pub(super) session: Option<Session>,
    /// The newest nonce of the box.
    pub(super) nonce: Option<String>,
    /// When it came.
    pub(super) nonce_at: i64,
    /// What the box has said of how it would like to be used, and when it is asked again.
    pub(super) hints: Option<Hints>,
    pub(super) hints_after: i64,
    /// Since when something has been waiting to be sent.
    pub(super) waiting_since: Option<i64>,
    /// Cases handed over, and bytes of their items, since then.
    pub(super) done_cases: u32,
    pub(super) done_bytes: u64,
    pub(super) link: Link,
    /// Day of the device's calendar, and bytes that went over metered links on it.
    pub(super) metered: (i64, u64),
    pub(super) round: Round,
    /// A transfer that was given to the host, and its token.
    pub(super) in_flight: Option<([u8; 16], Pending)>,
}

/// Why everything waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Pause {
    /// The box does not answer, or not as a box does.
    Unreachable,
    /// The other side is not the agency's box.
    Untrusted,
    /// The box has too much to do.
    Busy,
    /// The box answers, with failures.
    Failing,
    /// The device was revoked.
    Revoked,
}

impl Memory {
    pub(super) fn read(bytes: Option<Vec<u8>>) -> Self {
        bytes.map(Zeroizing::new).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).expect("numbers, texts and bytes"))
    }

    /// No wait can lie further ahead than the longest one, and nothing has begun in the future, unless the clock was set
    /// back.
    pub(super) fn undo_set_clock(&mut self, now_ms: i64) {
        let undo = |time: &mut i64, longest_ms: i64| {
            if *time > now_ms.saturating_add(longest_ms) {
                *time = 0;
            }
        };
        let longest = i64::try_from(LONGEST_MS).unwrap_or(i64::MAX);
        undo(&mut self.pause_until, longest);
        undo(&mut self.numbers_after, longest);
        undo(&mut self.hints_after, longest.max(TIMES.hints_ms));
        undo(&mut self.round.after, TIMES.compare_ms);
        if self.waiting_since.is_some_and(|since| since > now_ms) {
            self.waiting_since = Some(now_ms);
        }
    }

    /// Bytes that went over metered links on the day of `now`.
    pub(super) fn metered_today(&self, now: &Moment) -> u64 {
        let (day, bytes) = self.metered;
        if day == local_day(now) { bytes } else { 0 }
    }

    pub(super) fn spend(&mut self, now: &Moment, bytes: u64) {
        self.metered = (local_day(now), self.metered_today(now).saturating_add(bytes));
    }

    /// Something gets through.
    pub(super) const fn recover(&mut self) {
        (self.failures, self.busy, self.pause) = (0, 0, None);
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

const fn local_ms(now: &Moment) -> i64 {
    now.unix_ms().saturating_add(now.offset_s() as i64 * 1_000)
}

/// Number of the day that the device shows.
pub(super) const fn local_day(now: &Moment) -> i64 {
    local_ms(now).div_euclid(DAY_MS)
}

/// When the next day of the device's calendar begins, unix milliseconds.
pub(super) const fn next_day_ms(now: &Moment) -> i64 {
    now.unix_ms().saturating_add(DAY_MS - local_ms(now).rem_euclid(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    fn at(unix_ms: i64, offset_s: i32) -> Moment {
        Moment::new(unix_ms, offset_s, 0, BootId([0; 16])).expect("in the calendar")
    }

    #[test]
    fn what_does_not_parse_is_absent_and_what_is_unknown_is_left_out() {
        for bytes in [None, Some(b"{".to_vec()), Some(b"[]".to_vec()), Some(br#"{"failures":"many"}"#.to_vec())] {
            assert_eq!(Memory::read(bytes), Memory::default());
        }
        let told = Memory::read(Some(br#"{"failures":3,"of a later version":1}"#.to_vec()));
        assert_eq!(told, Memory { failures: 3, ..Memory::default() });
        assert_eq!(Memory::read(Some(told.to_json().to_vec())), told);
    }

    #[test]
    fn the_day_of_the_budget_is_the_devices_own() {
        let midnight = 1_781_560_800_000; // 16 June 2026 in Munich
        let mut memory = Memory::default();
        memory.spend(&at(midnight - 1, 7_200), 10);
        memory.spend(&at(midnight - 1, 7_200), 5);
        assert_eq!(memory.metered_today(&at(midnight - 1, 7_200)), 15);
        assert_eq!(memory.metered_today(&at(midnight, 7_200)), 0);
        assert_eq!(next_day_ms(&at(midnight - 1, 7_200)), midnight);
        assert_eq!(next_day_ms(&at(midnight, 7_200)), midnight + DAY_MS);
    }

    #[test]
    fn a_clock_that_was_set_back_ten_years_ends_no_wait_later_than_its_longest() {
        let (now, years) = (1_781_560_800_000, 10 * 365 * DAY_MS);
        let mut memory = Memory { pause_until: now + years, hints_after: now + years, ..Memory::default() };
        memory.waiting_since = Some(now + years);
        memory.undo_set_clock(now);
        assert_eq!((memory.pause_until, memory.hints_after, memory.waiting_since), (0, 0, Some(now)));
        let kept = Memory { pause_until: now + 60_000, ..Memory::default() };
        let mut seen = kept.clone();
        seen.undo_set_clock(now);
        assert_eq!(seen, kept);
    }
}
