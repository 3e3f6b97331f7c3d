//! One writer and many requests a commit.
//!
//! A commit costs one write to the medium, and that takes longer than everything else a request does. So requests share
//! it. Each works within a savepoint of the open transaction; whoever finds that nobody else waits for the writer commits
//! for all. While a commit runs, the next requests gather before the lock, and the first of them opens the next
//! transaction: under load a commit collects for as long as the last one took, and alone a request waits for nobody.
//! There is no thread of its own for this, so work may borrow from its caller.
//!
//! - **Nothing is said before it is durable.** [`Writer::write`] returns a value only after the commit that holds it. This
//!   is true of "the same bytes are here already", too: the others' bytes may be in the very transaction that is open.
//!   Readers have connections of their own and see no transaction before its commit has reached the medium.
//! - **One request that fails takes no other with it.** Its savepoint is rolled back. Only a failure of the database
//!   itself (full, broken) ends the whole transaction, and then all of its requests fail.
//! - **A kill** leaves whole transactions; no request of an unfinished one has had an answer.
//!
//! Not a commit a request behind a mutex: at 7 ms a write to the medium that is 140 requests a second for the whole town.
//! Not `synchronous=NORMAL`: it would take back what phones have been told.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::{Connection, ffi};

use crate::BoxError;
use crate::metrics::{Latency, Stopwatch};

/// Most requests of one commit, so that none waits without end for those who come after it.
const MOST: usize = 512;

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    batch: Mutex<Batch>,
    /// Requests that want the lock and do not have it.
    waiting: AtomicUsize,
    latency: Arc<Latency>,
}

#[derive(Debug)]
struct Batch {
    db: Connection,
    open: Option<Arc<Verdict>>,
    members: usize,
}

/// What became of a transaction; all its requests wait for it.
#[derive(Debug, Default)]
struct Verdict {
    said: Mutex<Option<Result<(), Failure>>>,
    told: Condvar,
}

/// Why a transaction failed, once for each of its requests.
#[derive(Clone, Debug)]
struct Failure(ffi::Error, Option<String>);

impl Writer {
    /// Takes a connection that is set up; `latency` learns how long commits take.
    pub fn new(db: Connection, latency: Arc<Latency>) -> Self {
        Self { batch: Mutex::new(Batch { db, open: None, members: 0 }), waiting: AtomicUsize::new(0), latency }
    }

    /// All of `work` or nothing of it, durable when this returns a value.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, BoxError>) -> Result<T, BoxError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        // A panic is carried past the commit: the others must not pay for it.
        let done = catch_unwind(AssertUnwindSafe(|| batch.apply(work)));
        if done.is_err() {
            batch.undo();
        }
        let verdict = batch.open.clone();
        if self.waiting.load(Ordering::SeqCst) == 0 || batch.members >= MOST {
            batch.commit(&self.latency);
        }
        drop(batch);
        let done = done.unwrap_or_else(|panic| resume_unwind(panic))?;
        verdict.map_or(Err(BoxError::Damaged("a transaction ended early")), |verdict| verdict.wait())?;
        Ok(done)
    }
}

impl Batch {
    fn apply<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, BoxError>) -> Result<T, BoxError> {
        if self.open.is_none() {
            self.run("BEGIN IMMEDIATE")?;
            self.open = Some(Arc::default());
            self.members = 0;
        }
        self.members += 1;
        self.run("SAVEPOINT request")?;
        let done = work(&self.db).and_then(|done| self.run("RELEASE request").map(|()| done));
        if let Err(error) = &done {
            self.lost(error);
            self.undo();
        }
        done
    }

    /// Rolls one request back.
    fn undo(&mut self) {
        if self.open.is_none() {
            return;
        }
        if let Err(error) = self.run("ROLLBACK TO request").and_then(|()| self.run("RELEASE request")) {
            let _ = self.run("ROLLBACK");
            self.end(Err(Failure::of(&error)));
        }
    }

    /// Some failures make SQLite roll the whole transaction back by itself.
    fn lost(&mut self, error: &BoxError) {
        if self.db.is_autocommit() {
            self.end(Err(Failure::of(error)));
        }
    }

    fn commit(&mut self, latency: &Latency) {
        if self.open.is_none() {
            return;
        }
        let watch = Stopwatch::start();
        let committed = self.run("COMMIT");
        latency.note(watch.elapsed(), self.members);
        if committed.is_err() && !self.db.is_autocommit() {
            let _ = self.run("ROLLBACK"); // what was not committed must not be joined by the next requests
        }
        self.end(committed.map_err(|error| Failure::of(&error)));
    }

    fn end(&mut self, said: Result<(), Failure>) {
        if let Some(verdict) = self.open.take() {
            *verdict.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
            verdict.told.notify_all();
        }
    }

    fn run(&self, sql: &str) -> Result<(), BoxError> {
        self.db.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

impl Verdict {
    fn wait(&self) -> Result<(), BoxError> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = self.told.wait_while(said, |said| said.is_none()).unwrap_or_else(PoisonError::into_inner);
        match said.as_ref() {
            Some(Err(Failure(error, words))) => Err(rusqlite::Error::SqliteFailure(*error, words.clone()).into()),
            _ => Ok(()),
        }
    }
}

impl Failure {
    fn of(error: &BoxError) -> Self {
        let source = match error {
            BoxError::Store { source, .. } => source.downcast_ref(),
            _ => None,
        };
        match source {
            Some(rusqlite::Error::SqliteFailure(error, words)) => Self(*error, words.clone()),
            _ => Self(ffi::Error::new(ffi::SQLITE_ABORT), Some(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    type Work = fn(&Connection) -> Result<(), BoxError>;

    fn writer() -> Writer {
        let db = Connection::open_in_memory().expect("opens");
        db.execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT").expect("prepares");
        Writer::new(db, Arc::default())
    }

    fn insert(db: &Connection, n: i64) -> Result<(), BoxError> {
        db.execute("INSERT INTO numbers (n) VALUES (?1)", [n])?;
        Ok(())
    }

    fn count(writer: &Writer) -> i64 {
        let read = |db: &Connection| Ok(db.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?);
        writer.write(read).expect("reads")
    }

    /// Lets `requests` gather while the first one holds the writer, so that they must share one commit.
    fn together(writer: &Writer, requests: &[Work]) -> Vec<bool> {
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                writer.write(|db| {
                    barrier.wait();
                    while writer.waiting.load(Ordering::SeqCst) < requests.len() {
                        std::thread::yield_now();
                    }
                    insert(db, 0)
                })
            });
            barrier.wait();
            let others: Vec<_> = requests.iter().map(|work| scope.spawn(|| writer.write(*work))).collect();
            assert!(first.join().expect("ends").is_ok());
            others.into_iter().map(|other| other.join().is_ok_and(|done| done.is_ok())).collect()
        })
    }

    #[test]
    fn requests_that_wait_share_a_commit() {
        let writer = writer();
        let done = together(&writer, &[|db| insert(db, 1), |db| insert(db, 2), |db| insert(db, 3)]);
        assert_eq!(done, [true; 3]);
        let latency = writer.latency.figures();
        assert_eq!((latency.commits, latency.requests), (1, 4));
        assert_eq!(count(&writer), 4);
    }

    #[test]
    fn a_request_that_fails_or_panics_takes_no_other_with_it() {
        let writer = writer();
        let done = together(
            &writer,
            &[
                |db| insert(db, 1).and_then(|()| Err(BoxError::Damaged("as planned"))),
                |db| insert(db, 2).map(|()| panic!("as planned")),
                |db| insert(db, 3),
            ],
        );
        assert_eq!(done, [false, false, true]);
        assert_eq!(count(&writer), 2);
    }

    #[test]
    fn a_transaction_that_the_database_ends_fails_all_its_requests() {
        let writer = writer();
        let barrier = Barrier::new(2);
        let results: Vec<bool> = std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                writer.write(|db| {
                    barrier.wait();
                    while writer.waiting.load(Ordering::SeqCst) < 1 {
                        std::thread::yield_now();
                    }
                    insert(db, 1)
                })
            });
            barrier.wait();
            let second = scope.spawn(|| {
                writer.write(|db| {
                    db.execute_batch("ROLLBACK")?; // as SQLite does by itself when the disk is full
                    insert_twice(db)
                })
            });
            [first, second].map(|request| request.join().expect("ends").is_ok()).to_vec()
        });
        assert_eq!(results, [false, false]);
        assert!(writer.write(|db| insert(db, 9)).is_ok(), "the next transaction is a good one");
    }

    fn insert_twice(db: &Connection) -> Result<(), BoxError> {
        insert(db, 7)?;
        db.execute("DELETE FROM numbers WHERE n = 7", [])?;
        Err(BoxError::Damaged("as planned"))
    }
}
