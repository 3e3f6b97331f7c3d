//! Events appended to cases. Nothing is ever taken away from a case, a void least of all.

use rusqlite::{OptionalExtension, Row, params};
use streife_core::domain::{CaseId, EventId};
use streife_core::seal::{CaseEvent, Signed};

use super::{Put, Store, fixed};
use crate::BoxError;

/// An event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// The event.
    pub event: EventId,
    /// Its kind's number.
    pub kind: u8,
    /// Signed bytes.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Appends an event to a case that is here.
    pub fn put_event(&self, event: &Signed<CaseEvent>) -> Result<Put, BoxError> {
        let (payload, bytes) = (event.payload(), event.as_bytes());
        self.write(|tx| {
            let insert = "INSERT INTO events (event, case_id, kind, cose) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (event) DO NOTHING";
            let values = params![payload.event.as_bytes(), payload.case.as_bytes(), payload.kind as u8, bytes];
            Put::of(tx.execute(insert, values)?, || {
                let same = "SELECT cose = ?2 FROM events WHERE event = ?1";
                Ok(tx.query_row(same, params![payload.event.as_bytes(), bytes], |row| row.get(0))?)
            })
        })
    }

    /// Events of a case in their order of arrival.
    pub fn events(&self, case: CaseId) -> Result<Vec<EventRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT event, kind, cose FROM events WHERE case_id = ?1 ORDER BY log")?;
        let rows = query.query_map([case.as_bytes()], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An event of a case.
    pub fn event(&self, case: CaseId, event: EventId) -> Result<Option<EventRow>, BoxError> {
        let query = "SELECT event, kind, cose FROM events WHERE case_id = ?1 AND event = ?2";
        Ok(self.db().query_row(query, params![case.as_bytes(), event.as_bytes()], read).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow { event: fixed(row, 0)?, kind: row.get(1)?, bytes: row.get(2)? })
}
