//! The one error of the surface. Each module has its own enum; here they meet and get a small stable kind.
//!
//! No error carries a plate, a place, a name, a path or text from a host's exception.

use crate::catalogue::CatalogueError;
use crate::domain::{
    Finding, GiroError, InputError, MomentError, PlateError, PlateTableError, PreNoteError, SlipError,
};
use crate::evidence::PhotoError;
use crate::geo::PackError;
use crate::ports::{EntropyError, KeyStoreError, SignerError, TransportError};
use crate::rules::RulesError;
use crate::seal::SealError;
use crate::sync::SyncError;
use crate::vault::VaultError;

/// What an app decides by. Stable: a kind is never given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The disk is full; free space and call again.
    DiskFull,
    /// The file system or the database failed.
    Storage,
    /// The database is damaged; it is kept for salvage.
    Corrupt,
    /// Another process has the vault open.
    InUse,
    /// The vault was written by a newer version of the library.
    NewerVersion,
    /// The hardware key store does not give the key now or any more.
    KeyUnavailable,
    /// The vault is sealed under another key.
    WrongKey,
    /// The signing key does not answer.
    SignerUnavailable,
    /// Something that was stored does not open or verify.
    Tampered,
    /// What was asked for does not exist.
    NotFound,
    /// The state does not allow the call, such as sealing a sealed case.
    State,
    /// Findings block sealing or wait for a confirmation.
    Findings,
    /// The input breaks a rule.
    BadInput,
    /// The photo was not taken over.
    Photo,
    /// The agency's recipients or catalogue are missing, expired or not signed by it.
    NotProvisioned,
    /// No answer from the box.
    Network,
    /// The other side is not the agency's box.
    Untrusted,
    /// The box refused.
    Refused,
    /// A call of the same kind is running.
    Busy,
    /// Randomness failed; nothing secret can be made.
    Entropy,
}

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// See [`VaultError`].
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// See [`SealError`].
    #[error(transparent)]
    Seal(#[from] SealError),
    /// See [`PhotoError`].
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// See [`CatalogueError`].
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// See [`RulesError`].
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// See [`PlateTableError`].
    #[error(transparent)]
    PlateTable(#[from] PlateTableError),
    /// See [`PackError`].
    #[error(transparent)]
    Map(#[from] PackError),
    /// See [`PreNoteError`].
    #[error(transparent)]
    PreNote(#[from] PreNoteError),
    /// See [`PlateError`].
    #[error(transparent)]
    Plate(#[from] PlateError),
    /// See [`SlipError`].
    #[error(transparent)]
    Slip(#[from] SlipError),
    /// See [`GiroError`].
    #[error(transparent)]
    Giro(#[from] GiroError),
    /// See [`InputError`].
    #[error(transparent)]
    Input(#[from] InputError),
    /// See [`TransportError`].
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The box answered with this status to a call that is not part of the queue.
    #[error("the box refused (status {0})")]
    Refused(u16),
    /// The clock gave a time that no calendar holds.
    #[error("the device's clock shows an impossible time")]
    Clock,
    /// Sealing is blocked, or waits for the officer to confirm these.
    #[error("{} findings stand against sealing", .0.len())]
    Findings(Vec<Finding>),
    /// No recipient set or no catalogue has been installed.
    #[error("the agency's recipients or catalogue are missing")]
    NotProvisioned,
    /// The step does not fit the state.
    #[error("the state does not allow this call")]
    State,
    /// The transfer was given up, or its outcome was told before. Nothing has changed.
    #[error("the transfer is not on its way any more")]
    StaleTransfer,
    /// A call of the same kind is running.
    #[error("a call of the same kind is running")]
    Busy,
}

impl Error {
    /// What an app decides by.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Vault(error) => vault_kind(error),
            Self::Seal(error) => seal_kind(error),
            Self::Photo(PhotoError::DiskFull) => ErrorKind::DiskFull,
            Self::Photo(PhotoError::Unwritable(_)) => ErrorKind::Storage,
            Self::Photo(PhotoError::Seal(error)) => seal_kind(error),
            Self::Photo(_) => ErrorKind::Photo,
            Self::Catalogue(_)
            | Self::Rules(_)
            | Self::Map(_)
            | Self::PlateTable(_)
            | Self::Plate(_)
            | Self::Slip(_)
            | Self::Giro(_)
            | Self::Input(_)
            | Self::Clock => ErrorKind::BadInput,
            Self::PreNote(PreNoteError::Unknown) => ErrorKind::NotFound,
            Self::PreNote(_) => ErrorKind::State,
            Self::Transport(TransportError::Untrusted) => ErrorKind::Untrusted,
            Self::Transport(_) => ErrorKind::Network,
            Self::Refused(_) => ErrorKind::Refused,
            Self::Findings(_) => ErrorKind::Findings,
            Self::NotProvisioned => ErrorKind::NotProvisioned,
            Self::State | Self::StaleTransfer => ErrorKind::State,
            Self::Busy => ErrorKind::Busy,
        }
    }
}

const fn vault_kind(error: &VaultError) -> ErrorKind {
    match error {
        VaultError::DiskFull => ErrorKind::DiskFull,
        VaultError::Io(_) | VaultError::Unconfirmed | VaultError::Database(_) | VaultError::Migration { .. } => {
            ErrorKind::Storage
        }
        VaultError::InUse => ErrorKind::InUse,
        VaultError::NewerDatabase { .. } => ErrorKind::NewerVersion,
        VaultError::ForeignDatabase | VaultError::Corrupt => ErrorKind::Corrupt,
        VaultError::KeyStore(KeyStoreError::WrongKey) | VaultError::WrongKey => ErrorKind::WrongKey,
        VaultError::KeyStore(_) | VaultError::KeyMissing { .. } | VaultError::Locked => ErrorKind::KeyUnavailable,
        VaultError::Sealed { .. }
        | VaultError::Malformed { .. }
        | VaultError::Damaged(_)
        | VaultError::JournalBroken { .. } => ErrorKind::Tampered,
        VaultError::NotFound { .. } => ErrorKind::NotFound,
        VaultError::Clock => ErrorKind::BadInput,
        VaultError::State | VaultError::Suspended => ErrorKind::State,
        VaultError::Seal(error) => seal_kind(error),
    }
}

const fn seal_kind(error: &SealError) -> ErrorKind {
    match error {
        SealError::Open | SealError::UnknownFormat | SealError::Malformed(_) | SealError::Signature => {
            ErrorKind::Tampered
        }
        SealError::PublicKey | SealError::TooLong => ErrorKind::BadInput,
        SealError::NoRecipient | SealError::RecipientSet => ErrorKind::NotProvisioned,
        SealError::Entropy(_) => ErrorKind::Entropy,
        SealError::Signer(_) => ErrorKind::SignerUnavailable,
    }
}

impl From<SyncError> for Error {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Vault(error) => Self::Vault(error),
            SyncError::Seal(error) => Self::Seal(error),
            SyncError::Signer(error) => error.into(),
            SyncError::NothingSent => Self::State,
            SyncError::StaleTransfer => Self::StaleTransfer,
        }
    }
}

impl From<SignerError> for Error {
    fn from(error: SignerError) -> Self {
        Self::Seal(error.into())
    }
}

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Self::Seal(error.into())
    }
}

impl From<MomentError> for Error {
    fn from(_: MomentError) -> Self {
        Self::Clock
    }
}
