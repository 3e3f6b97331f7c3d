//! A new manifest for a case that has lost the one it had. Only by hand: if the box holds the lost one, it refuses the
//! new one, and the case stays in the quarantine.

use super::Client;
use super::sealing::SealedView;
use crate::domain::{CaseId, CaseNumber, CaseRecord, RECORD_SCHEMA};
use crate::error::Error;
use crate::seal::{Build, JournalHead, Kind, Manifest, ManifestNotice, RecipientSet, Scope, SignedPayload, WrappedKey};
use crate::vault::{CaseState, VaultError};

const ATTEMPTS: u32 = 8;

impl Client {
    /// Makes a manifest for a case that a salvage found without one, and queues it. To be called by a person who has
    /// asked the agency whether the case has arrived. Facts and photos are those that were sealed; the slip keeps its
    /// number and loses its code, which only the lost manifest knew.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is [`CaseState::Stranded`], [`VaultError::NotFound`] if a file is missing.
    pub fn reissue_case(&self, case: CaseId) -> Result<SealedView, Error> {
        for _ in 0..ATTEMPTS {
            match self.try_reissue(case) {
                Err(Error::Vault(VaultError::State)) if self.vault.case(case)?.state == CaseState::Stranded => {}
                other => {
                    let seq = other?;
                    self.sign_behind_commit();
                    let signed = self.vault.case(case)?.state != CaseState::Unsigned;
                    return Ok(SealedView { case, seq, signed, number: self.number_of(case) });
                }
            }
        }
        Err(Error::Busy)
    }

    fn try_reissue(&self, case: CaseId) -> Result<u32, Error> {
        let (head, at) = (self.vault.head()?, self.now()?);
        if let Some(payload) = self.vault.stranded_payload(case)? {
            self.vault.reissue(case, &payload, head, at)?;
            return Ok(Manifest::decode(&payload)?.seq);
        }
        let record = self.read_record(case)?;
        let set = self.recipients()?;
        let manifest = self.manifest_of(&record, &set, head)?;
        self.vault.reissue(case, &manifest.encode(), head, at)?;
        Ok(manifest.seq)
    }

    /// The case number that the record holds, as far as it can be read.
    fn number_of(&self, case: CaseId) -> Option<CaseNumber> {
        self.read_record(case).ok().and_then(|record| record.number)
    }

    pub(super) fn read_record(&self, case: CaseId) -> Result<CaseRecord, Error> {
        let objects = self.vault.objects_of(case)?;
        let object = objects.iter().map(|row| &row.object).find(|object| object.kind == Kind::Record);
        let object = object.ok_or(VaultError::NotFound { table: "objects" })?;
        let json = self.read_object(case, object.object, Kind::Record, Scope::Full)?;
        serde_json::from_slice(&json).map_err(|_| Error::State)
    }

    fn manifest_of(&self, record: &CaseRecord, set: &RecipientSet, head: JournalHead) -> Result<Manifest, Error> {
        let (case, now) = (record.case, self.now()?);
        let recipients = set.valid_for(&self.config.agency, now.unix_ms())?;
        let key = self.vault.case_key(case)?;
        let notice = record.slip.as_ref().map(|slip| ManifestNotice { number: slip.number.clone(), sealed: None });
        Ok(Manifest {
            case,
            device: self.device,
            shift: record.shift,
            seq: record.seq,
            head,
            agency: self.config.agency.clone(),
            objects: self.vault.objects_of(case)?.into_iter().map(|row| row.object).collect(),
            wraps: WrappedKey::for_all(&recipients, key.as_bytes(), case.as_bytes(), &*self.ports.entropy)?,
            key_commitment: key.commitment(case),
            notice,
            build: Build {
                catalogue: self.catalogue()?.version().to_owned(),
                app: self.config.app.clone(),
                record_schema: RECORD_SCHEMA,
            },
            clock: self.clock_evidence(record.shift, &now)?,
        })
    }
}
