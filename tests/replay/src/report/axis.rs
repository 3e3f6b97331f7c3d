//! The time axis that all lanes share. Places are percent of its width, so the drawing stretches without its
//! letters being stretched.

use super::clock::LocalClock;
use super::format::percent;
use crate::model::RecordingInfo;

const MINUTE_MS: i64 = 60_000;
/// Beyond this no calendar has a say; keeps the arithmetic far from its limits.
const FARTHEST_MS: i64 = 8_640_000_000_000_000;
const STEPS_MIN: [i64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440];
const MOST_TICKS: i64 = 12;

/// From the first to the last event, with a little air on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis<'a> {
    from_ms: i64,
    to_ms: i64,
    /// Local time.
    pub(super) clock: LocalClock<'a>,
}

impl<'a> Axis<'a> {
    /// The axis of a recording.
    pub(super) fn of(recording: &'a RecordingInfo) -> Self {
        let from = recording.from_ms.clamp(-FARTHEST_MS, FARTHEST_MS);
        let to = recording.to_ms.clamp(from, FARTHEST_MS).max(from + MINUTE_MS);
        let air = (to - from) / 80;
        Self { from_ms: from - air, to_ms: to + air, clock: LocalClock::of(recording) }
    }

    /// Place of a time, percent of the width; times outside stand at the border.
    pub(super) fn x(self, at_ms: i64) -> f64 {
        let whole = (self.to_ms - self.from_ms) as f64;
        percent(at_ms.clamp(self.from_ms, self.to_ms).saturating_sub(self.from_ms) as f64, whole)
    }

    /// Width of a stretch, percent.
    pub(super) fn width(self, from_ms: i64, to_ms: i64) -> f64 {
        (self.x(to_ms) - self.x(from_ms)).max(0.0)
    }

    /// The end of the axis.
    pub(super) fn end_ms(self) -> i64 {
        self.to_ms
    }

    /// Round local times to be labelled, at most a dozen.
    pub(super) fn ticks(self) -> Vec<i64> {
        let span = self.to_ms - self.from_ms;
        let fits = STEPS_MIN.iter().map(|minutes| minutes * MINUTE_MS).find(|step| span / step <= MOST_TICKS);
        let step = fits.unwrap_or(span / MOST_TICKS).max(MINUTE_MS);
        let offset = i64::from(self.clock.offset_s) * 1000;
        let first = (self.from_ms + offset).div_euclid(step) * step + step - offset;
        (0..=MOST_TICKS).map(|index| first + index * step).take_while(|at| *at < self.to_ms).collect()
    }
}
