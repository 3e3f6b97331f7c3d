//! The database as its own catalogue describes it: every table, every column, every row.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub is_key: bool,
    pub is_nullable: bool,
    pub kind: String,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// Values by the names of their columns.
pub type Row = BTreeMap<String, Value>;

/// Everything that stands in a database.
#[derive(Clone, Debug)]
pub struct Dump(pub Vec<Table>);

impl Dump {
    pub fn read(file: &Path) -> Self {
        let database = Connection::open(file).expect("opens");
        let names =
            column(&database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        Self(names.into_iter().map(|name| table(&database, name)).collect())
    }

    pub fn table(&self, name: &str) -> &Table {
        self.0.iter().find(|table| table.name == name).expect("is there")
    }
}

impl Table {
    pub fn keys(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.is_key)
    }

    /// The row with the same key.
    pub fn like(&self, row: &Row) -> Option<&Row> {
        self.rows.iter().find(|own| self.keys().all(|key| own.get(&key.name) == row.get(&key.name)))
    }

    /// Changes one value of a row, which is found by its key.
    pub fn set(&self, database: &Connection, row: &Row, column: &str, value: &Value) -> rusqlite::Result<()> {
        let (condition, keys) = self.condition(row);
        let sql = format!("UPDATE {} SET {column} = ?{} WHERE {condition}", self.name, keys.len() + 1);
        let values = keys.into_iter().chain([value.clone()]);
        let changed = database.execute(&sql, rusqlite::params_from_iter(values))?;
        if changed == 1 { Ok(()) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
    }

    pub fn delete(&self, database: &Connection, row: &Row) -> rusqlite::Result<()> {
        let (condition, keys) = self.condition(row);
        let sql = format!("DELETE FROM {} WHERE {condition}", self.name);
        let changed = database.execute(&sql, rusqlite::params_from_iter(keys))?;
        if changed == 1 { Ok(()) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
    }

    pub fn insert(&self, database: &Connection, row: &Row) -> rusqlite::Result<()> {
        let names: Vec<_> = row.keys().map(String::as_str).collect();
        let places: Vec<_> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", self.name, names.join(", "), places.join(", "));
        database.execute(&sql, rusqlite::params_from_iter(row.values())).map(drop)
    }

    fn condition(&self, row: &Row) -> (String, Vec<Value>) {
        let keys: Vec<_> = self.keys().collect();
        let parts = keys.iter().enumerate().map(|(place, key)| format!("{} = ?{}", key.name, place + 1));
        let condition = parts.collect::<Vec<_>>().join(" AND ");
        (condition, keys.iter().filter_map(|key| row.get(&key.name).cloned()).collect())
    }
}

fn table(database: &Connection, name: String) -> Table {
    let mut statement = database.prepare(&format!("PRAGMA table_info({name})")).expect("prepares");
    let columns = statement.query_map([], |row| {
        let (is_key, is_required): (i64, bool) = (row.get("pk")?, row.get("notnull")?);
        let (name, kind) = (row.get("name")?, row.get("type")?);
        Ok(Column { name, is_key: is_key > 0, is_nullable: !is_required && is_key == 0, kind })
    });
    let columns: Vec<Column> = columns.expect("queries").collect::<Result<_, _>>().expect("reads");
    let keys: Vec<_> = columns.iter().filter(|column| column.is_key).map(|column| column.name.clone()).collect();
    let sql = format!("SELECT * FROM {name} ORDER BY {}", keys.join(", "));
    let mut statement = database.prepare(&sql).expect("prepares");
    let rows = statement.query_map([], |row| {
        columns.iter().map(|column| Ok((column.name.clone(), row.get(column.name.as_str())?))).collect()
    });
    let rows = rows.expect("queries").collect::<Result<_, _>>().expect("reads");
    Table { name, columns, rows }
}

fn column(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

pub fn blob(row: &Row, column: &str) -> Vec<u8> {
    match row.get(column) {
        Some(Value::Blob(bytes)) => bytes.clone(),
        other => panic!("{column} is no blob: {other:?}"),
    }
}

pub fn number(row: &Row, column: &str) -> i64 {
    match row.get(column) {
        Some(Value::Integer(number)) => *number,
        other => panic!("{column} is no number: {other:?}"),
    }
}

pub fn text(row: &Row, column: &str) -> String {
    match row.get(column) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{column} is no text: {other:?}"),
    }
}

pub fn id(row: &Row, column: &str) -> [u8; 16] {
    blob(row, column).try_into().expect("16 bytes")
}
