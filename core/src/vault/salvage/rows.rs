//! Reading rows out of a damaged database, one by one, past the pages that do not read.
//!
//! SQLite itself finds the rows; what lies behind a damaged inner page is asked for key by key, so that one bad leaf
//! costs its own rows and no others. A row whose large values do not read is read column by column. If the schema on the first
//! page is gone, nothing comes from rows: the numbers of the tables' root pages stand only there.
//!
//! SQLite has no checksums: the end of a value that runs over several pages may read as zeros without an error. Whoever
//! takes a value verifies it; all that matter are sealed, signed or hashed.
//!
//! The damaged files are left byte for byte as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};

use super::super::VaultError;

/// Numbers tried one by one where a stretch of a table does not read: some hundred pages of the smallest rows.
const PROBES: i64 = 1 << 16;
/// The same where both ends of the stretch are known.
const PROBES_BETWEEN: i64 = 1 << 20;
/// Primary result codes of SQLite that tell of the process, not of the file.
const CANT_OPEN: i32 = 14;
const NO_MEMORY: i32 = 7;

/// A damaged database, opened for reading.
pub(super) struct Wreck {
    connection: Connection,
}

/// A table and what its rows are found by.
#[derive(Clone, Copy)]
pub(super) enum Table {
    /// Found by number.
    Numbered(&'static str),
    /// Found by these columns; it has no number.
    Keyed(&'static str, &'static [&'static str]),
}

/// What could be read of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(BTreeMap<String, Value>);

impl Fields {
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        if let Some(Value::Integer(number)) = self.0.get(column) { Some(*number) } else { None }
    }

    pub(super) fn blob(&self, column: &str) -> Option<&[u8]> {
        if let Some(Value::Blob(blob)) = self.0.get(column) { Some(blob) } else { None }
    }

    pub(super) fn fixed<const N: usize>(&self, column: &str) -> Option<[u8; N]> {
        self.blob(column)?.try_into().ok()
    }

    pub(super) fn text(&self, column: &str) -> Option<&str> {
        if let Some(Value::Text(text)) = self.0.get(column) { Some(text) } else { None }
    }

    /// Whether the column was read and holds nothing.
    pub(super) fn is_null(&self, column: &str) -> bool {
        self.0.get(column) == Some(&Value::Null)
    }

    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }
}

impl Wreck {
    /// Opens the file, or finds that no row of it can be read.
    ///
    /// # Errors
    /// [`VaultError::InUse`] if another process has it open, [`VaultError::Database`] if it cannot be opened now, which says
    /// nothing about the file.
    pub(super) fn open(file: &Path) -> Result<Option<Self>, VaultError> {
        match Self::connect(file).map_err(VaultError::from) {
            Ok(wreck) => Ok(Some(wreck)),
            Err(error @ VaultError::InUse) => Err(error),
            Err(error @ VaultError::Database(code)) if [CANT_OPEN, NO_MEMORY].contains(&(code & 0xff)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn connect(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // The write-ahead log is read and never written back.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Lets a file be read that is shorter than its first page says.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.busy_timeout(std::time::Duration::ZERO)?;
        connection.pragma_update(None, "query_only", "ON")?;
        connection.pragma_update(None, "cell_size_check", "ON")?;
        connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Self { connection })
    }

    /// Calls `take` with every row of which anything could be read. Numbered rows come in ascending order.
    pub(super) fn each(
        &self,
        table: Table,
        mut take: impl FnMut(&Fields) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let Some(columns) = self.columns(table) else { return Ok(()) };
        for key in self.keys(table) {
            let fields = self.row(table, &columns, &key);
            if !fields.0.is_empty() {
                take(&fields)?;
            }
        }
        Ok(())
    }

    /// Whether the database fails no check of SQLite's, its indexes included.
    pub(super) fn is_sound(&self) -> bool {
        let verdict = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
        verdict.is_ok_and(|verdict| verdict == "ok")
    }

    fn columns(&self, table: Table) -> Option<Vec<String>> {
        let statement = self.connection.prepare(&format!("SELECT * FROM {}", table.name())).ok()?;
        Some(statement.column_names().map(str::to_owned).collect())
    }

    fn keys(&self, table: Table) -> Vec<Vec<Value>> {
        match table {
            Table::Numbered(name) => self.numbers(name).into_iter().map(|id| vec![Value::Integer(id)]).collect(),
            Table::Keyed(name, key) => self.keyed(name, key),
        }
    }

    /// Numbers of the rows whose place in the table can be reached.
    fn numbers(&self, name: &str) -> BTreeSet<i64> {
        let step = |sql: &str, from: i64| -> rusqlite::Result<Option<i64>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row([from], |row| row.get(0)).optional()
        };
        let up = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT 1");
        let down = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid < ?1 ORDER BY rowid DESC LIMIT 1");
        let at = format!("SELECT rowid FROM {name} NOT INDEXED WHERE rowid = ?1");
        let mut found = BTreeSet::new();
        let walk = |sql: &str, from: i64, found: &mut BTreeSet<i64>| {
            let mut last = from;
            loop {
                match step(sql, last) {
                    Ok(Some(next)) if found.insert(next) => last = next,
                    Ok(_) => return (last, true),
                    Err(_) => return (last, false),
                }
            }
        };
        let (mut low, mut whole) = walk(&up, i64::MIN, &mut found);
        if whole {
            return found;
        }
        low = low.max(0);
        let (high, _) = walk(&down, i64::MAX, &mut found);
        let known_end = (high < i64::MAX).then_some(high);
        let mut misses = 0;
        while !whole && known_end.is_none_or(|end| low < end) {
            low = low.saturating_add(1);
            match step(&at, low) {
                Ok(Some(_)) => {
                    found.insert(low);
                    (low, whole) = walk(&up, low, &mut found);
                    misses = 0;
                }
                _ => misses += 1,
            }
            if misses > known_end.map_or(PROBES, |_| PROBES_BETWEEN) {
                break;
            }
        }
        found
    }

    /// Keys of the rows that can be reached from either end of the table, and from both ends of 256 parts of it.
    fn keyed(&self, name: &str, key: &[&str]) -> Vec<Vec<Value>> {
        let (first, ascending, descending) =
            (key.first().copied().unwrap_or_default(), key.join(", "), format!("{} DESC", key.join(" DESC, ")));
        let mut found = BTreeMap::new();
        let mut walk = |condition: &str, order: &str, part: Option<u8>| {
            let sql = format!("SELECT {ascending} FROM {name} NOT INDEXED {condition} ORDER BY {order}");
            self.walk(&sql, part, key.len(), &mut found)
        };
        if !walk("", &ascending, None) {
            walk("", &descending, None);
            let condition = format!("WHERE {first} >= ?1 AND {first} < ?2");
            for part in 0..=u8::MAX {
                if !walk(&condition, &ascending, Some(part)) {
                    walk(&condition, &descending, Some(part));
                }
            }
        }
        found.into_values().collect()
    }

    /// Collects keys until the end or the first error; returns whether it was the end.
    fn walk(&self, sql: &str, part: Option<u8>, columns: usize, found: &mut BTreeMap<String, Vec<Value>>) -> bool {
        let bounds = part.map(|byte| [vec![byte], byte.checked_add(1).map_or(vec![byte; 64], |next| vec![next])]);
        let Ok(mut statement) = self.connection.prepare_cached(sql) else { return false };
        let Ok(mut rows) = statement.query(params_from_iter(bounds.into_iter().flatten())) else { return false };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return true,
                Err(_) => return false,
            };
            let values = (0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>();
            if let Ok(values) = values {
                found.insert(format!("{values:?}"), values);
            }
        }
    }

    /// One row whole, or the columns of it that read.
    fn row(&self, table: Table, columns: &[String], key: &[Value]) -> Fields {
        let whole = self.read(table, &columns.join(", "), columns.len(), key);
        if let Some(values) = whole {
            return Fields(columns.iter().cloned().zip(values).collect());
        }
        let one = |column: &String| {
            let value = self.read(table, column, 1, key)?.pop()?;
            Some((column.clone(), value))
        };
        Fields(columns.iter().filter_map(one).collect())
    }

    fn read(&self, table: Table, columns: &str, count: usize, key: &[Value]) -> Option<Vec<Value>> {
        let values = |row: &rusqlite::Row<'_>| (0..count).map(|at| row.get(at)).collect::<rusqlite::Result<_>>();
        let ask = |tail: String| {
            let sql = format!("SELECT {columns} FROM {} NOT INDEXED WHERE {tail}", table.name());
            self.connection.prepare_cached(&sql)?.query_row(params_from_iter(key), values)
        };
        ask(table.is_key()).or_else(|_| ask(table.reaches_key())).ok()
    }
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Numbered(name) | Self::Keyed(name, _) => name,
        }
    }

    fn is_key(self) -> String {
        match self {
            Self::Numbered(_) => "rowid = ?1".to_owned(),
            Self::Keyed(_, key) => {
                let parts: Vec<_> = (1..).zip(key).map(|(at, column)| format!("{column} = ?{at}")).collect();
                parts.join(" AND ")
            }
        }
    }

    /// The same row reached from the other side: a row that stands on an inner page is looked for on the leaf before it,
    /// or on the leaf behind it.
    fn reaches_key(self) -> String {
        match self {
            Self::Numbered(_) => self.is_key(),
            Self::Keyed(_, key) => {
                let places: Vec<_> = (1..=key.len()).map(|at| format!("?{at}")).collect();
                let (columns, places, order) = (key.join(", "), places.join(", "), key.join(" DESC, "));
                format!("({columns}) <= ({places}) AND ({columns}) >= ({places}) ORDER BY {order} DESC LIMIT 1")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;
    const NUMBERED: Table = Table::Numbered("numbered");
    const KEYED: Table = Table::Keyed("keyed", &["id"]);

    struct Page {
        number: usize,
        table: String,
        kind: String,
        cells: usize,
    }

    /// A database of two tables with many pages, every tenth row of the first with a value that overflows its page.
    fn database(folder: &Path) -> Vec<Page> {
        let connection = Connection::open(folder.join("db")).expect("opens");
        connection
            .execute_batch(
                "CREATE TABLE numbered (n INTEGER PRIMARY KEY, small BLOB, large BLOB, last INTEGER) STRICT;
                 CREATE TABLE keyed (id BLOB PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID;
                 WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
                 INSERT INTO numbered SELECT n, randomblob(90), randomblob(iif(n % 10, 9, 9000)), n * 7 FROM n;
                 WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
                 INSERT INTO keyed SELECT randomblob(16), randomblob(200) FROM n;",
            )
            .expect("fills");
        let mut statement = connection.prepare("SELECT pageno, name, pagetype, ncell FROM dbstat").expect("prepares");
        let page = |row: &rusqlite::Row<'_>| {
            let (number, table, kind, cells): (i64, String, String, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let number = usize::try_from(number).expect("positive");
            Ok(Page { number, table, kind, cells: usize::try_from(cells).expect("positive") })
        };
        statement.query_map([], page).expect("asks").map(|page| page.expect("reads")).collect()
    }

    fn zero(folder: &Path, pages: &[usize]) {
        let mut bytes = std::fs::read(folder.join("db")).expect("reads");
        for page in pages {
            bytes[(page - 1) * PAGE..page * PAGE].fill(0);
        }
        std::fs::write(folder.join("db"), bytes).expect("writes");
    }

    fn read(folder: &Path, table: Table) -> Vec<Fields> {
        let mut rows = Vec::new();
        let wreck = Wreck::open(&folder.join("db")).expect("not in use").expect("has a schema");
        let each = wreck.each(table, |fields| {
            rows.push(fields.clone());
            Ok(())
        });
        each.expect("is read");
        rows
    }

    #[test]
    fn a_page_that_is_gone_costs_the_rows_that_stood_on_it_and_no_others() {
        let whole = tempfile::tempdir().expect("folder");
        let pages = database(whole.path());
        let (numbered, keyed) = (read(whole.path(), NUMBERED), read(whole.path(), KEYED));
        assert_eq!((numbered.len(), keyed.len()), (3000, 400));
        let leaves: Vec<_> = pages.iter().filter(|page| page.kind == "leaf" && page.number > 1).collect();
        let ends = [leaves.first(), leaves.last()].into_iter().flatten();
        for page in leaves.iter().step_by(9).chain(ends) {
            let folder = tempfile::tempdir().expect("folder");
            std::fs::copy(whole.path().join("db"), folder.path().join("db")).expect("copies");
            zero(folder.path(), &[page.number]);
            let (table, before) = if page.table == "numbered" { (NUMBERED, &numbered) } else { (KEYED, &keyed) };
            let after = read(folder.path(), table);
            assert_eq!(after.len(), before.len() - page.cells, "page {} of {}", page.number, page.table);
            assert!(after.iter().all(|row| before.contains(row)), "page {} of {}", page.number, page.table);
        }
    }

    #[test]
    fn a_large_value_that_is_gone_costs_itself_and_no_other_column_before_it() {
        let folder = tempfile::tempdir().expect("folder");
        let pages = database(folder.path());
        let overflow: Vec<_> = pages.iter().filter(|page| page.kind == "overflow").map(|page| page.number).collect();
        let before = read(folder.path(), NUMBERED);
        zero(folder.path(), &overflow);
        let after = read(folder.path(), NUMBERED);
        assert_eq!(after.len(), before.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(after.blob("small"), before.blob("small"));
            // A cut chain is an error, but the last page of a chain is not: then the end of the value is zeros.
            let differs = after.blob("large") != before.blob("large");
            assert_eq!(differs, before.blob("large").is_some_and(|large| large.len() == 9000));
            assert!(!after.is_null("large"), "unread is not empty");
        }
    }

    #[test]
    fn many_pages_gone_invent_nothing_but_zeros_at_the_end_of_a_large_value() {
        let whole = tempfile::tempdir().expect("folder");
        let pages = database(whole.path());
        let before = read(whole.path(), NUMBERED);
        for stride in [2, 3, 5] {
            let folder = tempfile::tempdir().expect("folder");
            std::fs::copy(whole.path().join("db"), folder.path().join("db")).expect("copies");
            let gone: Vec<_> = pages.iter().map(|page| page.number).filter(|n| *n > 1 && n % stride == 0).collect();
            zero(folder.path(), &gone);
            for row in read(folder.path(), NUMBERED) {
                let n = row.number("n").or_else(|| row.number("last").map(|last| last / 7)).expect("a number");
                let original = &before[usize::try_from(n).expect("positive") - 1];
                assert!(row.blob("small").is_none_or(|value| Some(value) == original.blob("small")), "row {n}");
                let (Some(read), Some(large)) = (row.blob("large"), original.blob("large")) else { continue };
                let differ = read.iter().zip(large).filter(|(one, other)| one != other);
                assert!(read.len() == large.len() && differ.clone().all(|(one, _)| *one == 0), "row {n}");
                assert!(differ.count() <= PAGE, "row {n}: more than the end of a chain");
            }
        }
    }

    #[test]
    fn half_a_file_gives_its_half_and_a_lost_first_page_gives_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        database(folder.path());
        let file = folder.path().join("db");
        let bytes = std::fs::read(&file).expect("reads");
        std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("writes");
        let half = read(folder.path(), NUMBERED).len();
        assert!((1000..3000).contains(&half), "{half}");
        zero(folder.path(), &[1]);
        assert!(Wreck::open(&file).expect("not in use").is_none());
    }

    #[test]
    fn the_write_ahead_log_is_read_and_both_files_stay_as_they_are() {
        let folder = tempfile::tempdir().expect("folder");
        let writer = Connection::open(folder.path().join("live")).expect("opens");
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).expect("WAL");
        writer.execute_batch("CREATE TABLE numbered (n INTEGER PRIMARY KEY, small BLOB)").expect("creates");
        writer.execute("INSERT INTO numbered VALUES (1, x'01')", []).expect("writes");
        for end in ["", "-wal"] {
            let copy = folder.path().join(format!("db{end}"));
            std::fs::copy(folder.path().join(format!("live{end}")), copy).expect("copies");
        }
        let files = || ["db", "db-wal"].map(|name| std::fs::read(folder.path().join(name)).expect("reads"));
        let before = files();
        assert_eq!(read(folder.path(), NUMBERED).len(), 1);
        assert_eq!(files(), before);
    }
}
