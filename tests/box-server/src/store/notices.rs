//! Slips with a code, so that a citizen finds the case.

use rusqlite::params;
use streife_core::domain::CaseId;
use streife_core::seal::{Hash, ManifestNotice};

use super::{Store, fixed};
use crate::BoxError;

impl Store {
    /// Lets a citizen ask until then. The first time counts. Without a code there is nothing to ask with.
    pub fn put_notice(&self, case: CaseId, notice: &ManifestNotice, until: i64) -> Result<(), BoxError> {
        let Some((auth, _)) = &notice.sealed else { return Ok(()) };
        let insert =
            "INSERT INTO notices (case_id, number, auth, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.write(|tx| Ok(tx.execute(insert, params![case.as_bytes(), notice.number, auth.0, until])?))?;
        Ok(())
    }

    /// The case of a slip, if this is its authorisation and the time is not over. Numbers may occur twice: pads of two
    /// printers, or a slip that was scanned for two cases.
    pub fn noticed_case(&self, number: &str, auth: &Hash, now_ms: i64) -> Result<Option<CaseId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT case_id FROM notices WHERE number = ?1 AND auth = ?2 AND until > ?3")?;
        let mut rows = query.query_map(params![number, auth.0, now_ms], |row| fixed(row, 0))?;
        Ok(rows.next().transpose()?)
    }
}
