//! Key epochs as the rows tell them (FORMATS 16), read without the core.

use std::collections::BTreeSet;

use rusqlite::{Connection, Error};

use crate::Phone;

const ERASED: u8 = 4;

/// Number, state and name of the hardware key of each epoch. The vault must be closed.
///
/// # Errors
/// As SQLite says; it is an error, too, if there are no epochs yet.
pub fn of(phone: &Phone) -> Result<Vec<(u16, u8, Option<String>)>, Error> {
    let connection = Connection::open(phone.vault_folder().join("vault.db"))?;
    let mut statement = connection.prepare("SELECT epoch, state, alias FROM epochs ORDER BY epoch")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// The hardware holds the keys of the epochs that live, and no other: neither one that was to be erased, nor one that
/// nothing names.
pub(crate) fn have_their_keys(phone: &Phone) -> Result<(), String> {
    let epochs = of(phone).map_err(|error| error.to_string())?;
    let named: BTreeSet<_> = epochs.into_iter().filter(|epoch| epoch.1 != ERASED).filter_map(|epoch| epoch.2).collect();
    let there = phone.hardware_keys();
    if there == named { Ok(()) } else { Err(format!("keys {there:?} for the epochs of {named:?}")) }
}
