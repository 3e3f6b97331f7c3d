//! Rows as a whole: gone, doubled, foreign, or as they once were; and the journal, which has an order.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value;
use streife_core::error::ErrorKind;
use streife_core::vault::Record;

use super::checker::{Manipulation, Victims};
use super::columns::{representatives, title, victims};
use super::schema::{Row, Table, number};
use super::world::{Tampered, World};

/// Everything that is done to rows.
pub fn all(world: &World) -> Vec<Manipulation> {
    let scratch = world.copy();
    let database = scratch.database().expect("opens");
    let mut all = Vec::new();
    for table in &world.dump.0 {
        for row in representatives(world, table) {
            all.push(deleted(world, table, row));
            all.extend(doubled(world, &database, table, row));
        }
        all.extend(outdated(world, table));
    }
    all.extend(journal(world));
    all
}

fn manipulation(
    name: String,
    victims: Victims,
    harmless: Option<&'static str>,
    work: impl Fn(&Connection) -> rusqlite::Result<()> + Send + Sync + 'static,
) -> Manipulation {
    let refusals: &[ErrorKind] = if victims.everything { &[ErrorKind::Corrupt] } else { &[] };
    let apply = move |tampered: &Tampered<'_>| tampered.edit(&work).expect("edits");
    Manipulation { name, apply: Box::new(apply), victims, harmless, chunk: None, refusals }
}

fn deleted(world: &World, table: &Table, row: &Row) -> Manipulation {
    let name = format!("{} {} is deleted", table.name, title(world, table, row));
    let harmless = match table.name.as_str() {
        "outbox" if super::columns::is_of_tombstone(world, row, row) => Some("nothing of it is sent any more"),
        "outbox" if super::columns::is_of_refused(world, row, row) => Some("nothing of it is sent before a look"),
        "outbox" if number(row, "state") == 2 => Some("what has arrived is not sent again"),
        "epochs" if number(row, "state") == 4 => Some("nothing is sealed under it any more"),
        "settings" => Some("a cache that can be had again, or a proof that is written anew"),
        _ => None,
    };
    let (own, row) = (table.clone(), row.clone());
    manipulation(name, victims(world, &own.name, &row), harmless, move |database| own.delete(database, &row))
}

/// The same row under another id, as a copy out of another vault would stand there.
fn doubled(world: &World, database: &Connection, table: &Table, row: &Row) -> Option<Manipulation> {
    let other = table.columns.iter().filter(|column| column.is_key || is_id(table, &column.name));
    let changed: Row =
        other.filter_map(|column| Some((column.name.clone(), another(row.get(&column.name)?)))).collect();
    let foreign: Row = row.clone().into_iter().chain(changed).collect();
    let is_possible = table.insert(database, &foreign).is_ok();
    database.execute_batch("ROLLBACK; BEGIN").expect("goes back");
    let name = format!("{} {} stands there under another id, too", table.name, title(world, table, row));
    let harmless = match table.name.as_str() {
        "outbox" => Some("what it names is not there: it is never sent"),
        "settings" => Some("nobody asks for it"),
        _ => None,
    };
    let (own, victims) = (table.clone(), victims(world, &table.name, row).and(victims(world, &table.name, &foreign)));
    is_possible.then(|| manipulation(name, victims, harmless, move |database| own.insert(database, &foreign)))
}

fn is_id(table: &Table, column: &str) -> bool {
    let ids: &[&str] = match table.name.as_str() {
        "cases" => &["case_id", "seq"],
        "shifts" => &["shift_id"],
        "outbox" => &["target"],
        "epochs" => &["alias"],
        _ => &[],
    };
    ids.contains(&column)
}

fn another(value: &Value) -> Value {
    match value {
        Value::Integer(number) => Value::Integer(number + 1_000),
        Value::Text(text) => Value::Text(format!("{text}-2")),
        Value::Blob(bytes) => Value::Blob(bytes.iter().map(|byte| byte ^ 0x55).collect()),
        other => other.clone(),
    }
}

/// Single rows as they were at earlier times.
fn outdated(world: &World, table: &Table) -> Vec<Manipulation> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (time, older) in world.older.iter().enumerate() {
        for row in &older.table(&table.name).rows {
            let Some(now) = table.like(row).filter(|now| *now != row) else { continue };
            if !seen.insert(format!("{row:?}")) || all.len() >= 40 {
                continue;
            }
            let name = format!("{} {} is as it was at time {time}", table.name, title(world, table, now));
            let harmless = match table.name.as_str() {
                "outbox" => Some("sent once more, or told again by the box"),
                "settings" => Some("a cache that is older, or a mark from which more is read"),
                "epochs" | "journal_keys" => Some("an erased epoch opens nothing and is erased once more"),
                _ => None,
            };
            let (own, now, row) = (table.clone(), now.clone(), row.clone());
            let victims = victims(world, &own.name, &now).and(victims(world, &own.name, &row));
            all.push(manipulation(name, victims, harmless, move |database| {
                own.delete(database, &now)?;
                own.insert(database, &row)
            }));
        }
    }
    all
}

fn journal(world: &World) -> Vec<Manipulation> {
    let newest = world.entries.len();
    let of = |entries: &[usize]| Victims {
        records: entries.iter().map(|n| Record::Entry(*n as u64)).collect(),
        everything: true,
        ..Victims::default()
    };
    let sql = |name: &str, victims: Victims, sql: String| {
        manipulation(name.to_owned(), victims, None, move |database| database.execute_batch(&sql))
    };
    let all: Vec<_> = (1..=newest + 1).collect();
    let mut done = vec![
        sql("the last three entries are cut off", of(&all), format!("DELETE FROM journal WHERE n > {}", newest - 3)),
        sql("the whole journal is gone", of(&all), "DELETE FROM journal".to_owned()),
        sql(
            "all entries move up by one",
            of(&all),
            "UPDATE journal SET n = -n - 1; UPDATE journal SET n = -n".to_owned(),
        ),
        sql(
            "the entries behind a gap are closed up",
            of(&all),
            format!(
                "DELETE FROM journal WHERE n = {0}; UPDATE journal SET n = -n + 1 WHERE n > {0};
                     UPDATE journal SET n = -n WHERE n < 0",
                newest / 2
            ),
        ),
    ];
    for n in [2, newest / 2, newest - 1] {
        let swapped = format!(
            "UPDATE journal SET n = -1 WHERE n = {n}; UPDATE journal SET n = {n} WHERE n = {0};
             UPDATE journal SET n = {0} WHERE n = -1",
            n + 1
        );
        done.push(sql(&format!("entries {n} and {} are exchanged", n + 1), of(&[n, n + 1, n + 2]), swapped));
        let name = format!("entry {n} is deleted");
        done.push(sql(&name, of(&[n, n + 1]), format!("DELETE FROM journal WHERE n = {n}")));
    }
    done
}
