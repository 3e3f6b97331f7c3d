//! What can go wrong with the vault. No path and no value stands in an error.

use std::io;

use super::handles::Suspended;
use super::objects::Unconfirmed;
use super::{Damage, Fault, Record};
use crate::ports::{EntropyError, KeyStoreError};
use crate::seal::SealError;

/// Why the vault did not do what was asked. Nothing acknowledged earlier is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk is full. Nothing of the call was kept.
    #[error("the disk is full")]
    DiskFull,
    /// The file system failed.
    #[error("the file system failed: {0}")]
    Io(io::ErrorKind),
    /// The disk did not confirm that a file is durable. Nobody knows what it holds: it is thrown away, and must be written
    /// anew.
    #[error("the disk did not confirm a file")]
    Unconfirmed,
    /// The database failed.
    #[error("the database failed (SQLite code {0})")]
    Database(i32),
    /// Another process has the vault open.
    #[error("the vault is open in another process")]
    InUse,
    /// The vault is suspended: nothing of it is open until it is resumed.
    #[error("the vault is suspended")]
    Suspended,
    /// The database was written by a newer version. It is left untouched.
    #[error("the vault was written by a newer version ({found}, this one knows {known})")]
    NewerDatabase {
        /// Version found.
        found: u32,
        /// Newest version this build knows.
        known: u32,
    },
    /// A step to a newer version failed. The database is as it was before it.
    #[error("the database cannot be brought to version {to}")]
    Migration {
        /// The version that was not reached.
        to: u32,
    },
    /// The database belongs to another application. It is left untouched.
    #[error("the database belongs to another application")]
    ForeignDatabase,
    /// The database fails its own check. It is left untouched.
    #[error("the database is damaged")]
    Corrupt,
    /// The hardware key store did not give the root key. Everything is left as it is.
    #[error("the vault's key is not available: {0}")]
    KeyStore(#[from] KeyStoreError),
    /// The root key that the store gave is not the one this vault is sealed under.
    #[error("the vault is sealed under another key")]
    WrongKey,
    /// The keys were wiped; unlock the vault first.
    #[error("the vault is locked")]
    Locked,
    /// A value is sealed under an epoch whose root the key store does not give back. It is kept; the recovery key opens
    /// it.
    #[error("the key of epoch {epoch} is not at hand")]
    KeyMissing {
        /// The epoch.
        epoch: u16,
    },
    /// A sealed value does not open where it stands.
    #[error("the sealed value of {record} does not open")]
    Sealed {
        /// Whose value it is.
        record: Record,
    },
    /// A row holds what no version of the library writes.
    #[error("{record} is malformed")]
    Malformed {
        /// Which one.
        record: Record,
    },
    /// A value opens, and is not the one the journal says should stand there.
    #[error("{0}")]
    Damaged(Damage),
    /// The journal's chain breaks.
    #[error("the journal breaks at entry {n}")]
    JournalBroken {
        /// First entry that does not fit.
        n: u64,
    },
    /// There is no such row.
    #[error("there is no such entry in table {table}")]
    NotFound {
        /// Where it was looked for.
        table: &'static str,
    },
    /// The clock gave a time that no calendar holds.
    #[error("the device's clock shows an impossible time")]
    Clock,
    /// The state does not allow the step.
    #[error("the state does not allow this step")]
    State,
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl VaultError {
    /// The damage it reports, if it is one: others than the record named are not concerned.
    #[must_use]
    pub fn damage(&self) -> Option<Damage> {
        match self {
            Self::Sealed { record } => Some(Damage::new(record.clone(), Fault::Sealed)),
            Self::Malformed { record } => Some(Damage::new(record.clone(), Fault::Malformed)),
            Self::Damaged(damage) => Some(damage.clone()),
            Self::JournalBroken { n } => Some(Damage::new(Record::Entry(*n), Fault::Link)),
            _ => None,
        }
    }

    /// Whether it says that a value is damaged, and nothing of the database or the keys.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(self, Self::Sealed { .. } | Self::Malformed { .. } | Self::Damaged(_) | Self::JournalBroken { .. })
    }

    /// The same error about a row whose id is known.
    pub(super) fn of(self, record: Record) -> Self {
        if matches!(self, Self::Malformed { .. }) { Self::Malformed { record } } else { self }
    }
}

impl From<EntropyError> for VaultError {
    fn from(error: EntropyError) -> Self {
        Self::Seal(error.into())
    }
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if error.get_ref().is_some_and(|inner| inner.is::<Suspended>()) => Self::Suspended,
            _ if error.get_ref().is_some_and(|inner| inner.is::<Unconfirmed>()) => Self::Unconfirmed,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Io(kind),
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound { table: "any" },
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::InUse,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
                _ => Self::Database(failure.extended_code),
            },
            _ => Self::Malformed { record: "any".into() },
        }
    }
}
