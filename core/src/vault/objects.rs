//! Sealed object files: written once as `.part`, made durable, renamed, then named by a row.
//!
//! Writes leave in pieces of a MiB and each piece is handed to the disk at once, so the fsync at the end has little
//! left to wait for (4 ms of 30 in the measured case). A part that is dropped without being kept is removed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Row, Transaction};

use super::ballast::{self, Ballast};
use super::database::sync_folder;
use super::handles::{Handles, ObjectFile, Suspended};
use super::journal::ObjectProof;
use super::space::is_full;
use super::{Record, VaultError};
use crate::domain::{CaseId, ObjectId};
use crate::seal::{Hash, Kind, ManifestObject, Scope};

const PIECE: usize = 1 << 20;

/// One object of a case, as its row and its manifest name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// Its case.
    pub case: CaseId,
    /// What the manifest says about it.
    pub object: ManifestObject,
}

impl ObjectRow {
    /// What the journal proves of it.
    pub(super) fn proof(&self) -> ObjectProof {
        let row = Hash::of(&[b"streife/1 object row", self.case.as_bytes(), &self.object.encode()]);
        ObjectProof { object: self.object.object, row }
    }
}

/// The folders of object files.
pub(super) struct ObjectFolder {
    pub(super) objects: PathBuf,
    pub(super) quarantine: PathBuf,
    pub(super) handles: Handles,
    ballast: Arc<Ballast>,
}

impl ObjectFolder {
    pub(super) fn open(vault: &Path, ballast: Arc<Ballast>) -> Result<Self, VaultError> {
        let (objects, quarantine) = (vault.join("objects"), vault.join("quarantine"));
        let folder = Self { objects, quarantine, handles: Handles::default(), ballast };
        std::fs::create_dir_all(&folder.objects)?;
        std::fs::create_dir_all(&folder.quarantine)?;
        sync_folder(vault)?;
        Ok(folder)
    }

    pub(super) fn path(&self, object: ObjectId) -> PathBuf {
        self.objects.join(format!("{object}.sbx"))
    }

    pub(super) fn create(&self, object: ObjectId) -> Result<PartFile, VaultError> {
        let part = self.objects.join(format!("{object}.part"));
        let open = || self.handles.open(|| OpenOptions::new().write(true).create_new(true).open(&part));
        let file = match open() {
            Err(VaultError::DiskFull) if self.ballast.give() => open()?,
            other => other?,
        };
        let buffer = Vec::with_capacity(PIECE + PIECE / 8);
        let ballast = self.ballast.clone();
        Ok(PartFile { object, file, ballast, part, buffer, written: 0, durable: 0, lost: false, kept: false })
    }

    /// Opens a file for reading.
    pub(super) fn read(&self, object: ObjectId) -> Result<ObjectFile, VaultError> {
        self.handles.open(|| File::open(self.path(object)))
    }

    /// Makes parts durable and gives them their final names. They are still without rows. If one fails, none stays.
    pub(super) fn keep(&self, mut parts: Vec<PartFile>) -> Result<(), VaultError> {
        let kept = self.keep_all(&mut parts);
        kept.inspect_err(|_| {
            parts.iter().filter(|part| part.kept).for_each(|part| drop(self.remove(part.object)));
        })
    }

    fn keep_all(&self, parts: &mut [PartFile]) -> Result<(), VaultError> {
        // The write-back of all begins before the first is waited for, so the others find little left to do.
        parts.iter_mut().try_for_each(PartFile::flush_piece)?;
        parts.iter_mut().try_for_each(PartFile::flush)?;
        for part in parts {
            std::fs::rename(&part.part, self.path(part.object))?;
            part.kept = true;
        }
        sync_folder(&self.objects)
    }

    pub(super) fn remove(&self, object: ObjectId) -> Result<(), VaultError> {
        match std::fs::remove_file(self.path(object)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// An object file while it is written. Dropping it removes it.
#[derive(Debug)]
pub struct PartFile {
    object: ObjectId,
    file: ObjectFile,
    ballast: Arc<Ballast>,
    part: PathBuf,
    buffer: Vec<u8>,
    written: u64,
    durable: u64,
    lost: bool,
    kept: bool,
}

/// What a file says that the disk did not confirm.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the disk did not confirm the file")]
pub(super) struct Unconfirmed;

impl PartFile {
    /// Its object.
    #[must_use]
    pub const fn object(&self) -> ObjectId {
        self.object
    }

    /// Whether the disk did not confirm it. Its content must be written anew, to another file.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost
    }

    /// A failed fsync marks the pages clean on all systems: a second one would succeed without them.
    fn sync(&mut self) -> io::Result<()> {
        if self.lost {
            return Err(io::Error::other(Unconfirmed));
        }
        let Err(error) = self.file.with(|file| file.sync_all()) else { return Ok(()) };
        if error.get_ref().is_some_and(|inner| inner.is::<Suspended>()) || is_full(&error) && !self.ballast.give() {
            return Err(error);
        }
        self.lost = true;
        Err(io::Error::other(Unconfirmed))
    }

    fn flush_piece(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let length = self.buffer.len() as u64;
        self.file.with(|file| {
            ballast::write_all(file, &self.buffer, &self.ballast)?;
            // Starts write-back of what was just written. A hint: where it is not understood, the fsync does all the work.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            let _ = rustix::fs::fadvise(file, self.written, NonZeroU64::new(length), rustix::fs::Advice::DontNeed);
            Ok(())
        })?;
        self.written += length;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush_piece()?;
        }
        Ok(bytes.len())
    }

    /// Makes durable what was written. After an error the file is lost and never asked for again.
    fn flush(&mut self) -> io::Result<()> {
        self.flush_piece()?;
        if self.durable < self.written {
            self.sync()?;
            self.durable = self.written;
        }
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.kept {
            // If even this fails, the next open finds the part and removes it.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

pub(super) fn insert(transaction: &Transaction<'_>, ordinal: u32, row: &ObjectRow) -> Result<(), VaultError> {
    let object = &row.object;
    let sql = "INSERT INTO objects (object_id, case_id, ordinal, kind, scope, media_type, length, hash, commitment)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let length = i64::try_from(object.length).map_err(|_| Record::from("objects").malformed())?;
    let values = (
        object.object.as_bytes(),
        row.case.as_bytes(),
        ordinal,
        object.kind as u8,
        object.scope as u8,
        &object.media_type,
        length,
        object.hash.0,
        object.commitment.0,
    );
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Place of the next object of a case.
pub(super) fn next_ordinal(connection: &Connection, case: CaseId) -> Result<u32, VaultError> {
    let sql = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM objects WHERE case_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([case.as_bytes()], |row| row.get(0))?)
}

const COLUMNS: &str = "object_id, case_id, kind, scope, media_type, length, hash, commitment";

/// Objects of a case in the order they came.
pub(super) fn of_case(connection: &Connection, case: CaseId) -> Result<Vec<ObjectRow>, VaultError> {
    let sql = format!("SELECT {COLUMNS} FROM objects WHERE case_id = ?1 ORDER BY ordinal");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([case.as_bytes()])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        objects.push(read(row)?);
    }
    Ok(objects)
}

/// Ids of a case's objects, whether or not their rows can be read.
pub(super) fn ids_of_case(connection: &Connection, case: CaseId) -> Result<Vec<ObjectId>, VaultError> {
    let mut statement = connection.prepare_cached("SELECT object_id FROM objects WHERE case_id = ?1")?;
    let rows = statement.query_map([case.as_bytes()], |row| row.get(0).map(ObjectId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn one(connection: &Connection, object: ObjectId) -> Result<ObjectRow, VaultError> {
    let sql = format!("SELECT {COLUMNS} FROM objects WHERE object_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([object.as_bytes()])?;
    rows.next()?.map_or(Err(VaultError::NotFound { table: "objects" }), read)
}

fn read(row: &Row<'_>) -> Result<ObjectRow, VaultError> {
    let malformed = || Record::from("objects").malformed();
    let length: i64 = row.get(5)?;
    Ok(ObjectRow {
        case: CaseId::new(row.get(1)?),
        object: ManifestObject {
            object: ObjectId::new(row.get(0)?),
            kind: Kind::from_number(row.get::<_, u8>(2)?.into()).ok_or_else(malformed)?,
            scope: Scope::from_number(row.get::<_, u8>(3)?.into()).ok_or_else(malformed)?,
            media_type: row.get(4)?,
            length: u64::try_from(length).map_err(|_| malformed())?,
            hash: Hash(row.get(6)?),
            commitment: Hash(row.get(7)?),
        },
    })
}
