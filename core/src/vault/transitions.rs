//! What an answer of the box does to the queue: each method is one transition and one transaction.
//!
//! The engine has a memory of its own: how often the box failed, when it may be asked again, its token. It is one sealed
//! value and is written in the transaction of the transition it belongs to, so a kill leaves both or neither. It is
//! worth less than the transition: while no key is at hand to seal it, the transition goes on without it.

use rusqlite::Transaction;

use super::cases::{self, CaseState};
use super::journal::{JournalEvent, JournalWriter};
use super::outbox::{self, Item, ItemKind, ItemState};
use super::{Vault, VaultError, settings, shifts};
use crate::domain::{BoxId, CaseId, Moment, NumberRange, ObjectId, RangeRequestId, ShiftId};
use crate::seal::Hash;

/// Names of the values that a handover keeps.
pub(super) mod name {
    pub const MEMORY: &str = "sync";
    pub const TIME: &str = "time";
    pub const BOX: &str = "box";
}

/// One step of a handover: a transition, and with it what the engine wants to remember.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    vault: &'a Vault,
    memory: Option<&'a [u8]>,
}

impl Vault {
    /// The next transition. `memory` replaces what the engine remembered; without it that stays.
    #[must_use]
    pub const fn step<'a>(&'a self, memory: Option<&'a [u8]>) -> Step<'a> {
        Step { vault: self, memory }
    }

    /// What the engine has stored with its last transition. What is damaged, or whose key is not at hand, is absent.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn sync_memory(&self) -> Result<Option<Vec<u8>>, VaultError> {
        self.setting(name::MEMORY)
    }

    /// Forgets what the engine has stored.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn forget_sync_memory(&self) -> Result<(), VaultError> {
        self.database.write(|transaction| settings::remove(transaction, name::MEMORY))
    }

    /// The box's last word on time, as the engine has stored it.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn time_told(&self) -> Result<Option<Vec<u8>>, VaultError> {
        self.setting(name::TIME)
    }

    /// The box whose receipts count: the one of the first that was verified.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn known_box(&self) -> Result<Option<BoxId>, VaultError> {
        Ok(self.setting(name::BOX)?.and_then(|id| BoxId::try_from(id.as_slice()).ok()))
    }
}

impl Step<'_> {
    /// Stores the memory alone; nothing if there is none.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn remember(&self) -> Result<(), VaultError> {
        if self.memory.is_none() { Ok(()) } else { self.write(|_| Ok(())) }
    }

    /// The box has told the time.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn time_arrived(&self, record: &[u8]) -> Result<(), VaultError> {
        self.write(|transaction| self.put(transaction, name::TIME, record))
    }

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
        self.write(|transaction| {
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
        self.write(|transaction| outbox::set_upload(transaction, &item.target, upload))
    }

    /// An object has arrived whole; with the last one the receipt may be fetched.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn object_arrived(&self, item: &Item) -> Result<(), VaultError> {
        self.write(|transaction| {
            outbox::set_object_done(transaction, &item.target)?;
            unblock_receipt_if_whole(transaction, &item.owner)
        })
    }

    /// The case must be declared again: the box has forgotten its uploads. The item that has met this is then tried again
    /// at the given time (unix milliseconds).
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn redeclare(&self, case: CaseId, met: Option<(&Item, i64)>) -> Result<(), VaultError> {
        self.write(|transaction| {
            outbox::redeclare(transaction, case.as_bytes())?;
            met.map_or(Ok(()), |(item, until)| outbox::defer(transaction, item.id, until, None))
        })
    }

    /// The box has forgotten a shift: its opening goes first again, and the item that has met this not before `until` (unix
    /// milliseconds). `false` if there is none to go.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn reopen(&self, shift: ShiftId, met: &Item, until: i64) -> Result<bool, VaultError> {
        self.journaled(self.vault.moment()?, |transaction, journal| {
            let sql = "UPDATE outbox SET state = ?3 WHERE kind = ?1 AND target = ?2";
            let (opening, ready) = (ItemKind::ShiftOpening as u8, ItemState::Ready as u8);
            let found = transaction.execute(sql, (opening, shift.as_bytes(), ready))? > 0;
            if !found && !shifts::open_again(transaction, shift, journal)? {
                return Ok(false);
            }
            let sql = "UPDATE outbox SET state = ?3 WHERE owner = ?1 AND kind <> ?4 AND +state = ?2";
            transaction.execute(sql, (shift.as_bytes(), ready, ItemState::Blocked as u8, opening))?;
            outbox::defer(transaction, met.id, until, None)?;
            Ok(true)
        })
    }

    /// A verified receipt is stored, in the same transaction that ends the case's way. The first one says which box it is
    /// that others must come from.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case was sealed.
    pub fn receipt_arrived(&self, item: &Item, receipt: &[u8], by: BoxId, at: Moment) -> Result<(), VaultError> {
        let case = CaseId::new(item.target);
        self.journaled(at, |transaction, journal| {
            cases::set_receipt(transaction, case, receipt)?;
            if !settings::is_there(transaction, name::BOX)? {
                self.put(transaction, name::BOX, by.as_bytes())?;
            }
            outbox::set_state(transaction, item.id, ItemState::Done)?;
            journal.append(JournalEvent::ReceiptVerified { case, receipt: Hash::of(&[receipt]) }).map(drop)
        })
    }

    /// The item is tried again, not before `not_before` (unix milliseconds). `upload` replaces what is known of its upload,
    /// if given.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn defer(&self, item: &Item, not_before: i64, upload: Option<&str>) -> Result<(), VaultError> {
        self.write(|transaction| outbox::defer(transaction, item.id, not_before, upload))
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

    /// Ends now the waits that lie beyond `latest`, as after a clock that was set back.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn end_waits_beyond(&self, latest: i64, now: i64) -> Result<(), VaultError> {
        self.write(|transaction| outbox::end_waits_beyond(transaction, latest, now))
    }

    /// Takes a range of numbers over that the box has signed for an open request. `false` if it was here before: then the
    /// request is given up, and the next one brings another range.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the request is open.
    pub fn range_granted(&self, request: RangeRequestId, numbers: NumberRange, at: Moment) -> Result<bool, VaultError> {
        self.journaled(at, |_, journal| self.vault.take_range(journal, request, numbers))
    }

    pub(super) fn write<T>(
        &self,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.vault.database.write(|transaction| {
            let done = work(transaction)?;
            self.keep(transaction)?;
            Ok(done)
        })
    }

    pub(super) fn journaled<T>(
        &self,
        at: Moment,
        mut work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.vault.journaled(at, |transaction, journal| {
            let done = work(transaction, journal)?;
            self.keep(transaction)?;
            Ok(done)
        })
    }

    fn keep(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        self.memory.map_or(Ok(()), |memory| self.put(transaction, name::MEMORY, memory))
    }

    /// Stores a value that can be had again, if there is a key to seal it with.
    fn put(&self, transaction: &Transaction<'_>, name: &str, value: &[u8]) -> Result<(), VaultError> {
        let Vault { keys, entropy, .. } = self.vault;
        if keys.current().is_err() {
            return Ok(());
        }
        settings::put(transaction, keys, name, value, &**entropy)
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
