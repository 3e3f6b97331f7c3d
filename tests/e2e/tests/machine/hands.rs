//! The app between the officer and the core: an honest one, and broken ones that the machine must find.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use streife_core::client::{AddedPhoto, Client, SealedView};
use streife_core::domain::{
    CaseEdit, CaseId, Confirmation, ExifFacts, ObjectId, PhotoClass, PhotoRecord, Salt, VoidReason,
};
use streife_core::error::Error;

use crate::fate::Survives;

/// How an app calls the core.
pub trait Hands {
    /// Edits a draft.
    fn edit(&self, client: &Client, case: CaseId, edit: CaseEdit) -> Result<(), Error> {
        client.edit_case(case, edit)
    }

    /// Takes a photo over.
    fn photo(&self, client: &Client, case: CaseId, file: &[u8], class: PhotoClass) -> Result<AddedPhoto, Error> {
        client.add_photo_from(case, file, class)
    }

    /// Seals a draft.
    fn seal(
        &self,
        client: &Client,
        _vault: &Path,
        case: CaseId,
        confirmed: Vec<Confirmation>,
    ) -> Result<SealedView, Error> {
        client.seal_case(case, confirmed)
    }

    /// Voids a case; whether it was done.
    fn void(&self, client: &Client, case: CaseId, note: Option<&str>) -> Result<(), Error> {
        client.void_case(case, VoidReason::Other, note).map(drop)
    }

    /// What of the phone's folder a kill leaves.
    fn survives(&self) -> Survives {
        |_| true
    }
}

/// Calls the core and nothing else.
pub struct Honest;

impl Hands for Honest {}

/// Acknowledges every fifth edit without making it.
#[derive(Default)]
pub struct ForgetsEdits(AtomicU32);

impl Hands for ForgetsEdits {
    fn edit(&self, client: &Client, case: CaseId, edit: CaseEdit) -> Result<(), Error> {
        let forgets = self.0.fetch_add(1, Ordering::Relaxed) % 5 == 4;
        if forgets && client.draft(case).is_ok() && edit.check().is_ok() {
            Ok(())
        } else {
            client.edit_case(case, edit)
        }
    }
}

/// Acknowledges every fifth photo without taking it over.
#[derive(Default)]
pub struct KeepsNoPhoto(AtomicU32);

impl Hands for KeepsNoPhoto {
    fn photo(&self, client: &Client, case: CaseId, file: &[u8], class: PhotoClass) -> Result<AddedPhoto, Error> {
        let forgets = self.0.fetch_add(1, Ordering::Relaxed) % 5 == 4;
        if !forgets || client.draft(case).is_err() {
            return client.add_photo_from(case, file, class);
        }
        let photo = PhotoRecord {
            object: ObjectId::new([7; 16]),
            class,
            imported_at: client.draft(case)?.photos.first().map_or_else(never, |photo| photo.imported_at),
            salt: Salt::new([7; 32]),
            media_type: "image/jpeg".to_owned(),
            length: file.len() as u64,
            width: 1,
            height: 1,
            exif: ExifFacts::default(),
            flags: std::collections::BTreeSet::new(),
            thumbnail: None,
            preview: None,
            masked: None,
            underived: None,
        };
        Ok(AddedPhoto { photo, trailing_bytes: 0 })
    }
}

fn never() -> streife_core::domain::Moment {
    streife_core::domain::Moment::new(0, 0, 0, streife_core::domain::BootId([0; 16])).expect("1970")
}

/// Acknowledges the void of a sealed case without telling anybody.
pub struct ForgetsVoids;

impl Hands for ForgetsVoids {
    fn void(&self, client: &Client, case: CaseId, note: Option<&str>) -> Result<(), Error> {
        let is_sealed = client.case(case).is_ok_and(|row| row.seq.is_some());
        let is_void = client.cases().is_ok_and(|rows| rows.iter().any(|row| row.case == case && row.voided));
        if is_sealed && !is_void { Ok(()) } else { client.void_case(case, VoidReason::Other, note).map(drop) }
    }
}

/// Lets the photos of a sealed case go before anybody has receipted them.
pub struct DeletesEarly;

impl Hands for DeletesEarly {
    fn seal(
        &self,
        client: &Client,
        vault: &Path,
        case: CaseId,
        confirmed: Vec<Confirmation>,
    ) -> Result<SealedView, Error> {
        let photos = client.draft(case).map(|facts| facts.photos).unwrap_or_default();
        let sealed = client.seal_case(case, confirmed)?;
        for photo in photos {
            drop(std::fs::remove_file(vault.join(format!("objects/{}.sbx", photo.object))));
        }
        Ok(sealed)
    }
}

/// Has a disk that loses the write-ahead log in a kill, as one does that was never told to flush it.
pub struct LosesTheLog;

impl Hands for LosesTheLog {
    fn survives(&self) -> Survives {
        |path| !path.ends_with("vault.db-wal")
    }
}
