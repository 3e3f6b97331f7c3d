//! A whole agency in memory: root key, case worker, recovery key, recipient set, catalogue.

use crate::domain::Agency;
use crate::ports::{Entropy, EntropyError};
use crate::seal::{
    Kem, Namespace, Recipient, RecipientPrivateKey, RecipientSet, Role, SealError, SignedPayload, SoftwareKey,
    sign_payload,
};

const YEAR_MS: i64 = 366 * 24 * 3_600_000;

/// An agency for development and tests. It holds the keys that a real one keeps apart from phones and boxes.
#[derive(Debug)]
pub struct DevAgency {
    /// Its name.
    pub name: Agency,
    /// Signs recipient sets and catalogues.
    pub root: SoftwareKey,
    /// Opens cases.
    pub case_worker: RecipientPrivateKey,
    /// Opens what nobody else can.
    pub recovery: RecipientPrivateKey,
}

impl DevAgency {
    /// Founds an agency whose case worker uses X-Wing and whose recovery key is X-Wing, too.
    ///
    /// # Errors
    /// [`EntropyError`] if randomness fails.
    pub fn found(name: &str, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self {
            name: Agency(name.to_owned()),
            root: SoftwareKey::generate(entropy)?,
            case_worker: RecipientPrivateKey::derive(Kem::XWing, &entropy.array()?),
            recovery: RecipientPrivateKey::derive(Kem::XWing, &entropy.array()?),
        })
    }

    /// The signed recipient set, valid for a year before and after `unix_ms`.
    ///
    /// # Errors
    /// [`SealError`] if a key is not valid.
    pub fn recipient_set(&self, unix_ms: i64) -> Result<Vec<u8>, SealError> {
        let (not_before, not_after) = (unix_ms.saturating_sub(YEAR_MS).max(0), unix_ms.saturating_add(YEAR_MS));
        let recipient =
            |key: &RecipientPrivateKey, role| key.public().map(|key| Recipient { key, role, not_before, not_after });
        let set = RecipientSet {
            agency: self.name.clone(),
            issued_at: unix_ms,
            expires_at: not_after,
            recipients: vec![
                recipient(&self.case_worker, Role::CaseWorker)?,
                recipient(&self.recovery, Role::Recovery)?,
            ],
        };
        sign_payload(Namespace::Recipients, set.encode(), &self.root)
    }

    /// Signs a rule set.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign_rules(&self, json: &[u8]) -> Result<Vec<u8>, SealError> {
        sign_payload(Namespace::Rules, json.to_vec(), &self.root)
    }

    /// Signs a table of prefixes or of nationality signs.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign_plate_table(&self, json: &[u8]) -> Result<Vec<u8>, SealError> {
        sign_payload(Namespace::PlateTable, json.to_vec(), &self.root)
    }

    /// Signs a geo pack.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign_geo_pack(&self, pack: &[u8]) -> Result<Vec<u8>, SealError> {
        sign_payload(Namespace::GeoPack, pack.to_vec(), &self.root)
    }

    /// Signs a catalogue document.
    ///
    /// # Errors
    /// [`SealError::Signer`].
    pub fn sign_catalogue(&self, json: &[u8]) -> Result<Vec<u8>, SealError> {
        sign_payload(Namespace::Catalogue, json.to_vec(), &self.root)
    }
}
