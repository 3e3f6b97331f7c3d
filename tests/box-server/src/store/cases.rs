//! Cases and their objects.
//!
//! A case is complete when its last object is marked, in the same transaction that stores the receipt: no crash leaves
//! a complete case without one.

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::{CaseId, DeviceId, ObjectId, ShiftId};
use streife_core::seal::{DecisionKind, Hash, Manifest, Signed};
use streife_core::sync::protocol::BoxCaseState;

use super::{Put, Store, fixed, shifts};
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
}

pub(super) const CASES: &str = "SELECT case_id, device, shift, seq, sequence_flag, log, manifest, receipt,
    EXISTS (SELECT 1 FROM events WHERE events.case_id = cases.case_id AND kind = 1),
    (SELECT kind FROM decisions WHERE decisions.case_id = cases.case_id),
    EXISTS (SELECT 1 FROM objects WHERE objects.case_id = cases.case_id AND stored = 0) FROM cases";
const OBJECTS: &str = "SELECT object, case_id, device, length, hash, stored FROM objects JOIN cases USING (case_id)";

impl Store {
    /// Declares a case. `None`: another case lists one of its objects.
    pub fn put_case(&self, manifest: &Signed<Manifest>) -> Result<Option<Put>, BoxError> {
        let mut db = self.db();
        let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let put = insert_case(&tx, manifest)?;
        if put == Put::New {
            if !insert_objects(&tx, manifest.payload())? {
                return Ok(None); // rolls back
            }
            flag_sequence(&tx, manifest.payload())?;
            shifts::judge_seal(&tx, manifest.payload().shift)?;
        }
        tx.commit()?;
        Ok(Some(put))
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

    /// An object, if a manifest lists it.
    pub fn object(&self, object: ObjectId) -> Result<Option<ObjectRow>, BoxError> {
        Ok(objects_where(&self.db(), "WHERE object = ?1", [object.as_bytes()])?.pop())
    }

    /// Marks an object as stored. If it was the last one of its case, stores the receipt that `sign` makes.
    pub fn mark_stored(
        &self,
        object: &ObjectRow,
        sign: impl FnOnce(&CaseRow, &[ObjectRow]) -> Result<Vec<u8>, BoxError>,
    ) -> Result<(), BoxError> {
        self.write(|tx| {
            tx.execute("UPDATE objects SET stored = 1 WHERE object = ?1", [object.object.as_bytes()])?;
            let objects = objects_where(tx, "WHERE case_id = ?1 ORDER BY position", [object.case.as_bytes()])?;
            let case = find_case(tx, object.case)?.ok_or(BoxError::Damaged("an object without its case"))?;
            if case.receipt.is_none() && objects.iter().all(|object| object.stored) {
                let receipt = sign(&case, &objects)?;
                let update = "UPDATE cases SET receipt = ?2 WHERE case_id = ?1";
                tx.execute(update, params![object.case.as_bytes(), receipt])?;
            }
            Ok(())
        })
    }

    /// Takes the mark away from an object whose file is gone, so that it is asked for again.
    pub fn mark_lost(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE objects SET stored = 0 WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }
}

fn insert_case(tx: &Connection, manifest: &Signed<Manifest>) -> Result<Put, BoxError> {
    let (payload, bytes) = (manifest.payload(), manifest.as_bytes());
    let case = payload.case.as_bytes();
    let insert = "INSERT INTO cases (case_id, device, shift, seq, manifest) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (case_id) DO NOTHING";
    let values = params![case, payload.device.as_bytes(), payload.shift.as_bytes(), payload.seq, bytes];
    Put::of(tx.execute(insert, values)?, || {
        let same = "SELECT manifest = ?2 FROM cases WHERE case_id = ?1";
        Ok(tx.query_row(same, params![case, bytes], |row| row.get(0))?)
    })
}

/// `false` if one of the ids is listed already.
fn insert_objects(tx: &Connection, manifest: &Manifest) -> Result<bool, BoxError> {
    let insert = "INSERT INTO objects (object, case_id, position, length, hash) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (object) DO NOTHING";
    let mut insert = tx.prepare(insert)?;
    for (position, object) in (0_i64..).zip(&manifest.objects) {
        let length = i64::try_from(object.length).unwrap_or(i64::MAX);
        let id = object.object.as_bytes();
        if insert.execute(params![id, manifest.case.as_bytes(), position, length, object.hash.0])? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn flag_sequence(tx: &Connection, manifest: &Manifest) -> Result<(), BoxError> {
    let count = |seq: u32| -> rusqlite::Result<i64> {
        let query = "SELECT count(*) FROM cases WHERE shift = ?1 AND seq = ?2";
        tx.query_row(query, params![manifest.shift.as_bytes(), seq], |row| row.get(0))
    };
    let flag = match manifest.seq {
        seq if count(seq)? > 1 => SequenceFlag::Taken,
        seq if seq > 1 && count(seq - 1)? == 0 => SequenceFlag::Gap,
        _ => SequenceFlag::Fits,
    };
    let update = "UPDATE cases SET sequence_flag = ?2 WHERE case_id = ?1";
    tx.execute(update, params![manifest.case.as_bytes(), flag as i64])?;
    let close = "UPDATE cases SET sequence_flag = 0 WHERE shift = ?1 AND seq = ?2 AND sequence_flag = 1";
    tx.execute(close, params![manifest.shift.as_bytes(), i64::from(manifest.seq) + 1])?;
    Ok(())
}

fn find_case(db: &Connection, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
    Ok(db.query_row(&format!("{CASES} WHERE case_id = ?1"), [case.as_bytes()], read_case).optional()?)
}

fn objects_where(db: &Connection, clause: &str, params: impl rusqlite::Params) -> Result<Vec<ObjectRow>, BoxError> {
    let mut query = db.prepare(&format!("{OBJECTS} {clause}"))?;
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
    })
}
