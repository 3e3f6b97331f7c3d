//! Until when unfinished uploads are kept.

use rusqlite::{OptionalExtension, params};
use streife_core::domain::{CaseId, ObjectId};

use super::{SqliteMeta, fixed};
use crate::BoxError;
use crate::store::rules;
use crate::store::{UploadEnd, Uploads};

impl Uploads for SqliteMeta {
    fn upload_end(&self, object: ObjectId) -> Result<Option<UploadEnd>, BoxError> {
        let query = "SELECT expires_at, expired FROM uploads WHERE object = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let row: Option<(i64, bool)> =
            self.db().prepare_cached(query)?.query_row([object.as_bytes()], read).optional()?;
        Ok(row.map(|(at, expired)| if expired { UploadEnd::Expired } else { UploadEnd::At(at) }))
    }

    fn keep_upload(&self, object: ObjectId, now_ms: i64, life_ms: i64) -> Result<bool, BoxError> {
        let found = self.upload_end(object)?;
        let Some(end) = rules::moved_end(found, now_ms, life_ms) else { return Ok(false) };
        let upsert = "INSERT INTO uploads (object, expires_at) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, expired = 0";
        self.write(|tx| Ok(tx.execute(upsert, params![object.as_bytes(), end])?))?;
        Ok(!matches!(found, Some(UploadEnd::At(_))))
    }

    fn expire_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE uploads SET expired = 1 WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }

    fn forget_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("DELETE FROM uploads WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }

    fn renew_uploads(&self, case: CaseId) -> Result<(), BoxError> {
        let clause = "FROM uploads WHERE expired = 1 AND object IN (SELECT object FROM objects WHERE case_id = ?1)";
        let query = format!("SELECT EXISTS (SELECT 1 {clause})");
        if self.db().prepare_cached(&query)?.query_row([case.as_bytes()], |row| row.get(0))? {
            self.write(|tx| Ok(tx.execute(&format!("DELETE {clause}"), [case.as_bytes()])?))?;
        }
        Ok(())
    }

    fn ended_uploads(&self, now_ms: i64) -> Result<Vec<ObjectId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT object FROM uploads WHERE expired = 0 AND expires_at <= ?1")?;
        let rows = query.query_map([now_ms], |row| fixed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
