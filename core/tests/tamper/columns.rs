//! Every column of every table, changed in one row of each kind.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value;
use streife_core::domain::{CaseId, EventId, ObjectId, ShiftId};
use streife_core::error::ErrorKind;
use streife_core::vault::{ItemKind, Record};

use super::checker::{Manipulation, Victims};
use super::schema::{Column, Row, Table, blob, id, number, text};
use super::world::{Tampered, World};

/// Columns whose change alone may go unnoticed, with the reason. What is not listed must be noticed in every row.
const HARMLESS: [(&str, &str, Rule, &str); 23] = [
    ("cases", "ordinal", always, "order of listing only; the order that counts is seq, which the journal tells"),
    ("shifts", "ordinal", always, "order of listing only; the order that counts is the journal's"),
    ("objects", "ordinal", always, "order of listing only; record and manifest name objects by their ids"),
    ("shifts", "epoch", always, "nothing is sealed under it: it only keeps the epoch's row"),
    ("journal", "epoch", always, "the key of an entry is that of its generation"),
    ("cases", "urgent", always, "order of sending, and over which link"),
    ("cases", "epoch", is_let_go, "nothing is sealed under it any more"),
    ("cases", "state", is_let_go, "a purge is finished once more"),
    ("epochs", "state", always, "a root that is there stays readable, one that is gone is erased once more"),
    ("epochs", "wrapped", is_erased, "it opens nothing, and is erased once more"),
    ("epochs", "recovery", always, "what differs from its copy is made anew when the vault opens"),
    ("epochs", "epoch", is_erased, "nothing is sealed under it any more"),
    ("outbox", "id", always, "order of sending within a rank"),
    ("outbox", "rank", always, "order of sending"),
    ("outbox", "attempts", always, "how long a retry waits"),
    ("outbox", "not_before", always, "when a retry is due; pulled in when it lies further ahead than any wait"),
    ("outbox", "upload", always, "where the box told the upload to go; asked for again when it does not fit"),
    ("outbox", "reason", always, "what the box said; the journal has it, too"),
    ("outbox", "state", is_object, "the box tells what it lacks before it gives a receipt"),
    ("outbox", "state", had_arrived, "sent once more; the box has it and says so"),
    ("outbox", "state", is_early, "sent early; the box says what it waits for"),
    ("outbox", "state", is_of_refused, "nothing of a refused case is sent before somebody has looked at it"),
    ("outbox", "*", is_of_tombstone, "nothing of a case that was let go is sent"),
];

/// Whether a reason holds for a row and what becomes of it.
type Rule = fn(&World, &Row, &Row) -> bool;

fn always(_: &World, _: &Row, _: &Row) -> bool {
    true
}

fn is_let_go(_: &World, row: &Row, _: &Row) -> bool {
    number(row, "state") == 5
}

fn is_erased(_: &World, row: &Row, _: &Row) -> bool {
    number(row, "state") == 4
}

fn is_object(_: &World, row: &Row, _: &Row) -> bool {
    number(row, "kind") == 3
}

fn had_arrived(_: &World, row: &Row, changed: &Row) -> bool {
    number(row, "state") == 2 && number(changed, "state") == 1 && [1, 5, 6].contains(&number(row, "kind"))
}

fn is_early(_: &World, row: &Row, changed: &Row) -> bool {
    number(row, "state") == 0 && number(changed, "state") == 1 && [4, 5].contains(&number(row, "kind"))
}

pub fn is_of_tombstone(world: &World, row: &Row, _: &Row) -> bool {
    is_of_case_in(world, row, 5)
}

pub fn is_of_refused(world: &World, row: &Row, _: &Row) -> bool {
    is_of_case_in(world, row, 6)
}

fn is_of_case_in(world: &World, row: &Row, state: i64) -> bool {
    let ids = [blob(row, "owner"), blob(row, "target")];
    let cases = world.dump.table("cases").rows.iter().filter(|case| number(case, "state") == state);
    cases.map(|case| blob(case, "case_id")).any(|case| ids.contains(&case))
}

/// All of them. Each column of the schema is taken from the database itself.
pub fn all(world: &World) -> Vec<Manipulation> {
    let mut all = Vec::new();
    let scratch = world.copy();
    let database = scratch.database().expect("opens");
    for table in &world.dump.0 {
        for row in representatives(world, table) {
            for column in &table.columns {
                let possible = |value: &Value| is_possible(&database, table, row, column, value);
                for value in values(table, column, row).into_iter().filter(possible) {
                    let refusals = refusals(&database, table, row, column, &value);
                    all.push(set(world, table, row, column, value, refusals));
                }
                all.extend(exchange(world, &database, table, row, column));
            }
        }
    }
    all
}

/// Whether the schema allows a value: two rows cannot have one key.
fn is_possible(database: &Connection, table: &Table, row: &Row, column: &Column, value: &Value) -> bool {
    let done = table.set(database, row, &column.name, value);
    database.execute_batch("ROLLBACK; BEGIN").expect("goes back");
    done.is_ok()
}

/// A value that the schema forbids makes SQLite's own check refuse the database, and a key that is none the vault.
fn refusals(database: &Connection, table: &Table, row: &Row, column: &Column, value: &Value) -> &'static [ErrorKind] {
    database.execute_batch("PRAGMA ignore_check_constraints = OFF").expect("sets");
    let is_allowed = is_possible(database, table, row, column, value);
    database.execute_batch("PRAGMA ignore_check_constraints = ON").expect("sets");
    let is_key = ["epochs", "journal_keys"].contains(&table.name.as_str());
    if is_allowed && !is_key { &[] } else { &[ErrorKind::Corrupt] }
}

/// The first row of each kind.
pub fn representatives<'a>(world: &World, table: &'a Table) -> Vec<&'a Row> {
    let mut kinds = BTreeSet::new();
    table.rows.iter().filter(|row| kinds.insert(kind(world, &table.name, row))).collect()
}

fn kind(world: &World, table: &str, row: &Row) -> String {
    match table {
        "cases" => format!("{:?} {}", row.get("state"), is_null(row, "manifest")),
        "objects" => {
            let case = world.dump.table("cases").rows.iter().find(|case| case.get("case_id") == row.get("case_id"));
            let is_draft = case.is_some_and(|case| number(case, "state") == 0);
            format!("{:?} {is_draft}", row.get("kind"))
        }
        "outbox" => format!("{:?} {:?}", row.get("kind"), row.get("state")),
        "events" => is_null(row, "signed").to_string(),
        "journal" => {
            let n = u64::try_from(number(row, "n")).expect("positive");
            let newest = world.entries.len() as u64;
            if n == newest { "newest".to_owned() } else { world.entries.get(&n).copied().unwrap_or("?").to_owned() }
        }
        "officers" => "officer".to_owned(),
        _ => format!("{row:?}"),
    }
}

fn is_null(row: &Row, column: &str) -> bool {
    row.get(column) == Some(&Value::Null)
}

/// Whose row it is.
pub fn victims(world: &World, table: &str, row: &Row) -> Victims {
    let records = |records: Vec<Record>, cases: Vec<CaseId>| Victims {
        records: records.into_iter().collect(),
        cases: cases.into_iter().collect(),
        everything: false,
    };
    match table {
        "cases" => {
            let case = CaseId::new(id(row, "case_id"));
            let events = world.events.iter().filter(|(_, of)| **of == case);
            let events = events.map(|(event, _)| Record::Event { case, event: *event });
            let items = [ItemKind::Manifest, ItemKind::Receipt].map(|kind| item(kind, case.as_bytes()));
            let objects = world.objects.iter().filter(|(_, of)| **of == case);
            let objects = objects.map(|(object, _)| item(ItemKind::Object, object.as_bytes()));
            let own = [Record::Case(case)].into_iter().chain(events).chain(items).chain(objects);
            let own = own.chain(items_of(world, case));
            records(own.collect(), vec![case])
        }
        "objects" => {
            let (case, object) = (CaseId::new(id(row, "case_id")), ObjectId::new(id(row, "object_id")));
            let items = [item(ItemKind::Object, object.as_bytes()), item(ItemKind::Manifest, case.as_bytes())];
            let own = [Record::Object { case, object }, Record::Case(case)].into_iter().chain(items);
            records(own.collect(), vec![case])
        }
        "events" => {
            let (case, event) = (CaseId::new(id(row, "case_id")), EventId::new(id(row, "event_id")));
            let own = [Record::Event { case, event }, item(ItemKind::Event, event.as_bytes()), Record::from("events")];
            records(own.into(), vec![case])
        }
        "outbox" => of_item(world, row),
        "shifts" | "officers" => {
            let shift = ShiftId::new(id(row, "shift_id"));
            let items = [ItemKind::ShiftOpening, ItemKind::ShiftSeal].map(|kind| item(kind, shift.as_bytes()));
            let own = [Record::Shift(shift), Record::Officer(shift), Record::from("officers")].into_iter().chain(items);
            records(own.collect(), Vec::new())
        }
        "settings" => records(vec![Record::Setting(text(row, "name"))], Vec::new()),
        "documents" => records(vec![Record::Document(text(row, "name"))], Vec::new()),
        "journal" => {
            let n = u64::try_from(number(row, "n")).unwrap_or_default();
            Victims { everything: true, ..records(vec![Record::Entry(n), Record::Entry(n + 1)], Vec::new()) }
        }
        // Whichever epoch is named: all depend on each other.
        "epochs" | "journal_keys" => {
            let own = (0..9)
                .chain(1_001..1_009)
                .map(Record::Epoch)
                .chain([Record::from("epochs"), Record::from("journal_keys")])
                .chain(world.entries.keys().map(|n| Record::Entry(*n)));
            Victims { everything: true, ..records(own.collect(), Vec::new()) }
        }
        other => panic!("nobody says whose rows table {other} has"),
    }
}

fn item(kind: ItemKind, target: &[u8; 16]) -> Record {
    Record::Item { kind, target: target.iter().map(|byte| format!("{byte:02x}")).collect() }
}

/// What is queued of a case.
fn items_of(world: &World, case: CaseId) -> Vec<Record> {
    let rows = world.dump.table("outbox").rows.iter();
    let own = rows.filter(|row| [blob(row, "owner"), blob(row, "target")].contains(&case.as_bytes().to_vec()));
    let kinds = [ItemKind::Manifest, ItemKind::Object, ItemKind::Receipt, ItemKind::Event];
    own.flat_map(|row| kinds.map(|kind| item(kind, &id(row, "target")))).collect()
}

fn of_item(world: &World, row: &Row) -> Victims {
    let (target, owner) = (blob(row, "target"), blob(row, "owner"));
    let (Ok(target), Ok(owner)) = (<[u8; 16]>::try_from(target), <[u8; 16]>::try_from(owner)) else {
        return Victims::default();
    };
    let kinds = [
        ItemKind::ShiftOpening,
        ItemKind::Manifest,
        ItemKind::Object,
        ItemKind::Receipt,
        ItemKind::Event,
        ItemKind::ShiftSeal,
    ];
    let cases: BTreeSet<_> = world.cases().collect();
    let case = [target, owner].map(CaseId::new).into_iter().find(|case| cases.contains(case));
    let manifest = case.map(|case| item(ItemKind::Manifest, case.as_bytes()));
    let mut records: BTreeSet<_> = kinds.iter().map(|kind| item(*kind, &target)).chain(manifest).collect();
    records.extend(case.into_iter().flat_map(|case| items_of(world, case)).chain(case.map(Record::Case)));
    records.insert(Record::from("outbox"));
    let shift = ShiftId::new(target);
    if world.shifts.contains_key(&shift) {
        records.insert(Record::Shift(shift));
    }
    Victims { records, cases: case.into_iter().collect(), everything: false }
}

fn harmless(world: &World, table: &Table, column: &Column, row: &Row, changed: &Row) -> Option<&'static str> {
    let rule = |(of, name, holds, _): &&(&str, &str, Rule, &str)| {
        *of == table.name && (*name == column.name || *name == "*") && holds(world, row, changed)
    };
    HARMLESS.iter().find(rule).map(|(.., reason)| *reason)
}

fn values(table: &Table, column: &Column, row: &Row) -> Vec<Value> {
    let now = row.get(&column.name).cloned().unwrap_or(Value::Null);
    let mut values = match &now {
        Value::Integer(number) => integers(table, column, *number),
        Value::Blob(bytes) => blobs(bytes),
        Value::Text(text) => vec![Value::Text(format!("{text}x")), Value::Text(String::new())],
        _ => vec![stand_in(column)],
    };
    if column.is_nullable {
        values.push(Value::Null);
    }
    values.retain(|value| *value != now);
    values
}

fn integers(table: &Table, column: &Column, number: i64) -> Vec<Value> {
    let all: Vec<i64> = match (table.name.as_str(), column.name.as_str()) {
        ("cases", "state") => (0..=8).collect(),
        ("outbox" | "epochs", "state") => (0..=5).collect(),
        ("outbox", "kind") => (1..=7).collect(),
        ("shifts", "salvaged") => (0..=3).collect(),
        _ => vec![number + 1, number - 1, 0, -1],
    };
    let distinct: BTreeSet<_> = all.into_iter().collect();
    distinct.into_iter().map(Value::Integer).collect()
}

fn blobs(bytes: &[u8]) -> Vec<Value> {
    let flipped = |at: usize| {
        let mut bytes = bytes.to_vec();
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        Value::Blob(bytes)
    };
    let cut = bytes.split_last().map(|(_, rest)| Value::Blob(rest.to_vec()));
    [0, bytes.len() / 2, bytes.len().saturating_sub(1)].map(flipped).into_iter().chain(cut).collect()
}

fn stand_in(column: &Column) -> Value {
    match column.kind.as_str() {
        "INTEGER" => Value::Integer(1),
        "TEXT" => Value::Text("{}".to_owned()),
        _ => Value::Blob(vec![7; 32]),
    }
}

fn set(
    world: &World,
    table: &Table,
    row: &Row,
    column: &Column,
    value: Value,
    refusals: &'static [ErrorKind],
) -> Manipulation {
    let changed: Row = row.clone().into_iter().chain([(column.name.clone(), value.clone())]).collect();
    let mut victims = victims(world, &table.name, row);
    if is_readable(&table.name, &changed) {
        victims = victims.and(self::victims(world, &table.name, &changed));
    }
    let name = format!("{}.{} of {} becomes {}", table.name, column.name, title(world, table, row), short(&value));
    let harmless = harmless(world, table, column, row, &changed);
    let (own, row, column) = (table.clone(), row.clone(), column.name.clone());
    let apply = move |tampered: &Tampered<'_>| {
        tampered.edit(|database| own.set(database, &row, &column, &value)).expect("changes");
    };
    Manipulation { name, apply: Box::new(apply), victims, harmless, chunk: None, refusals }
}

fn is_readable(table: &str, row: &Row) -> bool {
    let ids: &[&str] = match table {
        "cases" => &["case_id", "shift_id"],
        "objects" => &["object_id", "case_id"],
        "events" => &["event_id", "case_id"],
        "shifts" | "officers" => &["shift_id"],
        "outbox" => &["target", "owner"],
        _ => &[],
    };
    ids.iter().all(|column| matches!(row.get(*column), Some(Value::Blob(bytes)) if bytes.len() == 16))
}

/// A value and that of another row, exchanged.
fn exchange(world: &World, database: &Connection, table: &Table, row: &Row, column: &Column) -> Option<Manipulation> {
    let value = row.get(&column.name)?.clone();
    let is_other = |other: &&Row| other.get(&column.name).is_some_and(|other| *other != value);
    let at = table.rows.iter().position(|other| other == row)?;
    let other = table.rows.iter().skip(at).find(is_other).or_else(|| table.rows.iter().find(is_other))?.clone();
    let others = other.get(&column.name)?.clone();
    if !column.is_nullable && (value == Value::Null || others == Value::Null) {
        return None;
    }
    let swapped = |row: &Row, value: &Value| -> Row {
        row.clone().into_iter().chain([(column.name.clone(), value.clone())]).collect()
    };
    let (mine, theirs) = (swapped(row, &others), swapped(&other, &value));
    let rows = [row, &other, &mine, &theirs];
    let concerned = rows.into_iter().filter(|row| is_readable(&table.name, row));
    let victims = concerned.fold(Victims::default(), |all, row| all.and(victims(world, &table.name, row)));
    let name = format!("{}.{} of {} exchanged", table.name, column.name, title(world, table, row));
    let harmless = harmless(world, table, column, row, &mine);
    let harmless = harmless.filter(|_| self::harmless(world, table, column, &other, &theirs).is_some());
    let (own, row, column) = (table.clone(), row.clone(), column.clone());
    let swap = move |database: &Connection| {
        let between = if column.kind == "INTEGER" { Value::Integer(-77) } else { stand_in(&column) };
        let moved: Row = row.clone().into_iter().chain([(column.name.clone(), between.clone())]).collect();
        own.set(database, &row, &column.name, &between)?;
        own.set(database, &other, &column.name, &value)?;
        own.set(database, &moved, &column.name, &others)
    };
    let done = swap(database);
    database.execute_batch("ROLLBACK; BEGIN").expect("goes back");
    done.ok()?; // two rows cannot have one key
    let apply = move |tampered: &Tampered<'_>| tampered.edit(&swap).expect("exchanges");
    Some(Manipulation { name, apply: Box::new(apply), victims, harmless, chunk: None, refusals: &[] })
}

pub fn title(world: &World, table: &Table, row: &Row) -> String {
    let keys = table.keys().map(|key| row.get(&key.name).map(short).unwrap_or_default());
    format!("{} ({})", keys.collect::<Vec<_>>().join("/"), kind_of(world, table, row))
}

fn kind_of(world: &World, table: &Table, row: &Row) -> String {
    let kind = kind(world, &table.name, row);
    if kind.len() > 40 { "one".to_owned() } else { kind }
}

pub fn short(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => format!("{:?}", text.chars().take(24).collect::<String>()),
        Value::Blob(bytes) => {
            let tail = bytes.iter().rev().take(3).map(|byte| format!("{byte:02x}")).collect::<String>();
            format!("..{tail} ({} bytes)", bytes.len())
        }
        Value::Real(number) => number.to_string(),
    }
}

/// Tables and columns that have no manipulation.
pub fn forgotten(world: &World, all: &[Manipulation]) -> Vec<String> {
    let names: BTreeMap<_, _> = all.iter().filter_map(|one| Some((one.name.split(' ').next()?, ()))).collect();
    let columns = world
        .dump
        .0
        .iter()
        .flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)));
    columns.filter(|column| !names.contains_key(column.as_str())).collect()
}
