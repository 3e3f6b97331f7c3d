//! What the vault is told when it opens.

use std::sync::Arc;

use crate::domain::Agency;
use crate::ports::{Anchor, Clock, Entropy, KeyStore};
use crate::seal::VerifyingKey;

/// How the vault keeps house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageConfig {
    /// Bytes held back on the disk, so that a case that was begun can be finished when the disk is full. 0 for none.
    pub ballast: u64,
    /// How long the key store may take to answer before it counts as not available now, milliseconds.
    pub key_store_timeout_ms: u64,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { ballast: 32 << 20, key_store_timeout_ms: 10_000 }
    }
}

/// The ports the vault uses.
#[derive(Clone)]
pub struct VaultPorts {
    /// The hardware key store.
    pub key_store: Arc<dyn KeyStore>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The memory outside the vault's folder.
    pub anchor: Arc<dyn Anchor>,
    /// Time of what the vault does of itself.
    pub clock: Arc<dyn Clock>,
    /// Whose recovery keys count. Without it the vault begins no epoch while the key store is silent.
    pub trust: Option<Trust>,
}

/// The agency whose recipient sets count.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Its name, as a set must bear it.
    pub agency: Agency,
    /// Key that signs its sets. Pinned.
    pub root: VerifyingKey,
}
