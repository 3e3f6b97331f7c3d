//! Rows of a copied database, as far as its pages can be read.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};

use super::report::Fault;

/// State of a database without a fault.
pub const WHOLE: &str = "whole";

/// The copy of a database.
pub struct Rows {
    connection: Connection,
    // Removed when the reading is over.
    _copy: tempfile::TempDir,
}

impl Rows {
    /// Copies database and write-ahead log out of a vault and opens the copy. `None` if there is no database.
    ///
    /// # Errors
    /// If the files cannot be copied, or what they are is no database.
    pub fn copy(vault: &Path) -> Result<Option<Self>, String> {
        if !vault.join("vault.db").exists() {
            return Ok(None);
        }
        let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
        for name in ["vault.db", "vault.db-wal"] {
            if vault.join(name).exists() {
                std::fs::copy(vault.join(name), copy.path().join(name)).map_err(|error| error.to_string())?;
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(copy.path().join("vault.db"), flags);
        Ok(Some(Self { connection: connection.map_err(|error| error.to_string())?, _copy: copy }))
    }

    /// What a check of the whole file says: `whole`, or its first complaint.
    pub fn state(&self) -> String {
        let said = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match said {
            Ok(said) if said == "ok" => WHOLE.to_owned(),
            Ok(said) => format!("damaged: {said}"),
            Err(error) => format!("damaged: {error}"),
        }
    }

    /// Version of the schema.
    ///
    /// # Errors
    /// If the file is no database.
    pub fn version(&self) -> Result<u32, String> {
        self.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| error.to_string())
    }

    /// Gives each row of a table to `take`. Behind a page that cannot be read it goes on from the other end, so rows may
    /// come twice. Rows whose values have another type than they must are named and left out.
    pub fn each(
        &self,
        (table, columns, order): (&str, &str, &str),
        faults: &mut Vec<Fault>,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) {
        for direction in ["ASC", "DESC"] {
            let sql = format!("SELECT {columns} FROM {table} ORDER BY {order} {direction}");
            match self.walk(&sql, table, faults, &mut take) {
                Ok(()) => return,
                Err(_) if direction == "ASC" => {}
                Err(error) => faults.push(Fault::new("table", table, error)),
            }
        }
    }

    fn walk(
        &self,
        sql: &str,
        table: &str,
        faults: &mut Vec<Fault>,
        take: &mut impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if take(row).is_err() {
                faults.push(Fault::new("row", table, "a value is none that belongs there"));
            }
        }
        Ok(())
    }
}
