//! The wish to stop a long call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked between steps of a long call; a job scheduler that withdraws its time sets it.
pub trait Cancel: Send + Sync {
    /// Whether the call should end at the next safe point.
    fn is_cancelled(&self) -> bool;

    /// Milliseconds until the call must have ended, if it must. No request may take longer.
    fn time_left_ms(&self) -> Option<u64> {
        None
    }
}

/// Never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverCancel;

impl Cancel for NeverCancel {
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A flag that another thread sets.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks the call that holds a clone of this flag to end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Cancel for CancelFlag {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
