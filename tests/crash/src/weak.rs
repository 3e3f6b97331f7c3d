//! The positive controls of the power cuts: a writer that is no part of the library, right or weakened in one way.
//!
//! It stores cases of three photos as the vault stores one: bytes to `.part`, fsync, rename, fsync of the folder, commit
//! with synchronous=FULL, fsync of the database's folder, acknowledge. Only the early write-back is left out, as it would do
//! a part of what a forgotten fsync does not do. If the cuts do not find the loss of each weak order, they prove nothing
//! about the vault.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rusqlite::Connection;
use streife_core::seal::Hash;

use crate::Verdict;

/// In which order the writer works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As the vault does.
    Correct,
    /// The object file is not made durable before the commit.
    NoFileFsync,
    /// The row is committed before its file is written.
    DatabaseFirst,
    /// The database does not wait for its log.
    SynchronousNormal,
}

impl Order {
    const ALL: [Self; 4] = [Self::Correct, Self::NoFileFsync, Self::DatabaseFirst, Self::SynchronousNormal];

    /// As an argument.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::NoFileFsync => "no-file-fsync",
            Self::DatabaseFirst => "database-first",
            Self::SynchronousNormal => "synchronous-normal",
        }
    }

    const fn synchronous(self) -> &'static str {
        match self {
            Self::SynchronousNormal => "NORMAL",
            Self::Correct | Self::NoFileFsync | Self::DatabaseFirst => "FULL",
        }
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|order| order.as_str() == text).ok_or_else(|| format!("no order: {text}"))
    }
}

/// An object to be stored. Its hash is known, so that the writer spends its time on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    bytes: &'a [u8],
    hash: Hash,
}

impl<'a> Object<'a> {
    /// An object of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: Hash::of(&[bytes]) }
    }
}

/// An acknowledged object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub number: u32,
    /// Of its bytes.
    pub hash: Hash,
}

impl Display for Stored {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "stored {} {}", self.number, self.hash)
    }
}

impl FromStr for Stored {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no line of the writer: {text}");
        let (number, hash) = text.strip_prefix("stored ").and_then(|rest| rest.split_once(' ')).ok_or_else(wrong)?;
        let hash = Hash::try_from(hash.to_owned()).map_err(|_| wrong())?;
        Ok(Self { number: number.parse().map_err(|_| wrong())?, hash })
    }
}

/// The writer.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    folder: PathBuf,
    order: Order,
}

/// Whatever stops it.
pub type Stopped = Box<dyn std::error::Error + Send + Sync>;

impl Writer {
    /// Begins in a folder that nothing lies in yet.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn begin(folder: &Path, order: Order) -> Result<Self, Stopped> {
        std::fs::create_dir_all(folder.join("objects"))?;
        let connection = Connection::open(folder.join("rows.db"))?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", order.synchronous())?;
        let sql = "CREATE TABLE objects (number INTEGER PRIMARY KEY, length INTEGER NOT NULL, hash BLOB NOT NULL)";
        connection.execute_batch(sql)?;
        sync(folder)?;
        Ok(Self { connection, folder: folder.to_owned(), order })
    }

    /// Stores objects together, numbered from `first`; durable when it returns, unless the order is a weak one.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn store(&mut self, first: u32, objects: &[Object<'_>]) -> Result<Vec<Stored>, Stopped> {
        let numbered: Vec<_> = (first..).zip(objects).collect();
        if self.order == Order::DatabaseFirst {
            self.commit(&numbered)?;
        }
        numbered.iter().try_for_each(|(number, object)| self.keep_file(*number, object.bytes))?;
        if self.order != Order::DatabaseFirst {
            self.commit(&numbered)?;
        }
        Ok(numbered.iter().map(|(number, object)| Stored { number: *number, hash: object.hash }).collect())
    }

    fn keep_file(&self, number: u32, bytes: &[u8]) -> Result<(), Stopped> {
        let objects = self.folder.join("objects");
        let (part, whole) = (objects.join(format!("{number}.part")), objects.join(format!("{number}.sbx")));
        let mut file = File::create_new(&part)?;
        file.write_all(bytes)?;
        if self.order != Order::NoFileFsync {
            file.sync_all()?;
        }
        std::fs::rename(part, whole)?;
        sync(&objects)
    }

    fn commit(&mut self, numbered: &[(u32, &Object<'_>)]) -> Result<(), Stopped> {
        let sql = "INSERT INTO objects (number, length, hash) VALUES (?1, ?2, ?3)";
        let transaction = self.connection.transaction()?;
        for (number, object) in numbered {
            transaction.execute(sql, (number, i64::try_from(object.bytes.len())?, object.hash.0))?;
        }
        transaction.commit()?;
        sync(&self.folder)
    }
}

fn sync(folder: &Path) -> Result<(), Stopped> {
    Ok(File::open(folder)?.sync_all()?)
}

/// Compares what is there with what was acknowledged: acknowledged rows that are gone are lost, rows whose file is not
/// there or not whole are broken.
#[must_use]
pub fn check(folder: &Path, acknowledged: &[Stored]) -> Verdict {
    let mut verdict = Verdict::default();
    let rows = rows(folder).unwrap_or_else(|error| {
        verdict.broken.push(format!("the database does not open: {error}"));
        BTreeMap::new()
    });
    let gone =
        acknowledged.iter().filter(|stored| rows.get(&stored.number).is_none_or(|(_, hash)| *hash != stored.hash));
    verdict.lost = gone.map(ToString::to_string).collect();
    for (number, (length, hash)) in &rows {
        let bytes = std::fs::read(folder.join(format!("objects/{number}.sbx"))).unwrap_or_default();
        if u64::try_from(bytes.len()) != Ok(*length) || Hash::of(&[&bytes]) != *hash {
            verdict.broken.push(format!("object {number}: {} bytes of {length}", bytes.len()));
        }
    }
    verdict.extra = u32::try_from(rows.len().saturating_sub(acknowledged.len())).unwrap_or(u32::MAX);
    verdict
}

fn rows(folder: &Path) -> Result<BTreeMap<u32, (u64, Hash)>, rusqlite::Error> {
    let connection = Connection::open(folder.join("rows.db"))?;
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'objects')";
    if !connection.query_row(there, [], |row| row.get(0))? {
        return Ok(BTreeMap::new()); // cut before its first commit
    }
    let mut statement = connection.prepare("SELECT number, length, hash FROM objects")?;
    let rows = statement.query_map([], |row| {
        let length: i64 = row.get(1)?;
        Ok((row.get(0)?, (length.unsigned_abs(), Hash(row.get(2)?))))
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_stores_the_same_when_nothing_happens() {
        for order in Order::ALL {
            let folder = tempfile::tempdir().expect("a folder");
            let mut writer = Writer::begin(folder.path(), order).expect("begins");
            let stored = writer.store(1, &[Object::new(&[7; 5000]), Object::new(&[8; 70_000])]).expect("stores");
            drop(writer);
            assert_eq!(check(folder.path(), &stored), Verdict::default(), "{order:?}");
        }
    }

    #[test]
    fn the_checker_sees_a_row_that_is_gone_and_a_file_that_is_not_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut writer = Writer::begin(folder.path(), Order::Correct).expect("begins");
        let stored = writer.store(1, &[Object::new(&[7; 5000])]).expect("stores");
        drop(writer);
        let stored = *stored.first().expect("one object");
        std::fs::write(folder.path().join("objects/1.sbx"), [7; 4999]).expect("cuts");
        let other = Stored { number: 2, ..stored };
        let verdict = check(folder.path(), &[stored, other]);
        assert_eq!((verdict.lost.len(), verdict.broken.len()), (1, 1));
        assert_eq!(other.to_string().parse(), Ok(other));
    }
}
