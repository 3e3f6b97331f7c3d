//! How the key store stands to the vault. A state, never the end of it.

use serde::{Deserialize, Serialize};

use super::VaultError;
use crate::ports::KeyStoreError;

/// What the key store said when it was last asked for the vault's newest hardware key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It gave the key.
    #[default]
    Available,
    /// Not now, or it does not answer: the device is locked or the service is busy. Asked again by itself.
    NotNow,
    /// The platform has invalidated the key for good.
    Invalidated,
    /// It has no such key.
    Gone,
    /// It gave another key.
    WrongKey,
    /// It failed in a way it does not explain. Asked again by itself.
    Failed,
}

impl KeyState {
    /// Whether the same question may be answered later.
    pub(super) const fn may_change(self) -> bool {
        matches!(self, Self::NotNow | Self::Failed)
    }

    /// What a failure of the store says about the key; nothing if it is another failure.
    pub(super) const fn of(error: &VaultError) -> Option<Self> {
        match error {
            VaultError::KeyStore(error) => Some(Self::said(*error)),
            VaultError::WrongKey => Some(Self::WrongKey),
            _ => None,
        }
    }

    const fn said(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::NotNow => Self::NotNow,
            KeyStoreError::Invalidated => Self::Invalidated,
            KeyStoreError::Gone => Self::Gone,
            KeyStoreError::WrongKey => Self::WrongKey,
            KeyStoreError::Failed => Self::Failed,
        }
    }

    /// The failure that a call ends with for this reason.
    pub(super) const fn error(self) -> KeyStoreError {
        match self {
            Self::Available | Self::NotNow => KeyStoreError::NotNow,
            Self::Invalidated => KeyStoreError::Invalidated,
            Self::Gone => KeyStoreError::Gone,
            Self::WrongKey => KeyStoreError::WrongKey,
            Self::Failed => KeyStoreError::Failed,
        }
    }
}

impl From<KeyStoreError> for KeyState {
    fn from(error: KeyStoreError) -> Self {
        Self::said(error)
    }
}
