//! Sealing again under the current root what lies under an older one.
//!
//! What does not open stays where it is: it is damage to be reported, and keeps its epoch alive.

use rusqlite::{Connection, Params, Transaction};

use super::keys::{KeyRing, SealedValue};
use super::{VaultError, epochs, settings, shifts};
use crate::domain::{CaseId, ShiftId};
use crate::ports::Entropy;

/// Seals again everything that lives under the root of an old epoch: journal keys, case keys, settings, and the
/// officers of shifts that are not over.
pub(super) fn all(
    transaction: &Transaction<'_>,
    epoch: u16,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    carry_journal_keys(transaction, keys.current()?, keys, entropy)?;
    case_keys(transaction, epoch, keys, entropy)?;
    all_settings(transaction, epoch, keys, entropy)?;
    officers(transaction, epoch, keys, entropy)
}

/// Lets the root of an epoch carry every journal key at hand.
pub(super) fn carry_journal_keys(
    transaction: &Transaction<'_>,
    epoch: u16,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    keys.carried_by(epoch, entropy)?
        .into_iter()
        .try_for_each(|(generation, sealed)| epochs::insert_journal_key(transaction, epoch, generation, &sealed))
}

fn case_keys(
    transaction: &Transaction<'_>,
    epoch: u16,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let sql = "SELECT case_id, wrapped_key FROM cases WHERE epoch = ?1 AND wrapped_key IS NOT NULL";
    for (case, sealed) in rows::<[u8; 16]>(transaction, sql, [epoch])? {
        let case = CaseId::new(case);
        let Ok(key) = keys.open_case_key(epoch, case, &sealed) else { continue };
        let SealedValue { epoch, value } = keys.seal_case_key(case, &key, entropy)?;
        let sql = "UPDATE cases SET epoch = ?2, wrapped_key = ?3 WHERE case_id = ?1";
        transaction.execute(sql, (case.as_bytes(), epoch, value))?;
    }
    Ok(())
}

fn all_settings(
    transaction: &Transaction<'_>,
    epoch: u16,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    for (name, sealed) in rows::<String>(transaction, "SELECT name, value FROM settings WHERE epoch = ?1", [epoch])? {
        let Ok(plain) = settings::open(keys, epoch, &name, &sealed) else { continue };
        settings::put(transaction, keys, &name, &plain, entropy)?;
    }
    Ok(())
}

fn officers(
    transaction: &Transaction<'_>,
    epoch: u16,
    keys: &KeyRing,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let sql = format!("SELECT shift_id, officer FROM officers WHERE epoch = ?1 AND {}", shifts::NOT_OVER);
    for (shift, sealed) in rows::<[u8; 16]>(transaction, &sql, [epoch])? {
        let shift = ShiftId::new(shift);
        let Ok(plain) = shifts::open_officer(keys, epoch, shift, &sealed) else { continue };
        let is_stated_anew =
            shifts::officers(transaction, shift)?.iter().any(|newer| newer.epoch > epoch && keys.holds(newer.epoch));
        if !is_stated_anew {
            shifts::insert_officer(transaction, shift, &shifts::seal_officer(keys, shift, &plain, entropy)?)?;
        }
        transaction.execute("DELETE FROM officers WHERE shift_id = ?1 AND epoch = ?2", (shift.as_bytes(), epoch))?;
    }
    Ok(())
}

fn rows<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<(T, Vec<u8>)>, VaultError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
