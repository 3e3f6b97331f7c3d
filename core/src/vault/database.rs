//! One SQLite connection, opened so that it survives phones (reasons in `docs/adr/0005-plain-sqlite.md`).
//!
//! EXCLUSIVE locking before the first access means no `-shm` file: no iOS lock crash, no second writer, and the vault
//! still opens on a full disk. synchronous=FULL because NORMAL lost every commit since the last checkpoint in each of
//! 30 simulated power cuts. Access only through [`Database::read`] and [`Database::write`].

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::VaultError;
use super::ballast::Ballast;
use super::migrate::{self, MIGRATIONS};

/// `STRF`, so that no other application's database is taken for a vault.
pub(super) const APPLICATION_ID: u32 = 0x5354_5246;

/// Statements that stay prepared: all that capture and handover run.
const STATEMENTS: usize = 64;

pub(super) struct Database {
    /// Nothing while the vault is suspended.
    live: Mutex<Option<Live>>,
    folder: PathBuf,
    ballast: Arc<Ballast>,
    migrated: bool,
    /// Transactions that were made durable since the database was opened.
    #[cfg(any(test, feature = "testing"))]
    commits: std::sync::atomic::AtomicU64,
}

/// What is open. The connection is closed before the folder's lock is given back.
struct Live {
    connection: Connection,
    folder: LockedFolder,
    /// Whether the folder has not been made durable since the last commit.
    unsynced: bool,
}

impl Database {
    /// Opens or creates `vault.db` in `folder`.
    pub(super) fn open(folder: &Path, ballast: Arc<Ballast>) -> Result<Self, VaultError> {
        Self::open_with(folder, ballast, &MIGRATIONS)
    }

    /// The same with another history: for tests of steps that break or are killed.
    pub(super) fn open_with(folder: &Path, ballast: Arc<Ballast>, migrations: &[&str]) -> Result<Self, VaultError> {
        let (live, migrated) = Live::open(folder, migrations)?;
        Ok(Self {
            live: Mutex::new(Some(live)),
            folder: folder.to_owned(),
            ballast,
            migrated,
            #[cfg(any(test, feature = "testing"))]
            commits: std::sync::atomic::AtomicU64::default(),
        })
    }

    /// Whether opening has brought the database to a newer version.
    pub(super) const fn was_migrated(&self) -> bool {
        self.migrated
    }

    /// The vault's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a read.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, VaultError>) -> Result<T, VaultError> {
        work(&self.lock().as_ref().ok_or(VaultError::Suspended)?.connection)
    }

    /// Runs one IMMEDIATE transaction and makes it durable before it returns. On a full disk it makes room and runs it once
    /// more.
    pub(super) fn write<T>(
        &self,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let done = self.live(|live| live.commit(&mut work));
        #[cfg(any(test, feature = "testing"))]
        self.commits.fetch_add(u64::from(done.is_ok()), std::sync::atomic::Ordering::Relaxed);
        done
    }

    /// Transactions since the database was opened.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Makes sure that a commit that has failed cannot come back. If the disk did not confirm the log, its frames are there
    /// all the same, and a kill would find them: another commit takes their place.
    pub(super) fn outdo(&self, failed: &VaultError) -> Result<(), VaultError> {
        if !matches!(failed, VaultError::Database(_)) {
            return Ok(()); // refused before it was written whole
        }
        self.write(|transaction| {
            let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok(transaction.pragma_update(None, "user_version", version)?)
        })
    }

    /// Empties the write-ahead log, so that it keeps no old frames.
    pub(super) fn checkpoint(&self) -> Result<(), VaultError> {
        self.live(|live| Ok(live.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
    }

    fn live<T>(&self, mut step: impl FnMut(&mut Live) -> Result<T, VaultError>) -> Result<T, VaultError> {
        let mut guard = self.lock();
        let live = guard.as_mut().ok_or(VaultError::Suspended)?;
        let mut done = step(live);
        if matches!(done, Err(VaultError::DiskFull)) && live.reuse_log() {
            done = step(live);
        }
        if matches!(done, Err(VaultError::DiskFull)) && self.ballast.give() {
            live.reuse_log(); // the database takes its share of the room before others do
            done = step(live);
        }
        done
    }

    /// Whether the last commit waits for its folder to be made durable, which is tried again with the next.
    pub(super) fn is_unsynced(&self) -> bool {
        self.lock().as_ref().is_some_and(|live| live.unsynced)
    }

    /// Waits for the running transaction and closes everything, whatever the disk says to that: no lock and no open file
    /// stays. Gives what `last` has read just before; nothing if it was suspended already.
    pub(super) fn suspend<T>(
        &self,
        last: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<Option<T>, VaultError> {
        let Some(mut live) = self.lock().take() else { return Ok(None) };
        let last = last(&live.connection);
        if live.unsynced {
            live.sync();
        }
        // What stays in the log is found there again.
        let _ = live.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(live);
        last.map(Some)
    }

    /// Opens what was left behind, if `check` finds that it is. Gives nothing if it was not suspended.
    pub(super) fn resume<T>(
        &self,
        check: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<Option<T>, VaultError> {
        let mut guard = self.lock();
        if guard.is_some() {
            return Ok(None);
        }
        let live = Live::reopen(&self.folder)?;
        let checked = check(&live.connection)?;
        *guard = Some(live);
        Ok(Some(checked))
    }

    /// Tells of every statement that has run, prepared anew each time so that its counters are those of one run.
    #[cfg(test)]
    pub(super) fn trace(&self, tell: impl FnMut(rusqlite::trace::TraceEvent<'_>) + Send + 'static) {
        let mut guard = self.lock();
        let live = guard.as_mut().expect("not suspended");
        live.connection.set_prepared_statement_cache_capacity(0);
        live.connection.trace_v2(rusqlite::trace::TraceEventCodes::SQLITE_TRACE_PROFILE, Some(tell)).expect("traces");
    }

    fn lock(&self) -> MutexGuard<'_, Option<Live>> {
        // A panic inside a transaction rolls it back; the connection itself stays sound.
        self.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Live {
    fn open(folder: &Path, migrations: &[&str]) -> Result<(Self, bool), VaultError> {
        let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
        let (mut live, version) = Self::connect(folder, known, OpenFlags::SQLITE_OPEN_CREATE)?;
        quick_check(&live.connection)?;
        let migrated = migrate::migrate(&mut live.connection, folder, version, migrations)?;
        Ok((live.ready()?, migrated))
    }

    /// Opens the database that is there, at this build's version. It was checked when the vault was opened.
    fn reopen(folder: &Path) -> Result<Self, VaultError> {
        let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
        let (live, version) = Self::connect(folder, known, OpenFlags::empty())?;
        if version == known { live.ready() } else { Err(VaultError::Corrupt) }
    }

    fn connect(folder: &Path, known: u32, create: OpenFlags) -> Result<(Self, u32), VaultError> {
        let locked = LockedFolder::lock(folder)?;
        let file = folder.join("vault.db");
        refuse_by_header(&file, known)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let connection = Connection::open_with_flags(&file, flags)?;
        // Until it is at the version of this build nothing may be changed, not even by a checkpoint when closing.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        prepare(&connection)?;
        let version = check_version(&connection, known)?;
        configure(&connection)?;
        Ok((Self { connection, folder: locked, unsynced: false }, version))
    }

    fn ready(self) -> Result<Self, VaultError> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        self.connection.pragma_update(None, "foreign_keys", "ON")?;
        Ok(self)
    }

    fn commit<T>(&mut self, work: &mut impl FnMut(&Transaction<'_>) -> Result<T, VaultError>) -> Result<T, VaultError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        self.sync();
        Ok(result)
    }

    /// Lets the next commit overwrite the log instead of lengthening it, if the database takes up what it holds.
    fn reuse_log(&self) -> bool {
        self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).is_ok()
    }

    /// Makes the folder durable: some phones flush their disk only then. What was committed is done all the same: the
    /// log itself was made durable, and a call must not be told to have failed that has not.
    fn sync(&mut self) {
        self.unsynced = self.folder.0.sync_all().is_err();
    }
}

/// Makes a folder's entries durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), VaultError> {
    File::open(folder)?.sync_all().map_err(|_| VaultError::Unconfirmed)
}

/// The folder itself, locked before a file in it is opened, and made durable behind each commit. SQLite's own lock belongs
/// to the process and to the file: the second opener of one process would end it by closing the header it has read, and a
/// third one in another process would be let in.
pub(super) struct LockedFolder(File);

impl LockedFolder {
    pub(super) fn lock(folder: &Path) -> Result<Self, VaultError> {
        let handle = File::open(folder)?;
        match handle.try_lock() {
            Ok(()) => Ok(Self(handle)),
            Err(TryLockError::WouldBlock) => Err(VaultError::InUse),
            // A file system without such locks still has SQLite's own.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Self(handle)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Drop for LockedFolder {
    /// Closing would do, but for a copy of the handle that a process just being started may still have.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

pub(super) fn quick_check(connection: &Connection) -> Result<(), VaultError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(VaultError::Corrupt) }
}

/// Whether the database passes its whole check, indexes included. What names a row that is not there is found by what it
/// is about.
pub(super) fn is_sound(connection: &Connection) -> Result<bool, VaultError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

/// Tables with a row that names another which is not there.
pub(super) fn dangling(connection: &Connection) -> Result<Vec<String>, VaultError> {
    let mut statement = connection.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads version and application from the file itself, so that a newer or foreign database is not even opened.
fn refuse_by_header(file: &Path, known: u32) -> Result<(), VaultError> {
    let (version, application) = read_header(file)?.unwrap_or_default();
    // A database killed within its first migration has both still at zero.
    judge(version, application, known).map(drop)
}

/// Refuses what a newer version wrote. Where the first page is garbage, it may look like anything else.
pub(super) fn refuse_newer(file: &Path) -> Result<(), VaultError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    match refuse_by_header(file, known) {
        Err(VaultError::ForeignDatabase) => Ok(()),
        other => other,
    }
}

/// Version and application; nothing if there is no file, or one too short to be a database.
pub(super) fn read_header(file: &Path) -> Result<Option<(u32, u32)>, VaultError> {
    let mut header = [0; 100];
    match File::open(file).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    };
    Ok(Some((number(60), number(68))))
}

fn check_version(connection: &Connection, known: u32) -> Result<u32, VaultError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let version = u32::try_from(number("user_version")?).unwrap_or(u32::MAX);
    let application = u32::try_from(number("application_id")?).unwrap_or(u32::MAX);
    judge(version, application, known)
}

fn judge(version: u32, application: u32, known: u32) -> Result<u32, VaultError> {
    match (version, application) {
        (0, 0) => Ok(0),
        (_, APPLICATION_ID) if version > known => Err(VaultError::NewerDatabase { found: version, known }),
        (1.., APPLICATION_ID) => Ok(version),
        _ => Err(VaultError::ForeignDatabase),
    }
}

/// What must stand before the first access. Loading extensions is off by default and never switched on.
fn prepare(connection: &Connection) -> Result<(), VaultError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    connection.busy_timeout(std::time::Duration::ZERO)?;
    Ok(())
}

fn configure(connection: &Connection) -> Result<(), VaultError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(VaultError::Database(rusqlite::ffi::SQLITE_IOERR));
    }
    for (pragma, value) in [
        ("synchronous", "FULL"),
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("foreign_keys", "OFF"), // while migrations rebuild tables
        ("secure_delete", "ON"),
        ("temp_store", "MEMORY"),
        ("cell_size_check", "ON"),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    // What the log holds between two checkpoints: a commit then overwrites it and need not lengthen the file.
    connection.pragma_update_and_check(None, "journal_size_limit", 4_194_304, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(folder: &Path) -> Arc<Ballast> {
        Arc::new(Ballast::at(folder, 0))
    }

    #[test]
    fn the_pragmas_that_guard_the_queue_are_in_force() {
        let folder = tempfile::tempdir().expect("folder");
        let database = Database::open(folder.path(), none(folder.path())).expect("opens");
        for (pragma, expected) in [
            ("journal_mode", "wal"),
            ("locking_mode", "exclusive"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("secure_delete", "1"),
            ("trusted_schema", "0"),
            ("cell_size_check", "1"),
        ] {
            let value = database.read(|connection| {
                Ok(connection.pragma_query_value(None, pragma, |row| {
                    row.get::<_, String>(0).or_else(|_| row.get::<_, i64>(0).map(|number| number.to_string()))
                })?)
            });
            assert_eq!(value.expect("reads"), expected, "{pragma}");
        }
        assert!(!folder.path().join("vault.db-shm").exists());
    }

    #[test]
    fn the_bundled_sqlite_is_newer_than_its_wal_reset_bug() {
        assert!(rusqlite::version_number() > 3_051_002);
    }

    #[test]
    fn a_second_opener_is_told_that_the_vault_is_in_use() {
        let folder = tempfile::tempdir().expect("folder");
        let _first = Database::open(folder.path(), none(folder.path())).expect("opens");
        assert!(matches!(Database::open(folder.path(), none(folder.path())).map(drop), Err(VaultError::InUse)));
    }

    #[test]
    fn a_full_disk_is_met_by_reusing_the_log_and_then_by_the_ballast_and_no_more_often() {
        let folder = tempfile::tempdir().expect("folder");
        let ballast = Arc::new(Ballast::at(folder.path(), 1 << 20));
        ballast.restore().expect("there is room");
        let database = Database::open(folder.path(), ballast.clone()).expect("opens");
        let attempts = |enough: u32| {
            let mut tried = 0;
            let done = database.write(|_| {
                tried += 1;
                if tried < enough { Err(VaultError::DiskFull) } else { Ok(()) }
            });
            (tried, done.is_ok())
        };
        assert_eq!(attempts(2), (2, true));
        assert_eq!(ballast.take_given(), 0, "the log was enough");
        assert_eq!(attempts(3), (3, true));
        assert!(ballast.take_given() > 0);
        assert_eq!(attempts(u32::MAX), (2, false), "there is no ballast left");
    }

    #[test]
    fn a_newer_or_foreign_database_is_refused_without_a_byte_changed() {
        for (version, application) in [(MIGRATIONS.len() as i64 + 1, i64::from(APPLICATION_ID)), (1, 7), (0, 7)] {
            let folder = tempfile::tempdir().expect("folder");
            let file = folder.path().join("vault.db");
            let other = Connection::open(&file).expect("opens");
            other.execute_batch("CREATE TABLE theirs (x)").expect("creates");
            other.pragma_update(None, "user_version", version).expect("sets");
            other.pragma_update(None, "application_id", application).expect("sets");
            drop(other);
            let before = std::fs::read(&file).expect("reads");
            let refused = Database::open(folder.path(), none(folder.path())).map(drop);
            assert!(
                matches!(refused, Err(VaultError::NewerDatabase { .. } | VaultError::ForeignDatabase)),
                "{refused:?}"
            );
            assert_eq!(std::fs::read(&file).expect("reads"), before);
        }
    }
}
