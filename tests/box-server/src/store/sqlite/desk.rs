//! Decisions of the desk, further wraps, slips, and the feed of what happens to cases.

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::{CaseId, KeyId};
use streife_core::seal::{Decision, DecisionKind, Hash, Kem, ManifestNotice, Wrap, WrappedKey};

use super::{SqliteMeta, fixed, number, put};
use crate::BoxError;
use crate::store::{Desk, FeedKind, FeedRow, Put, SignDecision};

impl Desk for SqliteMeta {
    fn put_decision(&self, decision: &Decision, sign: SignDecision<'_>) -> Result<(Put, Vec<u8>), BoxError> {
        self.write(|tx| {
            if let Some((same, cose)) = standing(tx, decision)? {
                return Ok((if same { Put::Same } else { Put::Other }, cose));
            }
            let cose = sign()?;
            let insert = "INSERT INTO decisions (case_id, event, kind, reason, cose) VALUES (?1, ?2, ?3, ?4, ?5)";
            let (case, event) = (decision.case.as_bytes(), decision.event.as_bytes());
            tx.execute(insert, params![case, event, decision.kind as u8, decision.reason, cose])?;
            Ok((Put::New, cose))
        })
    }

    fn decision(&self, case: CaseId) -> Result<Option<Vec<u8>>, BoxError> {
        let query = "SELECT cose FROM decisions WHERE case_id = ?1";
        Ok(self.db().query_row(query, [case.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn put_wrap(&self, case: CaseId, wrapped: &WrappedKey) -> Result<Put, BoxError> {
        let (recipient, Wrap { enc, ct }) = (wrapped.recipient.as_bytes(), &wrapped.wrap);
        self.write(|tx| {
            let insert = "INSERT INTO wraps (case_id, recipient, kem, enc, ct) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO NOTHING";
            let changed = tx.execute(insert, params![case.as_bytes(), recipient, wrapped.kem as u16, enc, ct])?;
            put(changed, || {
                let same = "SELECT kem = ?3 AND enc = ?4 AND ct = ?5 FROM wraps WHERE case_id = ?1 AND recipient = ?2";
                let values = params![case.as_bytes(), recipient, wrapped.kem as u16, enc, ct];
                Ok(tx.query_row(same, values, |row| row.get(0))?)
            })
        })
    }

    fn wraps(&self, case: CaseId) -> Result<Vec<WrappedKey>, BoxError> {
        let db = self.db();
        let mut query =
            db.prepare("SELECT recipient, kem, enc, ct FROM wraps WHERE case_id = ?1 ORDER BY recipient")?;
        let rows = query.query_map([case.as_bytes()], |row| {
            let wrap = Wrap { enc: row.get(2)?, ct: row.get(3)? };
            Ok((fixed::<KeyId>(row, 0)?, row.get::<_, i64>(1)?, wrap))
        })?;
        rows.map(|row| {
            let (recipient, kem, wrap) = row?;
            let kem = Kem::from_number(kem.unsigned_abs()).ok_or(BoxError::Damaged("a wrap's mechanism"))?;
            Ok(WrappedKey { recipient, kem, wrap })
        })
        .collect()
    }

    fn feed_after(&self, n: u64, at_most: u32) -> Result<Vec<FeedRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT n, kind, case_id, id FROM feed WHERE n > ?1 ORDER BY n LIMIT ?2")?;
        let rows = query.query_map(params![number(n), at_most], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn put_notice(&self, case: CaseId, notice: &ManifestNotice, until: i64) -> Result<(), BoxError> {
        let Some((auth, _)) = &notice.sealed else { return Ok(()) };
        let insert =
            "INSERT INTO notices (case_id, number, auth, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.write(|tx| Ok(tx.execute(insert, params![case.as_bytes(), notice.number, auth.0, until])?))?;
        Ok(())
    }

    fn noticed_case(&self, number: &str, auth: &Hash, now_ms: i64) -> Result<Option<CaseId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT case_id FROM notices WHERE number = ?1 AND auth = ?2 AND until > ?3")?;
        let mut rows = query.query_map(params![number, auth.0, now_ms], |row| fixed(row, 0))?;
        Ok(rows.next().transpose()?)
    }
}

/// The decision that stands in the way of this one, and whether it is the same.
fn standing(tx: &Connection, decision: &Decision) -> Result<Option<(bool, Vec<u8>)>, BoxError> {
    let query = "SELECT case_id = ?1 AND event = ?2 AND kind = ?3 AND reason = ?4, cose FROM decisions
        WHERE case_id = ?1 OR event = ?2 LIMIT 1";
    let (case, event) = (decision.case.as_bytes(), decision.event.as_bytes());
    let values = params![case, event, decision.kind as u8, decision.reason];
    Ok(tx.query_row(query, values, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// The number of a decision as the database has it.
pub(super) const fn decided(number: i64) -> DecisionKind {
    match number {
        1 => DecisionKind::Accepted,
        _ => DecisionKind::Rejected,
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<FeedRow> {
    Ok(FeedRow {
        n: row.get::<_, i64>(0)?.unsigned_abs(),
        kind: match row.get::<_, i64>(1)? {
            1 => FeedKind::Declared,
            2 => FeedKind::Complete,
            3 => FeedKind::Event,
            4 => FeedKind::Decision,
            _ => FeedKind::Wrap,
        },
        case: fixed(row, 2)?,
        id: row.get::<_, Option<[u8; 16]>>(3)?,
    })
}
