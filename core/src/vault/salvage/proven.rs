//! What the files of a case prove: rows are made of those alone that open and fit what the case says of them.

use rusqlite::Transaction;

use super::super::VaultError;
use super::super::objects::{self, ObjectRow};
use super::build::Builder;
use super::files::ObjectFile;
use crate::domain::{AttachmentRecord, CaseId, ObjectId, PhotoRecord, Salt};
use crate::seal::{CaseKey, Kind, ManifestObject};

/// Media type of what is derived from photos.
const JPEG: &str = "image/jpeg";

impl Builder<'_> {
    pub(super) fn insert_objects(
        &self,
        transaction: &Transaction<'_>,
        case: CaseId,
        rows: &[ObjectRow],
    ) -> Result<(), VaultError> {
        rows.iter().try_for_each(|row| objects::insert(transaction, objects::next_ordinal(transaction, case)?, row))
    }

    /// Rows of the voice notes that are sound; the others leave the facts and are told.
    pub(super) fn prove_notes(
        &mut self,
        case: CaseId,
        key: &CaseKey,
        notes: &mut Vec<AttachmentRecord>,
    ) -> Result<Vec<ObjectRow>, VaultError> {
        let mut rows = Vec::new();
        for note in std::mem::take(notes) {
            match self.proved(case, key, note.object, Kind::Attachment, &note.salt, &note.media_type)? {
                Some(row) => {
                    rows.push(row);
                    notes.push(note);
                }
                None => self.missing(note.object, Kind::Attachment),
            }
        }
        Ok(rows)
    }

    /// Rows of a photo and of what was derived from it; nothing if the photo is not sound. A derivative that is not sound
    /// leaves the facts: it can be made again.
    pub(super) fn prove_photo(
        &self,
        case: CaseId,
        key: &CaseKey,
        photo: &mut PhotoRecord,
    ) -> Result<Option<Vec<ObjectRow>>, VaultError> {
        let original = self.proved(case, key, photo.object, Kind::Photo, &photo.salt, &photo.media_type)?;
        let Some(original) = original else { return Ok(None) };
        let mut rows = vec![original];
        let kinds = [Kind::Thumbnail, Kind::Preview, Kind::MaskedCopy];
        for (object, salt) in photo.derived().collect::<Vec<_>>() {
            let prove = |kind| self.proved(case, key, object, kind, &salt, JPEG).transpose();
            match kinds.into_iter().find_map(prove).transpose()? {
                Some(row) => rows.push(row),
                None => photo.forget(object),
            }
        }
        Ok(Some(rows))
    }

    /// Rows of the photos that a record names.
    pub(super) fn named_photos(
        &mut self,
        transaction: &Transaction<'_>,
        case: CaseId,
        key: &CaseKey,
        photos: &[PhotoRecord],
    ) -> Result<(), VaultError> {
        for photo in photos {
            let rows = self.prove_photo(case, key, &mut photo.clone())?;
            if rows.is_none() {
                self.missing(photo.object, Kind::Photo);
            }
            for row in rows.iter().flatten() {
                objects::insert(transaction, objects::next_ordinal(transaction, case)?, row)?;
            }
        }
        Ok(())
    }

    pub(super) fn proved(
        &self,
        case: CaseId,
        key: &CaseKey,
        object: ObjectId,
        kind: Kind,
        salt: &Salt,
        media_type: &str,
    ) -> Result<Option<ObjectRow>, VaultError> {
        match self.files.find(case, object, kind, None) {
            Some(file) => self.row_of(key, file, salt, media_type),
            None => Ok(None),
        }
    }

    pub(super) fn prove(
        &self,
        transaction: &Transaction<'_>,
        key: &CaseKey,
        file: &ObjectFile,
        salt: &Salt,
        media_type: &str,
    ) -> Result<(), VaultError> {
        match self.row_of(key, file, salt, media_type)? {
            Some(row) => objects::insert(transaction, objects::next_ordinal(transaction, file.case)?, &row),
            None => Ok(()),
        }
    }

    /// The row of a file that was read to its end.
    pub(super) fn row_of(
        &self,
        key: &CaseKey,
        file: &ObjectFile,
        salt: &Salt,
        media_type: &str,
    ) -> Result<Option<ObjectRow>, VaultError> {
        let Some(proved) = file.prove(key, salt)? else { return Ok(None) };
        self.files.bring_back(file)?;
        let ObjectFile { object, kind, scope, length, .. } = *file;
        let media_type = media_type.to_owned();
        let object = ManifestObject {
            object,
            kind,
            scope,
            media_type,
            length,
            hash: proved.hash,
            commitment: proved.commitment,
        };
        Ok(Some(ObjectRow { case: file.case, object }))
    }
}
