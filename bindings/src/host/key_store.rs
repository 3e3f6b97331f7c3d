//! The hardware store that wraps the vault's root keys.

use std::sync::Arc;

use streife_core::ports::{KeyStore, KeyStoreError};
use zeroize::Zeroizing;

use super::ask;

/// Why a key store did not answer with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostKeyStoreError {
    /// Not now: the device is locked or the service is busy. Try later.
    #[error("the key store is not available now")]
    NotNow,
    /// The platform has invalidated the key under this alias for good.
    #[error("the key was invalidated by the platform")]
    Invalidated,
    /// There is no key under this alias.
    #[error("no key under this alias")]
    Gone,
    /// The blob was not wrapped by this key.
    #[error("the blob belongs to another key")]
    WrongKey,
    /// It failed in another way.
    #[error("the key store failed")]
    Failed,
}

/// Wraps and unwraps the vault's root keys under hardware keys, one alias an epoch. The hardware key never leaves.
///
/// A store that fails is a state, not the end: say which one, and the vault waits. Never answer a failure with a fresh
/// key, and never replace one that exists; everything sealed under it would be lost.
#[uniffi::export(foreign)]
pub trait HostKeyStore: Send + Sync {
    /// Makes a key under `alias` unless one is there already.
    ///
    /// # Errors
    /// [`HostKeyStoreError`].
    fn create(&self, alias: String) -> Result<(), HostKeyStoreError>;

    /// Wraps a root key of 32 bytes with authenticated encryption. Forget `key` at once.
    ///
    /// # Errors
    /// [`HostKeyStoreError`].
    fn wrap(&self, alias: String, key: Vec<u8>) -> Result<Vec<u8>, HostKeyStoreError>;

    /// Unwraps a root key: the same 32 bytes.
    ///
    /// # Errors
    /// [`HostKeyStoreError`].
    fn unwrap(&self, alias: String, wrapped: Vec<u8>) -> Result<Vec<u8>, HostKeyStoreError>;

    /// Destroys the key under `alias`. Destroying nothing is no error.
    ///
    /// # Errors
    /// [`HostKeyStoreError`].
    fn delete(&self, alias: String) -> Result<(), HostKeyStoreError>;
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostKeyStoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

impl From<HostKeyStoreError> for KeyStoreError {
    fn from(error: HostKeyStoreError) -> Self {
        match error {
            HostKeyStoreError::NotNow => Self::NotNow,
            HostKeyStoreError::Invalidated => Self::Invalidated,
            HostKeyStoreError::Gone => Self::Gone,
            HostKeyStoreError::WrongKey => Self::WrongKey,
            HostKeyStoreError::Failed => Self::Failed,
        }
    }
}

/// The core's view of a host's key store.
pub(crate) struct KeyStorePort(pub(crate) Arc<dyn HostKeyStore>);

impl KeyStore for KeyStorePort {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        Ok(ask(HostKeyStoreError::Failed, || self.0.create(alias.to_owned()))?)
    }

    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        Ok(ask(HostKeyStoreError::Failed, || self.0.wrap(alias.to_owned(), key.to_vec()))?)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        let key = ask(HostKeyStoreError::Failed, || self.0.unwrap(alias.to_owned(), wrapped.to_vec()))?;
        Zeroizing::new(key).as_slice().try_into().map_err(|_| KeyStoreError::Failed)
    }

    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        Ok(ask(HostKeyStoreError::Failed, || self.0.delete(alias.to_owned()))?)
    }
}
