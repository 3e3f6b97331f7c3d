//! Rows of the key epochs (FORMATS 16).
//!
//! An epoch is one root key and the hardware key that wraps it. Its row is there before its hardware key, so that no
//! hardware key can be forgotten, and stays behind it, because old rows name it. Aliases are drawn at random: none is
//! ever made a second time.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::cases::expect_one;
use super::epoch_copy::EpochCopy;
use super::keys::ROOTED;
use super::{Record, VaultError, shifts};
use crate::domain::to_hex;
use crate::ports::Entropy;
use crate::seal::RootEscrow;

/// Rows that this library has written; others must not keep the vault from opening.
pub(super) const NUMBERED: &str = "epoch BETWEEN 1 AND 65535";

/// How far an epoch has come. Numbers are stored; they are never given a new meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum EpochState {
    /// Row and alias are written; nothing is sealed under it yet.
    Prepared = 0,
    /// What is sealed now is sealed under it.
    Current = 1,
    /// Readable; nothing new.
    Retiring = 2,
    /// Nothing is left under it; its hardware key is being deleted.
    Erasing = 3,
    /// Its keys are gone; the row stays for those that name it.
    Erased = 4,
}

impl EpochState {
    const ALL: [Self; 5] = [Self::Prepared, Self::Current, Self::Retiring, Self::Erasing, Self::Erased];

    fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as i64 == number)
    }

    /// A state that cannot be, or that says that a root is gone which is there, costs no key: the epoch stays readable.
    fn of(number: i64, is_wrapped: bool) -> Self {
        match Self::from_number(number) {
            None | Some(Self::Erasing | Self::Erased) if is_wrapped => Self::Retiring,
            None => Self::Erased,
            Some(state) => state,
        }
    }
}

/// An epoch as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EpochRow {
    pub(super) epoch: u16,
    pub(super) state: EpochState,
    /// Name of the hardware key; none while only the recovery keys hold the root.
    pub(super) alias: Option<String>,
    /// The root, wrapped by the hardware key.
    pub(super) wrapped: Option<Vec<u8>>,
    pub(super) canary: Option<Vec<u8>>,
}

impl EpochRow {
    /// Whether anything may be sealed under it: unless its root is gone.
    pub(super) fn may_hold(&self) -> bool {
        self.state < EpochState::Erasing
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<EpochRow> {
    let wrapped: Option<Vec<u8>> = row.get(3)?;
    let state = EpochState::of(row.get(1)?, wrapped.is_some());
    Ok(EpochRow { epoch: row.get(0)?, state, alias: row.get(2)?, wrapped, canary: row.get(4)? })
}

/// All epochs that are not erased, oldest first.
pub(super) fn living(connection: &Connection) -> Result<Vec<EpochRow>, VaultError> {
    let sql = format!(
        "SELECT epoch, state, alias, wrapped, canary FROM epochs
         WHERE (state <> ?1 OR wrapped IS NOT NULL) AND {NUMBERED} ORDER BY epoch"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([EpochState::Erased as u8])?;
    let mut epochs = Vec::new();
    while let Some(row) = rows.next()? {
        epochs.push(read(row)?);
    }
    epochs.retain(|row| row.state != EpochState::Erased);
    Ok(epochs)
}

/// All epochs, the erased ones, too.
pub(super) fn rows(connection: &Connection) -> Result<Vec<EpochRow>, VaultError> {
    let sql = format!("SELECT epoch, state, alias, wrapped, canary FROM epochs WHERE {NUMBERED} ORDER BY epoch");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An epoch as an audit looks at it.
pub(super) struct EpochLook {
    pub(super) epoch: u16,
    /// Nothing if the row holds a state that no version writes.
    pub(super) state: Option<EpochState>,
    pub(super) canary: Option<Vec<u8>>,
    pub(super) is_wrapped: bool,
    pub(super) has_alias: bool,
    pub(super) recovery: Option<Vec<u8>>,
}

/// All epochs, whatever their rows say.
pub(super) fn looks(connection: &Connection) -> Result<Vec<EpochLook>, VaultError> {
    let sql = format!(
        "SELECT epoch, state, canary, wrapped IS NOT NULL, alias IS NOT NULL, recovery FROM epochs WHERE {NUMBERED}
         ORDER BY epoch"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(EpochLook {
            epoch: row.get(0)?,
            state: EpochState::from_number(row.get(1)?),
            canary: row.get(2)?,
            is_wrapped: row.get(3)?,
            has_alias: row.get(4)?,
            recovery: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The epoch that is the current one by its row.
pub(super) fn current(connection: &Connection) -> Result<Option<u16>, VaultError> {
    let sql = "SELECT epoch FROM epochs WHERE state = ?1";
    Ok(connection.query_row(sql, [EpochState::Current as u8], |row| row.get(0)).optional()?)
}

/// Writes the row of a new epoch and draws its alias.
pub(super) fn prepare(transaction: &Transaction<'_>, entropy: &dyn Entropy) -> Result<(u16, String), VaultError> {
    let epoch = next(transaction)?;
    let alias = alias(epoch, entropy)?;
    let sql = "INSERT INTO epochs (epoch, state, alias) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, (epoch, EpochState::Prepared as u8, &alias))?;
    Ok((epoch, alias))
}

/// Writes the row of a new epoch whose root no hardware key wraps.
pub(super) fn prepare_escape(transaction: &Transaction<'_>) -> Result<u16, VaultError> {
    let epoch = next(transaction)?;
    let sql = "INSERT INTO epochs (epoch, state) VALUES (?1, ?2)";
    transaction.execute(sql, (epoch, EpochState::Prepared as u8))?;
    Ok(epoch)
}

fn next(connection: &Connection) -> Result<u16, VaultError> {
    let sql = format!("SELECT MAX(epoch) FROM epochs WHERE {NUMBERED}");
    let newest: Option<u16> = connection.query_row(&sql, [], |row| row.get(0))?;
    newest.unwrap_or(0).checked_add(1).ok_or_else(|| Record::from("epochs").malformed())
}

/// Names the hardware key of an epoch that has none yet, before it is made.
pub(super) fn set_alias(transaction: &Transaction<'_>, epoch: u16, alias: Option<&str>) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET alias = ?2 WHERE epoch = ?1 AND wrapped IS NULL";
    expect_one(transaction.execute(sql, (epoch, alias))?)
}

/// Stores a root that the hardware now wraps, too.
pub(super) fn set_wrapped(transaction: &Transaction<'_>, epoch: u16, wrapped: &[u8]) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET wrapped = ?2 WHERE epoch = ?1 AND wrapped IS NULL AND alias IS NOT NULL";
    expect_one(transaction.execute(sql, (epoch, wrapped))?)
}

/// A name for a hardware key that no vault has used before.
pub(super) fn alias(epoch: u16, entropy: &dyn Entropy) -> Result<String, VaultError> {
    Ok(format!("streife-epoch-{epoch}-{}", to_hex(&entropy.array::<4>()?)))
}

/// Makes a prepared epoch the current one; the one before retires.
pub(super) fn make_current(
    transaction: &Transaction<'_>,
    epoch: u16,
    wrapped: Option<&[u8]>,
    canary: &[u8],
) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET state = ?2 WHERE state = ?1";
    transaction.execute(sql, (EpochState::Current as u8, EpochState::Retiring as u8))?;
    let sql = "UPDATE epochs SET state = ?2, wrapped = ?3, canary = ?4 WHERE epoch = ?1 AND state = ?5";
    let (to, from) = (EpochState::Current as u8, EpochState::Prepared as u8);
    expect_one(transaction.execute(sql, (epoch, to, wrapped, canary, from))?)
}

/// Stores what the recovery keys open an epoch with.
pub(super) fn set_recovery(transaction: &Transaction<'_>, epoch: u16, escrow: &RootEscrow) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET recovery = ?2 WHERE epoch = ?1 AND state <> ?3";
    transaction.execute(sql, (epoch, escrow.encode(), EpochState::Erased as u8))?;
    Ok(())
}

/// An epoch and the wraps of its root.
type Recovery = (u16, Option<Vec<u8>>);

/// What the recovery keys open the living epochs with.
pub(super) fn recoveries(connection: &Connection) -> Result<Vec<Recovery>, VaultError> {
    let mut statement = connection.prepare("SELECT epoch, recovery FROM epochs WHERE state IN (?1, ?2)")?;
    let states = (EpochState::Current as u8, EpochState::Retiring as u8);
    let rows = statement.query_map(states, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether anything that is still needed lies under the root of an old epoch: a case key, a setting, the officer of a
/// shift that is not over, or a journal key that the current root does not carry.
pub(super) fn has_living_values(connection: &Connection, epoch: u16, current: u16) -> Result<bool, VaultError> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM cases WHERE epoch = ?1 AND wrapped_key IS NOT NULL)
         OR EXISTS (SELECT 1 FROM settings WHERE epoch = ?1)
         OR EXISTS (SELECT 1 FROM officers WHERE epoch = ?1 AND {})
         OR EXISTS (SELECT 1 FROM journal_keys WHERE epoch = ?1
                    AND generation NOT IN (SELECT generation FROM journal_keys WHERE epoch = ?2))",
        shifts::NOT_OVER
    );
    let lives: bool = connection.query_row(&sql, (epoch, current), |row| row.get(0))?;
    Ok(lives || (epoch == 1 && has_rooted_entries(connection)? && !carries(connection, current, ROOTED)?))
}

fn carries(connection: &Connection, epoch: u16, generation: u16) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM journal_keys WHERE epoch = ?1 AND generation = ?2)";
    Ok(connection.query_row(sql, (epoch, generation), |row| row.get(0))?)
}

/// Takes the root of an old epoch away, and what only it could open.
pub(super) fn take_root(transaction: &Transaction<'_>, epoch: u16) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET state = ?2, wrapped = NULL, canary = NULL, recovery = NULL
               WHERE epoch = ?1 AND state <> ?3";
    let (to, current) = (EpochState::Erasing as u8, EpochState::Current as u8);
    expect_one(transaction.execute(sql, (epoch, to, current))?)?;
    transaction.execute("DELETE FROM journal_keys WHERE epoch = ?1", [epoch])?;
    transaction.execute("DELETE FROM officers WHERE epoch = ?1", [epoch])?;
    Ok(())
}

/// Its hardware key is gone.
pub(super) fn set_erased(transaction: &Transaction<'_>, epoch: u16) -> Result<(), VaultError> {
    let sql = "UPDATE epochs SET state = ?2, alias = NULL WHERE epoch = ?1 AND state = ?3";
    let (to, from) = (EpochState::Erased as u8, EpochState::Erasing as u8);
    expect_one(transaction.execute(sql, (epoch, to, from))?)
}

/// Removes a prepared epoch whose hardware key is deleted or was never made.
pub(super) fn discard(transaction: &Transaction<'_>, epoch: u16) -> Result<(), VaultError> {
    let sql = "DELETE FROM epochs WHERE epoch = ?1 AND state = ?2";
    expect_one(transaction.execute(sql, (epoch, EpochState::Prepared as u8))?)
}

/// Puts back what wraps a root, from its copy.
pub(super) fn restore(transaction: &Transaction<'_>, copy: &EpochCopy) -> Result<(), VaultError> {
    // What took its name is none: the hardware key is this epoch's.
    let sql = "UPDATE epochs SET alias = NULL WHERE alias = ?1 AND epoch <> ?2";
    transaction.execute(sql, (&copy.alias, copy.epoch))?;
    let sql = "UPDATE epochs SET state = ?3, wrapped = NULL, canary = NULL, recovery = NULL
               WHERE epoch <> ?2 AND wrapped = ?1";
    transaction.execute(sql, (&copy.wrapped, copy.epoch, EpochState::Erased as u8))?;
    let sql = "INSERT INTO epochs (epoch, state, alias, wrapped, canary, recovery) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (epoch) DO UPDATE SET alias = excluded.alias, wrapped = excluded.wrapped";
    let values = (copy.epoch, EpochState::Retiring as u8, &copy.alias, &copy.wrapped, &copy.canary, &copy.recovery);
    transaction.execute(sql, values)?;
    Ok(())
}

/// Whether any row names an epoch. A prepared one that is named was not left by a crash.
pub(super) fn is_named(connection: &Connection, epoch: u16) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM cases WHERE epoch = ?1) OR EXISTS (SELECT 1 FROM journal WHERE epoch = ?1)
               OR EXISTS (SELECT 1 FROM settings WHERE epoch = ?1) OR EXISTS (SELECT 1 FROM shifts WHERE epoch = ?1)
               OR EXISTS (SELECT 1 FROM officers WHERE epoch = ?1)
               OR EXISTS (SELECT 1 FROM journal_keys WHERE epoch = ?1)";
    Ok(connection.query_row(sql, [epoch], |row| row.get(0))?)
}

/// How many rows there are, readable or not.
pub(super) fn count(connection: &Connection) -> Result<u64, VaultError> {
    let count: i64 = connection.query_row("SELECT COUNT(*) FROM epochs", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The generations of all entries.
pub(super) fn generations(connection: &Connection) -> Result<Vec<u16>, VaultError> {
    let sql = "SELECT DISTINCT generation FROM journal WHERE generation BETWEEN 1 AND 65535";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The journal keys that an epoch's root seals, by generation.
pub(super) fn journal_keys(connection: &Connection, epoch: u16) -> Result<Vec<(u16, Vec<u8>)>, VaultError> {
    let sql = "SELECT generation, sealed FROM journal_keys WHERE epoch = ?1 AND generation BETWEEN 0 AND 65535";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([epoch], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores a journal key under an epoch's root, unless it is there.
pub(super) fn insert_journal_key(
    transaction: &Transaction<'_>,
    epoch: u16,
    generation: u16,
    sealed: &[u8],
) -> Result<(), VaultError> {
    let sql = "INSERT INTO journal_keys (epoch, generation, sealed) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    transaction.execute(sql, (epoch, generation, sealed))?;
    Ok(())
}

/// Replaces a journal key that does not open.
pub(super) fn replace_journal_key(
    transaction: &Transaction<'_>,
    epoch: u16,
    generation: u16,
    sealed: &[u8],
) -> Result<(), VaultError> {
    let sql = "INSERT INTO journal_keys (epoch, generation, sealed) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET sealed = excluded.sealed";
    transaction.execute(sql, (epoch, generation, sealed))?;
    Ok(())
}

/// Whether the journal begins with entries under the root of epoch 1 itself, as schema 1 wrote them.
pub(super) fn has_rooted_entries(connection: &Connection) -> Result<bool, VaultError> {
    let sql = "SELECT generation IS NULL FROM journal ORDER BY n LIMIT 1";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(false))
}
