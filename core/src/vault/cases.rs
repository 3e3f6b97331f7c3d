//! Case rows: from the draft to the tombstone.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::keys::SealedValue;
use super::{Record, VaultError};
use crate::domain::{CaseId, CaseNumber, ShiftId};
use crate::seal::Hash;

/// How far a case has come on the phone. Numbers are stored; they are never given a new meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CaseState {
    /// Being recorded.
    Draft = 0,
    /// Complete; its signature waits for the signer.
    Unsigned = 1,
    /// Complete and signed; waits for the box.
    Sealed = 2,
    /// The box's receipt was verified.
    Receipted = 3,
    /// Its key is destroyed; its files are being removed.
    Purging = 4,
    /// Only the tombstone is left.
    Purged = 5,
    /// The box refused it for good. Everything is kept.
    Quarantined = 6,
    /// Sealed once, and its signed manifest was lost with the database. A person decides whether it gets a new one.
    Stranded = 7,
}

impl CaseState {
    const ALL: [Self; 8] = [
        Self::Draft,
        Self::Unsigned,
        Self::Sealed,
        Self::Receipted,
        Self::Purging,
        Self::Purged,
        Self::Quarantined,
        Self::Stranded,
    ];

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == number)
    }
}

/// A case as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// How far it has come.
    pub state: CaseState,
    /// Number within the shift, once sealed.
    pub seq: Option<u32>,
    /// Hash of the manifest payload, once sealed.
    pub payload_hash: Option<Hash>,
    /// Signed manifest, until the purge.
    pub manifest: Option<Vec<u8>>,
    /// Verified receipt.
    pub receipt: Option<Vec<u8>>,
    /// Verified decision of the desk.
    pub decision: Option<Vec<u8>>,
    /// Whether it goes before all others.
    pub urgent: bool,
    /// Number of its "case begun" entry in the journal, if it was begun since those are kept.
    pub begun_n: Option<u64>,
    /// Number of its "case sealed" entry, if it was sealed since those are kept.
    pub sealed_n: Option<u64>,
}

/// What sealing stores of a case.
#[derive(Clone, Debug)]
pub struct SealedCase {
    /// The case.
    pub case: CaseId,
    /// Number within the shift.
    pub seq: u32,
    /// Manifest payload, as it will be signed.
    pub payload: Vec<u8>,
    /// The case number, which must be the next one.
    pub number: Option<CaseNumber>,
    /// Number of the slip that was left, to be known again.
    pub slip: Option<String>,
    /// A setting that is written with it: its name and value.
    pub remembered: Option<(&'static str, Vec<u8>)>,
}

const COLUMNS: &str =
    "case_id, shift_id, state, seq, payload_hash, manifest, receipt, begun_n, sealed_n, decision, urgent";

fn read(row: &Row<'_>) -> Result<CaseRow, VaultError> {
    let case = CaseId::new(row.get(0)?);
    let malformed = || Record::Case(case).malformed();
    let number = |n: Option<i64>| n.map(|n| u64::try_from(n).map_err(|_| malformed())).transpose();
    let decode = || -> Result<CaseRow, VaultError> {
        Ok(CaseRow {
            case,
            shift: ShiftId::new(row.get(1)?),
            state: CaseState::from_number(row.get(2)?).ok_or_else(malformed)?,
            seq: row.get(3)?,
            payload_hash: row.get::<_, Option<[u8; 32]>>(4)?.map(Hash),
            manifest: row.get(5)?,
            receipt: row.get(6)?,
            begun_n: number(row.get(7)?)?,
            sealed_n: number(row.get(8)?)?,
            decision: row.get(9)?,
            urgent: row.get::<_, i64>(10)? != 0,
        })
    };
    decode().map_err(|error| error.of(Record::Case(case)))
}

/// Rows that can be read; one that cannot must not hide the others. Asked for by its id, it is an error that names it.
fn select(connection: &Connection, condition: &str, values: impl rusqlite::Params) -> Result<Vec<CaseRow>, VaultError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM cases {condition} ORDER BY ordinal"))?;
    let mut rows = statement.query(values)?;
    let mut cases = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Err(VaultError::Malformed { .. }) => {}
            row => cases.push(row?),
        }
    }
    Ok(cases)
}

/// All cases in the order they were begun.
pub(super) fn all(connection: &Connection) -> Result<Vec<CaseRow>, VaultError> {
    select(connection, "", [])
}

/// Ids of all cases, whether or not their rows can be read.
pub(super) fn ids(connection: &Connection) -> Result<Vec<CaseId>, VaultError> {
    let mut statement = connection.prepare("SELECT case_id FROM cases ORDER BY ordinal")?;
    let rows = statement.query_map([], |row| row.get(0).map(CaseId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many cases of a shift are complete. Only a draft has no number.
pub(super) fn complete_count(connection: &Connection, shift: ShiftId) -> Result<u64, VaultError> {
    let sql = "SELECT COUNT(*) FROM cases WHERE shift_id = ?1 AND seq IS NOT NULL";
    let count: i64 = connection.prepare_cached(sql)?.query_row([shift.as_bytes()], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The drafts of a shift, each with the epoch of its key.
pub(super) fn drafts(connection: &Connection, shift: ShiftId) -> Result<Vec<(CaseId, u16)>, VaultError> {
    let sql = "SELECT case_id, epoch FROM cases WHERE shift_id = ?1 AND seq IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([shift.as_bytes()], |row| Ok((CaseId::new(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many cases have their key under an epoch.
pub(super) fn count_under(connection: &Connection, epoch: u16) -> Result<u32, VaultError> {
    let sql = "SELECT COUNT(*) FROM cases WHERE epoch = ?1 AND wrapped_key IS NOT NULL";
    Ok(connection.query_row(sql, [epoch], |row| row.get(0))?)
}

/// Hashes of a shift's manifest payloads, in the order of their numbers.
pub(super) fn payload_hashes(connection: &Connection, shift: ShiftId) -> Result<Vec<Hash>, VaultError> {
    let sql = "SELECT payload_hash FROM cases WHERE shift_id = ?1 AND seq IS NOT NULL ORDER BY seq";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([shift.as_bytes()], |row| row.get(0).map(Hash))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn in_state(connection: &Connection, state: CaseState) -> Result<Vec<CaseId>, VaultError> {
    let mut statement = connection.prepare_cached("SELECT case_id FROM cases WHERE state = ?1 ORDER BY ordinal")?;
    let rows = statement.query_map([state as u8], |row| row.get(0).map(CaseId::new))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many cases are in each state that has any.
pub(super) fn counts(connection: &Connection) -> Result<Vec<(CaseState, u32)>, VaultError> {
    let mut statement = connection.prepare_cached("SELECT state, COUNT(*) FROM cases GROUP BY state")?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        // A state that cannot be is named by opening; the others are counted.
        let state = row.get::<_, i64>(0)?.try_into().ok().and_then(CaseState::from_number);
        if let Some(state) = state {
            counts.push((state, row.get(1)?));
        }
    }
    Ok(counts)
}

/// Place of a case in the order of beginning.
pub(super) fn ordinal(connection: &Connection, case: CaseId) -> Result<i64, VaultError> {
    let mut statement = connection.prepare_cached("SELECT ordinal FROM cases WHERE case_id = ?1")?;
    let ordinal = statement.query_row([case.as_bytes()], |row| row.get(0)).optional()?;
    ordinal.ok_or(VaultError::NotFound { table: "cases" })
}

pub(super) fn one(connection: &Connection, case: CaseId) -> Result<CaseRow, VaultError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM cases WHERE case_id = ?1"))?;
    let mut rows = statement.query([case.as_bytes()])?;
    rows.next()?.map_or(Err(VaultError::NotFound { table: "cases" }), read)
}

pub(super) fn insert_draft(
    transaction: &Transaction<'_>,
    case: CaseId,
    shift: ShiftId,
    begun_n: u64,
    key: &SealedValue,
    draft: &[u8],
) -> Result<(), VaultError> {
    let sql = "INSERT INTO cases (case_id, shift_id, epoch, state, begun_n, wrapped_key, draft)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (state, begun_n) = (CaseState::Draft as u8, i64::try_from(begun_n).unwrap_or(i64::MAX));
    let values = (case.as_bytes(), shift.as_bytes(), key.epoch, state, begun_n, &key.value, draft);
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Sealed values of a case, as long as it has them.
pub(super) struct Secrets {
    pub(super) epoch: u16,
    pub(super) wrapped_key: Option<Vec<u8>>,
    pub(super) draft: Option<Vec<u8>>,
    /// Not sealed, but gone with the key.
    pub(super) payload: Option<Vec<u8>>,
}

impl Secrets {
    /// The sealed case key, unless the case is purged.
    pub(super) fn wrapped_key(&self) -> Result<&[u8], VaultError> {
        self.wrapped_key.as_deref().ok_or(VaultError::State)
    }
}

pub(super) fn secrets(connection: &Connection, case: CaseId) -> Result<Secrets, VaultError> {
    let sql = "SELECT epoch, wrapped_key, draft, payload FROM cases WHERE case_id = ?1";
    let row = connection.prepare_cached(sql)?.query_row([case.as_bytes()], |row| {
        Ok(Secrets { epoch: row.get(0)?, wrapped_key: row.get(1)?, draft: row.get(2)?, payload: row.get(3)? })
    });
    row.map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => VaultError::NotFound { table: "cases" },
        other => VaultError::from(other).of(Record::Case(case)),
    })
}

/// Whether a case was purged under an epoch.
pub(super) fn any_purged(connection: &Connection, epoch: u16) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM cases WHERE epoch = ?1 AND state = ?2)";
    Ok(connection.query_row(sql, (epoch, CaseState::Purged as u8), |row| row.get(0))?)
}

pub(super) fn update_draft(transaction: &Transaction<'_>, case: CaseId, draft: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET draft = ?2 WHERE case_id = ?1 AND state = ?3";
    expect_one(transaction.prepare_cached(sql)?.execute((case.as_bytes(), draft, CaseState::Draft as u8))?)
}

/// Number for the next sealed case of a shift.
pub(super) fn next_seq(connection: &Connection, shift: ShiftId) -> Result<u32, VaultError> {
    let sql = "SELECT COALESCE(MAX(seq), 0) + 1 FROM cases WHERE shift_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([shift.as_bytes()], |row| row.get(0))?)
}

pub(super) fn set_sealed(transaction: &Transaction<'_>, sealed: &SealedCase, n: u64) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, seq = ?3, payload = ?4, payload_hash = ?5, sealed_n = ?6, draft = NULL
               WHERE case_id = ?1 AND state = ?7";
    let (hash, n) = (Hash::of(&[&sealed.payload]).0, i64::try_from(n).unwrap_or(i64::MAX));
    let (from, to) = (CaseState::Draft as u8, CaseState::Unsigned as u8);
    expect_one(transaction.prepare_cached(sql)?.execute((
        sealed.case.as_bytes(),
        to,
        sealed.seq,
        &sealed.payload,
        hash,
        n,
        from,
    ))?)
}

pub(super) fn set_signed(transaction: &Transaction<'_>, case: CaseId, manifest: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, manifest = ?3 WHERE case_id = ?1 AND state = ?4";
    let (from, to) = (CaseState::Unsigned as u8, CaseState::Sealed as u8);
    expect_one(transaction.prepare_cached(sql)?.execute((case.as_bytes(), to, manifest, from))?)
}

pub(super) fn set_receipt(transaction: &Transaction<'_>, case: CaseId, receipt: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, receipt = ?3 WHERE case_id = ?1 AND state = ?4";
    let (from, to) = (CaseState::Sealed as u8, CaseState::Receipted as u8);
    expect_one(transaction.prepare_cached(sql)?.execute((case.as_bytes(), to, receipt, from))?)
}

pub(super) fn set_state(
    transaction: &Transaction<'_>,
    case: CaseId,
    from: CaseState,
    to: CaseState,
) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?3 WHERE case_id = ?1 AND state = ?2";
    expect_one(transaction.prepare_cached(sql)?.execute((case.as_bytes(), from as u8, to as u8))?)
}

/// Overwrites everything that could open the case. Only a receipted case can lose its key.
pub(super) fn destroy_key(transaction: &Transaction<'_>, case: CaseId) -> Result<(), VaultError> {
    let sql = "UPDATE cases SET state = ?2, wrapped_key = NULL, payload = NULL, manifest = NULL
               WHERE case_id = ?1 AND state = ?3 AND receipt IS NOT NULL";
    let (from, to) = (CaseState::Receipted as u8, CaseState::Purging as u8);
    expect_one(transaction.prepare_cached(sql)?.execute((case.as_bytes(), to, from))?)
}

/// Whether everything that could open a case is gone in due form.
pub(super) fn is_destroyed(connection: &Connection, case: CaseId) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM cases WHERE case_id = ?1 AND wrapped_key IS NULL AND payload IS NULL
               AND manifest IS NULL AND receipt IS NOT NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([case.as_bytes()], |row| row.get(0))?)
}

/// A guarded update that met no row was asked for in the wrong state.
pub(super) const fn expect_one(changed: usize) -> Result<(), VaultError> {
    if changed == 1 { Ok(()) } else { Err(VaultError::State) }
}
