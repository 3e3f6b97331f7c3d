//! Root keys of the epochs, as the hardware key store gives them.
//!
//! A new vault makes the hardware key first and the row second: a crash between leaves a key that wraps nothing, and
//! the next open uses it. An existing vault never makes a key. A canary under each root key tells a wrong key from
//! changed data.

use rusqlite::Connection;
use zeroize::Zeroizing;

use super::VaultError;
use super::database::Database;
use crate::domain::{CaseId, ObjectId};
use crate::ports::{Entropy, KeyStore, KeyStoreError};
use crate::seal::{Binding, CaseKey, Kind, RootKey, Scope, open, seal};

const NOWHERE: CaseId = CaseId::new([0; 16]);
const CANARY: ObjectId = ObjectId::new([0xca; 16]);
const CANARY_TEXT: &[u8] = b"streife/1 canary";

/// The current epoch and its root key, in memory while the vault is open.
pub(super) struct KeyRing {
    pub(super) epoch: u16,
    root: RootKey,
}

impl KeyRing {
    /// Unwraps the newest epoch's root key, or begins the first epoch of a new vault.
    pub(super) fn open(database: &Database, store: &dyn KeyStore, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        match database.read(newest_epoch)? {
            Some(row) => row.unwrap(store),
            None => begin(database, store, entropy),
        }
    }

    /// Seals a value that belongs to the phone and not to a case.
    pub(super) fn seal(
        &self,
        kind: Kind,
        object: ObjectId,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        Ok(seal(&self.root.object_key(), &self.binding(kind, NOWHERE, object), plain, entropy)?)
    }

    /// Opens such a value where it stands.
    pub(super) fn open_value(
        &self,
        kind: Kind,
        object: ObjectId,
        sealed: &[u8],
        table: &'static str,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open(&self.root.object_key(), &self.binding(kind, NOWHERE, object), sealed)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Sealed { table })
    }

    /// Seals a case key for local reading.
    pub(super) fn seal_case_key(
        &self,
        case: CaseId,
        key: &CaseKey,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let binding = self.binding(Kind::WrappedKey, case, ObjectId::new([0; 16]));
        Ok(seal(&self.root.object_key(), &binding, key.as_bytes(), entropy)?)
    }

    /// Opens a case key.
    pub(super) fn open_case_key(&self, case: CaseId, sealed: &[u8]) -> Result<CaseKey, VaultError> {
        let wrong = VaultError::Sealed { table: "cases" };
        let binding = self.binding(Kind::WrappedKey, case, ObjectId::new([0; 16]));
        let Ok(plain) = open(&self.root.object_key(), &binding, sealed).map(Zeroizing::new) else { return Err(wrong) };
        plain.as_slice().try_into().map(CaseKey::new).map_err(|_| wrong)
    }

    const fn binding(&self, kind: Kind, case: CaseId, object: ObjectId) -> Binding {
        Binding { kind, case, object, epoch: self.epoch, schema: 1, scope: Scope::Full }
    }
}

struct EpochRow {
    epoch: u16,
    alias: String,
    wrapped: Vec<u8>,
    canary: Vec<u8>,
}

impl EpochRow {
    fn unwrap(self, store: &dyn KeyStore) -> Result<KeyRing, VaultError> {
        let root = RootKey::new(store.unwrap(&self.alias, &self.wrapped)?);
        let ring = KeyRing { epoch: self.epoch, root };
        match ring.open_value(Kind::WrappedKey, CANARY, &self.canary, "epochs") {
            Ok(text) if text.as_slice() == CANARY_TEXT => Ok(ring),
            _ => Err(VaultError::WrongKey),
        }
    }
}

fn newest_epoch(connection: &Connection) -> Result<Option<EpochRow>, VaultError> {
    let sql = "SELECT epoch, alias, wrapped, canary FROM epochs ORDER BY epoch DESC LIMIT 1";
    let row = connection.query_row(sql, [], |row| {
        Ok(EpochRow { epoch: row.get(0)?, alias: row.get(1)?, wrapped: row.get(2)?, canary: row.get(3)? })
    });
    match row {
        Ok(row) => Ok(Some(row)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn begin(database: &Database, store: &dyn KeyStore, entropy: &dyn Entropy) -> Result<KeyRing, VaultError> {
    let ring = KeyRing { epoch: 1, root: RootKey::generate(entropy)? };
    let alias = format!("streife-epoch-{}", ring.epoch);
    store.create(&alias)?;
    let wrapped = store.wrap(&alias, ring.root.as_bytes())?;
    // A store that cannot give back what it took is found out now, while nothing is sealed under the key.
    if store.unwrap(&alias, &wrapped)? != *ring.root.as_bytes() {
        return Err(KeyStoreError::Failed.into());
    }
    let canary = ring.seal(Kind::WrappedKey, CANARY, CANARY_TEXT, entropy)?;
    database.write(|transaction| {
        let sql = "INSERT INTO epochs (epoch, alias, wrapped, canary) VALUES (?1, ?2, ?3, ?4)";
        transaction.execute(sql, (ring.epoch, &alias, &wrapped, &canary))?;
        Ok(())
    })?;
    Ok(ring)
}
