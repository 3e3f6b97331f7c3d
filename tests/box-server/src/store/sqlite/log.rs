//! The log of manifests: appended to in the transaction that declares a case, and never changed.
//!
//! The hash of each complete subtree is a row. A new case completes two of them on average, and a proof reads about as many
//! as the tree has levels, so neither depends on how large the log has become. Reads take several statements without a
//! transaction around them: rows are only ever added, and what a size needs is there before the size is seen.
//!
//! The place in the log is not `cases.log`: that number may leave gaps, and a tree cannot.

use rusqlite::{Connection, OptionalExtension, params};
use streife_core::domain::CaseId;
use streife_core::seal::merkle::{self, Place};
use streife_core::seal::{Hash, LogConsistency, LogProof, Manifest, Namespace, SignedPayload, unverified_payload};

use super::{SqliteMeta, fixed, number};
use crate::BoxError;
use crate::store::ManifestLog;

impl ManifestLog for SqliteMeta {
    fn log_size(&self) -> Result<u64, BoxError> {
        size(&self.db())
    }

    fn log_root(&self, size: u64) -> Result<Hash, BoxError> {
        let db = self.db();
        merkle::grown_root(size, |place| node(&db, place))
    }

    fn log_proof(&self, case: CaseId, size: u64) -> Result<Option<LogProof>, BoxError> {
        let db = self.db();
        let Some(index) = leaf_of(&db, case)?.filter(|index| *index < size) else { return Ok(None) };
        let path = merkle::grown_inclusion(index, size, |place| node(&db, place))?;
        Ok(Some(LogProof { size, index, path }))
    }

    fn log_consistency(&self, from: u64, to: u64) -> Result<LogConsistency, BoxError> {
        let db = self.db();
        Ok(LogConsistency { from, to, path: merkle::grown_consistency(from, to, |place| node(&db, place))? })
    }

    fn log_entries(&self, from: u64, at_most: u32) -> Result<Vec<Hash>, BoxError> {
        let db = self.db();
        let mut query = db.prepare_cached("SELECT entry FROM log WHERE leaf >= ?1 ORDER BY leaf LIMIT ?2")?;
        let rows = query.query_map(params![number(from), at_most], |row| fixed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Appends a case whose manifest's payload has this hash; gives its place.
pub(super) fn append(tx: &Connection, case: CaseId, entry: &Hash) -> Result<u64, BoxError> {
    let leaf = size(tx)?;
    let mut insert = tx.prepare_cached("INSERT INTO log (leaf, case_id, entry) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![number(leaf), case.as_bytes(), entry.0])?;
    let mut insert = tx.prepare_cached("INSERT INTO log_nodes (level, place, hash) VALUES (?1, ?2, ?3)")?;
    for ((level, place), hash) in merkle::append(leaf, entry, |place| node(tx, place))? {
        insert.execute(params![level, number(place), hash.0])?;
    }
    Ok(leaf)
}

/// Place of a case in the log.
pub(super) fn leaf_of(db: &Connection, case: CaseId) -> Result<Option<u64>, BoxError> {
    let mut query = db.prepare_cached("SELECT leaf FROM log WHERE case_id = ?1")?;
    let leaf: Option<i64> = query.query_row([case.as_bytes()], |row| row.get(0)).optional()?;
    Ok(leaf.map(i64::unsigned_abs))
}

/// Puts the cases of an older version into the log, and the kinds of their objects beside them.
pub(super) fn fill(tx: &Connection) -> Result<(), BoxError> {
    let mut query = tx.prepare("SELECT case_id, manifest FROM cases ORDER BY log")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (case, manifest): (CaseId, Vec<u8>) = (fixed(row, 0)?, row.get(1)?);
        let payload = unverified_payload(Namespace::Manifest, &manifest)?;
        append(tx, case, &Hash::of(&[&payload]))?;
        for object in Manifest::decode(&payload)?.objects {
            let update = "UPDATE objects SET kind = ?2 WHERE object = ?1";
            tx.execute(update, params![object.object.as_bytes(), object.kind as u8])?;
        }
    }
    Ok(())
}

fn size(db: &Connection) -> Result<u64, BoxError> {
    let mut query = db.prepare_cached("SELECT max(leaf) FROM log")?;
    let last: Option<i64> = query.query_row([], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last.unsigned_abs() + 1))
}

fn node(db: &Connection, (level, place): Place) -> Result<Hash, BoxError> {
    let mut query = db.prepare_cached("SELECT hash FROM log_nodes WHERE level = ?1 AND place = ?2")?;
    let hash = query.query_row(params![level, number(place)], |row| fixed(row, 0)).optional()?;
    hash.ok_or(BoxError::Damaged("a node of the log is missing"))
}
