//! The order in which a new database is filled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rusqlite::{ErrorCode, Transaction, params_from_iter};

use super::super::documents::{self, Document};
use super::super::outbox::{ItemKind, ItemState};
use super::super::spare::Spare;
use super::super::{Vault, VaultError};
use super::files::ObjectFiles;
use super::report::Salvage;
use super::rows::{Fields, Table, Wreck};
use crate::domain::{CaseId, DeviceId, Moment, ShiftId};
use crate::seal::{JournalHead, VerifyingKey};

/// What is known while a database is built again.
pub(super) struct Builder<'a> {
    /// The new database, with the folders of the old one.
    pub(super) vault: &'a Vault,
    pub(super) wreck: Option<&'a Wreck>,
    pub(super) own_key: &'a VerifyingKey,
    pub(super) files: ObjectFiles,
    /// All spare copies of values, read at the beginning: one that cannot be had now ends the salvage, not the case.
    pub(super) copies: BTreeMap<(Spare, [u8; 16]), Vec<u8>>,
    /// Reasons of items that the box had refused.
    pub(super) refused: BTreeMap<(u8, [u8; 16]), String>,
    /// The newest place of the journal that a signed structure or the anchor tells.
    pub(super) newest: JournalHead,
    /// The device that signed what was found.
    pub(super) device: Option<DeviceId>,
    /// Shifts that were open, oldest first.
    pub(super) open_shifts: Vec<ShiftId>,
    /// Cases that have a row again.
    pub(super) known: BTreeSet<CaseId>,
    /// Behind which the new entries go.
    pub(super) head: JournalHead,
    /// Where the anchor says the journal has been.
    pub(super) anchored: Option<JournalHead>,
    /// Cases that are drafts again.
    pub(super) drafts: BTreeSet<CaseId>,
    pub(super) at: Moment,
    pub(super) report: Salvage,
    aside: PathBuf,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        vault: &'a Vault,
        wreck: Option<&'a Wreck>,
        own_key: &'a VerifyingKey,
        files: ObjectFiles,
        (number, aside): (u32, PathBuf),
        at: Moment,
    ) -> Result<Self, VaultError> {
        let mut copies = BTreeMap::new();
        for (kind, id) in vault.spare.values()? {
            if let Some(bytes) = vault.spare.value(kind, &id)? {
                copies.insert((kind, id), bytes);
            }
        }
        Ok(Self {
            vault,
            wreck,
            own_key,
            files,
            copies,
            refused: BTreeMap::new(),
            newest: JournalHead::GENESIS,
            device: None,
            open_shifts: Vec::new(),
            known: BTreeSet::new(),
            head: JournalHead::GENESIS,
            anchored: None,
            drafts: BTreeSet::new(),
            at,
            report: Salvage { number, rows_read: wreck.is_some(), ..Salvage::default() },
            aside,
        })
    }

    /// Fills the new database.
    pub(super) fn build(mut self) -> Result<Salvage, VaultError> {
        self.vault.database.write(|transaction| {
            self.epochs(transaction)?;
            self.documents(transaction)?;
            self.settings(transaction)
        })?;
        self.vault.open_keys()?;
        if self.vault.keys.state().may_change() {
            return Err(VaultError::KeyStore(self.vault.keys.state().error())); // a silent store may know the old keys yet
        }
        self.vault.write(|transaction| {
            self.refused()?;
            self.anchor(transaction)?;
            self.shifts(transaction)?;
            self.officers(transaction)?;
            self.cases(transaction)?;
            self.events(transaction)?;
            self.device(transaction)?;
            self.journal(transaction)
        })?;
        self.conclude()?;
        Ok(self.report)
    }

    /// Every row of the old database of which anything reads.
    pub(super) fn each(
        &self,
        table: Table,
        take: impl FnMut(&Fields) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.wreck.map_or(Ok(()), |wreck| wreck.each(table, take))
    }

    /// A copy, if there is one.
    pub(super) fn copy(&self, kind: Spare, id: &[u8; 16]) -> Option<Vec<u8>> {
        self.copies.get(&(kind, *id)).cloned()
    }

    /// Moves a copy that does not read to the damaged database.
    pub(super) fn set_aside(&self, name: &str) -> Result<(), VaultError> {
        let folder = self.aside.join("spare");
        std::fs::create_dir_all(&folder)?;
        self.vault.spare.set_aside(name, &folder)
    }

    /// Keeps something beside the damaged database, so that it can be read without this vault: its epochs are erased here
    /// one day, and the recovery key opens them for ever.
    pub(super) fn keep_beside(&self, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let folder = self.aside.join("spare");
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join(name), bytes)?)
    }

    /// Remembers a place of the journal that somebody has sworn to.
    pub(super) fn heard_of(&mut self, head: JournalHead) {
        if head.n > self.newest.n {
            self.newest = head;
        }
    }

    /// What the box had refused. What it had taken is sent once more: it says so again, and nobody has to believe a row
    /// that stands in clear.
    fn refused(&mut self) -> Result<(), VaultError> {
        let mut refused = BTreeMap::new();
        self.each(Table::Numbered("outbox"), |row| {
            let kind = row.number("kind").and_then(|kind| u8::try_from(kind).ok());
            let is_refused = row.number("state") == Some(i64::from(ItemState::Quarantined as u8));
            if let (Some(kind), true, Some(target)) = (kind, is_refused, row.fixed("target")) {
                refused.insert((kind, target), row.text("reason").unwrap_or_default().to_owned());
            }
            Ok(())
        })?;
        self.refused = refused;
        Ok(())
    }

    /// What the anchor says, if it is this vault's; and what it must find in the new database not to take it for another.
    fn anchor(&mut self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        if let Some(head) = self.vault.inherit_anchor(transaction)? {
            self.anchored = Some(head);
            self.heard_of(head);
        }
        Ok(())
    }

    /// The device's id, if no document had it: whoever signed what was found.
    fn device(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        match self.device {
            Some(device) if documents::get(transaction, Document::Device)?.is_none() => {
                documents::put(transaction, Document::Device, device.as_bytes())
            }
            _ => Ok(()),
        }
    }

    /// Why the box had refused an item, if it had.
    pub(super) fn reason(&self, kind: ItemKind, target: &[u8; 16]) -> Option<&str> {
        self.refused.get(&(kind as u8, *target)).map(String::as_str)
    }
}

/// Writes a row as it was read; `false` if it lacks something or names what is not there.
pub(super) fn carry(
    transaction: &Transaction<'_>,
    table: &str,
    row: &Fields,
    columns: &[&str],
) -> Result<bool, VaultError> {
    let places: Vec<_> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    let values = columns.iter().map(|column| row.value(column));
    match transaction.prepare_cached(&sql)?.execute(params_from_iter(values)) {
        Ok(_) => Ok(true),
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::ConstraintViolation => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Keeps an item back that the box had refused.
pub(super) fn refuse(
    transaction: &Transaction<'_>,
    kind: ItemKind,
    target: &[u8; 16],
    reason: &str,
) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET state = ?3, reason = ?4 WHERE kind = ?1 AND target = ?2";
    transaction.execute(sql, (kind as u8, target, ItemState::Quarantined as u8, reason))?;
    Ok(())
}
