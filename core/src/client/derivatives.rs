//! Previews, thumbnails and masked copies, made after the acknowledgement.
//!
//! Each is sealed and listed in the manifest as the photo is. A derivative that cannot be made never stands in the way of
//! sealing: the photo then says why it has none. A masked copy is for the citizen and sealed under the view's key; preview
//! and thumbnail show everything and are not.

use super::Client;
use super::photos::has_room;
use crate::domain::{CaseFacts, CaseId, MaskedRecord, ObjectId, PhotoRecord, Region, Salt, ThumbnailRecord, Underived};
use crate::error::Error;
use crate::evidence::{Derivatives, PhotoError, Wanted, derive};
use crate::log;
use crate::ports::Cancel;
use crate::seal::{Kind, Scope};
use crate::vault::{JournalEvent, VaultError};

const JPEG: &str = "image/jpeg";

/// What can be made from a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Derivative {
    /// For lists, 320 pixels.
    Thumbnail,
    /// For looking at, 1600 pixels.
    Preview,
    /// As the preview, with regions hidden; the only one that the citizen may see.
    Masked,
}

impl Derivative {
    const fn place(self) -> (Kind, Scope) {
        match self {
            Self::Thumbnail => (Kind::Thumbnail, Scope::Full),
            Self::Preview => (Kind::Preview, Scope::Full),
            Self::Masked => (Kind::MaskedCopy, Scope::View),
        }
    }

    fn of(self, photo: &PhotoRecord) -> Option<ObjectId> {
        match self {
            Self::Thumbnail => photo.thumbnail.as_ref().map(|made| made.object),
            Self::Preview => photo.preview.as_ref().map(|made| made.object),
            Self::Masked => photo.masked.as_ref().map(|made| made.object),
        }
    }
}

impl Client {
    /// Makes the thumbnails that a draft still lacks; returns how many. To be called after the photos are
    /// acknowledged, from a background thread. A photo that cannot be decoded has none and stays as it is.
    ///
    /// # Errors
    /// [`Error`] of the vault; a picture that cannot be decoded is none.
    pub fn make_thumbnails(&self, case: CaseId, cancel: &dyn Cancel) -> Result<u32, Error> {
        self.make(case, &[Derivative::Thumbnail], cancel)
    }

    /// The same for previews and thumbnails, with one decode a photo. Photos are taken one by one: a decode of 48
    /// megapixels takes about 40 MB.
    ///
    /// # Errors
    /// As [`Self::make_thumbnails`].
    pub fn make_derivatives(&self, case: CaseId, cancel: &dyn Cancel) -> Result<u32, Error> {
        self.make(case, &[Derivative::Preview, Derivative::Thumbnail], cancel)
    }

    /// Makes the copy of a photo that the citizen may see. `regions` are pixels of the upright original; at least they are
    /// filled with black. An empty list says that nothing needs hiding. Preview and thumbnail come out of the same decode
    /// if they are missing.
    ///
    /// # Errors
    /// [`PhotoError::Region`] for a region outside the picture; [`PhotoError::Derived`] if the photo has a masked copy, or
    /// cannot have one, or the case has no room for another object; [`PhotoError::Undecodable`]; errors of the vault. A
    /// draft without such a photo is [`VaultError::State`].
    pub fn mask_photo(&self, case: CaseId, photo: ObjectId, regions: &[Region]) -> Result<MaskedRecord, Error> {
        let _watch = self.watch_disk();
        let facts = self.vault.draft(case)?;
        let photo = facts.photos.iter().find(|known| known.object == photo).ok_or(VaultError::State)?;
        if photo.masked.is_some() || photo.underived.is_some() || !has_room(&facts) {
            return Err(PhotoError::Derived.into());
        }
        let (preview, thumbnail) = (photo.preview.is_none(), photo.thumbnail.is_none());
        let wanted = Wanted { preview, thumbnail, masked: Some(regions) };
        let made = derive(&self.read_photo(case, photo)?, photo.exif.orientation, &wanted)?;
        let masked = made.masked.as_deref().ok_or(PhotoError::Undecodable)?;
        self.with_new_files(|| self.keep(case, photo.object, Derivative::Masked, masked, regions))?;
        self.keep_small(case, photo.object, &made)?;
        let kept = self.vault.draft(case)?.photos.into_iter().find(|known| known.object == photo.object);
        Ok(kept.and_then(|photo| photo.masked).ok_or(VaultError::State)?)
    }

    /// A derivative as JPEG; nothing if the photo has none of this kind.
    ///
    /// # Errors
    /// [`PhotoError::Seal`] if the file was touched.
    pub fn read_derivative(
        &self,
        case: CaseId,
        photo: &PhotoRecord,
        which: Derivative,
    ) -> Result<Option<Vec<u8>>, Error> {
        let (kind, scope) = which.place();
        which.of(photo).map(|object| self.read_object(case, object, kind, scope)).transpose()
    }

    fn make(&self, case: CaseId, kinds: &[Derivative], cancel: &dyn Cancel) -> Result<u32, Error> {
        let _watch = self.watch_disk();
        let mut made = 0;
        for photo in self.vault.draft(case)?.photos {
            let lacks = |kind: Derivative| kinds.contains(&kind) && kind.of(&photo).is_none();
            let (preview, thumbnail) = (lacks(Derivative::Preview), lacks(Derivative::Thumbnail));
            if photo.underived.is_some() || !(preview || thumbnail) || cancel.is_cancelled() {
                continue;
            }
            let picture = self.read_photo(case, &photo)?;
            match derive(&picture, photo.exif.orientation, &Wanted { preview, thumbnail, masked: None }) {
                Ok(derived) => made += self.keep_small(case, photo.object, &derived)?,
                Err(PhotoError::BeyondLimits) => self.note_underived(case, photo.object, Underived::BeyondLimits)?,
                Err(PhotoError::NotAPicture | PhotoError::Undecodable) => {
                    self.note_underived(case, photo.object, Underived::Undecodable)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(made)
    }

    /// Keeps preview and thumbnail, as far as they were made; how many.
    fn keep_small(&self, case: CaseId, of: ObjectId, made: &Derivatives) -> Result<u32, Error> {
        let small = [(Derivative::Thumbnail, &made.thumbnail), (Derivative::Preview, &made.preview)];
        let mut kept = 0;
        for (which, bytes) in small {
            if let Some(bytes) = bytes {
                kept += u32::from(self.with_new_files(|| self.keep(case, of, which, bytes, &[]))?);
            }
        }
        Ok(kept)
    }

    /// Seals a derivative and names it in the draft. Not if another thread was faster, or there is no room for it.
    fn keep(
        &self,
        case: CaseId,
        of: ObjectId,
        which: Derivative,
        bytes: &[u8],
        regions: &[Region],
    ) -> Result<bool, Error> {
        let (object, salt) = (ObjectId::new(self.random()?), Salt::new(self.random()?));
        let (kind, scope) = which.place();
        let (part, row) = self.write_object(case, kind, scope, JPEG, object, &salt, bytes)?;
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        let room = has_room(&facts);
        let Some(photo) = named(&mut facts, of).filter(|photo| room && which.of(photo).is_none()) else {
            return Ok(false);
        };
        match which {
            Derivative::Thumbnail => photo.thumbnail = Some(ThumbnailRecord { object, salt }),
            Derivative::Preview => photo.preview = Some(ThumbnailRecord { object, salt }),
            Derivative::Masked => photo.masked = Some(MaskedRecord { object, salt, regions: regions.to_vec() }),
        }
        self.vault.keep_object(part, &row, &facts, self.now()?, JournalEvent::DraftSaved { case })?;
        Ok(true)
    }

    /// Says in the draft why a photo has no derivatives, so that nobody tries again.
    fn note_underived(&self, case: CaseId, of: ObjectId, why: Underived) -> Result<(), Error> {
        log::event("no derivatives", &[("object", &of)]);
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        let Some(photo) = named(&mut facts, of) else { return Ok(()) };
        photo.underived = Some(why);
        Ok(self.vault.save_draft(case, &facts, self.now()?)?)
    }
}

fn named(facts: &mut CaseFacts, photo: ObjectId) -> Option<&mut PhotoRecord> {
    facts.photos.iter_mut().find(|known| known.object == photo)
}
