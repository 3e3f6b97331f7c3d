//! How far the journal of each device has come, and what was told against it.
//!
//! The box has no entry of a journal, so it cannot follow the links. It can tell that a device was further once, or had
//! another link at the same place: then its folder was set back, or is a copy. The highest place stays the mark.

use rusqlite::{OptionalExtension, Row, params};
use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, JournalHead};

use super::{Store, fixed};
use crate::BoxError;

/// A device has told less of its journal than before, or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The device.
    pub device: DeviceId,
    /// When it told, unix milliseconds.
    pub at: i64,
    /// The highest place it had told before.
    pub known: JournalHead,
    /// What it told.
    pub told: JournalHead,
}

impl Store {
    /// Notes what a device tells; returns the highest place it had told before.
    pub fn note_head(&self, device: DeviceId, told: JournalHead, now_ms: i64) -> Result<Option<JournalHead>, BoxError> {
        let n = number(told.n);
        self.write(|tx| {
            let query = "SELECT n, link FROM heads WHERE device = ?1";
            let known = tx.query_row(query, [device.as_bytes()], |row| head(row, 0)).optional()?;
            match known {
                Some(known) if told.n > known.n => {
                    let update = "UPDATE heads SET n = ?2, link = ?3 WHERE device = ?1";
                    tx.execute(update, params![device.as_bytes(), n, told.link.0])?;
                }
                Some(known) if told != known => {
                    let insert = "INSERT INTO alarms (device, at, known_n, known_link, told_n, told_link)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
                    let known_n = number(known.n);
                    tx.execute(insert, params![device.as_bytes(), now_ms, known_n, known.link.0, n, told.link.0])?;
                    tracing::warn!(%device, known = known.n, told = told.n, "a journal was set back, or is another");
                }
                Some(_) => {}
                None => {
                    let insert = "INSERT INTO heads (device, n, link) VALUES (?1, ?2, ?3)";
                    tx.execute(insert, params![device.as_bytes(), n, told.link.0])?;
                }
            }
            Ok(known)
        })
    }

    /// All alarms, oldest first.
    pub fn alarms(&self) -> Result<Vec<Alarm>, BoxError> {
        let db = self.db();
        let mut query =
            db.prepare("SELECT device, at, known_n, known_link, told_n, told_link FROM alarms ORDER BY id")?;
        let read = |row: &Row<'_>| {
            Ok(Alarm { device: fixed(row, 0)?, at: row.get(1)?, known: head(row, 2)?, told: head(row, 4)? })
        };
        let rows = query.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A place beyond every journal is as good as the last one.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn head(row: &Row<'_>, column: usize) -> rusqlite::Result<JournalHead> {
    let n: i64 = row.get(column)?;
    Ok(JournalHead { n: u64::try_from(n).unwrap_or_default(), link: fixed::<Hash>(row, column + 1)? })
}
