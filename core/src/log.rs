//! Logging that cannot leak: only what opts in can be written.
//!
//! Plates, officers, places, notes, slips and keys never implement [`LogSafe`]; ids, states and codes do. The core logs
//! through [`event`], which takes nothing else.

use crate::domain::{BoxId, CaseId, DeviceId, EventId, FindingCode, ObjectId, ShiftId};
use crate::error::{Error, ErrorKind};
use crate::ports::{KeyStoreError, SignerError, TransportError};

/// A value whose text is free of personal data and of secrets.
pub trait LogSafe: std::fmt::Debug {}

macro_rules! log_safe {
    ($($type:ty),* $(,)?) => { $(impl LogSafe for $type {})* };
}

log_safe!(
    bool,
    u8,
    u16,
    u32,
    u64,
    usize,
    i64,
    BoxId,
    CaseId,
    DeviceId,
    EventId,
    ObjectId,
    ShiftId,
    FindingCode,
    ErrorKind,
    Error,
    KeyStoreError,
    SignerError,
    TransportError,
    crate::sync::Progress,
    crate::vault::Damage,
    crate::vault::Sweep,
);

/// Writes one event at info level: a fixed message and values that opted in.
pub fn event(message: &'static str, values: &[(&'static str, &dyn LogSafe)]) {
    tracing::info!(target: "streife", message, values = ?values);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_a_plate_does_not_show_it() {
        let error = Error::from(crate::domain::Plate::parse("M-ABC 1", "D").expect_err("broken"));
        assert!(!format!("{error:?} {error}").contains("ABC"));
        event("tested", &[("error", &error)]);
    }
}
