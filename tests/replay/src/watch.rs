//! Measuring the machine's own time, for the report only. The phone's time is simulated.

use std::time::{Duration, Instant};

/// Measures a stretch of real time.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the report tells where real time went; nothing is decided by it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the begin.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
