//! Hearing how far a handover has come.

use std::sync::Arc;

use streife_core::client::{ProgressListener, SyncState};

use super::{HostError, ask};
use crate::types::SyncStateView;

/// Hears how far a handover has come, on the thread that calls `sync`.
#[uniffi::export(foreign)]
pub trait HostProgress: Send + Sync {
    /// Before each request and at the end. Must return soon and not call the library, but for `sync_state`. What it throws
    /// is dropped.
    ///
    /// # Errors
    /// [`HostError`].
    fn progress(&self, state: SyncStateView) -> Result<(), HostError>;
}

/// The core's view of a host's listener.
pub(crate) struct ProgressPort(pub(crate) Arc<dyn HostProgress>);

impl ProgressListener for ProgressPort {
    fn progress(&self, state: &SyncState) {
        let _dropped = ask(HostError::Failed, || self.0.progress((*state).into()));
    }
}
