//! Cases, their objects and their events.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId};
use streife_core::seal::{CaseEvent, Manifest, Signed};

use super::{SqliteMeta, fixed, log, number, put, shifts};
use crate::BoxError;
use crate::store::rules;
use crate::store::{CaseRow, Cases, EventRow, ObjectRow, Put, SequenceFlag, Sign};

const CASES: &str = "SELECT case_id, device, shift, seq, sequence_flag, log, manifest, receipt,
    EXISTS (SELECT 1 FROM events WHERE events.case_id = cases.case_id AND kind = 1),
    (SELECT kind FROM decisions WHERE decisions.case_id = cases.case_id),
    EXISTS (SELECT 1 FROM objects WHERE objects.case_id = cases.case_id AND stored = 0) FROM cases";
const OBJECTS: &str =
    "SELECT object, case_id, device, length, hash, stored, kind FROM objects JOIN cases USING (case_id)";

impl Cases for SqliteMeta {
    fn put_case(&self, manifest: &Signed<Manifest>) -> Result<Option<Put>, BoxError> {
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

    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
        find_case(&self.db(), case)
    }

    fn cases_after(&self, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{CASES} WHERE log > ?1 ORDER BY log LIMIT ?2"))?;
        let rows = query.query_map(params![number(index), at_most], read_case)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn objects(&self, case: CaseId) -> Result<Vec<ObjectRow>, BoxError> {
        objects_where(&self.db(), "WHERE case_id = ?1 ORDER BY position", [case.as_bytes()])
    }

    fn all_objects(&self) -> Result<Vec<ObjectRow>, BoxError> {
        objects_where(&self.db(), "ORDER BY object", [])
    }

    fn incomplete_cases(&self) -> Result<u64, BoxError> {
        let db = self.db();
        let mut query = db.prepare_cached("SELECT count(*) FROM cases WHERE receipt IS NULL")?;
        Ok(query.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn object(&self, object: ObjectId) -> Result<Option<ObjectRow>, BoxError> {
        Ok(objects_where(&self.db(), "WHERE object = ?1", [object.as_bytes()])?.pop())
    }

    fn mark_stored(&self, object: &ObjectRow, sign: Sign<'_>) -> Result<(), BoxError> {
        self.write(|tx| {
            let mut mark = tx.prepare_cached("UPDATE objects SET stored = 1 WHERE object = ?1")?;
            mark.execute([object.object.as_bytes()])?;
            complete(tx, object.case, sign)
        })
    }

    fn mark_lost(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE objects SET stored = 0 WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }

    fn cases_of_device(&self, device: DeviceId, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{CASES} WHERE device = ?1 AND log > ?2 ORDER BY log LIMIT ?3"))?;
        let after = number(index);
        let rows = query.query_map(params![device.as_bytes(), after, at_most], read_case)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn late_cases_after(&self, index: u64) -> Result<HashSet<CaseId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT case_id FROM late_cases JOIN cases USING (case_id) WHERE log > ?1")?;
        let rows = query.query_map([number(index)], |row| fixed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_event(&self, event: &Signed<CaseEvent>) -> Result<Put, BoxError> {
        let (payload, bytes) = (event.payload(), event.as_bytes());
        self.write(|tx| {
            let insert = "INSERT INTO events (event, case_id, kind, cose) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (event) DO NOTHING";
            let values = params![payload.event.as_bytes(), payload.case.as_bytes(), payload.kind as u8, bytes];
            put(tx.execute(insert, values)?, || {
                let same = "SELECT cose = ?2 FROM events WHERE event = ?1";
                Ok(tx.query_row(same, params![payload.event.as_bytes(), bytes], |row| row.get(0))?)
            })
        })
    }

    fn events(&self, case: CaseId) -> Result<Vec<EventRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT event, kind, cose FROM events WHERE case_id = ?1 ORDER BY log")?;
        let rows = query.query_map([case.as_bytes()], read_event)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn event(&self, case: CaseId, event: EventId) -> Result<Option<EventRow>, BoxError> {
        let query = "SELECT event, kind, cose FROM events WHERE case_id = ?1 AND event = ?2";
        Ok(self.db().query_row(query, params![case.as_bytes(), event.as_bytes()], read_event).optional()?)
    }
}

/// Stores the receipt of a case that is due one.
fn complete(tx: &Connection, case: CaseId, sign: Sign<'_>) -> Result<(), BoxError> {
    let mut missing = tx.prepare_cached("SELECT 1 FROM objects WHERE case_id = ?1 AND stored = 0")?;
    if missing.exists([case.as_bytes()])? {
        return Ok(());
    }
    let objects = objects_where(tx, "WHERE case_id = ?1 ORDER BY position", [case.as_bytes()])?;
    let row = find_case(tx, case)?.ok_or(BoxError::Damaged("an object without its case"))?;
    if let Some(receipt) = rules::due_receipt(&row, &objects, log::leaf_of(tx, case)?, sign)? {
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
        let length = number(object.length);
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
    let seq = manifest.seq;
    let flag = rules::sequence(seq, count(seq)? > 1, count(seq.saturating_sub(1))? > 0);
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

fn read_case(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    let receipt: Option<Vec<u8>> = row.get(7)?;
    let decision = row.get::<_, Option<i64>>(9)?.map(super::desk::decided);
    let has_all = !row.get::<_, bool>(10)?;
    let state = rules::state(row.get(8)?, decision, receipt.is_some() && has_all);
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

fn read_event(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow { event: fixed(row, 0)?, kind: row.get(1)?, bytes: row.get(2)? })
}
