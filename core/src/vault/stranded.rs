//! Cases that have lost their signed manifest, and what is known after a salvage of the photos in the vault.

use rusqlite::{OptionalExtension, Transaction};

use super::cases::{self, CaseState};
use super::journal::JournalEvent;
use super::salvage::Salvage;
use super::{Vault, VaultError};
use crate::domain::{CaseId, Moment, ObjectId};
use crate::seal::{Hash, JournalHead, Kind, Manifest, SignedPayload};

impl Vault {
    /// The payload of a stranded case, if that is there at least.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is stranded.
    pub fn stranded_payload(&self, case: CaseId) -> Result<Option<Vec<u8>>, VaultError> {
        let sql = "SELECT payload FROM cases WHERE case_id = ?1 AND state = ?2";
        let values = (case.as_bytes(), CaseState::Stranded as u8);
        let row =
            self.database.read(|connection| Ok(connection.query_row(sql, values, |row| row.get(0)).optional()?))?;
        row.ok_or(VaultError::State)
    }

    /// Lets a stranded case be signed with this payload.
    ///
    /// # Errors
    /// [`VaultError::State`] if the journal has moved since the payload was made, or the case is not stranded.
    pub fn reissue(&self, case: CaseId, payload: &[u8], head: JournalHead, at: Moment) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            if journal.head() != head {
                return Err(VaultError::State);
            }
            let seq = Manifest::decode(payload)?.seq;
            set_unsigned(transaction, case, payload, journal.next())?;
            journal
                .append(JournalEvent::CaseSealed { case, seq, payload: Hash::of(&[payload]), number: None })
                .map(drop)
        })
    }

    /// Completes a report with what opening has done with the files.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn account(&self, salvage: &mut Salvage) -> Result<(), VaultError> {
        let photos: Vec<ObjectId> = self.database.read(|connection| {
            let mut statement = connection.prepare("SELECT object_id FROM objects WHERE kind = ?1")?;
            let rows = statement.query_map([Kind::Photo as u8], |row| row.get(0).map(ObjectId::new))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let there = photos.into_iter().filter(|photo| !salvage.photos_lost.contains(photo));
        salvage.photos_kept.extend(there);
        salvage.photos_quarantined = self.quarantined_photos()?;
        salvage.photos_lost.retain(|photo| !salvage.photos_quarantined.contains(photo));
        Ok(())
    }
}

fn set_unsigned(transaction: &Transaction<'_>, case: CaseId, payload: &[u8], n: u64) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, payload = ?3, payload_hash = ?4, sealed_n = ?5
               WHERE case_id = ?1 AND state = ?6";
    let (from, to) = (CaseState::Stranded as u8, CaseState::Unsigned as u8);
    let n = i64::try_from(n).map_err(|_| VaultError::State)?;
    cases::expect_one(transaction.execute(sql, (case.as_bytes(), to, payload, Hash::of(&[payload]).0, n, from))?)
}
