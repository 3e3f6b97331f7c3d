//! Time as the host reads it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::domain::BootId;

/// One reading of all clocks at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// Wall clock, milliseconds since 1970 UTC.
    pub unix_ms: i64,
    /// Seconds east of UTC that the device shows now.
    pub offset_s: i32,
    /// Clock that never steps and counts through sleep, milliseconds.
    pub mono_ms: u64,
    /// Which boot `mono_ms` counts from.
    pub boot: BootId,
}

/// Reads the device's clocks. Nothing in the core ever sets one.
pub trait Clock: Send + Sync {
    /// All clocks at one instant.
    fn read(&self) -> ClockReading;
}

/// The clocks of a desktop or server: wall time in UTC, the process's monotonic clock, a random boot id.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    boot: BootId,
}

impl SystemClock {
    /// Starts counting. `boot` names this run.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the clock for all others")]
    pub fn new(boot: BootId) -> Self {
        Self { started: Instant::now(), boot }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the clock for all others")]
    fn read(&self) -> ClockReading {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        ClockReading {
            unix_ms: i64::try_from(unix.as_millis()).unwrap_or(i64::MAX),
            offset_s: 0,
            mono_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            boot: self.boot,
        }
    }
}
