//! Events of cases that wait for their signature or have it.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::VaultError;
use super::cases::expect_one;
use crate::domain::{CaseId, EventId, VoidReason};
use crate::seal::{CaseEvent, EventKind, JournalHead, SealedNote};

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

/// A void that has no place in the journal yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// The case.
    pub case: CaseId,
    /// The event.
    pub event: EventId,
    /// Why; travels in clear.
    pub reason: VoidReason,
    /// Free words for case workers.
    pub note: Option<SealedNote>,
}

impl Void {
    /// The event with its place.
    pub(super) fn event_behind(&self, head: JournalHead) -> CaseEvent {
        let reason = self.reason.as_str().to_owned();
        CaseEvent { event: self.event, case: self.case, kind: EventKind::Void, reason, note: self.note.clone(), head }
    }
}

/// Whether anything has happened to the case since it was sealed.
pub(super) fn has_any(connection: &Connection, case: CaseId) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM events WHERE case_id = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([case.as_bytes()], |row| row.get(0))?)
}

const COLUMNS: &str = "event_id, case_id, payload, signed";

fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let (event, case) = (EventId::new(row.get(0)?), CaseId::new(row.get(1)?));
    Ok(EventRow { event, case, payload: row.get(2)?, signed: row.get(3)? })
}

pub(super) fn all(connection: &Connection) -> Result<Vec<EventRow>, VaultError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM events"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.filter(|row| !is_malformed(row)).collect::<Result<_, _>>()?)
}

/// A row that cannot be read must not hide the others.
fn is_malformed(row: &rusqlite::Result<EventRow>) -> bool {
    matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)))
}

/// Events of one case.
pub(super) fn of_case(connection: &Connection, case: CaseId) -> Result<Vec<EventRow>, VaultError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE case_id = ?1"))?;
    let rows = statement.query_map([case.as_bytes()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn one(connection: &Connection, event: EventId) -> Result<EventRow, VaultError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE event_id = ?1"))?;
    let row = statement.query_row([event.as_bytes()], read).optional();
    row.map_err(|error| VaultError::from(error).of("events".into()))?.ok_or(VaultError::NotFound { table: "events" })
}

/// Events that wait for the signer.
pub(super) fn unsigned(connection: &Connection) -> Result<Vec<EventId>, VaultError> {
    let mut statement =
        connection.prepare_cached("SELECT event_id FROM events WHERE signed IS NULL ORDER BY event_id")?;
    let rows = statement.query_map([], |row| row.get(0).map(EventId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    event: EventId,
    case: CaseId,
    payload: &[u8],
) -> Result<(), VaultError> {
    let sql = "INSERT INTO events (event_id, case_id, payload) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute((event.as_bytes(), case.as_bytes(), payload))?;
    Ok(())
}

pub(super) fn set_signed(transaction: &Transaction<'_>, event: EventId, signed: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE events SET signed = ?2 WHERE event_id = ?1 AND signed IS NULL";
    expect_one(transaction.prepare_cached(sql)?.execute((event.as_bytes(), signed))?)
}
