//! A device's own cases, so that it can compare them with what it believes.

use rusqlite::params;
use streife_core::domain::DeviceId;

use super::cases::{CASES, read_case};
use super::{CaseRow, Store};
use crate::BoxError;

impl Store {
    /// Cases of a device behind an index of the log, oldest first.
    pub fn cases_of_device(&self, device: DeviceId, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{CASES} WHERE device = ?1 AND log > ?2 ORDER BY log LIMIT ?3"))?;
        let after = i64::try_from(index).unwrap_or(i64::MAX);
        let rows = query.query_map(params![device.as_bytes(), after, at_most], read_case)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
