//! What an answer of the box does to the queue: each method is one transition and one transaction.

use super::cases::{self, CaseState};
use super::journal::JournalEvent;
use super::outbox::{self, Item, ItemKind, ItemState};
use super::{Vault, VaultError};
use crate::domain::{CaseId, Moment, ObjectId, ShiftId};
use crate::seal::Hash;

impl Vault {
    /// The opening has arrived: manifests and the seal of the shift may follow.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn opening_arrived(&self, item: &Item, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            outbox::set_state(transaction, item.id, ItemState::Done)?;
            outbox::unblock(transaction, &item.target, ItemKind::Manifest)?;
            outbox::unblock(transaction, &item.target, ItemKind::ShiftSeal)?;
            journal.append(arrival(item)).map(drop)
        })
    }

    /// A seal or an event has arrived.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn item_arrived(&self, item: &Item, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            outbox::set_state(transaction, item.id, ItemState::Done)?;
            journal.append(arrival(item)).map(drop)
        })
    }

    /// The manifest has arrived: the announced uploads may begin, what the box already has is done.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn manifest_arrived(&self, item: &Item, uploads: &[(ObjectId, String)]) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            let case = &item.target;
            outbox::set_state(transaction, item.id, ItemState::Done)?;
            for row in super::objects::of_case(transaction, CaseId::new(*case))? {
                let object = row.object.object;
                match uploads.iter().find(|(announced, _)| *announced == object) {
                    Some((_, upload)) => outbox::announce(transaction, object.as_bytes(), upload)?,
                    None => outbox::set_object_done(transaction, object.as_bytes())?,
                }
            }
            outbox::unblock(transaction, case, ItemKind::Object)?;
            outbox::unblock(transaction, case, ItemKind::Event)?;
            unblock_receipt_if_whole(transaction, case)
        })
    }

    /// The box holds more of an upload than before, or less.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn upload_moved(&self, item: &Item, upload: &str) -> Result<(), VaultError> {
        self.database.write(|transaction| outbox::set_upload(transaction, &item.target, upload))
    }

    /// An object has arrived whole; with the last one the receipt may be fetched.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn object_arrived(&self, item: &Item) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            outbox::set_object_done(transaction, &item.target)?;
            unblock_receipt_if_whole(transaction, &item.owner)
        })
    }

    /// The case must be declared again: the box has forgotten its uploads.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn redeclare(&self, case: CaseId) -> Result<(), VaultError> {
        self.database.write(|transaction| outbox::redeclare(transaction, case.as_bytes()))
    }

    /// The box has forgotten a shift: its opening goes first again. `false` if there is none to go.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn reopen(&self, shift: ShiftId) -> Result<bool, VaultError> {
        self.database.write(|transaction| {
            let sql = "UPDATE outbox SET state = ?3 WHERE kind = ?1 AND target = ?2";
            let (opening, ready) = (ItemKind::ShiftOpening as u8, ItemState::Ready as u8);
            if transaction.execute(sql, (opening, shift.as_bytes(), ready))? == 0 {
                return Ok(false);
            }
            let sql = "UPDATE outbox SET state = ?3 WHERE owner = ?1 AND kind <> ?4 AND +state = ?2";
            transaction.execute(sql, (shift.as_bytes(), ready, ItemState::Blocked as u8, opening))?;
            Ok(true)
        })
    }

    /// A verified receipt is stored, in the same transaction that ends the case's way.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case was sealed.
    pub fn receipt_arrived(&self, item: &Item, receipt: &[u8], at: Moment) -> Result<(), VaultError> {
        let case = CaseId::new(item.target);
        self.journaled(at, |transaction, journal| {
            cases::set_receipt(transaction, case, receipt)?;
            outbox::set_state(transaction, item.id, ItemState::Done)?;
            journal.append(JournalEvent::ReceiptVerified { case, receipt: Hash::of(&[receipt]) }).map(drop)
        })
    }

    /// The item is tried again, not before `not_before` (unix milliseconds).
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn defer(&self, item: &Item, not_before: i64) -> Result<(), VaultError> {
        self.database.write(|transaction| outbox::defer(transaction, item.id, not_before))
    }

    /// The box will never take this item. It is kept with the reason; a case goes with its items.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn quarantine(&self, item: &Item, reason: &str, at: Moment) -> Result<(), VaultError> {
        let case = match item.kind {
            ItemKind::Manifest => Some(item.target),
            ItemKind::Object | ItemKind::Receipt => Some(item.owner),
            _ => None,
        };
        let owner = crate::domain::to_hex(&case.unwrap_or(item.owner));
        self.journaled(at, |transaction, journal| {
            outbox::quarantine(transaction, item.id, reason)?;
            if let Some(case) = case {
                // Several items of one case may be refused; the case is marked by the first.
                match cases::set_state(transaction, CaseId::new(case), CaseState::Sealed, CaseState::Quarantined) {
                    Ok(()) | Err(VaultError::State) => {}
                    Err(error) => return Err(error),
                }
            }
            journal.append(JournalEvent::ItemQuarantined { owner: owner.clone(), reason: reason.to_owned() }).map(drop)
        })
    }

    /// Pulls in waiting times that lie beyond `latest`, as after a clock that was set back.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn cap_waits(&self, latest: i64) -> Result<(), VaultError> {
        self.database.write(|transaction| outbox::cap_times(transaction, latest))
    }
}

/// The box gives no receipt for openings, seals and events: the journal must tell that they are there.
fn arrival(item: &Item) -> JournalEvent {
    JournalEvent::ItemArrived { item: item.kind, target: crate::domain::to_hex(&item.target) }
}

fn unblock_receipt_if_whole(transaction: &rusqlite::Transaction<'_>, case: &[u8; 16]) -> Result<(), VaultError> {
    if outbox::open_count(transaction, case, ItemKind::Object)? == 0 {
        outbox::unblock(transaction, case, ItemKind::Receipt)?;
    }
    Ok(())
}
