//! A P-256 key in memory: session keys of the access protocol, the box's own key, desktops and tests.
//!
//! Evidence on a phone is signed by hardware; this key is for everything that hardware would be too slow or too
//! precious for. Signatures are deterministic (RFC 6979), which replays rely on.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use zeroize::Zeroizing;

use super::{SealError, VerifyingKey};
use crate::ports::{Entropy, EntropyError, Signer, SignerError};

/// A signing key held in memory and wiped when dropped.
#[derive(Clone)]
pub struct SoftwareKey(SigningKey);

impl SoftwareKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`EntropyError`] if randomness fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        loop {
            let secret = Zeroizing::new(entropy.array::<32>()?);
            // Nearly every 32 bytes are a scalar of the curve.
            if let Ok(key) = Self::from_bytes(&*secret) {
                return Ok(key);
            }
        }
    }

    /// Reads a secret scalar, 32 bytes big-endian.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] unless it is a scalar of the curve.
    pub fn from_bytes(secret: &[u8]) -> Result<Self, SealError> {
        SigningKey::from_slice(secret).map(Self).map_err(|_| SealError::PublicKey)
    }

    /// The secret scalar.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_bytes().to_vec())
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_sec1(self.0.verifying_key().to_sec1_point(false).as_bytes()).expect("a key's own point")
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Ok(self.verifying_key().to_sec1())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature: Signature = self.0.try_sign(message).map_err(|_| SignerError::Failed)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoftwareKey({})", self.verifying_key().id())
    }
}
