//! Taking photos over, and making thumbnails after the acknowledgement.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::Client;
use crate::domain::{CaseId, InputError, MAX_PHOTOS, ObjectId, PhotoClass, PhotoRecord, Salt, ThumbnailRecord};
use crate::error::Error;
use crate::evidence::{Import, ImportJob, PhotoError, SealedReader, import, thumbnail};
use crate::log;
use crate::ports::Cancel;
use crate::seal::{Binding, ChunkSealer, Kind, ManifestObject, Scope, commitment, seal};
use crate::vault::{JournalEvent, ObjectRow, PartFile, VaultError};

pub(super) const JPEG: &str = "image/jpeg";

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
    /// [`PhotoError`] for a file that is no whole JPEG; the file and the draft stay as they were.
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
        let photo = PhotoRecord {
            object,
            class,
            imported_at: at,
            salt,
            media_type: JPEG.to_owned(),
            length: taken.length,
            width: taken.width,
            height: taken.height,
            exif: taken.exif,
            thumbnail: None,
        };
        let row = jpeg_row(case, object, Kind::Photo, taken.sealed_length, taken.hash, taken.commitment);
        let event = JournalEvent::PhotoImported { case, object, hash: taken.hash };
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        if facts.photos.len() >= MAX_PHOTOS {
            return Err(InputError { field: "photos" }.into());
        }
        facts.photos.push(photo.clone());
        self.vault.keep_object(part, &row, &facts, at, event)?;
        Ok(AddedPhoto { photo, trailing_bytes: taken.trailing })
    }

    /// Makes the thumbnails that a draft still lacks; returns how many. To be called after the photos are
    /// acknowledged, from a background thread. A photo that cannot be decoded has none and stays as it is.
    ///
    /// # Errors
    /// [`Error`] of the vault; a picture that cannot be decoded is none.
    pub fn make_thumbnails(&self, case: CaseId, cancel: &dyn Cancel) -> Result<u32, Error> {
        let _watch = self.watch_disk();
        let mut made = 0;
        for photo in self.vault.draft(case)?.photos {
            if photo.thumbnail.is_some() || cancel.is_cancelled() {
                continue;
            }
            let picture = self.read_photo(case, &photo)?;
            match thumbnail(&picture, photo.exif.orientation) {
                Ok(small) => {
                    self.with_new_files(|| self.keep_thumbnail(case, photo.object, &small))?;
                    made += 1;
                }
                Err(_) => log::event("no thumbnail", &[("object", &photo.object)]),
            }
        }
        Ok(made)
    }

    fn keep_thumbnail(&self, case: CaseId, of: ObjectId, small: &[u8]) -> Result<(), Error> {
        let record = ThumbnailRecord { object: ObjectId::new(self.random()?), salt: Salt::new(self.random()?) };
        let (part, row) =
            self.write_object(case, Kind::Thumbnail, Scope::Full, JPEG, record.object, &record.salt, small)?;
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        if let Some(photo) = facts.photos.iter_mut().find(|photo| photo.object == of) {
            photo.thumbnail = Some(record);
        }
        Ok(self.vault.keep_object(part, &row, &facts, self.now()?, JournalEvent::DraftSaved { case })?)
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

fn jpeg_row(
    case: CaseId,
    object: ObjectId,
    kind: Kind,
    length: u64,
    hash: crate::seal::Hash,
    commitment: crate::seal::Hash,
) -> ObjectRow {
    let media_type = JPEG.to_owned();
    ObjectRow {
        case,
        object: ManifestObject { object, kind, scope: Scope::Full, media_type, length, hash, commitment },
    }
}
