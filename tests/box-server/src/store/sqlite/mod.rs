//! The metadata of a box in one SQLite database.
//!
//! A lock on `box.lock` keeps a second box away from the same folder, so that it fails at its start and not by mixing two
//! uploads. `synchronous=FULL` in WAL mode: what a transaction has committed survives a power cut. One connection writes,
//! for all requests that wait for it ([`commit`]); others read. What a savepoint holds is one step of the contract; the
//! lines of the feed and the mark of late cases are written by triggers, so that nothing enters a table without them.

mod cases;
mod commit;
mod desk;
mod devices;
mod log;
mod migrations;
mod numbers;
mod readers;
mod shifts;
mod uploads;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, params};

use self::commit::Writer;
use self::readers::{Reader, Readers};
use super::{Put, Settings};
use crate::BoxError;
use crate::metrics::Latency;

/// Pages of the log (4 KiB each) that are taken over into the database at a time.
const WAL_PAGES: i64 = 4_000;

/// The database. Fields are dropped in their order: the lock goes last.
#[derive(Debug)]
pub struct SqliteMeta {
    readers: Readers,
    writer: Writer,
    _lock: Mutex<Connection>,
}

impl SqliteMeta {
    /// Opens the database in a folder that is there, and makes it if there is none.
    ///
    /// # Errors
    /// [`BoxError::Store`], also if another box holds the folder; [`BoxError::Newer`], [`BoxError::Damaged`].
    pub fn open(data: &Path) -> Result<Self, BoxError> {
        Self::measured(data, Arc::default())
    }

    /// As [`Self::open`]; `latency` learns how long commits take.
    pub(crate) fn measured(data: &Path, latency: Arc<Latency>) -> Result<Self, BoxError> {
        let lock = lock(&data.join("box.lock"))?;
        let path = data.join("box.db");
        let mut db = Connection::open(&path)?;
        prepare(&db)?;
        migrations::run(&mut db)?;
        let readers = Readers::open(&path, prepare)?;
        Ok(Self { readers, writer: Writer::new(db, latency), _lock: Mutex::new(lock) })
    }

    /// A connection that reads what is committed.
    fn db(&self) -> Reader<'_> {
        self.readers.borrow()
    }

    /// All of `work` or nothing of it, durable when this returns a value.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, BoxError>) -> Result<T, BoxError> {
        self.writer.write(work)
    }
}

impl Settings for SqliteMeta {
    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, BoxError> {
        let query = "SELECT value FROM settings WHERE name = ?1";
        Ok(self.db().query_row(query, [name], |row| row.get(0)).optional()?)
    }

    fn put_settings(&self, settings: &[(&str, &[u8])]) -> Result<(), BoxError> {
        self.write(|tx| {
            for (name, value) in settings {
                tx.execute("INSERT INTO settings (name, value) VALUES (?1, ?2)", params![name, value])?;
            }
            Ok(())
        })
    }
}

/// Holds the folder for this process until it ends, in whatever way. A transaction on an empty database is the lock: unlike
/// a lock on a file, no child of this process can keep it by accident.
fn lock(path: &Path) -> Result<Connection, BoxError> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::ZERO)?; // whoever holds the lock is another box and keeps it
    db.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(db)
}

fn prepare(db: &Connection) -> Result<(), BoxError> {
    db.busy_timeout(Duration::from_secs(10))?; // the log is being recovered or taken over
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    // Otherwise statements that a partial index could serve are prepared anew for every value that is bound.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// What an insert or update that changed so many rows has come to.
fn put(changed: usize, same: impl FnOnce() -> Result<bool, BoxError>) -> Result<Put, BoxError> {
    Ok(match changed {
        0 if same()? => Put::Same,
        0 => Put::Other,
        _ => Put::New,
    })
}

impl From<rusqlite::Error> for BoxError {
    fn from(error: rusqlite::Error) -> Self {
        let is_full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        Self::Store { source: Box::new(error), is_full }
    }
}

/// A place or time beyond what the database can count is as good as the last one.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Reads a column of fixed length into an id or a hash.
fn fixed<T: for<'a> TryFrom<&'a [u8]>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let value = row.get_ref(column)?;
    let bytes = value.as_blob()?;
    T::try_from(bytes).map_err(|_| rusqlite::Error::InvalidColumnType(column, "bytes".to_owned(), value.data_type()))
}
