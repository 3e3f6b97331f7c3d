//! The hardware store that wraps root keys (Android Keystore, Secure Enclave).
//!
//! One alias an epoch. The store's key never leaves it; the core hands over 32 bytes to wrap and gets an opaque
//! blob back. A store that fails is a state of the vault, not the end of it: capture goes on, nothing is overwritten.

/// Why a key store did not answer with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// Not now: the device is locked or the service is busy. Try later.
    #[error("the key store is not available now")]
    NotNow,
    /// The key under this alias was invalidated by the platform for good.
    #[error("the key was invalidated by the platform")]
    Invalidated,
    /// There is no key under this alias.
    #[error("no key under this alias")]
    Gone,
    /// The blob was not wrapped by this key.
    #[error("the blob belongs to another key")]
    WrongKey,
    /// The store failed in a way it does not explain.
    #[error("the key store failed")]
    Failed,
}

/// Wraps and unwraps root keys under hardware keys.
pub trait KeyStore: Send + Sync {
    /// Makes a key under `alias` unless one is there already.
    ///
    /// # Errors
    /// [`KeyStoreError`]; a key that exists must never be replaced.
    fn create(&self, alias: &str) -> Result<(), KeyStoreError>;

    /// Wraps a root key.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError>;

    /// Unwraps a root key.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError>;

    /// Destroys the key under `alias`, and with it all that was wrapped by it. Destroying nothing is no error.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    fn delete(&self, alias: &str) -> Result<(), KeyStoreError>;
}
