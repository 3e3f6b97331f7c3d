//! The one error of the border: the core's kinds, one variant each, with what an app can act on.

use streife_core::client::{SealError, VaultError};
use streife_core::domain::{Finding, GiroError};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::{KeyStoreError, SignerError};

use crate::{Input, KeyStoreFault, PhotoFault, PlateRule, SignerFault};

/// Why a call did not do what was asked. Nothing acknowledged earlier is lost by any of these, and none carries a
/// plate, a place, a name, a path or text from the host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum StreifeError {
    /// The disk is full; free space and call again.
    #[error("the disk is full")]
    DiskFull,
    /// The file system or the database failed.
    #[error("the storage failed")]
    Storage,
    /// The database is damaged; it is kept for salvage.
    #[error("the vault is damaged")]
    Corrupt,
    /// Another process, or another object in this one, has the vault open.
    #[error("the vault is open elsewhere")]
    InUse,
    /// The vault was written by a newer version of the library.
    #[error("the vault was written by a newer version")]
    NewerVersion,
    /// The key store does not give the vault's key now or any more. Everything is left as it is.
    #[error("the vault's key is not available ({fault:?})")]
    KeyUnavailable {
        /// Why.
        fault: KeyStoreFault,
    },
    /// The vault is sealed under another key.
    #[error("the vault is sealed under another key")]
    WrongKey,
    /// The signing key does not answer.
    #[error("the signing key is not available ({fault:?})")]
    SignerUnavailable {
        /// Why.
        fault: SignerFault,
    },
    /// Something that was stored or fetched does not open or verify.
    #[error("a sealed or signed value does not verify")]
    Tampered,
    /// What was asked for does not exist.
    #[error("there is no such thing")]
    NotFound,
    /// The state does not allow the call, such as sealing a sealed case.
    #[error("the state does not allow this call")]
    State,
    /// These findings block sealing or wait for a confirmation.
    #[error("{} findings stand against sealing", .findings.len())]
    Findings {
        /// All of them, heaviest first.
        findings: Vec<Finding>,
    },
    /// An input breaks a rule.
    #[error("an input breaks its rule ({input:?})")]
    BadInput {
        /// Which one.
        input: Input,
    },
    /// A field is empty, too long or out of range for the record.
    #[error("{field} is empty, too long or out of range")]
    Limit {
        /// Fixed name of the field, such as `place` or `colour`.
        field: String,
    },
    /// The plate breaks a rule of form.
    #[error("the plate breaks a rule of form ({rule:?})")]
    Plate {
        /// Which one.
        rule: PlateRule,
    },
    /// The photo was not taken over.
    #[error("the photo was not taken over ({fault:?})")]
    Photo {
        /// Why.
        fault: PhotoFault,
    },
    /// The agency's recipients or catalogue are missing, expired or not of this agency.
    #[error("the agency's recipients or catalogue are missing")]
    NotProvisioned,
    /// No answer from the box.
    #[error("the box does not answer")]
    Network,
    /// The other side is not the agency's box.
    #[error("the other side is not the agency's box")]
    Untrusted,
    /// The box refused.
    #[error("the box refused (status {status})")]
    Refused {
        /// HTTP status of its answer.
        status: u16,
    },
    /// A call of the same kind is running.
    #[error("a call of the same kind is running")]
    Busy,
    /// Randomness failed; nothing secret can be made.
    #[error("the source of randomness failed")]
    Entropy,
}

impl From<Error> for StreifeError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::DiskFull => Self::DiskFull,
            ErrorKind::Storage => Self::Storage,
            ErrorKind::Corrupt => Self::Corrupt,
            ErrorKind::InUse => Self::InUse,
            ErrorKind::NewerVersion => Self::NewerVersion,
            ErrorKind::KeyUnavailable => Self::KeyUnavailable { fault: key_store_fault(&error) },
            ErrorKind::WrongKey => Self::WrongKey,
            ErrorKind::SignerUnavailable => Self::SignerUnavailable { fault: signer_fault(&error) },
            ErrorKind::Tampered => Self::Tampered,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::State => Self::State,
            ErrorKind::Findings => Self::Findings { findings: findings(error) },
            ErrorKind::BadInput => bad_input(&error),
            ErrorKind::Photo => Self::Photo { fault: photo_fault(&error) },
            ErrorKind::NotProvisioned => Self::NotProvisioned,
            ErrorKind::Network => Self::Network,
            ErrorKind::Untrusted => Self::Untrusted,
            ErrorKind::Refused => Self::Refused { status: status(&error) },
            ErrorKind::Busy => Self::Busy,
            ErrorKind::Entropy => Self::Entropy,
        }
    }
}

impl From<Input> for StreifeError {
    fn from(input: Input) -> Self {
        Self::BadInput { input }
    }
}

fn bad_input(error: &Error) -> StreifeError {
    match error {
        Error::Plate(rule) => StreifeError::Plate { rule: (*rule).into() },
        Error::Slip(slip) => Input::from(*slip).into(),
        Error::Giro(GiroError::Name | GiroError::Iban | GiroError::Bic) => Input::Payee.into(),
        Error::Giro(_) => Input::TooLong.into(),
        Error::Input(limit) => StreifeError::Limit { field: limit.field.to_owned() },
        Error::Clock | Error::Vault(VaultError::Clock) => Input::DeviceClock.into(),
        Error::Catalogue(_) => Input::Catalogue.into(),
        Error::Rules(_) => Input::Rules.into(),
        Error::Map(_) => Input::Map.into(),
        Error::PlateTable(_) => Input::PlateTable.into(),
        Error::Seal(SealError::PublicKey) | Error::Vault(VaultError::Seal(SealError::PublicKey)) => {
            Input::PublicKey.into()
        }
        Error::Seal(_) | Error::Vault(_) | Error::Photo(_) => Input::TooLong.into(),
        // Of other kinds; listed so that a new one is noticed here.
        Error::Transport(_)
        | Error::Refused(_)
        | Error::Findings(_)
        | Error::PreNote(_)
        | Error::NotProvisioned
        | Error::State
        | Error::StaleTransfer
        | Error::Busy => Input::TooLong.into(),
    }
}

fn key_store_fault(error: &Error) -> KeyStoreFault {
    match error {
        Error::Vault(VaultError::KeyStore(error)) => (*error).into(),
        Error::Vault(VaultError::Locked) => KeyStoreError::NotNow.into(),
        Error::Vault(VaultError::KeyMissing { .. }) => KeyStoreError::Gone.into(),
        _ => KeyStoreError::Failed.into(),
    }
}

fn signer_fault(error: &Error) -> SignerFault {
    match error {
        Error::Seal(SealError::Signer(error)) | Error::Vault(VaultError::Seal(SealError::Signer(error))) => {
            (*error).into()
        }
        _ => SignerError::Failed.into(),
    }
}

fn photo_fault(error: &Error) -> PhotoFault {
    if let Error::Photo(error) = error { error.into() } else { PhotoFault::Storage }
}

fn findings(error: Error) -> Vec<Finding> {
    if let Error::Findings(findings) = error { findings } else { Vec::new() }
}

const fn status(error: &Error) -> u16 {
    if let Error::Refused(status) = error { *status } else { 0 }
}
