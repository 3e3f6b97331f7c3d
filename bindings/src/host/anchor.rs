//! The small memory outside the vault's folder.

use std::sync::Arc;

use streife_core::ports::{Anchor, AnchorError};

use super::ask;

/// Why an anchor did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostAnchorError {
    /// Not now: the device is locked or the service is busy. Try later.
    #[error("the anchor is not available now")]
    NotNow,
    /// It failed in another way.
    #[error("the anchor failed")]
    Failed,
}

/// Keeps one mark of at most 256 bytes where whoever sets the vault's folder back does not set it back, too: the Keychain, or
/// a file in another folder that the Android Keystore seals. It holds no secret.
///
/// A failure is no error of any call. Answer it, and never with an older mark.
#[uniffi::export(foreign)]
pub trait HostAnchor: Send + Sync {
    /// The mark stored last; nothing if there was none.
    ///
    /// # Errors
    /// [`HostAnchorError`].
    fn load(&self) -> Result<Option<Vec<u8>>, HostAnchorError>;

    /// Replaces the mark: after a crash there is the old one or the new one.
    ///
    /// # Errors
    /// [`HostAnchorError`].
    fn store(&self, mark: Vec<u8>) -> Result<(), HostAnchorError>;
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostAnchorError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

impl From<HostAnchorError> for AnchorError {
    fn from(error: HostAnchorError) -> Self {
        match error {
            HostAnchorError::NotNow => Self::NotNow,
            HostAnchorError::Failed => Self::Failed,
        }
    }
}

/// The core's view of a host's anchor.
pub(crate) struct AnchorPort(pub(crate) Arc<dyn HostAnchor>);

impl Anchor for AnchorPort {
    fn load(&self) -> Result<Option<Vec<u8>>, AnchorError> {
        Ok(ask(HostAnchorError::Failed, || self.0.load())?)
    }

    fn store(&self, mark: &[u8]) -> Result<(), AnchorError> {
        Ok(ask(HostAnchorError::Failed, || self.0.store(mark.to_vec()))?)
    }
}
