//! Named values of the phone, all sealed: caches that can be had again, and what only the phone may know.

use rusqlite::{Connection, OptionalExtension, Transaction};
use zeroize::Zeroizing;

use super::keys::KeyRing;
use super::{Record, VaultError};
use crate::domain::ObjectId;
use crate::ports::Entropy;
use crate::seal::{Hash, Kind};

/// The row's id in the sealed header: a setting moved to another name does not open.
fn row_id(name: &str) -> ObjectId {
    let Hash(hash) = Hash::of(&[b"streife/1 setting", name.as_bytes()]);
    let (id, _) = hash.split_at(16);
    ObjectId::try_from(id).expect("16 of 32 bytes")
}

pub(super) fn get(
    connection: &Connection,
    keys: &KeyRing,
    name: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let sql = "SELECT epoch, value FROM settings WHERE name = ?1";
    let row = connection.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    let row = row.map_err(|error| VaultError::from(error).of(Record::Setting(name.to_owned())))?;
    let Some((epoch, sealed)): Option<(u16, Vec<u8>)> = row else { return Ok(None) };
    open(keys, epoch, name, &sealed).map(Some)
}

pub(super) fn open(keys: &KeyRing, epoch: u16, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    keys.open_value(epoch, Kind::Setting, row_id(name), sealed, Record::Setting(name.to_owned()))
}

/// Whether there is a value of this name, readable or not.
pub(super) fn is_there(connection: &Connection, name: &str) -> Result<bool, VaultError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM settings WHERE name = ?1")?;
    Ok(statement.exists([name])?)
}

/// Names of all settings.
pub(super) fn names(connection: &Connection) -> Result<Vec<String>, VaultError> {
    let mut statement = connection.prepare("SELECT name FROM settings ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn remove(transaction: &Transaction<'_>, name: &str) -> Result<(), VaultError> {
    transaction.execute("DELETE FROM settings WHERE name = ?1", [name])?;
    Ok(())
}

pub(super) fn put(
    transaction: &Transaction<'_>,
    keys: &KeyRing,
    name: &str,
    value: &[u8],
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let sealed = keys.seal(Kind::Setting, row_id(name), value, entropy)?;
    let sql = "INSERT INTO settings (name, epoch, value) VALUES (?1, ?2, ?3)
               ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, value = excluded.value";
    transaction.execute(sql, (name, sealed.epoch, sealed.value))?;
    Ok(())
}
