//! The entries behind a salvage: they tell anew of every row there is, so that rows can be held against the journal again
//! although entries before it are lost.

use rusqlite::{Connection, Row, Transaction};

use super::super::cases::CaseState;
use super::super::journal::{JournalEvent, JournalWriter};
use super::super::outbox::ItemKind;
use super::super::{VaultError, objects};
use super::build::Builder;
use crate::domain::{CaseId, ShiftId, VoidReason};
use crate::seal::{CaseEvent, Hash, SignedPayload};

/// A case that is no draft, as its new row has it.
struct Told {
    case: CaseId,
    state: Option<CaseState>,
    seq: Option<u32>,
    payload: Option<Hash>,
    receipt: Option<Vec<u8>>,
}

impl Builder<'_> {
    /// Cases and their voids, in the order in which the cases were begun.
    pub(super) fn retell_cases(
        &self,
        transaction: &Transaction<'_>,
        journal: &mut JournalWriter<'_>,
    ) -> Result<(), VaultError> {
        for told in told(transaction)? {
            self.retell_case(transaction, journal, &told)?;
        }
        retell_voids(transaction, journal)
    }

    fn retell_case(
        &self,
        transaction: &Transaction<'_>,
        journal: &mut JournalWriter<'_>,
        told: &Told,
    ) -> Result<(), VaultError> {
        let case = told.case;
        if told.state == Some(CaseState::Stranded) {
            return journal.append(JournalEvent::CaseStranded { case }).map(drop);
        }
        if let (Some(seq), Some(payload)) = (told.seq, told.payload) {
            let n = i64::try_from(journal.next()).unwrap_or(i64::MAX);
            transaction.execute("UPDATE cases SET sealed_n = ?2 WHERE case_id = ?1", (case.as_bytes(), n))?;
            journal.append(JournalEvent::CaseSealed { case, seq, payload, number: None })?;
        }
        if told.state == Some(CaseState::Quarantined) {
            let reason = self.reason(ItemKind::Manifest, case.as_bytes()).unwrap_or_default().to_owned();
            journal.append(JournalEvent::ItemQuarantined { owner: case.to_string(), reason })?;
        }
        if let Some(receipt) = &told.receipt {
            journal.append(JournalEvent::ReceiptVerified { case, receipt: Hash::of(&[receipt]) })?;
        }
        if matches!(told.state, Some(CaseState::Purging | CaseState::Purged)) {
            journal.append(JournalEvent::PayloadPurged { case })?;
        }
        Ok(())
    }

    /// Drafts with their objects, in the shift that was opened for them.
    pub(super) fn retell_drafts(
        &self,
        transaction: &Transaction<'_>,
        journal: &mut JournalWriter<'_>,
        shift: ShiftId,
    ) -> Result<(), VaultError> {
        let sql = "SELECT case_id, draft FROM cases WHERE state = ?1 AND draft IS NOT NULL ORDER BY ordinal";
        let mut statement = transaction.prepare(sql)?;
        let drafts =
            statement.query_map([CaseState::Draft as u8], |row| Ok((CaseId::new(row.get(0)?), row.get(1)?)))?;
        for (case, draft) in drafts.collect::<Result<Vec<(CaseId, Vec<u8>)>, _>>()? {
            let n = i64::try_from(journal.next()).unwrap_or(i64::MAX);
            let sql = "UPDATE cases SET shift_id = ?2, begun_n = ?3, sealed_n = NULL, seq = NULL WHERE case_id = ?1";
            transaction.execute(sql, (case.as_bytes(), shift.as_bytes(), n))?;
            journal.append_draft(JournalEvent::CaseBegun { case }, &draft, None)?;
            for row in objects::of_case(transaction, case)? {
                journal.append_draft(JournalEvent::DraftSaved { case }, &draft, Some(row.proof()))?;
            }
        }
        Ok(())
    }
}

fn told(connection: &Connection) -> Result<Vec<Told>, VaultError> {
    let sql = "SELECT case_id, state, seq, payload_hash, receipt FROM cases WHERE state <> ?1 ORDER BY ordinal";
    let read = |row: &Row<'_>| {
        Ok(Told {
            case: CaseId::new(row.get(0)?),
            state: CaseState::from_number(row.get(1)?),
            seq: row.get(2)?,
            payload: row.get::<_, Option<[u8; 32]>>(3)?.map(Hash),
            receipt: row.get(4)?,
        })
    };
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([CaseState::Draft as u8], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An event that was signed keeps its bytes. One that waits for its signature names its place in the journal, and that
/// place is a new one.
fn retell_voids(transaction: &Transaction<'_>, journal: &mut JournalWriter<'_>) -> Result<(), VaultError> {
    let mut statement = transaction.prepare("SELECT payload, signed IS NOT NULL FROM events")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (payload, is_signed) in rows.collect::<Result<Vec<(Vec<u8>, bool)>, _>>()? {
        let mut event = CaseEvent::decode(&payload)?;
        let Some(reason) = VoidReason::from_code(&event.reason) else { continue };
        if !is_signed {
            event.head = journal.head();
            let sql = "UPDATE events SET payload = ?2 WHERE event_id = ?1";
            transaction.execute(sql, (event.event.as_bytes(), event.encode()))?;
        }
        let (case, id, payload) = (event.case, event.event, event.payload_hash());
        journal.append(JournalEvent::CaseVoided { case, id, reason, payload })?;
    }
    Ok(())
}
