//! What can go wrong when sealing, signing, opening or verifying.

use crate::ports::{EntropyError, SignerError};

/// Opaque on purpose where an attacker could learn from it: all ways in which opening fails look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A sealed value did not open: wrong key, changed bytes, or bytes that belong elsewhere.
    #[error("the sealed value does not open")]
    Open,
    /// A format, suite or version this build does not know.
    #[error("the format is not known to this version")]
    UnknownFormat,
    /// Bytes are not the deterministic encoding of the structure asked for.
    #[error("the structure is malformed: {0}")]
    Malformed(&'static str),
    /// A signature does not verify, or stands for another purpose or key.
    #[error("the signature does not verify")]
    Signature,
    /// A public key is not a point or has the wrong length.
    #[error("the public key is not valid")]
    PublicKey,
    /// More bytes than one sealed value holds.
    #[error("the value is too long to seal")]
    TooLong,
    /// No valid recipient: none for case workers, or none for recovery.
    #[error("there is no valid recipient")]
    NoRecipient,
    /// The recipient set has expired or belongs to another agency.
    #[error("the recipient set is not valid")]
    RecipientSet,
    /// Randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}
