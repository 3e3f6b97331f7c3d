//! The device's signing key, held by hardware.

/// Why a signer did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// Not now; try later.
    #[error("the signing key is not available now")]
    NotNow,
    /// The key is gone or was invalidated.
    #[error("the signing key is gone")]
    Gone,
    /// The signer failed in a way it does not explain, or answered with something that is no signature.
    #[error("the signer failed")]
    Failed,
}

/// Signs with a P-256 key that never leaves its hardware.
pub trait Signer: Send + Sync {
    /// The public key: SEC 1, uncompressed, 65 bytes.
    ///
    /// # Errors
    /// [`SignerError`].
    fn public_key(&self) -> Result<Vec<u8>, SignerError>;

    /// Signs `message` (not its hash) with ECDSA over SHA-256. Both encodings are welcome: ASN.1 DER, as the
    /// platforms give it, and the 64 bytes r || s.
    ///
    /// # Errors
    /// [`SignerError`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// The platform's statement about the key, outermost certificate first, each in DER; empty where there is none. An
    /// agency's box decides what it asks for.
    ///
    /// # Errors
    /// [`SignerError`].
    fn attestation(&self) -> Result<Vec<Vec<u8>>, SignerError> {
        Ok(Vec::new())
    }
}
