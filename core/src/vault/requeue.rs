//! Items that the outbox has lost: whatever is signed and has no receipt must be on its way.
//!
//! The outbox stands in clear, and a row that is deleted or set to "done" would keep a case on the phone for ever. What
//! is queued here again is sent as the same bytes under the same id; a box that has it already says so.

use rusqlite::{Connection, Transaction};

use super::cases::{self, CaseState};
use super::damage::{Damage, Fault, Record};
use super::outbox::{self, ItemKind, NewItem};
use super::sealing::queue_case;
use super::{Vault, VaultError};
use crate::domain::{CaseId, from_hex, to_hex};

/// Cases that wait for the box while none of their items can bring them forward, or one is not there at all.
const STUCK: &str = "
    SELECT case_id FROM cases AS c WHERE state = 2 AND (
        NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 2 AND target = c.case_id)
        OR NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 4 AND target = c.case_id AND state < 2)
        OR EXISTS (SELECT 1 FROM objects AS o WHERE o.case_id = c.case_id
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 3 AND target = o.object_id))
        OR NOT EXISTS (SELECT 1 FROM outbox WHERE +state = 1 AND owner = c.case_id AND kind IN (3, 4))
            AND NOT EXISTS (SELECT 1 FROM outbox AS m WHERE kind = 2 AND target = c.case_id AND (state = 1 OR state = 0
                AND EXISTS (SELECT 1 FROM outbox WHERE kind = 1 AND target = m.owner AND state < 2)))
    ) ORDER BY ordinal";
const LOST_OPENINGS: &str = "
    SELECT shift_id, length(opening) FROM shifts AS s WHERE opening IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 1 AND target = s.shift_id)";
const LOST_SEALS: &str = "
    SELECT shift_id, length(seal) FROM shifts AS s WHERE seal IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 6 AND target = s.shift_id)";
const LOST_EVENTS: &str = "
    SELECT event_id, length(signed), case_id FROM events AS e WHERE signed IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 5 AND target = e.event_id)";

impl Vault {
    /// Queues again what the outbox has lost; returns it as damage that is mended. `undelivered` are items that stand
    /// as arrived and are not.
    pub(super) fn requeue_lost(&self, undelivered: &[Damage]) -> Result<Vec<Damage>, VaultError> {
        let is_whole = self.database.read(|connection| {
            let lost = [LOST_OPENINGS, LOST_SEALS, LOST_EVENTS, STUCK].into_iter();
            lost.map(|sql| Ok(connection.prepare_cached(sql)?.exists([])?)).collect::<Result<Vec<_>, VaultError>>()
        })?;
        if undelivered.is_empty() && !is_whole.contains(&true) {
            return Ok(Vec::new());
        }
        self.database.write(|transaction| {
            let mut mended = requeue_signed(transaction)?;
            for case in stuck(transaction)? {
                requeue_case(transaction, case)?;
                mended.push(Damage::new(item(ItemKind::Manifest, case.as_bytes()), Fault::Missing));
            }
            for damage in undelivered {
                let Record::Item { kind, target } = &damage.record else { continue };
                if let Ok(target) = from_hex(target) {
                    outbox::send_again(transaction, *kind, &target)?;
                }
            }
            Ok(mended)
        })
    }
}

fn item(kind: ItemKind, target: &[u8; 16]) -> Record {
    Record::Item { kind, target: to_hex(target) }
}

/// Id, size and owner of what is to be sent.
type Lost = ([u8; 16], u64, Option<[u8; 16]>);

fn lost(connection: &Connection, sql: &str) -> Result<Vec<Lost>, VaultError> {
    let mut statement = connection.prepare_cached(sql)?;
    let with_owner = statement.column_count() > 2;
    let rows = statement.query_map([], |row| {
        let owner = if with_owner { Some(row.get(2)?) } else { None };
        Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(), owner))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Openings, seals and events: whatever of them is signed.
fn requeue_signed(transaction: &Transaction<'_>) -> Result<Vec<Damage>, VaultError> {
    let mut mended = Vec::new();
    let kinds =
        [(ItemKind::ShiftOpening, LOST_OPENINGS), (ItemKind::ShiftSeal, LOST_SEALS), (ItemKind::Event, LOST_EVENTS)];
    for (kind, sql) in kinds {
        for (target, size, owner) in lost(transaction, sql)? {
            let owner = owner.unwrap_or(target);
            let ready = match kind {
                ItemKind::ShiftSeal => outbox::open_count(transaction, &owner, ItemKind::ShiftOpening)? == 0,
                ItemKind::Event => outbox::has_arrived(transaction, ItemKind::Manifest, &owner)?,
                _ => true,
            };
            outbox::insert(transaction, &NewItem { kind, object: None, target: &target, owner: &owner, size, ready })?;
            mended.push(Damage::new(item(kind, &target), Fault::Missing));
        }
    }
    Ok(mended)
}

fn stuck(connection: &Connection) -> Result<Vec<CaseId>, VaultError> {
    let mut statement = connection.prepare_cached(STUCK)?;
    let rows = statement.query_map([], |row| Ok(CaseId::new(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts a case back to where its manifest goes first; the box's answer tells what it already has.
pub(super) fn requeue_case(transaction: &Transaction<'_>, case: CaseId) -> Result<(), VaultError> {
    let row = cases::one(transaction, case)?;
    let Some(manifest) = row.manifest.filter(|_| row.state == CaseState::Sealed) else { return Ok(()) };
    let opened = outbox::open_count(transaction, row.shift.as_bytes(), ItemKind::ShiftOpening)? == 0;
    outbox::forget_case(transaction, case.as_bytes())?;
    queue_case(transaction, case)?;
    let item = NewItem {
        kind: ItemKind::Manifest,
        object: None,
        target: case.as_bytes(),
        owner: row.shift.as_bytes(),
        size: manifest.len() as u64,
        ready: opened,
    };
    outbox::insert(transaction, &item)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    const SCHEMA: [&str; 3] = super::super::migrate::MIGRATIONS;

    /// Cases half way to the box: their manifests have arrived, their objects are ready.
    fn queue(cases: u32) -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        SCHEMA.iter().for_each(|sql| connection.execute_batch(sql).expect("makes the tables"));
        let id = |kind: u8, number: u32| [vec![kind; 12], number.to_be_bytes().to_vec()].concat();
        let run = |sql: &str, values: &[&Vec<u8>]| {
            connection.execute(sql, rusqlite::params_from_iter(values)).expect("inserts");
        };
        let (shift, hash) = (id(1, 0), vec![0; 32]);
        run("INSERT INTO epochs (epoch) VALUES (1)", &[]);
        run("INSERT INTO shifts (shift_id, epoch, first_n) VALUES (?1, 1, 1)", &[&shift]);
        for (case, object) in (0..cases).map(|number| (id(2, number), id(3, number))) {
            run("INSERT INTO cases (case_id, shift_id, epoch, state) VALUES (?1, ?2, 1, 2)", &[&case, &shift]);
            run("INSERT INTO objects VALUES (?1, ?2, 0, 1, 0, '', 1, ?3, ?3)", &[&object, &case, &hash]);
            for (kind, target, owner, state) in [(2, &case, &shift, 2), (3, &object, &case, 1), (4, &case, &case, 0)] {
                let values = format!("({kind}, ?1, ?2, {kind}, 1, {state})");
                let sql = format!("INSERT INTO outbox (kind, target, owner, rank, size, state) VALUES {values}");
                run(&sql, &[target, owner]);
            }
        }
        connection
    }

    /// Steps of SQLite's machine to find that nothing is lost.
    fn steps(cases: u32) -> i32 {
        let connection = queue(cases);
        let mut statement = connection.prepare(STUCK).expect("prepares");
        assert!(!statement.exists([]).expect("asks"), "nothing is stuck");
        statement.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn looking_through_the_outbox_takes_a_time_for_each_case_and_no_more() {
        let (few, many) = (steps(100), steps(400));
        assert!(few > 1_000 && many < few * 5, "{few} steps for 100 cases, {many} for 400");
    }
}
