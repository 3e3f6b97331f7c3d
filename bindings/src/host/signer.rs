//! The device's signing key.

use std::sync::{Arc, Mutex, PoisonError};

use streife_core::ports::{Signer, SignerError};

use super::ask;

/// Why a signer did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostSignerError {
    /// Not now; try later. The device may be locked.
    #[error("the signing key is not available now")]
    NotNow,
    /// The key is gone or was invalidated.
    #[error("the signing key is gone")]
    Gone,
    /// It failed in another way.
    #[error("the signer failed")]
    Failed,
}

/// A P-256 key in hardware (Android Keystore, Secure Enclave) that signs evidence and never leaves.
#[uniffi::export(foreign)]
pub trait HostSigner: Send + Sync {
    /// The public key: SEC 1, uncompressed, 65 bytes. Always the same one.
    ///
    /// # Errors
    /// [`HostSignerError`].
    fn public_key(&self) -> Result<Vec<u8>, HostSignerError>;

    /// Signs `message` (not its hash) with ECDSA over SHA-256. Both encodings are welcome: ASN.1 DER, as the platforms
    /// give it, and the 64 bytes r || s. The answer is verified before it is used.
    ///
    /// # Errors
    /// [`HostSignerError`]. What was to be signed is kept and waits.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, HostSignerError>;
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostSignerError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

impl From<HostSignerError> for SignerError {
    fn from(error: HostSignerError) -> Self {
        match error {
            HostSignerError::NotNow => Self::NotNow,
            HostSignerError::Gone => Self::Gone,
            HostSignerError::Failed => Self::Failed,
        }
    }
}

/// Length of an uncompressed point of P-256.
const POINT: usize = 65;

/// The core's view of a host's signer, and what the platform says of its key.
pub(crate) struct SignerPort {
    host: Arc<dyn HostSigner>,
    attestation: Mutex<Vec<Vec<u8>>>,
}

impl SignerPort {
    pub(crate) fn new(host: Arc<dyn HostSigner>) -> Self {
        Self { host, attestation: Mutex::default() }
    }

    /// Takes the certificates that the next enrolment sends.
    pub(crate) fn attest(&self, certificates: Vec<Vec<u8>>) {
        *self.attestation.lock().unwrap_or_else(PoisonError::into_inner) = certificates;
    }
}

impl Signer for SignerPort {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        let key = ask(HostSignerError::Failed, || self.host.public_key())?;
        if key.len() == POINT { Ok(key) } else { Err(SignerError::Failed) }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(ask(HostSignerError::Failed, || self.host.sign(message.to_vec()))?)
    }

    fn attestation(&self) -> Result<Vec<Vec<u8>>, SignerError> {
        Ok(self.attestation.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
