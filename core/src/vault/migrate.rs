//! Bringing a database to the version of this build: one file a version, one transaction each, a backup first.
//!
//! **A crash or an error in the middle** leaves the version before or the version behind, never something between, and
//! at most a backup more than needed. A step is committed only if every reference still leads somewhere. Notes on the
//! files stand in `migrations/NOTES.md`, decisions in `docs/adr/0017-suspend-and-space.md`.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, ffi};

use super::VaultError;
use super::database::{APPLICATION_ID, sync_folder};

/// The whole history, oldest first.
pub(super) const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_survival.sql"),
    include_str!("../../migrations/0003_handover.sql"),
];

const BACKUPS: &str = "backup";

/// Runs the steps behind version `from`; tells whether there was one. A database that holds something is backed up
/// before the first.
pub(super) fn migrate(
    connection: &mut Connection,
    folder: &Path,
    from: u32,
    migrations: &[&str],
) -> Result<bool, VaultError> {
    let steps: Vec<_> = (1..).zip(migrations).filter(|(number, _)| *number > from).collect();
    if from > 0 && !steps.is_empty() {
        back_up(connection, folder, from)?;
    }
    for (number, sql) in &steps {
        step(connection, *number, sql).map_err(|error| blame(error, *number))?;
    }
    if !steps.is_empty() {
        sync_folder(folder)?;
    }
    Ok(!steps.is_empty())
}

fn step(connection: &mut Connection, number: u32, sql: &str) -> Result<(), VaultError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    if dangles(&transaction)? {
        return Err(VaultError::Migration { to: number });
    }
    transaction.pragma_update(None, "user_version", number)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(transaction.commit()?)
}

/// Whether a reference leads nowhere. References are not enforced while tables are rebuilt.
fn dangles(transaction: &Transaction<'_>) -> Result<bool, VaultError> {
    Ok(transaction.prepare("PRAGMA foreign_key_check")?.exists([])?)
}

/// What the machine did stays what it is; everything else is the step's own fault.
fn blame(error: VaultError, to: u32) -> VaultError {
    match error {
        VaultError::DiskFull | VaultError::Io(_) | VaultError::Corrupt | VaultError::InUse => error,
        VaultError::Database(code) if is_of_the_machine(code) => error,
        _ => VaultError::Migration { to },
    }
}

const fn is_of_the_machine(code: i32) -> bool {
    matches!(code & 0xff, ffi::SQLITE_IOERR | ffi::SQLITE_NOMEM | ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY)
}

/// Copies the database as it is, whole and durable, to `backup/vault-v<version>.db`.
fn back_up(connection: &Connection, folder: &Path, version: u32) -> Result<(), VaultError> {
    let backups = folder.join(BACKUPS);
    std::fs::create_dir_all(&backups)?;
    let part = backups.join(format!("vault-v{version}.part"));
    let kept = copy(connection, &part).and_then(|()| {
        std::fs::rename(&part, backups.join(format!("vault-v{version}.db")))?;
        sync_folder(&backups)?;
        sync_folder(folder)
    });
    kept.inspect_err(|_| drop(remove(&part)))
}

fn copy(connection: &Connection, to: &Path) -> Result<(), VaultError> {
    remove(to)?; // of a backup that was killed: SQLite writes no copy into a file that holds something
    let name = to.to_str().ok_or(VaultError::Io(ErrorKind::InvalidFilename))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    Ok(File::open(to)?.sync_all()?)
}

/// Removes all backups. They hold sealed case keys, so they go as soon as the new version has proved itself, and before
/// a case is purged.
pub(super) fn drop_backups(folder: &Path) -> Result<(), VaultError> {
    let backups = folder.join(BACKUPS);
    let entries = match std::fs::read_dir(&backups) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("vault-v")) {
            remove(&path)?;
        }
    }
    // Stays if it holds something that is not ours.
    let _ = std::fs::remove_dir(&backups);
    sync_folder(folder)
}

fn remove(file: &Path) -> Result<(), VaultError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Opens the database of a vault with other migrations than this build's, and closes it again: for tests of steps that
/// break, are killed, or are not written yet.
///
/// # Errors
/// [`VaultError`].
#[cfg(any(test, feature = "testing"))]
pub fn rehearse_migrations(folder: &Path, migrations: &[&str]) -> Result<(), VaultError> {
    let ballast = std::sync::Arc::new(super::ballast::Ballast::at(folder, 0));
    super::database::Database::open_with(folder, ballast, migrations).map(drop)
}
