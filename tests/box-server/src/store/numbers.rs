//! Ranges of case numbers: each is given once, to one request of one device.

use rusqlite::{Connection, OptionalExtension, params};
use streife_core::domain::{DeviceId, RangeRequestId};

use super::{Put, Store, fixed};
use crate::BoxError;

/// A device gets no more ranges within a day, so that a stolen one cannot use an agency's numbers up.
pub const RANGES_A_DAY: u32 = 50;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A range that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRow {
    /// Its number.
    pub range: u32,
    /// To whom.
    pub device: DeviceId,
    /// For which request.
    pub request: RangeRequestId,
    /// Signed bytes.
    pub cose: Vec<u8>,
}

impl Store {
    /// The range of a request: the one it has, else a new one, for which `sign` makes the statement. Both are one
    /// transaction: what a phone ever sees is in the database. Nothing if the device has had too many within a day.
    pub fn put_range(
        &self,
        device: DeviceId,
        request: RangeRequestId,
        now_ms: i64,
        sign: impl FnOnce(u32) -> Result<Vec<u8>, BoxError>,
    ) -> Result<Option<(Put, Vec<u8>)>, BoxError> {
        self.write(|tx| {
            let select = "SELECT cose FROM ranges WHERE device = ?1 AND request = ?2";
            let known = tx.query_row(select, params![device.as_bytes(), request.as_bytes()], |row| row.get(0));
            if let Some(cose) = known.optional()? {
                return Ok(Some((Put::Same, cose)));
            }
            let select = "SELECT COUNT(*) FROM ranges WHERE device = ?1 AND granted_at > ?2";
            let since = now_ms.saturating_sub(DAY_MS);
            let given: u32 = tx.query_row(select, params![device.as_bytes(), since], |row| row.get(0))?;
            if given >= RANGES_A_DAY {
                return Ok(None);
            }
            let range = next(tx)?;
            let cose = sign(range)?;
            let insert = "INSERT INTO ranges (range, device, request, granted_at, cose) VALUES (?1, ?2, ?3, ?4, ?5)";
            tx.execute(insert, params![range, device.as_bytes(), request.as_bytes(), now_ms, cose])?;
            Ok(Some((Put::New, cose)))
        })
    }

    /// All ranges in the order they were given.
    pub fn ranges(&self) -> Result<Vec<RangeRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT range, device, request, cose FROM ranges ORDER BY range")?;
        let rows = query.query_map([], |row| {
            Ok(RangeRow { range: row.get(0)?, device: fixed(row, 1)?, request: fixed(row, 2)?, cose: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The number that the database gives to the next row.
fn next(tx: &Connection) -> Result<u32, BoxError> {
    let select = "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'ranges'";
    Ok(tx.query_row(select, [], |row| row.get(0)).optional()?.unwrap_or(1))
}
