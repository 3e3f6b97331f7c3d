//! After a crash: photos that were whole but not yet named are taken into their draft.

use super::{Client, Notice};
use crate::domain::{PhotoClass, PhotoRecord, Salt};
use crate::error::{Error, ErrorKind};
use crate::evidence::{Inspected, PhotoError, inspect};
use crate::log;
use crate::seal::{Binding, Hash, Kind, ManifestObject, Scope};
use crate::vault::{JournalEvent, ObjectRow, Orphan, Sweep};

impl Client {
    pub(super) fn recover(&self, sweep: &Sweep) -> Result<(), Error> {
        if sweep.is_clean() {
            return Ok(());
        }
        log::event("recovered after a crash", &[("sweep", sweep)]);
        let mut adopted = 0;
        let mut quarantined = sweep.quarantined;
        for orphan in &sweep.orphans {
            match self.unless_damaged(self.adopt(orphan)) {
                Ok(Some(())) => adopted += 1,
                Ok(None) => {} // its draft is damaged: the file stays where it is
                // Torn or not a picture: kept aside, never deleted.
                Err(Error::Photo(_)) => {
                    self.vault.quarantine_orphan(orphan.object)?;
                    quarantined += 1;
                }
                // It stays where it is: its draft's key may come yet.
                Err(error) if error.kind() == ErrorKind::KeyUnavailable => {
                    log::event("a photo waits for its key", &[("case", &orphan.case), ("object", &orphan.object)]);
                }
                Err(error) => unless_full(Err(error))?,
            }
        }
        let deleted = sweep.deleted;
        if adopted + deleted + quarantined == 0 && sweep.missing.is_empty() {
            return Ok(());
        }
        self.notify(Notice::Recovered { adopted, deleted, quarantined });
        let event = JournalEvent::Recovered { adopted, deleted, quarantined };
        unless_full(self.vault.note(self.now()?, event).map(drop).map_err(Error::from))
    }

    fn adopt(&self, orphan: &Orphan) -> Result<(), Error> {
        let Orphan { case, object } = *orphan;
        let key = self.vault.case_key(case)?.object_key(case, Scope::Full, object);
        let mut facts = self.vault.draft(case)?;
        // The draft may name it already, if it is the row that was lost.
        let named = facts.photos.iter().find(|photo| photo.object == object).map(|photo| photo.salt);
        let salt = named.map_or_else(|| self.random().map(Salt::new), Ok)?;
        let binding = Binding::of_case(Kind::Photo, case, object);
        let inspected = inspect(self.vault.open_object(object)?, &key, &binding, &salt)?;
        let length = self.vault.open_object(object)?.length().map_err(|error| PhotoError::Unreadable(error.kind()))?;
        let hash = self.vault.hash_range(object, 0, length)?;
        let at = self.now()?;
        if named.is_none() {
            facts.photos.push(record(orphan, salt, at, &inspected));
        }
        let row = object_row(orphan, length, hash, &inspected);
        self.vault.adopt_object(&row, &facts, at, JournalEvent::PhotoRecovered { case, object, hash })?;
        Ok(())
    }
}

/// A full disk does not keep the vault from opening: a photo that cannot be taken in now stays where it is, for the
/// next time.
pub(super) fn unless_full(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == ErrorKind::DiskFull => {
            log::event("the recovery is not complete", &[("error", &error)]);
            Ok(())
        }
        other => other,
    }
}

/// What the photo shows is not known any more; the officer sees it as a detail.
fn record(orphan: &Orphan, salt: Salt, at: crate::domain::Moment, inspected: &Inspected) -> PhotoRecord {
    let facts = &inspected.facts;
    PhotoRecord {
        object: orphan.object,
        class: PhotoClass::Detail,
        imported_at: at,
        salt,
        media_type: facts.media_type.to_owned(),
        length: inspected.length,
        width: facts.width,
        height: facts.height,
        exif: facts.exif.clone(),
        flags: facts.flags.clone(),
        thumbnail: None,
        preview: None,
        masked: None,
        underived: facts.underived,
    }
}

fn object_row(orphan: &Orphan, length: u64, hash: Hash, inspected: &Inspected) -> ObjectRow {
    let object = ManifestObject {
        object: orphan.object,
        kind: Kind::Photo,
        scope: Scope::Full,
        media_type: inspected.facts.media_type.to_owned(),
        length,
        hash,
        commitment: inspected.commitment,
    };
    ObjectRow { case: orphan.case, object }
}
