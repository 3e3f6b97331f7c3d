//! The wish to stop a long call.

use std::sync::Arc;

use streife_core::ports::{Cancel, CancelFlag};

use crate::StreifeError;

/// Stops a running call at its next safe point: give it to the call, and cancel it from another thread.
///
/// Job schedulers (WorkManager, BGTask) cancel it when they withdraw their time. What was sent until then counts.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken(CancelFlag);

#[uniffi::export]
impl CancelToken {
    /// A token that nobody has cancelled yet.
    ///
    /// # Errors
    /// None; it returns a result like every call of this library.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>, StreifeError> {
        Ok(Arc::default())
    }

    /// Asks the call that holds this token to end. Cannot be taken back.
    ///
    /// # Errors
    /// None.
    pub fn cancel(&self) -> Result<(), StreifeError> {
        self.0.cancel();
        Ok(())
    }
}

impl Cancel for CancelToken {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// The flag of an optional token; without one nothing ever cancels.
pub(crate) fn flag(token: Option<&CancelToken>) -> CancelFlag {
    token.map(|token| token.0.clone()).unwrap_or_default()
}
