//! Shifts: opening, seal, and whether the seal and the cases agree.

use rusqlite::{Connection, OptionalExtension, params};
use streife_core::domain::ShiftId;
use streife_core::seal::{ShiftOpening, ShiftSeal, Signed};

use super::{SqliteMeta, fixed, put};
use crate::BoxError;
use crate::store::rules;
use crate::store::{Put, SealFlag, ShiftRow, Shifts};

const COLUMNS: &str = "SELECT shift, device, opening, seal, seal_flag FROM shifts";

impl Shifts for SqliteMeta {
    fn put_shift(&self, opening: &Signed<ShiftOpening>) -> Result<Put, BoxError> {
        let (payload, bytes) = (opening.payload(), opening.as_bytes());
        self.write(|tx| {
            let insert = "INSERT INTO shifts (shift, device, opening) VALUES (?1, ?2, ?3)
                ON CONFLICT (shift) DO NOTHING";
            let changed = tx.execute(insert, params![payload.shift.as_bytes(), payload.device.as_bytes(), bytes])?;
            put(changed, || {
                let same = "SELECT opening = ?2 FROM shifts WHERE shift = ?1";
                Ok(tx.query_row(same, params![payload.shift.as_bytes(), bytes], |row| row.get(0))?)
            })
        })
    }

    fn put_seal(&self, seal: &Signed<ShiftSeal>) -> Result<Put, BoxError> {
        let (shift, bytes) = (seal.payload().shift, seal.as_bytes());
        self.write(|tx| {
            let update = "UPDATE shifts SET seal = ?2 WHERE shift = ?1 AND seal IS NULL";
            let put = put(tx.execute(update, params![shift.as_bytes(), bytes])?, || {
                let same = "SELECT seal = ?2 FROM shifts WHERE shift = ?1";
                Ok(tx.query_row(same, params![shift.as_bytes(), bytes], |row| row.get(0))?)
            })?;
            judge_seal(tx, shift)?;
            Ok(put)
        })
    }

    fn shift(&self, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError> {
        find(&self.db(), shift)
    }

    fn shifts(&self) -> Result<Vec<ShiftRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{COLUMNS} ORDER BY shift"))?;
        let rows = query.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn find(db: &Connection, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError> {
    let mut query = db.prepare_cached(&format!("{COLUMNS} WHERE shift = ?1"))?;
    Ok(query.query_row([shift.as_bytes()], read).optional()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<ShiftRow> {
    Ok(ShiftRow {
        shift: fixed(row, 0)?,
        device: fixed(row, 1)?,
        opening: row.get(2)?,
        seal: row.get(3)?,
        flag: flag(row.get(4)?),
    })
}

/// Sets the flag of a shift anew. Without a seal there is nothing to judge.
pub(super) fn judge_seal(tx: &Connection, shift: ShiftId) -> Result<(), BoxError> {
    let Some(row) = find(tx, shift)?.filter(|row| row.seal.is_some()) else { return Ok(()) };
    let mut query = tx.prepare_cached("SELECT manifest FROM cases WHERE shift = ?1 ORDER BY seq, log")?;
    let manifests = query.query_map([shift.as_bytes()], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
    let flag = rules::seal_flag(&row, &manifests)?;
    tx.execute("UPDATE shifts SET seal_flag = ?2 WHERE shift = ?1", params![shift.as_bytes(), flag as i64])?;
    Ok(())
}

const fn flag(number: i64) -> SealFlag {
    match number {
        0 => SealFlag::Open,
        1 => SealFlag::Waiting,
        2 => SealFlag::Fits,
        _ => SealFlag::Contradicts,
    }
}
