//! Ranges of case numbers: each is given once, to one request of one device.

use rusqlite::{Connection, OptionalExtension, params};
use streife_core::domain::{DeviceId, RangeRequestId};

use super::{SqliteMeta, fixed};
use crate::BoxError;
use crate::store::rules;
use crate::store::{Numbers, Put, RangeRow, SignRange};

impl Numbers for SqliteMeta {
    fn put_range(
        &self,
        device: DeviceId,
        request: RangeRequestId,
        now_ms: i64,
        sign: SignRange<'_>,
    ) -> Result<Option<(Put, Vec<u8>)>, BoxError> {
        self.write(|tx| {
            let select = "SELECT cose FROM ranges WHERE device = ?1 AND request = ?2";
            let known = tx.query_row(select, params![device.as_bytes(), request.as_bytes()], |row| row.get(0));
            if let Some(cose) = known.optional()? {
                return Ok(Some((Put::Same, cose)));
            }
            let select = "SELECT COUNT(*) FROM ranges WHERE device = ?1 AND granted_at > ?2";
            let since = rules::range_day(now_ms);
            let given: u32 = tx.query_row(select, params![device.as_bytes(), since], |row| row.get(0))?;
            let Some(range) = rules::next_range(last(tx)?, given) else { return Ok(None) };
            let cose = sign(range)?;
            let insert = "INSERT INTO ranges (range, device, request, granted_at, cose) VALUES (?1, ?2, ?3, ?4, ?5)";
            tx.execute(insert, params![range, device.as_bytes(), request.as_bytes(), now_ms, cose])?;
            Ok(Some((Put::New, cose)))
        })
    }

    fn ranges(&self) -> Result<Vec<RangeRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT range, device, request, cose FROM ranges ORDER BY range")?;
        let rows = query.query_map([], |row| {
            Ok(RangeRow { range: row.get(0)?, device: fixed(row, 1)?, request: fixed(row, 2)?, cose: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The highest number that was ever given, deleted rows included.
fn last(tx: &Connection) -> Result<Option<u32>, BoxError> {
    let select = "SELECT seq FROM sqlite_sequence WHERE name = 'ranges'";
    Ok(tx.query_row(select, [], |row| row.get(0)).optional()?)
}
