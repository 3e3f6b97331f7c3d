//! The device's clocks.

use std::sync::Arc;

use streife_core::domain::{BootId, from_hex};
use streife_core::ports::{Clock, ClockReading};

use super::{HostError, ask};

/// One reading of all clocks at once.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HostClockReading {
    /// Wall clock, milliseconds since 1970 UTC.
    pub unix_ms: i64,
    /// Seconds east of UTC that the device shows now.
    pub offset_s: i32,
    /// Clock that never steps and counts through sleep, milliseconds (Android `elapsedRealtime`, Darwin's continuous
    /// time).
    pub mono_ms: u64,
    /// The boot that `mono_ms` counts from: 16 bytes of hexadecimal, with or without hyphens, as the platforms give it
    /// (`/proc/sys/kernel/random/boot_id`, `kern.bootsessionuuid`).
    pub boot: String,
}

/// Reads the device's clocks. Nothing in the library ever sets one.
#[uniffi::export(foreign)]
pub trait HostClock: Send + Sync {
    /// All clocks at one instant.
    ///
    /// # Errors
    /// [`HostError`]; the call that asked then fails with `BadInput(DeviceClock)`.
    fn read(&self) -> Result<HostClockReading, HostError>;
}

/// No calendar holds this time, so the core refuses to record anything with it.
const NO_TIME: ClockReading = ClockReading { unix_ms: i64::MAX, offset_s: 0, mono_ms: 0, boot: BootId([0; 16]) };

/// The core's view of a host's clock.
pub(crate) struct ClockPort(pub(crate) Arc<dyn HostClock>);

impl Clock for ClockPort {
    fn read(&self) -> ClockReading {
        let Ok(reading) = ask(HostError::Failed, || self.0.read()) else { return NO_TIME };
        let HostClockReading { unix_ms, offset_s, mono_ms, boot } = reading;
        boot_id(&boot).map_or(NO_TIME, |boot| ClockReading { unix_ms, offset_s, mono_ms, boot })
    }
}

fn boot_id(text: &str) -> Option<BootId> {
    let digits: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    from_hex(&digits).ok().map(BootId)
}
