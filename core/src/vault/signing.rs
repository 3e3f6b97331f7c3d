//! What may be signed: only what the journal tells of. Payloads and rows stand in clear, and the hardware key would sign
//! whatever is put in their place.
//!
//! The entry that tells of a payload is sealed and bound to its number, so it cannot be made by anyone without the
//! vault's key. An entry whose key is not at hand proves nothing: what it tells of waits.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::damage::{Damage, Fault, Record};
use super::journal::{self, JournalEvent};
use super::reading::Reading;
use super::{CaseState, EventRow, ShiftRow, Vault, VaultError, cases, events};
use crate::domain::{CaseId, EventId, ShiftId};
use crate::seal::{CaseEvent, Hash, JournalHead, SignedPayload, chain};

enum Verdict {
    Proven,
    Not,
    Unread,
}

impl Verdict {
    fn of<T>(self, value: T, damage: impl FnOnce() -> Damage) -> Result<Option<T>, VaultError> {
        match self {
            Self::Proven => Ok(Some(value)),
            Self::Not => Err(VaultError::Damaged(damage())),
            Self::Unread => Ok(None),
        }
    }
}

/// The journal of a closed shift, as its seal fixes it.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Link before the first entry.
    pub before: Hash,
    /// Hashes of all entries.
    pub entries: Vec<Hash>,
    /// Link behind the last.
    pub link: Hash,
    /// Hashes of the payloads of its cases, by their numbers.
    pub cases: Vec<Hash>,
}

impl Vault {
    /// Payload of a case that waits for the signer; nothing while the entry that tells of it cannot be read, or if the case
    /// does not wait any more.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if the journal tells of another.
    pub fn payload_to_sign(&self, case: CaseId) -> Result<Option<Vec<u8>>, VaultError> {
        self.database.read(|connection| {
            let (row, secrets) = (cases::one(connection, case)?, cases::secrets(connection, case)?);
            if row.state != CaseState::Unsigned {
                return Ok(None);
            }
            if row.manifest.is_some() {
                return Err(VaultError::Damaged(Damage::new(Record::Case(case), Fault::State).by(row.sealed_n)));
            }
            let payload = secrets.payload.unwrap_or_default();
            let hash = Hash::of(&[&payload]);
            let tells = |event: &JournalEvent| {
                matches!(event, JournalEvent::CaseSealed { case: told, payload, .. } if (*told, *payload) == (case, hash))
            };
            let n = match row.sealed_n {
                Some(n) => Some(n),
                None => self.find_sealed(connection, case)?,
            };
            self.verdict(connection, n, tells)?.of(payload, || Damage::new(Record::Case(case), Fault::Changed).by(n))
        })
    }

    /// Events that wait for the signer.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unsigned_events(&self) -> Result<Vec<EventId>, VaultError> {
        self.database.read(events::unsigned)
    }

    /// An event that waits for the signer; nothing while the entry that tells of it cannot be read.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if the journal tells of another.
    pub fn event_to_sign(&self, event: EventId) -> Result<Option<EventRow>, VaultError> {
        self.database.read(|connection| {
            let row = events::one(connection, event)?;
            let (case, hash) = (row.case, Hash::of(&[&row.payload]));
            let tells = |event: &JournalEvent| {
                matches!(event, JournalEvent::CaseVoided { case, id, payload, .. }
                    if (*case, *id, *payload) == (row.case, row.event, hash))
            };
            let n = CaseEvent::decode(&row.payload).ok().and_then(|event| event.head.n.checked_add(1));
            let verdict = self.verdict(connection, n, tells)?;
            verdict.of(row, || Damage::new(Record::Event { case, event }, Fault::Changed).by(n))
        })
    }

    /// The place of a shift's opening in the journal.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if the entry named by the row does not open this shift.
    pub fn opening_place(&self, row: &ShiftRow) -> Result<JournalHead, VaultError> {
        let shift = row.shift;
        let is_told = |event: &JournalEvent| {
            matches!(event, JournalEvent::ShiftOpened { shift: told } | JournalEvent::ShiftReopened { shift: told }
                if *told == shift)
        };
        self.database.read(|connection| {
            self.require(connection, row.shift, row.first_n, is_told)?;
            let (before, hashes) = journal::entry_hashes(connection, row.first_n, row.first_n)?;
            let hash = hashes.first().ok_or(VaultError::NotFound { table: "journal" })?;
            Ok(JournalHead { n: row.first_n, link: chain::link(&before, row.first_n, hash) })
        })
    }

    /// The journal from a shift's opening to its closing at entry `last`, and its cases as the entries tell of them: a
    /// row that was deleted must not be missing from the seal.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] if the entries are not those of the shift, [`VaultError::JournalBroken`].
    pub fn stretch(&self, row: &ShiftRow, last: u64) -> Result<Stretch, VaultError> {
        self.database.read(|connection| self.stretch_in(connection, row, last))
    }

    /// The same under a lock that is held.
    pub(super) fn stretch_in(&self, connection: &Connection, row: &ShiftRow, last: u64) -> Result<Stretch, VaultError> {
        let shift = row.shift;
        let opens = |event: &JournalEvent| matches!(event, JournalEvent::ShiftOpened { shift: told } if *told == shift);
        let closes =
            |event: &JournalEvent| matches!(event, JournalEvent::ShiftClosed { shift: told, .. } if *told == shift);
        self.require(connection, shift, row.first_n, opens)?;
        self.require(connection, shift, last, closes)?;
        let (before, entries) = journal::entry_hashes(connection, row.first_n, last)?;
        let first = JournalHead { n: row.first_n.saturating_sub(1), link: before };
        let end = entries.iter().fold(first, |head, entry| {
            let n = head.n + 1;
            JournalHead { n, link: chain::link(&head.link, n, entry) }
        });
        if journal::head_at(connection, last)? != Some(end) {
            return Err(VaultError::JournalBroken { n: last });
        }
        let cases = self.sealed_in(connection, shift, row.first_n, last)?;
        Ok(Stretch { before, entries, link: end.link, cases })
    }

    fn sealed_in(
        &self,
        connection: &Connection,
        shift: ShiftId,
        first: u64,
        last: u64,
    ) -> Result<Vec<Hash>, VaultError> {
        let (mut begun, mut sealed, mut is_read) = (BTreeSet::new(), Vec::new(), true);
        journal::each(connection, &self.keys, first..=last, |entry| {
            match entry.reading.record().map(|told| &told.event) {
                Some(JournalEvent::CaseBegun { case }) => drop(begun.insert(*case)),
                Some(JournalEvent::CaseSealed { case, seq, payload, .. }) => sealed.push((*case, *seq, *payload)),
                Some(_) => {}
                None => is_read = false,
            }
        })?;
        sealed.retain(|(case, ..)| begun.contains(case)); // a draft of an earlier shift stays that shift's
        if !is_read {
            return cases::payload_hashes(connection, shift); // what the entries say is not to be had any more
        }
        sealed.sort_by_key(|(_, seq, _)| *seq);
        Ok(sealed.into_iter().map(|(.., payload)| payload).collect())
    }

    fn require(
        &self,
        connection: &Connection,
        shift: ShiftId,
        n: u64,
        tells: impl Fn(&JournalEvent) -> bool,
    ) -> Result<(), VaultError> {
        match self.verdict(connection, Some(n), tells)? {
            Verdict::Not => Err(VaultError::Damaged(Damage::new(Record::Shift(shift), Fault::Changed).by(n))),
            Verdict::Proven | Verdict::Unread => Ok(()),
        }
    }

    fn verdict(
        &self,
        connection: &Connection,
        n: Option<u64>,
        tells: impl Fn(&JournalEvent) -> bool,
    ) -> Result<Verdict, VaultError> {
        let entry = n.map(|n| journal::one(connection, &self.keys, n)).transpose()?.flatten();
        Ok(match entry.map(|entry| entry.reading) {
            Some(Reading::Record(record)) if tells(&record.event) => Verdict::Proven,
            Some(Reading::NoKey) => Verdict::Unread,
            Some(Reading::Record(_) | Reading::Damaged) | None => Verdict::Not,
        })
    }

    /// The entry that tells of the sealing of a case whose row does not name it.
    fn find_sealed(&self, connection: &Connection, case: CaseId) -> Result<Option<u64>, VaultError> {
        let mut found = None;
        let tells =
            |event: &JournalEvent| matches!(event, JournalEvent::CaseSealed { case: told, .. } if *told == case);
        journal::each(connection, &self.keys, 1..=journal::LAST, |entry| {
            if entry.reading.record().is_some_and(|record| tells(&record.event)) {
                found = Some(entry.n);
            }
        })?;
        Ok(found)
    }
}
