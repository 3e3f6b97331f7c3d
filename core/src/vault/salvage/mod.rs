//! Building a damaged database again: from the rows that can still be read, the spare copies, and the object files.
//!
//! **Invariants.** Nothing is deleted: the damaged files go to `quarantine/database-<n>/`. A salvage that dies leaves
//! the damaged vault or the new one ([`swap`]), and can be begun anew. A manifest is queued only as the bytes that were
//! signed; no second one is made without a person who asks for it, because the box may hold the first. A case whose
//! tombstone is lost does not come back: its key and manifest were removed with the payload.
//!
//! **What wins.** The state of a row is kept unless a spare copy proves a later one: rows may be old where the write-ahead
//! log is lost. Values are taken where they verify: sealed ones open, signed ones verify, object files are read to their
//! end. Reasons and rejected ways: `docs/adr/0018-salvage.md`.

mod build;
mod cases;
mod content;
mod files;
mod journal;
mod proven;
mod report;
mod retell;
mod roots;
mod rows;
mod shifts;
mod swap;

pub use report::Salvage;

use std::path::Path;
use std::sync::Arc;

use build::Builder;
use files::ObjectFiles;
use rows::{Table, Wreck};

use super::ballast::Ballast;
use super::database::{self, Database, LockedFolder};
use super::spare::{self, SpareFolder};
use super::{StorageConfig, Vault, VaultError, VaultPorts};
use crate::domain::Moment;
use crate::seal::VerifyingKey;

impl Vault {
    /// Sets a damaged database aside and builds a new one in its place. The vault must be closed.
    ///
    /// # Errors
    /// [`VaultError::State`] if the database is sound, [`VaultError::NewerDatabase`] if it is of a newer version,
    /// [`VaultError::InUse`]; [`VaultError::KeyStore`] if the keys are not to be had now. Then nothing has changed, but
    /// for files that came back from the quarantine.
    pub fn salvage(
        folder: &Path,
        storage: StorageConfig,
        ports: VaultPorts,
        own_key: &VerifyingKey,
        at: Moment,
    ) -> Result<Salvage, VaultError> {
        let lock = LockedFolder::lock(folder)?;
        if let Some((number, report)) = swap::finish(folder)? {
            return Ok(Salvage::from_json(number, &report));
        }
        let wreck = open_wreck(folder)?;
        let number = swap::next_number(folder)?;
        let job = Job { folder, storage, ports, own_key, at, number };
        let report = match job.build(wreck.as_ref()) {
            Err(VaultError::DiskFull) if Ballast::at(folder, storage.ballast).give() => job.build(wreck.as_ref())?,
            other => other?,
        };
        swap::commit(folder, number, &report.to_json())?;
        drop((wreck, lock)); // nobody else opens the folder before the new database lies in it
        Ok(report)
    }
}

struct Job<'a> {
    folder: &'a Path,
    storage: StorageConfig,
    ports: VaultPorts,
    own_key: &'a VerifyingKey,
    at: Moment,
    number: u32,
}

impl Job<'_> {
    fn build(&self, wreck: Option<&Wreck>) -> Result<Salvage, VaultError> {
        let rebuild = swap::begin(self.folder)?;
        // On a full disk a step is not run again by itself: the whole is.
        let ballast = Arc::new(Ballast::at(&rebuild, 0));
        let database = Database::open(&rebuild, ballast.clone())?;
        let vault = Vault::over(database, self.folder, ballast, self.storage, self.ports.clone())?;
        let files = ObjectFiles::scan(&vault.objects)?;
        let place = (self.number, swap::aside(self.folder, self.number));
        let report = Builder::new(&vault, wreck, self.own_key, files, place, self.at)?.build()?;
        vault.database.checkpoint()?;
        Ok(report)
    }
}

impl Vault {
    /// The report of a salvage was told; it is not given again.
    ///
    /// # Errors
    /// [`VaultError::Io`].
    pub fn salvage_told(&self, salvage: &Salvage) -> Result<(), VaultError> {
        swap::told(self.database.folder(), salvage.number)
    }
}

/// Ends a salvage that was done but for its last steps, and refuses a folder whose database was lost. Returns the report
/// of a salvage that nobody was told of yet.
pub(super) fn before_open(folder: &Path) -> Result<Option<Salvage>, VaultError> {
    let _lock = LockedFolder::lock(folder)?;
    if let Some((number, report)) = swap::finish(folder)? {
        return Ok(Some(Salvage::from_json(number, &report)));
    }
    let file = folder.join("vault.db");
    // A young database has its version in the write-ahead log alone.
    let is_unwritten = database::read_header(&file)?.is_none_or(|(version, _)| version == 0);
    if is_unwritten && spare::has_remains(folder)? && !is_begun(&file)? { Err(VaultError::Corrupt) } else { Ok(None) }
}

/// The damaged database, as far as it can be read at all. A sound one is no wreck.
fn open_wreck(folder: &Path) -> Result<Option<Wreck>, VaultError> {
    let file = folder.join("vault.db");
    database::refuse_newer(&file)?;
    let wreck = if file.exists() { Wreck::open(&file)? } else { None };
    let is_sound = wreck.as_ref().is_some_and(|wreck| wreck.is_sound() && has_epochs(wreck));
    if is_sound && !knows_less(folder, wreck.as_ref())? { Err(VaultError::State) } else { Ok(wreck) }
}

fn is_begun(file: &Path) -> Result<bool, VaultError> {
    Ok(file.exists() && Wreck::open(file)?.is_some_and(|database| has_epochs(&database)))
}

fn has_epochs(wreck: &Wreck) -> bool {
    let mut any = false;
    let counted = wreck.each(Table::Numbered("epochs"), |_| {
        any = true;
        Ok(())
    });
    counted.is_ok() && any
}

/// Whether a spare copy tells of a case, an event or a shift that has no row.
fn knows_less(folder: &Path, wreck: Option<&Wreck>) -> Result<bool, VaultError> {
    let Some(wreck) = wreck else { return Ok(true) };
    let mut known = std::collections::BTreeSet::new();
    for (table, column) in [
        (Table::Numbered("cases"), "case_id"),
        (Table::Numbered("shifts"), "shift_id"),
        (Table::Keyed("events", &["event_id"]), "event_id"),
    ] {
        wreck.each(table, |row| {
            known.extend(row.fixed::<16>(column));
            Ok(())
        })?;
    }
    Ok(SpareFolder::of(folder).values()?.iter().any(|(_, id)| !known.contains(id)))
}
