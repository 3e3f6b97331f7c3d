//! From draft to signed case: one transaction that fixes its place in journal and shift, then the signature.
//!
//! The payload is stored before it is signed. A signer that fails leaves a complete case whose place is fixed; it is
//! signed when the signer returns, over the same bytes.

use super::cases::{self, SealedCase};
use super::events::{self, EventRow, Void};
use super::journal::{self, JournalEvent, JournalWriter};
use super::objects::{self, ObjectRow, PartFile};
use super::outbox::{self, ItemKind, NewItem};
use super::spare::Spare;
use super::{Vault, VaultError, settings};
use crate::domain::{CaseId, CaseNumber, EventId, Moment, ShiftId};
use crate::seal::{Hash, JournalHead, SignedPayload};

/// Where a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextPlace {
    /// Number within the shift.
    pub seq: u32,
    /// The journal's newest entry.
    pub head: JournalHead,
    /// The next case number, if one is left.
    pub number: Option<CaseNumber>,
}

impl Vault {
    /// Where the next case of a shift goes.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn next_place(&self, shift: ShiftId) -> Result<NextPlace, VaultError> {
        let _order = self.known.order();
        let number = self.known.next_number();
        self.database.read(|connection| {
            Ok(NextPlace { seq: cases::next_seq(connection, shift)?, head: journal::head(connection)?, number })
        })
    }

    /// Seals a case: record and view become durable, the draft is gone, the outbox knows what to send. A draft that is
    /// sealed to be voided gets its void in the same transaction. The case number is used up with it.
    ///
    /// # Errors
    /// [`VaultError::State`] if the journal has moved since `payload` was made, or the number is not the next one; then
    /// nothing has changed.
    pub fn seal_case(
        &self,
        sealed: &SealedCase,
        head: JournalHead,
        parts: Vec<(PartFile, ObjectRow)>,
        at: Moment,
        void: Option<&Void>,
    ) -> Result<(), VaultError> {
        let (parts, rows): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let _step = self.objects.handles.step()?;
        self.objects.keep(parts)?;
        let committed = self.journaled(at, |transaction, journal| {
            if journal.head() != head || self.known.next_number() != sealed.number {
                return Err(VaultError::State);
            }
            for (ordinal, row) in (objects::next_ordinal(transaction, sealed.case)?..).zip(&rows) {
                objects::insert(transaction, ordinal, row)?;
            }
            cases::set_sealed(transaction, sealed, journal.next())?;
            journal.append(JournalEvent::CaseSealed {
                case: sealed.case,
                seq: sealed.seq,
                payload: Hash::of(&[&sealed.payload]),
                number: sealed.number,
            })?;
            if let Some(slip) = &sealed.slip {
                self.remember_slip(transaction, slip, at)?;
            }
            if let Some((name, value)) = &sealed.remembered {
                settings::put(transaction, &self.keys, name, value, &*self.entropy)?;
            }
            queue_case(transaction, sealed.case)?;
            void.map_or(Ok(()), |void| append_void(transaction, journal, void))
        });
        committed.inspect_err(|error| rows.iter().for_each(|row| self.drop_unnamed(row.object.object, error)))
    }

    /// Stores a signed manifest and lets it be sent.
    ///
    /// # Errors
    /// [`VaultError::State`] if it is signed already.
    pub fn store_manifest(&self, case: CaseId, shift: ShiftId, manifest: &[u8]) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            cases::set_signed(transaction, case, manifest)?;
            self.spare.keep(Spare::Manifest, case.as_bytes(), manifest);
            let opened = outbox::open_count(transaction, shift.as_bytes(), ItemKind::ShiftOpening)? == 0;
            let item = NewItem {
                kind: ItemKind::Manifest,
                object: None,
                target: case.as_bytes(),
                owner: shift.as_bytes(),
                size: manifest.len() as u64,
                ready: opened,
            };
            outbox::insert(transaction, &item)
        })
    }

    /// Voids a sealed case; the event waits for its signature.
    ///
    /// # Errors
    /// [`VaultError::State`] if the case is void already.
    pub fn void_case(&self, void: &Void, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| append_void(transaction, journal, void))
    }

    /// All events.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn events(&self) -> Result<Vec<EventRow>, VaultError> {
        self.database.read(events::all)
    }

    /// Stores a signed event and queues it.
    ///
    /// # Errors
    /// [`VaultError::State`] if it is signed already.
    pub fn sign_event(&self, event: EventId, case: CaseId, signed: &[u8]) -> Result<(), VaultError> {
        self.database.write(|transaction| {
            events::set_signed(transaction, event, signed)?;
            self.spare.keep(Spare::Event, event.as_bytes(), signed);
            let item = NewItem {
                kind: ItemKind::Event,
                object: None,
                target: event.as_bytes(),
                owner: case.as_bytes(),
                size: signed.len() as u64,
                ready: outbox::has_arrived(transaction, ItemKind::Manifest, case.as_bytes())?,
            };
            outbox::insert(transaction, &item)
        })
    }
}

fn append_void(
    transaction: &rusqlite::Transaction<'_>,
    journal: &mut JournalWriter<'_>,
    void: &Void,
) -> Result<(), VaultError> {
    let event = void.event_behind(journal.head());
    if events::has_any(transaction, void.case)? {
        return Err(VaultError::State);
    }
    events::insert(transaction, void.event, void.case, &event.encode())?;
    let Void { case, event: id, reason, .. } = *void;
    journal.append(JournalEvent::CaseVoided { case, id, reason, payload: event.payload_hash() }).map(drop)
}

pub(super) fn queue_case(transaction: &rusqlite::Transaction<'_>, case: CaseId) -> Result<(), VaultError> {
    let id = case.as_bytes();
    for row in objects::of_case(transaction, case)? {
        let object = &row.object;
        let target = object.object.as_bytes();
        let kind = ItemKind::Object;
        let item = NewItem { kind, object: Some(object.kind), target, owner: id, size: object.length, ready: false };
        outbox::insert(transaction, &item)?;
    }
    let receipt = NewItem { kind: ItemKind::Receipt, object: None, target: id, owner: id, size: 0, ready: false };
    outbox::insert(transaction, &receipt)
}
