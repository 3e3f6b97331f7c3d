//! The schema, step by step. A database of an older version gets the steps that it lacks, all in one transaction; one of a
//! newer version is left alone.

use rusqlite::{Connection, TransactionBehavior};

use super::log;
use crate::BoxError;

type Step = fn(&Connection) -> Result<(), BoxError>;

/// Step `n` makes version `n + 1`.
const STEPS: [Step; 5] = [
    |tx| Ok(tx.execute_batch(include_str!("schema.sql"))?),
    |tx| Ok(tx.execute_batch(include_str!("heads.sql"))?),
    |tx| Ok(tx.execute_batch(include_str!("numbers.sql"))?),
    |tx| {
        tx.execute_batch(include_str!("log.sql"))?;
        log::fill(tx)
    },
    |tx| Ok(INTERFACE.iter().try_for_each(|sql| tx.execute_batch(sql))?),
];
/// What the desk, citizens and foreign clients need.
const INTERFACE: [&str; 4] =
    [include_str!("desk.sql"), include_str!("access.sql"), include_str!("uploads.sql"), include_str!("notices.sql")];
/// "STBX", so that no other program's database is taken for ours.
const APPLICATION: i64 = 0x5354_4258;

/// Brings a database to the newest version.
pub fn run(db: &mut Connection) -> Result<(), BoxError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = match (pragma("application_id")?, usize::try_from(pragma("user_version")?)) {
        (APPLICATION, Ok(version @ 1..)) if version > STEPS.len() => return Err(BoxError::Newer),
        (APPLICATION, Ok(version @ 1..)) | (0, Ok(version @ 0)) => version,
        _ => return Err(BoxError::Damaged("box.db is no database of a box")),
    };
    STEPS.iter().skip(version).try_for_each(|step| step(&tx))?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", i64::try_from(STEPS.len()).unwrap_or(i64::MAX))?;
    Ok(tx.commit()?)
}
