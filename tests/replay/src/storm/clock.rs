//! The time of the fleet: stands still while the phones are prepared, then runs faster than real time, and jumps over
//! stretches in which every phone sleeps.

use std::sync::Mutex;
use std::time::Duration;

use streife_core::domain::BootId;
use streife_core::ports::{Clock, ClockReading};

use crate::watch::Stopwatch;

/// The clock of all phones and of the box.
pub struct FleetClock {
    start_ms: i64,
    speed: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Stopwatch>,
    skipped_ms: i64,
}

impl FleetClock {
    /// A clock that stands at `start_ms` (unix milliseconds) and will run `speed` times as fast as real time.
    pub fn new(start_ms: i64, speed: u32) -> Self {
        Self { start_ms, speed: speed.max(1), state: Mutex::default() }
    }

    /// Lets it run.
    pub fn start(&self) {
        self.state().running = Some(Stopwatch::start());
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.at(&self.state())
    }

    /// Skips to a time that lies ahead.
    pub fn jump_to(&self, unix_ms: i64) {
        let mut state = self.state();
        let ahead = unix_ms - self.at(&state);
        state.skipped_ms += ahead.max(0);
    }

    /// How long a stretch of this clock really takes.
    pub fn real(&self, ms: i64) -> Duration {
        Duration::from_millis(ms.max(0).unsigned_abs()) / self.speed
    }

    fn at(&self, state: &State) -> i64 {
        let elapsed = state.running.as_ref().map_or(0, |watch| watch.elapsed().as_millis());
        let run = i64::try_from(elapsed).unwrap_or(i64::MAX).saturating_mul(i64::from(self.speed));
        self.start_ms.saturating_add(run).saturating_add(state.skipped_ms)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl Clock for FleetClock {
    fn read(&self) -> ClockReading {
        let unix_ms = self.now_ms();
        let mono_ms = (unix_ms - self.start_ms).unsigned_abs();
        ClockReading { unix_ms, offset_s: 7_200, mono_ms, boot: BootId([0xb0; 16]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_until_it_is_started_and_jumps_ahead_only() {
        let clock = FleetClock::new(1_000, 10);
        assert_eq!(clock.now_ms(), 1_000);
        clock.jump_to(5_000);
        clock.jump_to(2_000);
        assert_eq!((clock.now_ms(), clock.read().mono_ms), (5_000, 4_000));
        clock.start();
        assert!(clock.now_ms() >= 5_000);
        assert_eq!(clock.real(1_000), Duration::from_millis(100));
    }
}
