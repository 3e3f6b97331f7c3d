//! Decisions of the desk, further wraps, and the feed of what happens to cases.

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::{CaseId, KeyId};
use streife_core::seal::{Decision, DecisionKind, Kem, Wrap, WrappedKey};

use super::{Put, Store, fixed};
use crate::BoxError;

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedKind {
    /// Its manifest came.
    Declared = 1,
    /// Its last object came.
    Complete = 2,
    /// Its device appended an event.
    Event = 3,
    /// The desk decided it.
    Decision = 4,
    /// Its key was wrapped for somebody else.
    Wrap = 5,
}

/// A line of the feed.
#[derive(Clone, Debug)]
pub struct FeedRow {
    /// Its number.
    pub n: u64,
    /// What happened.
    pub kind: FeedKind,
    /// To which case.
    pub case: CaseId,
    /// Event, decision, or recipient of the wrap.
    pub id: Option<[u8; 16]>,
}

impl Store {
    /// Stores a decision. A case has one: `Other` if it has another one, or if the id was used for another case. The
    /// bytes are those of the first time.
    pub fn put_decision(
        &self,
        decision: &Decision,
        sign: impl FnOnce() -> Result<Vec<u8>, BoxError>,
    ) -> Result<(Put, Vec<u8>), BoxError> {
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

    /// The decision of a case as it was signed.
    pub fn decision(&self, case: CaseId) -> Result<Option<Vec<u8>>, BoxError> {
        let query = "SELECT cose FROM decisions WHERE case_id = ?1";
        Ok(self.db().query_row(query, [case.as_bytes()], |row| row.get(0)).optional()?)
    }

    /// Stores a wrap beside those of the manifest.
    pub fn put_wrap(&self, case: CaseId, wrapped: &WrappedKey) -> Result<Put, BoxError> {
        let (recipient, Wrap { enc, ct }) = (wrapped.recipient.as_bytes(), &wrapped.wrap);
        self.write(|tx| {
            let insert = "INSERT INTO wraps (case_id, recipient, kem, enc, ct) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO NOTHING";
            let changed = tx.execute(insert, params![case.as_bytes(), recipient, wrapped.kem as u16, enc, ct])?;
            Put::of(changed, || {
                let same = "SELECT kem = ?3 AND enc = ?4 AND ct = ?5 FROM wraps WHERE case_id = ?1 AND recipient = ?2";
                let values = params![case.as_bytes(), recipient, wrapped.kem as u16, enc, ct];
                Ok(tx.query_row(same, values, |row| row.get(0))?)
            })
        })
    }

    /// Wraps of a case beside those of its manifest.
    pub fn wraps(&self, case: CaseId) -> Result<Vec<WrappedKey>, BoxError> {
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

    /// Lines of the feed behind a number, oldest first.
    pub fn feed_after(&self, n: u64, at_most: u32) -> Result<Vec<FeedRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT n, kind, case_id, id FROM feed WHERE n > ?1 ORDER BY n LIMIT ?2")?;
        let rows = query.query_map(params![i64::try_from(n).unwrap_or(i64::MAX), at_most], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
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
