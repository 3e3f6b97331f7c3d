//! What must reach the box, item by item, with everything a retry needs to survive the process.
//!
//! An item is written in the transaction that makes it possible, and becomes ready in the transaction that fulfils
//! what it waits for: objects wait for their manifest, a receipt for the last object, an event for the manifest. So
//! the engine only ever asks for the first ready item, and no crash can leave one waiting for nothing.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::cases::{CaseState, expect_one};
use super::{Record, VaultError};
use crate::seal::Kind;

/// What an item is. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum ItemKind {
    /// Signed opening of a shift.
    ShiftOpening = 1,
    /// Signed manifest of a case.
    Manifest = 2,
    /// One object of a case.
    Object = 3,
    /// Receipt of a case, to be fetched.
    Receipt = 4,
    /// Signed event of a case.
    Event = 5,
    /// Signed seal of a shift.
    ShiftSeal = 6,
}

impl ItemKind {
    const ALL: [Self; 6] =
        [Self::ShiftOpening, Self::Manifest, Self::Object, Self::Receipt, Self::Event, Self::ShiftSeal];
}

/// State of an item. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ItemState {
    /// Waits for another item.
    Blocked = 0,
    /// Can be sent.
    Ready = 1,
    /// Has arrived.
    Done = 2,
    /// Was refused for good.
    Quarantined = 3,
}

impl ItemState {
    const ALL: [Self; 4] = [Self::Blocked, Self::Ready, Self::Done, Self::Quarantined];
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its row.
    pub id: i64,
    /// What it is.
    pub kind: ItemKind,
    /// Id of the shift, case, object or event.
    pub target: [u8; 16],
    /// Id of the shift or case it belongs to.
    pub owner: [u8; 16],
    /// Bytes of its body.
    pub size: u64,
    /// State.
    pub state: ItemState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not to be tried before, unix milliseconds.
    pub not_before: i64,
    /// The upload the box announced, JSON.
    pub upload: Option<String>,
    /// Why it is quarantined.
    pub reason: Option<String>,
}

/// Everything in the outbox, by state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    /// All items in the order of the wire.
    pub items: Vec<Item>,
}

impl Outbox {
    /// Items in a state.
    pub fn in_state(&self, state: ItemState) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.state == state)
    }
}

const COLUMNS: &str = "id, kind, target, owner, size, state, attempts, not_before, upload, reason";

/// Order on the wire: what is small and lets others start goes first, photos last.
const fn rank(kind: ItemKind, object: Option<Kind>) -> u8 {
    match (kind, object) {
        (ItemKind::ShiftOpening, _) => 0,
        (ItemKind::Receipt, _) => 1,
        (ItemKind::Manifest, _) => 2,
        (ItemKind::Object, Some(Kind::Record)) => 3,
        (ItemKind::Event, _) => 4,
        (ItemKind::Object, Some(Kind::View)) => 5,
        (ItemKind::Object, Some(Kind::Thumbnail | Kind::MaskedCopy)) => 6,
        (ItemKind::ShiftSeal, _) => 7,
        (ItemKind::Object, _) => 8,
    }
}

/// By so much an urgent item goes before others.
const URGENT: i64 = 16;

/// What may be sent. Urgent items always may: their ranks lie before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Longest item, bytes.
    pub size: u64,
    /// Last place in the order on the wire.
    pub rank: i64,
}

impl Window {
    /// Everything.
    pub const ALL: Self = Self { size: u64::MAX, rank: i64::MAX };
    /// Last place of what is urgent, and of the openings that it waits for.
    pub const URGENT: i64 = 0;
    /// Last place before the photos.
    pub const BEFORE_PHOTOS: i64 = 7;

    fn size_limit(self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX)
    }
}

/// A new item.
pub(super) struct NewItem<'a> {
    pub(super) kind: ItemKind,
    pub(super) object: Option<Kind>,
    pub(super) target: &'a [u8; 16],
    pub(super) owner: &'a [u8; 16],
    pub(super) size: u64,
    pub(super) ready: bool,
}

pub(super) fn insert(transaction: &Transaction<'_>, item: &NewItem<'_>) -> Result<(), VaultError> {
    // A row that is there already was left by somebody else: it must not keep what is new from being sent.
    let sql = "INSERT INTO outbox (kind, target, owner, rank, size, state)
               VALUES (?1, ?2, ?3, ?4 - ?7 * EXISTS (SELECT 1 FROM cases WHERE case_id IN (?2, ?3) AND urgent <> 0), ?5, ?6)
               ON CONFLICT (kind, target) DO UPDATE
               SET owner = excluded.owner, rank = excluded.rank, size = excluded.size, state = excluded.state";
    let state = if item.ready { ItemState::Ready } else { ItemState::Blocked };
    let size = i64::try_from(item.size).unwrap_or(i64::MAX);
    let rank = rank(item.kind, item.object);
    let values = (item.kind as u8, item.target, item.owner, rank, size, state as u8, URGENT);
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Rows that this library has written; others must not keep these from being sent.
const SOUND: &str = "kind BETWEEN 1 AND 6 AND length(target) = 16 AND length(owner) = 16
                     AND attempts BETWEEN 0 AND 4294967295";

/// Everything of a case goes before all others.
pub(super) fn hurry(transaction: &Transaction<'_>, case: &[u8; 16]) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET rank = rank - ?2 WHERE (owner = ?1 OR kind = ?3 AND target = ?1) AND rank >= 0";
    transaction.execute(sql, (case, URGENT, ItemKind::Manifest as u8))?;
    Ok(())
}

/// How many photos of a case have arrived, and how many there are.
pub(super) fn photos(connection: &Connection, case: &[u8; 16]) -> Result<(u32, u32), VaultError> {
    let sql = "SELECT COALESCE(SUM(outbox.state = ?2), 0), COUNT(*) FROM outbox JOIN objects ON object_id = target
               WHERE owner = ?1 AND outbox.kind = ?3 AND objects.kind = ?4";
    let values = (case, ItemState::Done as u8, ItemKind::Object as u8, Kind::Photo as u8);
    Ok(connection.prepare_cached(sql)?.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// One item, if it is there.
pub(super) fn one(connection: &Connection, kind: ItemKind, target: &[u8; 16]) -> Result<Option<Item>, VaultError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE kind = ?1 AND target = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((kind as u8, target))?;
    rows.next()?.map(read).transpose()
}

/// The first ready item within a window that may be tried now.
pub(super) fn next_ready(connection: &Connection, now_ms: i64, window: Window) -> Result<Option<Item>, VaultError> {
    // `+` keeps the planner on the index that is in this order: any other would have it sort all that is ready.
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = ?1 AND rank <= ?4 AND (size BETWEEN 0 AND ?2 OR rank < 0)
         AND +not_before <= ?3 AND {SOUND} ORDER BY rank, id LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((ItemState::Ready as u8, window.size_limit(), now_ms, window.rank))?;
    rows.next()?.map(read).transpose()
}

/// When the next ready item within a window may be tried, unix milliseconds.
pub(super) fn next_time(connection: &Connection, window: Window) -> Result<Option<i64>, VaultError> {
    // The state is a literal, or the planner could not use an index of ready items alone.
    let ready = ItemState::Ready as u8;
    let sql = format!(
        "SELECT not_before FROM outbox WHERE state = {ready} AND +rank <= ?2 AND (size BETWEEN 0 AND ?1 OR +rank < 0)
         AND {SOUND} ORDER BY not_before LIMIT 1"
    );
    let values = (window.size_limit(), window.rank);
    Ok(connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?)
}

/// The time of the ready item that waits longest.
pub(super) fn last_time(connection: &Connection) -> Result<Option<i64>, VaultError> {
    let sql = format!("SELECT MAX(not_before) FROM outbox WHERE state = {}", ItemState::Ready as u8);
    Ok(connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Bytes of all items that have neither arrived nor been refused.
pub(super) fn open_bytes(connection: &Connection) -> Result<u64, VaultError> {
    let sql = "SELECT COALESCE(SUM(size), 0) FROM outbox WHERE state IN (?1, ?2)";
    let states = (ItemState::Blocked as u8, ItemState::Ready as u8);
    let bytes: i64 = connection.prepare_cached(sql)?.query_row(states, |row| row.get(0))?;
    Ok(u64::try_from(bytes).unwrap_or_default())
}

pub(super) fn all(connection: &Connection) -> Result<Outbox, VaultError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM outbox ORDER BY rank, id"))?;
    let mut rows = statement.query([])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Err(VaultError::Malformed { .. }) => {} // it must not hide the others
            item => items.push(item?),
        }
    }
    Ok(Outbox { items })
}

/// How many rows there are, readable or not.
pub(super) fn count(connection: &Connection) -> Result<u64, VaultError> {
    let count: i64 = connection.query_row("SELECT COUNT(*) FROM outbox", [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn read(row: &Row<'_>) -> Result<Item, VaultError> {
    decode(row).map_err(|error| error.of("outbox".into()))
}

fn decode(row: &Row<'_>) -> Result<Item, VaultError> {
    let malformed = || Record::from("outbox").malformed();
    let (kind, state, size): (u8, u8, i64) = (row.get(1)?, row.get(5)?, row.get(4)?);
    Ok(Item {
        id: row.get(0)?,
        kind: ItemKind::ALL.into_iter().find(|known| *known as u8 == kind).ok_or_else(malformed)?,
        target: row.get(2)?,
        owner: row.get(3)?,
        size: u64::try_from(size).map_err(|_| malformed())?,
        state: ItemState::ALL.into_iter().find(|known| *known as u8 == state).ok_or_else(malformed)?,
        attempts: row.get(6)?,
        not_before: row.get(7)?,
        upload: row.get(8)?,
        reason: row.get(9)?,
    })
}

pub(super) fn set_state(transaction: &Transaction<'_>, id: i64, state: ItemState) -> Result<(), VaultError> {
    expect_one(transaction.prepare_cached("UPDATE outbox SET state = ?2 WHERE id = ?1")?.execute((id, state as u8))?)
}

/// Makes the blocked items of an owner ready.
pub(super) fn unblock(transaction: &Transaction<'_>, owner: &[u8; 16], kind: ItemKind) -> Result<(), VaultError> {
    // `+`: by the owner, not by the state of the whole queue.
    let sql = "UPDATE outbox SET state = ?3 WHERE owner = ?1 AND kind = ?2 AND +state = ?4";
    transaction.prepare_cached(sql)?.execute((owner, kind as u8, ItemState::Ready as u8, ItemState::Blocked as u8))?;
    Ok(())
}

/// Items of a kind and owner that have not arrived.
pub(super) fn open_count(connection: &Connection, owner: &[u8; 16], kind: ItemKind) -> Result<u64, VaultError> {
    let sql = "SELECT COUNT(*) FROM outbox WHERE owner = ?1 AND kind = ?2 AND state <> ?3";
    let count: i64 =
        connection.prepare_cached(sql)?.query_row((owner, kind as u8, ItemState::Done as u8), |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// State of an item, if it is there.
pub(super) fn state_of(
    connection: &Connection,
    kind: ItemKind,
    target: &[u8; 16],
) -> Result<Option<ItemState>, VaultError> {
    let sql = "SELECT state FROM outbox WHERE kind = ?1 AND target = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let state: Option<u8> = statement.query_row((kind as u8, target), |row| row.get(0)).optional()?;
    Ok(state.and_then(|state| ItemState::ALL.into_iter().find(|known| *known as u8 == state)))
}

/// Whether an item has arrived.
pub(super) fn has_arrived(connection: &Connection, kind: ItemKind, target: &[u8; 16]) -> Result<bool, VaultError> {
    Ok(state_of(connection, kind, target)? == Some(ItemState::Done))
}

/// An opening, a seal or an event that stands as arrived, or waits for nothing, is sent once more. The others are told of
/// by the box.
pub(super) fn send_again(transaction: &Transaction<'_>, kind: ItemKind, target: &[u8; 16]) -> Result<(), VaultError> {
    if matches!(kind, ItemKind::Manifest | ItemKind::Object | ItemKind::Receipt) {
        return Ok(());
    }
    let sql = "UPDATE outbox SET state = ?3 WHERE kind = ?1 AND target = ?2 AND state IN (?4, ?5)";
    let (blocked, done) = (ItemState::Blocked as u8, ItemState::Done as u8);
    transaction.execute(sql, (kind as u8, target, ItemState::Ready as u8, blocked, done))?;
    Ok(())
}

/// Takes the items of a case out, to be queued anew.
pub(super) fn forget_case(transaction: &Transaction<'_>, case: &[u8; 16]) -> Result<(), VaultError> {
    let (object, receipt, manifest) = (ItemKind::Object as u8, ItemKind::Receipt as u8, ItemKind::Manifest as u8);
    transaction.execute("DELETE FROM outbox WHERE owner = ?1 AND kind IN (?2, ?3)", (case, object, receipt))?;
    transaction.execute("DELETE FROM outbox WHERE target = ?1 AND kind = ?2", (case, manifest))?;
    Ok(())
}

/// Whether anything waits to be sent, but for what belongs to a refused case.
pub(super) fn has_open(connection: &Connection) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN (?1, ?2)
               AND owner NOT IN (SELECT case_id FROM cases WHERE state = ?3)
               AND target NOT IN (SELECT case_id FROM cases WHERE state = ?3))";
    let (blocked, ready) = (ItemState::Blocked as u8, ItemState::Ready as u8);
    Ok(connection.query_row(sql, (blocked, ready, CaseState::Quarantined as u8), |row| row.get(0))?)
}

/// The box misses an object and says where it goes, whatever was believed before.
pub(super) fn announce(transaction: &Transaction<'_>, object: &[u8; 16], upload: &str) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET upload = ?3, state = ?4 WHERE kind = ?1 AND target = ?2 AND state <> ?5";
    let (blocked, quarantined) = (ItemState::Blocked as u8, ItemState::Quarantined as u8);
    transaction.prepare_cached(sql)?.execute((ItemKind::Object as u8, object, upload, blocked, quarantined))?;
    Ok(())
}

pub(super) fn set_upload(transaction: &Transaction<'_>, object: &[u8; 16], upload: &str) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET upload = ?3 WHERE kind = ?1 AND target = ?2";
    transaction.prepare_cached(sql)?.execute((ItemKind::Object as u8, object, upload))?;
    Ok(())
}

pub(super) fn set_object_done(transaction: &Transaction<'_>, object: &[u8; 16]) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET state = ?3, upload = NULL WHERE kind = ?1 AND target = ?2 AND state <> ?4";
    let values = (ItemKind::Object as u8, object, ItemState::Done as u8, ItemState::Quarantined as u8);
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Blocks the objects and the receipt of a case again, and makes its manifest ready.
pub(super) fn redeclare(transaction: &Transaction<'_>, case: &[u8; 16]) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET state = ?3, upload = NULL WHERE owner = ?1 AND kind IN (?4, ?5) AND +state = ?2";
    let (object, receipt) = (ItemKind::Object as u8, ItemKind::Receipt as u8);
    transaction.prepare_cached(sql)?.execute((
        case,
        ItemState::Ready as u8,
        ItemState::Blocked as u8,
        object,
        receipt,
    ))?;
    // A case that was let go has no manifest to declare; an event of it that the box has no case for waits by itself.
    let sql = "UPDATE outbox SET state = ?3 WHERE kind = ?1 AND target = ?2
               AND EXISTS (SELECT 1 FROM cases WHERE case_id = ?2 AND manifest IS NOT NULL)";
    transaction.prepare_cached(sql)?.execute((ItemKind::Manifest as u8, case, ItemState::Ready as u8))?;
    Ok(())
}

/// `upload` replaces the announced upload, if given.
pub(super) fn defer(
    transaction: &Transaction<'_>,
    id: i64,
    not_before: i64,
    upload: Option<&str>,
) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET attempts = attempts + 1, not_before = ?2, upload = COALESCE(?3, upload) WHERE id = ?1";
    expect_one(transaction.prepare_cached(sql)?.execute((id, not_before, upload))?)
}

pub(super) fn quarantine(transaction: &Transaction<'_>, id: i64, reason: &str) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET state = ?2, reason = ?3 WHERE id = ?1";
    expect_one(transaction.prepare_cached(sql)?.execute((id, ItemState::Quarantined as u8, reason))?)
}

/// Ends waits that lie further ahead than any can be: the clock was set back.
pub(super) fn end_waits_beyond(transaction: &Transaction<'_>, latest: i64, now: i64) -> Result<(), VaultError> {
    let sql = "UPDATE outbox SET not_before = ?2 WHERE not_before > ?1";
    transaction.prepare_cached(sql)?.execute((latest, now))?;
    Ok(())
}
