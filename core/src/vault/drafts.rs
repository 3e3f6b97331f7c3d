//! Drafts: a case while it is recorded, with a key of its own from the first moment.
//!
//! The draft row with its sealed key is durable before any photo, so a photo that a crash leaves without a row can
//! still be opened and adopted.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::cases::{self, Secrets};
use super::damage::Fault;
use super::handles::ObjectFile;
use super::journal::JournalEvent;
use super::objects::{self, ObjectRow, PartFile};
use super::spare::Spare;
use super::store::{from_json, to_json};
use super::{Record, Vault, VaultError, shifts};
use crate::domain::{CaseFacts, CaseId, Moment, ObjectId, ShiftId};
use crate::seal::{Binding, CaseKey, Hash, Kind, ObjectKey, Scope, Sha256Stream, open, seal};

impl Vault {
    /// Begins a draft with a key of its own.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn begin_case(&self, case: CaseId, shift: ShiftId, facts: &CaseFacts, at: Moment) -> Result<(), VaultError> {
        let key = CaseKey::generate(&*self.entropy)?;
        let draft = self.seal_draft(case, &key, facts)?;
        let wrapped = self.journaled(at, |transaction, journal| {
            if shifts::one(transaction, shift)?.last_n.is_some() {
                return Err(VaultError::State);
            }
            let wrapped = self.keys.seal_case_key(case, &key, &*self.entropy)?;
            cases::insert_draft(transaction, case, shift, journal.next(), &wrapped, &draft)?;
            journal.append_draft(JournalEvent::CaseBegun { case }, &draft, None)?;
            Ok(wrapped)
        })?;
        self.spare.keep(Spare::Key, case.as_bytes(), &wrapped.value);
        Ok(())
    }

    /// The key of a case that has not been purged.
    ///
    /// # Errors
    /// [`VaultError::State`] after the purge.
    pub fn case_key(&self, case: CaseId) -> Result<CaseKey, VaultError> {
        // Read and opened in one go: a rotation may seal it again and put the old root away.
        self.database.read(|connection| {
            let secrets = cases::secrets(connection, case)?;
            self.keys.open_case_key(secrets.epoch, case, secrets.wrapped_key()?)
        })
    }

    /// Facts of a draft.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is a draft.
    pub fn draft(&self, case: CaseId) -> Result<CaseFacts, VaultError> {
        let (secrets, key) = self.database.read(|connection| {
            let secrets = cases::secrets(connection, case)?;
            let key = self.keys.open_case_key(secrets.epoch, case, secrets.wrapped_key()?)?;
            Ok((secrets, key))
        })?;
        match self.check_draft(case, &secrets) {
            // Row and journal agree that it is none.
            Err(VaultError::Damaged(damage)) if damage.fault == Fault::State && secrets.draft.is_none() => {
                Err(VaultError::State)
            }
            checked => {
                checked?;
                read_draft(case, &key, secrets.draft.as_ref().ok_or(VaultError::State)?)
            }
        }
    }

    /// Facts of a draft that may be an older version of itself.
    pub(super) fn open_draft(&self, case: CaseId, secrets: &Secrets) -> Result<CaseFacts, VaultError> {
        let key = self.keys.open_case_key(secrets.epoch, case, secrets.wrapped_key()?)?;
        read_draft(case, &key, secrets.draft.as_ref().ok_or(VaultError::State)?)
    }

    /// Replaces the facts of a draft.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is a draft.
    pub fn save_draft(&self, case: CaseId, facts: &CaseFacts, at: Moment) -> Result<(), VaultError> {
        let draft = self.seal_draft(case, &self.case_key(case)?, facts)?;
        self.journaled(at, |transaction, journal| {
            cases::update_draft(transaction, case, &draft)?;
            journal.append_draft(JournalEvent::DraftSaved { case }, &draft, None).map(drop)
        })
    }

    /// Begins the file of a new object.
    ///
    /// # Errors
    /// [`VaultError::DiskFull`] or [`VaultError::Io`].
    pub fn create_object(&self, object: ObjectId) -> Result<PartFile, VaultError> {
        self.objects.create(object)
    }

    /// Makes an object durable, then its row and the draft that names it.
    ///
    /// # Errors
    /// [`VaultError`]; then neither file nor row is left.
    pub fn keep_object(
        &self,
        part: PartFile,
        row: &ObjectRow,
        facts: &CaseFacts,
        at: Moment,
        event: JournalEvent,
    ) -> Result<(), VaultError> {
        let draft = self.seal_draft(row.case, &self.case_key(row.case)?, facts)?;
        let _step = self.objects.handles.step()?;
        self.objects.keep(vec![part])?;
        self.adopt(row, &draft, at, event).inspect_err(|error| self.drop_unnamed(row.object.object, error))
    }

    /// Gives a whole file that a crash had left behind its row and its place in the draft.
    ///
    /// # Errors
    /// [`VaultError`]; the file stays.
    pub fn adopt_object(
        &self,
        row: &ObjectRow,
        facts: &CaseFacts,
        at: Moment,
        event: JournalEvent,
    ) -> Result<(), VaultError> {
        let draft = self.seal_draft(row.case, &self.case_key(row.case)?, facts)?;
        self.adopt(row, &draft, at, event)
    }

    fn adopt(&self, row: &ObjectRow, draft: &[u8], at: Moment, event: JournalEvent) -> Result<(), VaultError> {
        self.journaled(at, |transaction, journal| {
            let ordinal = objects::next_ordinal(transaction, row.case)?;
            objects::insert(transaction, ordinal, row)?;
            cases::update_draft(transaction, row.case, draft)?;
            journal.append_draft(event.clone(), draft, Some(row.proof())).map(drop)
        })
    }

    /// Opens an object's file for reading.
    ///
    /// # Errors
    /// [`VaultError::Io`].
    pub fn open_object(&self, object: ObjectId) -> Result<ObjectFile, VaultError> {
        self.objects.read(object)
    }

    /// Where an object's file lies, for a transport that sends it by path.
    #[must_use]
    pub fn object_path(&self, object: ObjectId) -> PathBuf {
        self.objects.path(object)
    }

    /// Hash of a part of an object's file, for the digest of a chunk.
    ///
    /// # Errors
    /// [`VaultError::Io`].
    pub fn hash_range(&self, object: ObjectId, offset: u64, length: u64) -> Result<Hash, VaultError> {
        let mut file = self.open_object(object)?;
        file.seek(SeekFrom::Start(offset))?;
        let (mut part, mut hash, mut buffer) = (file.take(length), Sha256Stream::default(), vec![0; 65_536]);
        loop {
            match part.read(&mut buffer)? {
                0 => return Ok(hash.finish()),
                count => hash.update(buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Objects of a case in the order they came.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn objects_of(&self, case: CaseId) -> Result<Vec<ObjectRow>, VaultError> {
        self.database.read(|connection| objects::of_case(connection, case))
    }

    /// One object.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn object(&self, object: ObjectId) -> Result<ObjectRow, VaultError> {
        self.database.read(|connection| objects::one(connection, object))
    }

    pub(super) fn seal_draft(&self, case: CaseId, key: &CaseKey, facts: &CaseFacts) -> Result<Vec<u8>, VaultError> {
        let (object_key, binding) = draft_place(case, key);
        Ok(seal(&object_key, &binding, &to_json(facts, Record::Case(case))?, &*self.entropy)?)
    }
}

/// Opens the facts of a draft.
pub(super) fn read_draft(case: CaseId, key: &CaseKey, sealed: &[u8]) -> Result<CaseFacts, VaultError> {
    let (object_key, binding) = draft_place(case, key);
    let plain = open(&object_key, &binding, sealed).map(zeroize::Zeroizing::new);
    from_json(&plain.map_err(|_| Record::Case(case).sealed())?, Record::Case(case))
}

/// A draft is an object of its case whose id is the case's.
fn draft_place(case: CaseId, key: &CaseKey) -> (ObjectKey, Binding) {
    let object = ObjectId::new(*case.as_bytes());
    (key.object_key(case, Scope::Full, object), Binding::of_case(Kind::Draft, case, object))
}
