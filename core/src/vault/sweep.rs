//! What is left of a crash: files without a row.
//!
//! A torn `.part` was never acknowledged and is removed. A whole object of a known draft is handed to the caller, who
//! reads it and adopts it. Anything else is set aside; the vault deletes nothing it does not understand.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::cases::CaseState;
use super::{Record, Vault, VaultError, cases, database};
use crate::domain::{CaseId, ObjectId};
use crate::seal::{HEADER, Kind};

/// A whole photo of a known draft that has no row yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The draft.
    pub case: CaseId,
    /// The object.
    pub object: ObjectId,
}

/// What the sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Photos to be adopted.
    pub orphans: Vec<Orphan>,
    /// Torn files removed.
    pub deleted: u32,
    /// Files set aside.
    pub quarantined: u32,
    /// Objects that have a row but no file: their cases are damaged, others are not.
    pub missing: Vec<Orphan>,
}

impl Sweep {
    /// Whether there was anything to do.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl Vault {
    /// Looks for files without rows and rows without files: the folder is listed once, the table is read once, and only
    /// what stands on one side alone is looked at.
    pub(super) fn sweep(&self) -> Result<Sweep, VaultError> {
        let rows = self.named_rows()?;
        let mut found = vec![false; rows.len()];
        let mut sweep = Sweep::default();
        for entry in std::fs::read_dir(&self.objects.objects)? {
            let entry = entry?;
            let name = entry.file_name();
            let object = named_object(Path::new(&name));
            let row = object.and_then(|object| rows.binary_search_by_key(&object, |row| row.object).ok());
            if Path::new(&name).extension() == Some(OsStr::new("part")) {
                std::fs::remove_file(entry.path())?;
                sweep.deleted += 1;
            } else if let Some(found) = row.and_then(|row| found.get_mut(row)) {
                // A link may lead nowhere; anything else that is listed is there.
                *found = !entry.file_type()?.is_symlink() || entry.path().exists();
            } else if let Some(orphan) = self.orphan(&entry.path())? {
                sweep.orphans.push(orphan);
            } else {
                self.set_aside(&entry.path())?;
                sweep.quarantined += 1;
            }
        }
        sweep.missing = rows.into_iter().zip(found).filter(|(_, found)| !found).map(|(row, _)| row).collect();
        database::sync_folder(&self.objects.objects)?;
        Ok(sweep)
    }

    /// Moves a file that nobody can account for to the quarantine.
    ///
    /// # Errors
    /// [`VaultError::Io`].
    pub fn quarantine_orphan(&self, object: ObjectId) -> Result<(), VaultError> {
        self.set_aside(&self.objects.path(object))
    }

    /// Photos in the quarantine.
    pub(super) fn quarantined_photos(&self) -> Result<BTreeSet<ObjectId>, VaultError> {
        let mut photos = BTreeSet::new();
        for entry in std::fs::read_dir(&self.objects.quarantine)? {
            let path = entry?.path();
            let Some(object) = named_object(&path) else { continue };
            let mut kind = [0; 8];
            let read = File::open(&path)?.read_exact(&mut kind);
            if read.is_ok() && kind.last() == Some(&(Kind::Photo as u8)) {
                photos.insert(object);
            }
        }
        Ok(photos)
    }

    fn set_aside(&self, path: &Path) -> Result<(), VaultError> {
        let name = path.file_name().ok_or(VaultError::Io(std::io::ErrorKind::InvalidFilename))?;
        std::fs::rename(path, self.objects.quarantine.join(name))?;
        database::sync_folder(&self.objects.quarantine)
    }

    /// Removes the file of a call that failed, if its row cannot come back. What cannot be removed now is found by the
    /// next sweep.
    pub(super) fn drop_unnamed(&self, object: ObjectId, failed: &VaultError) {
        if self.database.outdo(failed).is_ok() && matches!(self.has_row(object), Ok(false)) {
            drop(self.objects.remove(object));
        }
    }

    fn has_row(&self, object: ObjectId) -> Result<bool, VaultError> {
        self.database.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE object_id = ?1)";
            Ok(connection.query_row(sql, [object.as_bytes()], |row| row.get(0))?)
        })
    }

    /// Whether a file's header names a photo of a draft that is still open.
    fn orphan(&self, path: &Path) -> Result<Option<Orphan>, VaultError> {
        let mut header = Vec::with_capacity(HEADER);
        File::open(path)?.take(HEADER as u64).read_to_end(&mut header)?;
        let id = |from: usize| header.get(from..from + 16);
        let (Some(object), Some(kind), Some(case), Some(named)) = (named_object(path), header.get(7), id(8), id(24))
        else {
            return Ok(None);
        };
        if *kind != Kind::Photo as u8 || named != object.as_bytes() {
            return Ok(None);
        }
        let case = CaseId::try_from(case).map_err(|_| Record::from("objects").malformed())?;
        match self.database.read(|connection| cases::one(connection, case)) {
            Ok(row) if row.state == CaseState::Draft => Ok(Some(Orphan { case, object })),
            Ok(_) | Err(VaultError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects that have a row, by their ids.
    fn named_rows(&self) -> Result<Vec<Orphan>, VaultError> {
        let mut rows: Vec<_> = self.database.read(|connection| {
            // Without an order the index on cases answers alone, and the wide rows stay unread.
            let mut statement = connection.prepare("SELECT object_id, case_id FROM objects")?;
            let rows = statement.query_map([], |row| {
                // A row whose case cannot be read still has its file.
                let case = CaseId::new(row.get(1).unwrap_or_default());
                Ok(Orphan { object: ObjectId::new(row.get(0)?), case })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        rows.sort_unstable_by_key(|row| row.object);
        Ok(rows)
    }
}

fn named_object(path: &Path) -> Option<ObjectId> {
    (path.extension() == Some(OsStr::new("sbx"))).then_some(())?;
    path.file_stem()?.to_str()?.parse().ok()
}
