//! What stops the engine itself; what the box or the network do is never an error but a state of the queue.

use crate::ports::SignerError;
use crate::seal::SealError;
use crate::vault::VaultError;

/// Why the engine could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Sealing or signing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The signer is needed for a new token and does not answer.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// An outcome was reported of a transfer that was given up, or reported before.
    #[error("the transfer is not on its way any more")]
    StaleTransfer,
    /// An outcome was reported that nobody asked for.
    #[error("no request is on its way")]
    NothingSent,
}
