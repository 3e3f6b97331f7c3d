//! What the box keeps: one SQLite database for everything small and a folder for sealed objects.
//!
//! The database is opened exclusively, so a second box on the same folder fails at its start and not by mixing two
//! uploads. `synchronous=FULL` in WAL mode: what a transaction has committed survives a power cut. There is one
//! connection behind a mutex; a box for a town commits a few times a second, and one writer needs no retries.
//!
//! Calls block; async code goes through [`crate::state::run`].

mod access;
pub mod blob;
mod cases;
mod desk;
mod devices;
mod events;
mod heads;
mod notices;
mod numbers;
mod reconcile;
mod shifts;
mod uploads;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use streife_core::sync::protocol::ProblemType;

pub use access::Newcomer;
pub use blob::Blobs;
pub use cases::{CaseRow, ObjectRow, SequenceFlag};
pub use desk::{FeedKind, FeedRow};
pub use devices::DeviceRow;
pub use heads::Alarm;
pub use numbers::RangeRow;
pub use shifts::{SealFlag, ShiftRow};
pub use uploads::UploadEnd;

use crate::BoxError;
use crate::error::Refusal;

const SCHEMA: &str = include_str!("schema.sql");
/// What version 1 lacks.
const HEADS: &str = include_str!("heads.sql");
/// What version 2 lacks.
const NUMBERS: &str = include_str!("numbers.sql");
/// What version 3 lacks.
const INTERFACE: [&str; 4] =
    [include_str!("desk.sql"), include_str!("access.sql"), include_str!("uploads.sql"), include_str!("notices.sql")];
const VERSION: i64 = 4;
/// "STBX", so that no other program's database is taken for ours.
const APPLICATION: i64 = 0x5354_4258;

/// What came of storing something under an id that the client made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    New,
    /// The same bytes were there already.
    Same,
    /// Other bytes are there.
    Other,
}

impl Put {
    /// 201, 200, or the conflict.
    pub fn status(self, conflict: ProblemType) -> Result<StatusCode, Refusal> {
        match self {
            Self::New => Ok(StatusCode::CREATED),
            Self::Same => Ok(StatusCode::OK),
            Self::Other => Err(conflict.into()),
        }
    }

    fn of(changed: usize, same: impl FnOnce() -> Result<bool, BoxError>) -> Result<Self, BoxError> {
        Ok(match changed {
            0 if same()? => Self::Same,
            0 => Self::Other,
            _ => Self::New,
        })
    }
}

/// The database.
#[derive(Debug)]
pub struct Store(Mutex<Connection>);

impl Store {
    /// Opens the database, and makes it if there is none.
    pub fn open(path: &Path) -> Result<Self, BoxError> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::ZERO)?; // whoever holds the lock is another box and keeps it
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "trusted_schema", false)?;
        migrate(&mut db)?;
        Ok(Self(Mutex::new(db)))
    }

    /// A setting.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, BoxError> {
        let query = "SELECT value FROM settings WHERE name = ?1";
        Ok(self.db().query_row(query, [name], |row| row.get(0)).optional()?)
    }

    /// Stores all settings at once, or none.
    pub fn put_settings(&self, settings: &[(&str, &[u8])]) -> Result<(), BoxError> {
        self.write(|tx| {
            for (name, value) in settings {
                tx.execute("INSERT INTO settings (name, value) VALUES (?1, ?2)", params![name, value])?;
            }
            Ok(())
        })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A panic in between has rolled its transaction back; the connection is good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction: all of `work` or nothing of it.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, BoxError>) -> Result<T, BoxError> {
        let mut db = self.db();
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }
}

fn migrate(db: &mut Connection) -> Result<(), BoxError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    match (pragma("application_id")?, pragma("user_version")?) {
        (APPLICATION, VERSION) => {}
        (APPLICATION, version @ 1..VERSION) => {
            if version < 2 {
                tx.execute_batch(HEADS)?;
            }
            if version < 3 {
                tx.execute_batch(NUMBERS)?;
            }
            INTERFACE.iter().try_for_each(|sql| tx.execute_batch(sql))?;
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        (0, 0) => {
            tx.execute_batch(SCHEMA)?;
            tx.execute_batch(HEADS)?;
            tx.execute_batch(NUMBERS)?;
            INTERFACE.iter().try_for_each(|sql| tx.execute_batch(sql))?;
            tx.pragma_update(None, "application_id", APPLICATION)?;
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        (APPLICATION, version) if version > VERSION => return Err(BoxError::Newer),
        _ => return Err(BoxError::Damaged("box.db is no database of a box")),
    }
    Ok(tx.commit()?)
}

/// Reads a column of fixed length into an id or a hash.
fn fixed<T: for<'a> TryFrom<&'a [u8]>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let value = row.get_ref(column)?;
    let bytes = value.as_blob()?;
    T::try_from(bytes).map_err(|_| rusqlite::Error::InvalidColumnType(column, "bytes".to_owned(), value.data_type()))
}
