//! Keeping `spare/` equal to the rows: what each call copies, and what opening the vault makes good.
//!
//! A copy whose id the rows do not know means that the database has lost a row; opening says so and leaves the copy for a
//! salvage.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::cases::CaseState;
use super::epoch_copy::EpochCopy;
use super::outbox::{ItemKind, ItemState};
use super::spare::{self, Spare};
use super::{Vault, VaultError, documents, epochs};

/// Copies by what they are and whose.
type Copies = BTreeSet<(Spare, [u8; 16])>;

impl Vault {
    /// Refuses a database that knows no key beside files that were sealed: it is not the one they were sealed under.
    pub(super) fn refuse_if_emptied(&self) -> Result<(), VaultError> {
        let is_empty = self.database.read(epochs::living)?.is_empty();
        if is_empty && spare::has_remains(self.database.folder())? { Err(VaultError::Corrupt) } else { Ok(()) }
    }

    /// Writes copies that are missing, and removes those that nobody needs any more. Returns how many ids of cases,
    /// events and shifts have a copy and no row. What fails now is made good behind the next opening.
    pub(super) fn mirror(&self) -> u32 {
        let done = self.mirror_epochs().and_then(|()| self.mirror_documents());
        self.mirror_values().and_then(|lost| done.map(|()| lost)).unwrap_or_default()
    }

    fn mirror_values(&self) -> Result<u32, VaultError> {
        let wanted = self.database.read(wanted)?;
        let there = self.spare.values()?;
        for (kind, id) in wanted.difference(&there) {
            if let Some(bytes) = self.database.read(|connection| stored(connection, *kind, id))? {
                self.spare.keep(*kind, id, &bytes);
            }
        }
        let mut lost = BTreeSet::new();
        for (kind, id) in there.difference(&wanted) {
            if self.database.read(|connection| is_known(connection, *kind, id))? {
                let is_secret = matches!(kind, Spare::Key | Spare::Manifest);
                // A forged state must not cost a copy.
                if !is_secret || self.database.read(|connection| stored(connection, *kind, id))?.is_none() {
                    self.forget(*kind, id)?;
                }
            } else {
                lost.insert(*id);
            }
        }
        Ok(u32::try_from(lost.len()).unwrap_or(u32::MAX))
    }

    /// Makes the copies of all epochs durable. To be called behind every change of an epoch's row or journal keys.
    pub(super) fn mirror_epochs(&self) -> Result<(), VaultError> {
        let epochs = self.database.read(EpochCopy::all)?;
        let rootless = |epoch: &EpochCopy| epoch.wrapped.is_none() && epoch.recovery.is_none();
        // A row whose root does not open may be damaged; what is damaged must not take the copy's place.
        let is_sound = |epoch: &&EpochCopy| self.keys.holds(epoch.epoch) || rootless(epoch) || self.is_as_copied(epoch);
        epochs
            .iter()
            .filter(is_sound)
            .try_for_each(|epoch| self.spare.keep_durably(&epoch.name(), &epoch.encode(), rootless(epoch)))
    }

    /// Whether a row holds what its copy does, or has none. Its state may have gone further.
    fn is_as_copied(&self, row: &EpochCopy) -> bool {
        match self.epoch_copy(row.epoch) {
            Ok(None) => true,
            Ok(Some(copy)) => EpochCopy { state: row.state, ..copy } == *row,
            Err(_) => false,
        }
    }

    /// Makes the copies of all documents durable. To be called behind every change of one.
    pub(super) fn mirror_documents(&self) -> Result<(), VaultError> {
        let documents = self.database.read(documents::all)?;
        documents
            .iter()
            .try_for_each(|(name, value)| self.spare.keep_durably(&format!("{name}.document"), value, false))
    }

    /// Copies the sealed keys of cases and the officers of shifts anew, durably. To be called when they were sealed under
    /// another root, before the old one is erased.
    pub(super) fn mirror_sealed(&self) -> Result<(), VaultError> {
        let wanted = self.database.read(wanted)?;
        for (kind, id) in wanted.iter().filter(|(kind, _)| matches!(kind, Spare::Key | Spare::Officer)) {
            if let Some(bytes) = self.database.read(|connection| stored(connection, *kind, id))? {
                self.spare.keep(*kind, id, &bytes);
            }
        }
        self.spare.sync()
    }

    /// Removes the copies of a case whose key is destroyed.
    pub(super) fn forget_case(&self, case: &[u8; 16]) -> Result<(), VaultError> {
        self.forget(Spare::Key, case)?;
        self.forget(Spare::Manifest, case)
    }

    fn forget(&self, kind: Spare, id: &[u8; 16]) -> Result<(), VaultError> {
        match kind {
            Spare::Key => self.spare.destroy_key(id),
            _ => {
                self.spare.forget(kind, id);
                Ok(())
            }
        }
    }
}

/// What the rows say should have a copy: keys and manifests of cases that are not purged, signed events that have not
/// arrived, openings and seals of shifts that are not done with.
fn wanted(connection: &Connection) -> Result<Copies, VaultError> {
    let mut copies = Copies::new();
    let gone = (CaseState::Purging as u8, CaseState::Purged as u8);
    let mut take = |kind: Spare, sql: &str, values: &[u8]| -> Result<(), VaultError> {
        let mut statement = connection.prepare(sql)?;
        let ids = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, [u8; 16]>(0))?;
        for id in ids {
            copies.insert((kind, id?));
        }
        Ok(())
    };
    let cases = "SELECT case_id FROM cases WHERE state NOT IN (?1, ?2) AND";
    take(Spare::Key, &format!("{cases} wrapped_key IS NOT NULL"), &[gone.0, gone.1])?;
    take(Spare::Manifest, &format!("{cases} manifest IS NOT NULL"), &[gone.0, gone.1])?;
    let done = ItemState::Done as u8;
    let events = "SELECT event_id FROM events WHERE signed IS NOT NULL AND NOT EXISTS
                  (SELECT 1 FROM outbox WHERE kind = ?1 AND target = event_id AND state = ?2)";
    take(Spare::Event, events, &[ItemKind::Event as u8, done])?;
    let unfinished = "NOT (EXISTS (SELECT 1 FROM outbox WHERE kind = ?1 AND target = shifts.shift_id AND state = ?2)
                      AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.shift_id = shifts.shift_id AND state <> ?3))";
    let values = [ItemKind::ShiftSeal as u8, done, gone.1];
    for (kind, is_there) in [
        (Spare::Opening, "opening IS NOT NULL"),
        (Spare::Seal, "seal IS NOT NULL"),
        (Spare::Officer, "EXISTS (SELECT 1 FROM officers WHERE officers.shift_id = shifts.shift_id)"),
    ] {
        take(kind, &format!("SELECT shift_id FROM shifts WHERE {is_there} AND {unfinished}"), &values)?;
    }
    Ok(copies)
}

const fn place(kind: Spare) -> (&'static str, &'static str, &'static str) {
    match kind {
        Spare::Key => ("cases", "case_id", "wrapped_key"),
        Spare::Manifest => ("cases", "case_id", "manifest"),
        Spare::Event => ("events", "event_id", "signed"),
        Spare::Opening => ("shifts", "shift_id", "opening"),
        Spare::Seal => ("shifts", "shift_id", "seal"),
        Spare::Officer => ("officers", "shift_id", "officer"),
    }
}

fn stored(connection: &Connection, kind: Spare, id: &[u8; 16]) -> Result<Option<Vec<u8>>, VaultError> {
    let (table, key, column) = place(kind);
    // Of an officer there is one statement an epoch.
    let newest = if kind == Spare::Officer { "ORDER BY epoch DESC LIMIT 1" } else { "" };
    let sql = format!("SELECT {column} FROM {table} WHERE {key} = ?1 {newest}");
    Ok(connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
}

fn is_known(connection: &Connection, kind: Spare, id: &[u8; 16]) -> Result<bool, VaultError> {
    // The officer of a shift that is over is let go.
    let (table, key, _) = place(if kind == Spare::Officer { Spare::Opening } else { kind });
    Ok(connection.prepare_cached(&format!("SELECT 1 FROM {table} WHERE {key} = ?1"))?.exists([id])?)
}
