//! What is asked of the queue at every capture and at every step of a handover.
//!
//! Each question reads the rows it asks for and no others, so its cost does not grow with the queue. The two that sum
//! up, [`Vault::case_counts`] and [`Vault::open_bytes`], read one entry of an index for each row and no row.

use rusqlite::{Connection, Row};

use super::cases::{self, CaseState};
use super::events::{self, EventRow};
use super::outbox::{self, ItemKind, ItemState};
use super::shifts::{self, ShiftRow};
use super::{Record, Vault, VaultError};
use crate::domain::{CaseId, EventId, ShiftId};
use crate::seal::Hash;

/// One case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// How far it has come.
    pub state: CaseState,
    /// Number within the shift, once sealed.
    pub seq: Option<u32>,
    /// Whether it was voided.
    pub voided: bool,
    /// The box's refusal, if something of it is quarantined.
    pub reason: Option<String>,
}

impl Vault {
    /// All cases in the order they were begun, without what is stored of them.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn summaries(&self) -> Result<Vec<CaseSummary>, VaultError> {
        self.database.read(|connection| list(connection, "ORDER BY ordinal", []))
    }

    /// At most `limit` cases, newest first, begun before `after`.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] if there is no case `after`.
    pub fn summaries_page(&self, after: Option<CaseId>, limit: u32) -> Result<Vec<CaseSummary>, VaultError> {
        self.database.read(|connection| {
            let before = after.map_or(Ok(i64::MAX), |case| cases::ordinal(connection, case))?;
            list(connection, "WHERE ordinal < ?1 ORDER BY ordinal DESC LIMIT ?2", (before, limit))
        })
    }

    /// How many cases are in each state that has any.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn case_counts(&self) -> Result<Vec<(CaseState, u32)>, VaultError> {
        self.database.read(cases::counts)
    }

    /// Bytes of all items that have not arrived and were not refused.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open_bytes(&self) -> Result<u64, VaultError> {
        self.database.read(outbox::open_bytes)
    }

    /// Cases in a state, in the order they were begun.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn cases_in_state(&self, state: CaseState) -> Result<Vec<CaseId>, VaultError> {
        self.database.read(|connection| cases::in_state(connection, state))
    }

    /// Hashes of a shift's manifest payloads, in the order of their numbers.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn payload_hashes(&self, shift: ShiftId) -> Result<Vec<Hash>, VaultError> {
        self.database.read(|connection| cases::payload_hashes(connection, shift))
    }

    /// The oldest payload that waits for the signer.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn next_unsigned_case(&self) -> Result<Option<(CaseId, Vec<u8>)>, VaultError> {
        self.database.read(cases::next_unsigned)
    }

    /// An event that waits for the signer.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn next_unsigned_event(&self) -> Result<Option<EventRow>, VaultError> {
        self.database.read(events::next_unsigned)
    }

    /// One event.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn event(&self, event: EventId) -> Result<EventRow, VaultError> {
        self.database.read(|connection| events::one(connection, event))
    }

    /// One shift.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn shift(&self, shift: ShiftId) -> Result<ShiftRow, VaultError> {
        self.database.read(|connection| shifts::one(connection, shift))
    }

    /// Shifts without a signed seal, oldest first: the open one, and those that wait for the signer.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unsealed_shifts(&self) -> Result<Vec<ShiftRow>, VaultError> {
        self.database.read(shifts::unsealed)
    }
}

/// What a list shows of a case. `+` keeps the planner from walking all refused items in their order instead of the few
/// items of one case.
fn summary_sql(which: &str) -> String {
    let (manifest, refused) = (ItemKind::Manifest as u8, ItemState::Quarantined as u8);
    format!(
        "SELECT case_id, shift_id, state, seq,
             EXISTS (SELECT 1 FROM events WHERE events.case_id = cases.case_id),
             (SELECT reason FROM outbox
              WHERE (owner = cases.case_id OR (kind = {manifest} AND target = cases.case_id))
                AND +outbox.state = {refused}
              ORDER BY +rank, +id LIMIT 1)
         FROM cases {which}"
    )
}

fn list(connection: &Connection, which: &str, values: impl rusqlite::Params) -> Result<Vec<CaseSummary>, VaultError> {
    let mut statement = connection.prepare_cached(&summary_sql(which))?;
    let mut rows = statement.query(values)?;
    let mut summaries = Vec::new();
    while let Some(row) = rows.next()? {
        summaries.push(read(row)?);
    }
    Ok(summaries)
}

fn read(row: &Row<'_>) -> Result<CaseSummary, VaultError> {
    let case = CaseId::new(row.get(0)?);
    let decode = || -> Result<CaseSummary, VaultError> {
        Ok(CaseSummary {
            case,
            shift: ShiftId::new(row.get(1)?),
            state: CaseState::from_number(row.get(2)?).ok_or_else(|| Record::Case(case).malformed())?,
            seq: row.get(3)?,
            voided: row.get(4)?,
            reason: row.get(5)?,
        })
    };
    decode().map_err(|error| error.of(Record::Case(case)))
}
