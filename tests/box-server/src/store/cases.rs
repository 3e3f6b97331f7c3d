//! Cases and their objects.
//!
//! A case is complete when its last object is marked, in the same transaction that stores the receipt: no crash leaves
//! a complete case without one.

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::{CaseId, DeviceId, ObjectId, ShiftId};
use streife_core::seal::{DecisionKind, Hash, Manifest, Signed};
use streife_core::sync::protocol::BoxCaseState;

use super::{Put, Store, fixed, log, shifts};
use crate::BoxError;

/// How a case's number fits those of its shift that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceFlag {
    /// It is the first, or the number before it is here.
    Fits = 0,
    /// The number before it is not here yet.
    Gap = 1,
    /// Another case came before with the same number.
    Taken = 2,
}

/// A case.
#[derive(Clone, Debug)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// Its device.
    pub device: DeviceId,
    /// Its shift.
    pub shift: ShiftId,
    /// Its number within the shift.
    pub seq: u32,
    /// Whether that number fits.
    pub sequence: SequenceFlag,
    /// Order of arrival, from 1.
    pub index: u64,
    /// How far it has come.
    pub state: BoxCaseState,
    /// Signed manifest.
    pub manifest: Vec<u8>,
    /// Signed receipt.
    pub receipt: Option<Vec<u8>>,
}

/// An object that a manifest lists.
#[derive(Clone, Debug)]
pub struct ObjectRow {
    /// The object.
    pub object: ObjectId,
    /// Its case.
    pub case: CaseId,
    /// The device that may send it.
    pub device: DeviceId,
    /// Length of its sealed file.
    pub length: u64,
    /// Hash of its sealed file.
    pub hash: Hash,
    /// Whether it is here, verified.
    pub stored: bool,
    /// Number of its kind; 0 if that is not known.
    pub kind: u8,
}

/// Makes the receipt of a case from its row, its objects and its place in the log.
pub type Sign<'a> = &'a dyn Fn(&CaseRow, &[ObjectRow], u64) -> Result<Vec<u8>, BoxError>;

pub(super) const CASES: &str = "SELECT case_id, device, shift, seq, sequence_flag, log, manifest, receipt,
    EXISTS (SELECT 1 FROM events WHERE events.case_id = cases.case_id AND kind = 1),
    (SELECT kind FROM decisions WHERE decisions.case_id = cases.case_id),
    EXISTS (SELECT 1 FROM objects WHERE objects.case_id = cases.case_id AND stored = 0) FROM cases";
const OBJECTS: &str =
    "SELECT object, case_id, device, length, hash, stored, kind FROM objects JOIN cases USING (case_id)";

impl Store {
    /// Declares a case and puts it into the log. `None`: another case lists one of its objects.
    pub fn put_case(&self, manifest: &Signed<Manifest>) -> Result<Option<Put>, BoxError> {
        self.write(|tx| {
            if let Some(known) = known_manifest(tx, manifest.payload().case)? {
                return Ok(Some(if known == manifest.as_bytes() { Put::Same } else { Put::Other }));
            }
            if is_listed(tx, manifest.payload())? {
                return Ok(None);
            }
            insert_case(tx, manifest)?;
            insert_objects(tx, manifest.payload())?;
            log::append(tx, manifest.payload().case, &manifest.payload_hash())?;
            flag_sequence(tx, manifest.payload())?;
            shifts::judge_seal(tx, manifest.payload().shift)?;
            Ok(Some(Put::New))
        })
    }

    /// A case, if it is here.
    pub fn case(&self, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
        find_case(&self.db(), case)
    }

    /// Cases that arrived after an index, oldest first.
    pub fn cases_after(&self, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{CASES} WHERE log > ?1 ORDER BY log LIMIT ?2"))?;
        let rows = query.query_map(params![i64::try_from(index).unwrap_or(i64::MAX), at_most], read_case)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Objects of a case in the manifest's order.
    pub fn objects(&self, case: CaseId) -> Result<Vec<ObjectRow>, BoxError> {
        objects_where(&self.db(), "WHERE case_id = ?1 ORDER BY position", [case.as_bytes()])
    }

    /// Objects of all cases.
    pub fn all_objects(&self) -> Result<Vec<ObjectRow>, BoxError> {
        objects_where(&self.db(), "ORDER BY object", [])
    }

    /// Number of cases without a receipt.
    pub fn incomplete_cases(&self) -> Result<u64, BoxError> {
        let db = self.db();
        let mut query = db.prepare_cached("SELECT count(*) FROM cases WHERE receipt IS NULL")?;
        Ok(query.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// An object, if a manifest lists it.
    pub fn object(&self, object: ObjectId) -> Result<Option<ObjectRow>, BoxError> {
        Ok(objects_where(&self.db(), "WHERE object = ?1", [object.as_bytes()])?.pop())
    }

    /// Marks an object as stored. If it was the last one of its case, stores the receipt that `sign` makes.
    pub fn mark_stored(&self, object: &ObjectRow, sign: Sign<'_>) -> Result<(), BoxError> {
        self.write(|tx| {
            let mut mark = tx.prepare_cached("UPDATE objects SET stored = 1 WHERE object = ?1")?;
            mark.execute([object.object.as_bytes()])?;
            complete(tx, object.case, sign)
        })
    }

    /// Takes the mark away from an object whose file is gone, so that it is asked for again.
    pub fn mark_lost(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE objects SET stored = 0 WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }
}

/// Stores the receipt of a case that has all its objects and no receipt yet.
fn complete(tx: &Connection, case: CaseId, sign: Sign<'_>) -> Result<(), BoxError> {
    let mut missing = tx.prepare_cached("SELECT 1 FROM objects WHERE case_id = ?1 AND stored = 0")?;
    if missing.exists([case.as_bytes()])? {
        return Ok(());
    }
    let objects = objects_where(tx, "WHERE case_id = ?1 ORDER BY position", [case.as_bytes()])?;
    let row = find_case(tx, case)?.ok_or(BoxError::Damaged("an object without its case"))?;
    if row.receipt.is_none() {
        let leaf = log::leaf_of(tx, case)?.ok_or(BoxError::Damaged("a case that is not in the log"))?;
        let receipt = sign(&row, &objects, leaf)?;
        let mut update = tx.prepare_cached("UPDATE cases SET receipt = ?2 WHERE case_id = ?1")?;
        update.execute(params![case.as_bytes(), receipt])?;
    }
    Ok(())
}

fn known_manifest(tx: &Connection, case: CaseId) -> Result<Option<Vec<u8>>, BoxError> {
    let mut query = tx.prepare_cached("SELECT manifest FROM cases WHERE case_id = ?1")?;
    Ok(query.query_row([case.as_bytes()], |row| row.get(0)).optional()?)
}

/// Whether another case lists one of the objects.
fn is_listed(tx: &Connection, manifest: &Manifest) -> Result<bool, BoxError> {
    let mut query = tx.prepare_cached("SELECT 1 FROM objects WHERE object = ?1")?;
    for object in &manifest.objects {
        if query.exists([object.object.as_bytes()])? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn insert_case(tx: &Connection, manifest: &Signed<Manifest>) -> Result<(), BoxError> {
    let (payload, bytes) = (manifest.payload(), manifest.as_bytes());
    let insert = "INSERT INTO cases (case_id, device, shift, seq, manifest) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (case, device, shift) = (payload.case.as_bytes(), payload.device.as_bytes(), payload.shift.as_bytes());
    tx.prepare_cached(insert)?.execute(params![case, device, shift, payload.seq, bytes])?;
    Ok(())
}

fn insert_objects(tx: &Connection, manifest: &Manifest) -> Result<(), BoxError> {
    let insert = "INSERT INTO objects (object, case_id, position, length, hash, kind)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = tx.prepare_cached(insert)?;
    for (position, object) in (0_i64..).zip(&manifest.objects) {
        let length = i64::try_from(object.length).unwrap_or(i64::MAX);
        let id = object.object.as_bytes();
        let kind = object.kind as u8;
        insert.execute(params![id, manifest.case.as_bytes(), position, length, object.hash.0, kind])?;
    }
    Ok(())
}

fn flag_sequence(tx: &Connection, manifest: &Manifest) -> Result<(), BoxError> {
    let count = |seq: u32| -> rusqlite::Result<i64> {
        let mut query = tx.prepare_cached("SELECT count(*) FROM cases WHERE shift = ?1 AND seq = ?2")?;
        query.query_row(params![manifest.shift.as_bytes(), seq], |row| row.get(0))
    };
    let flag = match manifest.seq {
        seq if count(seq)? > 1 => SequenceFlag::Taken,
        seq if seq > 1 && count(seq - 1)? == 0 => SequenceFlag::Gap,
        _ => SequenceFlag::Fits,
    };
    let update = "UPDATE cases SET sequence_flag = ?2 WHERE case_id = ?1";
    tx.prepare_cached(update)?.execute(params![manifest.case.as_bytes(), flag as i64])?;
    let close = "UPDATE cases SET sequence_flag = 0 WHERE shift = ?1 AND seq = ?2 AND sequence_flag = 1";
    tx.prepare_cached(close)?.execute(params![manifest.shift.as_bytes(), i64::from(manifest.seq) + 1])?;
    Ok(())
}

fn find_case(db: &Connection, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
    let mut query = db.prepare_cached(&format!("{CASES} WHERE case_id = ?1"))?;
    Ok(query.query_row([case.as_bytes()], read_case).optional()?)
}

fn objects_where(db: &Connection, clause: &str, params: impl rusqlite::Params) -> Result<Vec<ObjectRow>, BoxError> {
    let mut query = db.prepare_cached(&format!("{OBJECTS} {clause}"))?;
    let rows = query.query_map(params, read_object)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn read_case(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    let receipt: Option<Vec<u8>> = row.get(7)?;
    let decision = row.get::<_, Option<i64>>(9)?.map(super::desk::decided);
    let state = match (row.get(8)?, decision, row.get(10)?) {
        (true, _, _) => BoxCaseState::Voided,
        (_, Some(DecisionKind::Accepted), _) => BoxCaseState::Accepted,
        (_, Some(DecisionKind::Rejected), _) => BoxCaseState::Rejected,
        (_, _, false) if receipt.is_some() => BoxCaseState::Complete,
        _ => BoxCaseState::Declared,
    };
    Ok(CaseRow {
        case: fixed(row, 0)?,
        device: fixed(row, 1)?,
        shift: fixed(row, 2)?,
        seq: row.get(3)?,
        sequence: match row.get::<_, i64>(4)? {
            0 => SequenceFlag::Fits,
            1 => SequenceFlag::Gap,
            _ => SequenceFlag::Taken,
        },
        index: row.get::<_, i64>(5)?.unsigned_abs(),
        state,
        manifest: row.get(6)?,
        receipt,
    })
}

fn read_object(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    Ok(ObjectRow {
        object: fixed(row, 0)?,
        case: fixed(row, 1)?,
        device: fixed(row, 2)?,
        length: row.get::<_, i64>(3)?.unsigned_abs(),
        hash: fixed(row, 4)?,
        stored: row.get(5)?,
        kind: row.get(6)?,
    })
}
