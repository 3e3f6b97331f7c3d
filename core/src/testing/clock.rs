//! A clock that shows what it is told.

use std::sync::Mutex;

use crate::domain::BootId;
use crate::ports::{Clock, ClockReading};

/// A clock that moves only when asked to.
#[derive(Debug)]
pub struct SimClock(Mutex<ClockReading>);

impl SimClock {
    /// Starts at a time, with `offset_s` seconds east of UTC and a monotonic clock of zero.
    #[must_use]
    pub const fn new(unix_ms: i64, offset_s: i32) -> Self {
        Self(Mutex::new(ClockReading { unix_ms, offset_s, mono_ms: 0, boot: BootId([0xb0; 16]) }))
    }

    /// Shows exactly this from now on.
    pub fn set(&self, reading: ClockReading) {
        *self.0.lock().expect("no holder panics") = reading;
    }

    /// Moves wall and monotonic time on.
    pub fn advance_ms(&self, ms: u32) {
        let mut reading = self.0.lock().expect("no holder panics");
        reading.unix_ms += i64::from(ms);
        reading.mono_ms += u64::from(ms);
    }
}

impl Clock for SimClock {
    fn read(&self) -> ClockReading {
        *self.0.lock().expect("no holder panics")
    }
}
