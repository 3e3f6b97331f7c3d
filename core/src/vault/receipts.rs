//! What happens to a case behind its receipt: the desk decides, the payload goes, or the box turns out to have lost it.
//!
//! The receipt stays in the row for ever. A case that the box has lost goes back to where its manifest is sent first, as
//! long as the payload is here: the same bytes under the same ids, so a box that finds it again says "there already". The
//! receipt it had given is then taken out of the row, and its hash stays in the journal.

use rusqlite::Transaction;

use super::cases::{CaseState, expect_one};
use super::journal::JournalEvent;
use super::requeue::requeue_case;
use super::transitions::Step;
use super::{Vault, VaultError, outbox};
use crate::domain::{CaseId, Moment};
use crate::seal::Hash;

impl Step<'_> {
    /// A verified decision of the desk is stored.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case has a receipt.
    pub fn decision_arrived(&self, case: CaseId, decision: &[u8], at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            set_decision(transaction, case, decision)?;
            journal.append(JournalEvent::DecisionVerified { case, decision: Hash::of(&[decision]) }).map(drop)
        })
    }

    /// The box has lost a case that it had given a receipt for: it is sent again.
    ///
    /// # Errors
    /// [`VaultError::State`] unless its payload is still here.
    pub fn requeue(&self, case: CaseId, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            take_receipt(transaction, case)?;
            requeue_case(transaction, case)?;
            journal.append(JournalEvent::CaseRequeued { case }).map(drop)
        })
    }

    /// The box has lost a case whose payload is gone from here.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn case_lost(&self, case: CaseId, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |_, journal| journal.append(JournalEvent::CaseLost { case }).map(drop))
    }
}

impl Vault {
    /// The box holds another manifest under the id of a case than the one it has given a receipt for.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn note_difference(&self, case: CaseId, at: Moment) -> Result<(), VaultError> {
        self.note(at, JournalEvent::CaseDiffers { case }).map(drop)
    }

    /// How many photos of a case have arrived, and how many it has.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn photos_sent(&self, case: CaseId) -> Result<(u32, u32), VaultError> {
        self.database.read(|connection| outbox::photos(connection, case.as_bytes()))
    }

    /// A case goes before all others, over any link; also one that is still being recorded.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn mark_urgent(&self, case: CaseId) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            let sql = "UPDATE cases SET urgent = 1 WHERE case_id = ?1";
            let changed = transaction.prepare_cached(sql)?.execute([case.as_bytes()])?;
            expect_one(changed).map_err(|_| VaultError::NotFound { table: "cases" })?;
            outbox::hurry(transaction, case.as_bytes())
        })
    }
}

/// Marks a receipted case as one that waits again.
fn take_receipt(transaction: &Transaction<'_>, case: CaseId) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, receipt = NULL, decision = NULL WHERE case_id = ?1 AND state = ?3";
    let (from, to) = (CaseState::Receipted as u8, CaseState::Sealed as u8);
    expect_one(transaction.execute(sql, (case.as_bytes(), to, from))?)
}

fn set_decision(transaction: &Transaction<'_>, case: CaseId, decision: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET decision = ?2 WHERE case_id = ?1 AND state BETWEEN ?3 AND ?4";
    let (first, last) = (CaseState::Receipted as u8, CaseState::Purged as u8);
    expect_one(transaction.execute(sql, (case.as_bytes(), decision, first, last))?)
}
