//! Until when unfinished uploads are kept.
//!
//! The end is moved only when less than half of the time is left, so a long upload costs a write in days and not one a
//! chunk. A row that says "expired" outlives its part: it is what the phone is told, until somebody announces the
//! object anew.

use rusqlite::{OptionalExtension, params};
use streife_core::domain::{CaseId, ObjectId};

use super::{Store, fixed};
use crate::BoxError;

/// The end of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEnd {
    /// It is kept until then, unix milliseconds.
    At(i64),
    /// It was dropped.
    Expired,
}

impl Store {
    /// The end of an upload that has begun.
    pub fn upload_end(&self, object: ObjectId) -> Result<Option<UploadEnd>, BoxError> {
        let query = "SELECT expires_at, expired FROM uploads WHERE object = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let row: Option<(i64, bool)> =
            self.db().prepare_cached(query)?.query_row([object.as_bytes()], read).optional()?;
        Ok(row.map(|(at, expired)| if expired { UploadEnd::Expired } else { UploadEnd::At(at) }))
    }

    /// Keeps an upload for `life_ms` from now; `true` if none stood here, or an expired one.
    pub fn keep_upload(&self, object: ObjectId, now_ms: i64, life_ms: i64) -> Result<bool, BoxError> {
        let found = self.upload_end(object)?;
        let end = now_ms.saturating_add(life_ms);
        if matches!(found, Some(UploadEnd::At(at)) if at.saturating_sub(now_ms) > life_ms / 2) {
            return Ok(false);
        }
        let upsert = "INSERT INTO uploads (object, expires_at) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, expired = 0";
        self.write(|tx| Ok(tx.execute(upsert, params![object.as_bytes(), end])?))?;
        Ok(!matches!(found, Some(UploadEnd::At(_))))
    }

    /// Says that an upload was dropped.
    pub fn expire_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE uploads SET expired = 1 WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }

    /// Forgets the end of an upload that came to its own.
    pub fn forget_upload(&self, object: ObjectId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("DELETE FROM uploads WHERE object = ?1", [object.as_bytes()])?))?;
        Ok(())
    }

    /// Announces anew what was dropped of a case.
    pub fn renew_uploads(&self, case: CaseId) -> Result<(), BoxError> {
        let clause = "FROM uploads WHERE expired = 1 AND object IN (SELECT object FROM objects WHERE case_id = ?1)";
        let query = format!("SELECT EXISTS (SELECT 1 {clause})");
        if self.db().prepare_cached(&query)?.query_row([case.as_bytes()], |row| row.get(0))? {
            self.write(|tx| Ok(tx.execute(&format!("DELETE {clause}"), [case.as_bytes()])?))?;
        }
        Ok(())
    }

    /// Uploads whose time is over.
    pub fn ended_uploads(&self, now_ms: i64) -> Result<Vec<ObjectId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT object FROM uploads WHERE expired = 0 AND expires_at <= ?1")?;
        let rows = query.query_map([now_ms], |row| fixed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
