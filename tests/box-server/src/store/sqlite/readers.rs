//! Connections that read. Each statement sees the last commit and nothing of the transaction that is open.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use crate::BoxError;

/// More would only wait for the processor.
const COUNT: usize = 4;

/// Idle connections.
#[derive(Debug)]
pub struct Readers {
    idle: Mutex<Vec<Connection>>,
    back: Condvar,
}

impl Readers {
    /// Opens all of them, each set up by `prepare`.
    pub fn open(path: &Path, prepare: impl Fn(&Connection) -> Result<(), BoxError>) -> Result<Self, BoxError> {
        let open = |_| {
            let db = Connection::open(path)?;
            prepare(&db)?;
            db.pragma_update(None, "query_only", true)?;
            Ok(db)
        };
        let idle = (0..COUNT).map(open).collect::<Result<_, BoxError>>()?;
        Ok(Self { idle: Mutex::new(idle), back: Condvar::new() })
    }

    /// Borrows one, waiting for it if need be. Whoever holds one must not ask for a second.
    pub fn borrow(&self) -> Reader<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle = self.back.wait_while(idle, |idle| idle.is_empty()).unwrap_or_else(PoisonError::into_inner);
        Reader { db: idle.pop(), home: self }
    }
}

/// A borrowed connection.
#[derive(Debug)]
pub struct Reader<'a> {
    db: Option<Connection>,
    home: &'a Readers,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db.as_ref().expect("taken back only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.home.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.db.take());
        self.home.back.notify_one();
    }
}
