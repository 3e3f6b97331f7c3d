//! Taking photos over and reading them again.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::Client;
use crate::domain::{CaseFacts, CaseId, InputError, MAX_PHOTOS, ObjectId, PhotoClass, PhotoRecord, Salt};
use crate::error::Error;
use crate::evidence::{Import, ImportJob, PhotoError, SealedReader, import};
use crate::seal::{Binding, ChunkSealer, Kind, ManifestObject, Scope, commitment, seal};
use crate::vault::{JournalEvent, ObjectRow, PartFile, VaultError};

/// Objects of a draft: with record and view they are as many as a box takes in one case.
const MAX_OBJECTS: usize = 254;

/// A photo that is now in the vault, whole and durable. The camera's file may be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedPhoto {
    /// What the record will say about it.
    pub photo: PhotoRecord,
    /// Bytes behind the picture's end, as motion photos have them: film and sound of bystanders.
    pub trailing_bytes: u64,
}

impl Client {
    /// Takes a photo over from a file: reads it once, seals it, and makes it durable before returning.
    ///
    /// # Errors
    /// [`PhotoError`] for a file that is no whole picture; the file and the draft stay as they were.
    pub fn add_photo(&self, case: CaseId, path: &Path, class: PhotoClass) -> Result<AddedPhoto, Error> {
        self.with_new_files(|| {
            let source = File::open(path).map_err(|error| PhotoError::Unreadable(error.kind()))?;
            self.add_photo_from(case, source, class)
        })
    }

    /// The same from an open file, as a host hands it over for a content address.
    ///
    /// # Errors
    /// As [`Self::add_photo`], and [`VaultError::Unconfirmed`] if the disk has not confirmed the sealed file: a source that
    /// was read cannot be read again here. The host calls again with a new one.
    pub fn add_photo_from(
        &self,
        case: CaseId,
        source: impl Read + Send,
        class: PhotoClass,
    ) -> Result<AddedPhoto, Error> {
        let _watch = self.watch_disk();
        let object = ObjectId::new(self.random()?);
        let salt = Salt::new(self.random()?);
        let key = self.vault.case_key(case)?.object_key(case, Scope::Full, object);
        let binding = Binding::of_case(Kind::Photo, case, object);
        let sealer = ChunkSealer::new(&key, &binding, &*self.ports.entropy)?;
        let suspensions = self.vault.suspensions();
        let mut part = self.vault.create_object(object)?;
        let taken = import(source, &mut part, ImportJob { sealer, salt: &salt }).map_err(|error| match error {
            _ if part.is_lost() => VaultError::Unconfirmed.into(),
            error => self.unless_suspended(suspensions, error.into()),
        })?;
        self.keep_photo(case, part, salt, class, taken)
    }

    fn keep_photo(
        &self,
        case: CaseId,
        part: PartFile,
        salt: Salt,
        class: PhotoClass,
        taken: Import,
    ) -> Result<AddedPhoto, Error> {
        let (at, object) = (self.now()?, part.object());
        let row = photo_row(case, object, &taken);
        let trailing_bytes = taken.facts.trailing;
        let photo = PhotoRecord {
            object,
            class,
            imported_at: at,
            salt,
            media_type: taken.facts.media_type.to_owned(),
            length: taken.length,
            width: taken.facts.width,
            height: taken.facts.height,
            exif: taken.facts.exif,
            flags: taken.facts.flags,
            thumbnail: None,
            preview: None,
            masked: None,
            underived: taken.facts.underived,
        };
        let event = JournalEvent::PhotoImported { case, object, hash: taken.hash };
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        if facts.photos.len() >= MAX_PHOTOS || !has_room(&facts) {
            return Err(InputError { field: "photos" }.into());
        }
        facts.photos.push(photo.clone());
        self.vault.keep_object(part, &row, &facts, at, event)?;
        Ok(AddedPhoto { photo, trailing_bytes })
    }

    /// The original bytes of a photo, as long as the case is on the phone.
    ///
    /// # Errors
    /// [`PhotoError::Seal`] if the file was touched.
    pub fn read_photo(&self, case: CaseId, photo: &PhotoRecord) -> Result<Vec<u8>, Error> {
        self.read_object(case, photo.object, Kind::Photo, Scope::Full)
    }

    pub(super) fn read_object(
        &self,
        case: CaseId,
        object: ObjectId,
        kind: Kind,
        scope: Scope,
    ) -> Result<Vec<u8>, Error> {
        let key = self.vault.case_key(case)?.object_key(case, scope, object);
        let binding = Binding::of_case(kind, case, object).with_scope(scope);
        let suspensions = self.vault.suspensions();
        let mut reader = SealedReader::new(self.vault.open_object(object)?, &key, &binding)?;
        let mut plain = Vec::new();
        let read = reader.read_to_end(&mut plain).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => PhotoError::Seal(crate::seal::SealError::Open),
            kind => PhotoError::Unreadable(kind),
        });
        read.map_err(|error| self.unless_suspended(suspensions, error.into()))?;
        Ok(plain)
    }

    /// Seals a small value into an object file that is not kept yet.
    #[expect(clippy::too_many_arguments, reason = "each is one field of the object's row")]
    pub(super) fn write_object(
        &self,
        case: CaseId,
        kind: Kind,
        scope: Scope,
        media_type: &str,
        object: ObjectId,
        salt: &Salt,
        plain: &[u8],
    ) -> Result<(PartFile, ObjectRow), Error> {
        let key = self.vault.case_key(case)?.object_key(case, scope, object);
        let binding = Binding::of_case(kind, case, object).with_scope(scope);
        let sealed = seal(&key, &binding, plain, &*self.ports.entropy)?;
        let mut part = self.vault.create_object(object)?;
        part.write_all(&sealed).map_err(VaultError::from)?;
        let object = ManifestObject {
            object,
            kind,
            scope,
            media_type: media_type.to_owned(),
            length: sealed.len() as u64,
            hash: crate::seal::Hash::of(&[&sealed]),
            commitment: commitment(salt, plain),
        };
        Ok((part, ObjectRow { case, object }))
    }
}

fn photo_row(case: CaseId, object: ObjectId, taken: &Import) -> ObjectRow {
    let object = ManifestObject {
        object,
        kind: Kind::Photo,
        scope: Scope::Full,
        media_type: taken.facts.media_type.to_owned(),
        length: taken.sealed_length,
        hash: taken.hash,
        commitment: taken.commitment,
    };
    ObjectRow { case, object }
}

/// Whether one more object keeps the case within what a box takes.
pub(super) fn has_room(facts: &CaseFacts) -> bool {
    let objects: usize = facts.photos.iter().map(|photo| 1 + photo.derived().count()).sum();
    objects + facts.attachments.len() < MAX_OBJECTS
}
