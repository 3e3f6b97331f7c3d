//! A caller who gives up when a handover does not come to its end.

use std::sync::atomic::{AtomicU32, Ordering};

use streife_core::ports::Cancel;

/// More requests than any handover of a sequence needs, retries included.
const LIMIT: u32 = 4_000;

/// Cancels after so many questions whether to.
#[derive(Default)]
pub struct Patience(AtomicU32);

impl Cancel for Patience {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) > LIMIT
    }
}
