//! Events of cases that wait for their signature or have it.

use rusqlite::{Connection, Transaction};

use super::VaultError;
use super::cases::expect_one;
use crate::domain::{CaseId, EventId};

/// An event as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The event.
    pub event: EventId,
    /// Its case.
    pub case: CaseId,
    /// What is signed.
    pub payload: Vec<u8>,
    /// Signed bytes.
    pub signed: Option<Vec<u8>>,
}

pub(super) fn all(connection: &Connection) -> Result<Vec<EventRow>, VaultError> {
    let mut statement = connection.prepare("SELECT event_id, case_id, payload, signed FROM events")?;
    let rows = statement.query_map([], |row| {
        let (event, case) = (EventId::new(row.get(0)?), CaseId::new(row.get(1)?));
        Ok(EventRow { event, case, payload: row.get(2)?, signed: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    event: EventId,
    case: CaseId,
    payload: &[u8],
) -> Result<(), VaultError> {
    let sql = "INSERT INTO events (event_id, case_id, payload) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, (event.as_bytes(), case.as_bytes(), payload))?;
    Ok(())
}

pub(super) fn set_signed(transaction: &Transaction<'_>, event: EventId, signed: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE events SET signed = ?2 WHERE event_id = ?1 AND signed IS NULL";
    expect_one(transaction.execute(sql, (event.as_bytes(), signed))?)
}
