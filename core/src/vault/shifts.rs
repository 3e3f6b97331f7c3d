//! Shift rows.

use rusqlite::{Connection, Row, Transaction};
use zeroize::Zeroizing;

use super::cases::expect_one;
use super::journal::{JournalEvent, JournalWriter};
use super::keys::{KeyRing, SealedValue};
use super::{Record, VaultError};
use crate::domain::{ObjectId, ShiftId};
use crate::ports::Entropy;
use crate::seal::Kind;

/// The shifts whose officer is still needed: the open one, and those with a draft.
pub(super) const NOT_OVER: &str = "shift_id IN (SELECT shift_id FROM shifts WHERE last_n IS NULL UNION
                                   SELECT shift_id FROM cases WHERE state = 0)";
const OFFICER: Kind = Kind::Setting;

/// What a salvage did not find of a shift. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Salvaged {
    /// Nothing is missing.
    No = 0,
    /// It was closed by the salvage and gets no seal: nobody can swear to its last entries.
    Unsealed = 1,
    /// Its signed opening is lost, too. The box is believed to hold it, and is given a new one only if it says it does
    /// not.
    Unopened = 2,
}

impl Salvaged {
    const ALL: [Self; 3] = [Self::No, Self::Unsealed, Self::Unopened];

    fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|known| *known as u8 == number).unwrap_or(Self::Unsealed)
    }
}

/// A shift as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftRow {
    /// The shift.
    pub shift: ShiftId,
    /// Number of its "shift opened" entry in the journal.
    pub first_n: u64,
    /// Number of its "shift closed" entry, once closed.
    pub last_n: Option<u64>,
    /// Signed opening.
    pub opening: Option<Vec<u8>>,
    /// Signed seal.
    pub seal: Option<Vec<u8>>,
    /// What a salvage did not find of it.
    pub salvaged: Salvaged,
}

fn read(row: &Row<'_>) -> rusqlite::Result<ShiftRow> {
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(ShiftRow {
        shift: ShiftId::new(row.get(0)?),
        first_n: number(row.get(1)?),
        last_n: row.get::<_, Option<i64>>(2)?.map(number),
        opening: row.get(3)?,
        seal: row.get(4)?,
        salvaged: Salvaged::from_number(row.get(5)?),
    })
}

const COLUMNS: &str = "shift_id, first_n, last_n, opening, seal, salvaged";

fn select(connection: &Connection, which: &str, values: impl rusqlite::Params) -> Result<Vec<ShiftRow>, VaultError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM shifts {which}"))?;
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All shifts, oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<ShiftRow>, VaultError> {
    select(connection, "ORDER BY ordinal", [])
}

pub(super) fn one(connection: &Connection, shift: ShiftId) -> Result<ShiftRow, VaultError> {
    let mut rows = select(connection, "WHERE shift_id = ?1", [shift.as_bytes()])?;
    rows.pop().ok_or(VaultError::NotFound { table: "shifts" })
}

/// The shift that is open, if one is.
pub(super) fn open(connection: &Connection) -> Result<Option<ShiftRow>, VaultError> {
    Ok(select(connection, "WHERE seal IS NULL AND last_n IS NULL ORDER BY ordinal LIMIT 1", [])?.pop())
}

/// Shifts without a signed seal, oldest first.
pub(super) fn unsealed(connection: &Connection) -> Result<Vec<ShiftRow>, VaultError> {
    select(connection, "WHERE seal IS NULL ORDER BY ordinal", [])
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    shift: ShiftId,
    epoch: u16,
    first_n: u64,
) -> Result<(), VaultError> {
    let first_n = i64::try_from(first_n).map_err(|_| Record::Shift(shift).malformed())?;
    let sql = "INSERT INTO shifts (shift_id, epoch, first_n) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, (shift.as_bytes(), epoch, first_n))?;
    Ok(())
}

pub(super) fn seal_officer(
    keys: &KeyRing,
    shift: ShiftId,
    plain: &[u8],
    entropy: &dyn Entropy,
) -> Result<SealedValue, VaultError> {
    keys.seal(OFFICER, ObjectId::new(*shift.as_bytes()), plain, entropy)
}

pub(super) fn open_officer(
    keys: &KeyRing,
    epoch: u16,
    shift: ShiftId,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    keys.open_value(epoch, OFFICER, ObjectId::new(*shift.as_bytes()), sealed, Record::Officer(shift))
}

/// The officer as one epoch's key seals them.
pub(super) fn insert_officer(
    transaction: &Transaction<'_>,
    shift: ShiftId,
    officer: &SealedValue,
) -> Result<(), VaultError> {
    let sql = "INSERT INTO officers (shift_id, epoch, officer) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, (shift.as_bytes(), officer.epoch, &officer.value))?;
    Ok(())
}

/// The officer as stated, the newest statement first.
pub(super) fn officers(connection: &Connection, shift: ShiftId) -> Result<Vec<SealedValue>, VaultError> {
    let sql = "SELECT epoch, officer FROM officers WHERE shift_id = ?1 ORDER BY epoch DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map([shift.as_bytes()], |row| Ok(SealedValue { epoch: row.get(0)?, value: row.get(1)? }))?;
    let stated = rows.collect::<Result<_, _>>();
    stated.map_err(|error| VaultError::from(error).of(Record::Officer(shift)))
}

pub(super) fn set_opening(transaction: &Transaction<'_>, shift: ShiftId, opening: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE shifts SET opening = ?2 WHERE shift_id = ?1 AND opening IS NULL";
    expect_one(transaction.execute(sql, (shift.as_bytes(), opening))?)
}

pub(super) fn set_closed(transaction: &Transaction<'_>, shift: ShiftId, last_n: u64) -> Result<(), VaultError> {
    let last_n = i64::try_from(last_n).map_err(|_| Record::Shift(shift).malformed())?;
    let sql = "UPDATE shifts SET last_n = ?2 WHERE shift_id = ?1 AND last_n IS NULL";
    expect_one(transaction.execute(sql, (shift.as_bytes(), last_n))?)
}

pub(super) fn set_seal(transaction: &Transaction<'_>, shift: ShiftId, seal: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE shifts SET seal = ?2 WHERE shift_id = ?1 AND last_n IS NOT NULL AND seal IS NULL";
    expect_one(transaction.execute(sql, (shift.as_bytes(), seal))?)
}

/// Lets an opening that a salvage did not find be made anew, as the box does not hold it; `false` if nothing is missing.
pub(super) fn open_again(
    transaction: &Transaction<'_>,
    shift: ShiftId,
    journal: &mut JournalWriter<'_>,
) -> Result<bool, VaultError> {
    let sql = "UPDATE shifts SET salvaged = ?2, first_n = ?4 WHERE shift_id = ?1 AND salvaged = ?3 AND opening IS NULL";
    let (to, from) = (Salvaged::Unsealed as u8, Salvaged::Unopened as u8);
    let n = i64::try_from(journal.next()).map_err(|_| Record::Shift(shift).malformed())?;
    let changed = transaction.execute(sql, (shift.as_bytes(), to, from, n))? == 1;
    if changed {
        journal.append(JournalEvent::ShiftReopened { shift })?;
    }
    Ok(changed)
}
