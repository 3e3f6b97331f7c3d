//! What an app tells the core once.

use std::path::PathBuf;
use std::sync::Arc;

use super::Retention;
use crate::domain::{Agency, Payee};
use crate::ports::{Anchor, Clock, Entropy, KeyStore, Signer, Transport};
use crate::seal::VerifyingKey;
use crate::sync::Policy;
use crate::vault::{StorageConfig, Trust, VaultPorts};

/// Settings that come with the app or its management, and never change while a vault is open.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the vault: private to the app, outside every backup.
    pub folder: PathBuf,
    /// The authority.
    pub agency: Agency,
    /// Key that signs the agency's recipients and catalogues. Pinned.
    pub agency_root: VerifyingKey,
    /// Key that signs the box's receipts and times. Pinned.
    pub box_key: VerifyingKey,
    /// Version of the app, as manifests name it.
    pub app: String,
    /// What may go over which link.
    pub policy: Policy,
    /// How long payloads stay behind their receipts.
    pub retention: Retention,
    /// How the vault keeps house.
    pub storage: StorageConfig,
    /// A handover asks the box for case numbers while fewer than this are left; 0 never asks.
    pub numbers_low: u32,
    /// Who is paid, for an agency that prints payment codes.
    pub payee: Option<Payee>,
}

impl Config {
    /// Numbers that an app keeps in hand unless it knows better: a busy shift writes fewer cases.
    pub const NUMBERS_LOW: u32 = 40;
    /// More are never kept in hand, whatever the configuration says.
    pub const NUMBERS_MOST: u32 = 9_999;
}

/// The host's ports.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The hardware signing key.
    pub signer: Arc<dyn Signer>,
    /// The hardware key store.
    pub key_store: Arc<dyn KeyStore>,
    /// The memory outside the vault's folder.
    pub anchor: Arc<dyn Anchor>,
    /// The way to the box.
    pub transport: Arc<dyn Transport>,
}

impl Ports {
    /// What the vault asks for.
    pub(super) fn vault(&self, config: &Config) -> VaultPorts {
        VaultPorts {
            key_store: self.key_store.clone(),
            entropy: self.entropy.clone(),
            anchor: self.anchor.clone(),
            clock: self.clock.clone(),
            trust: Some(Trust { agency: config.agency.clone(), root: config.agency_root.clone() }),
        }
    }
}
