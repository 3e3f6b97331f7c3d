//! The device's journal: everything that happened, in one hash chain (FORMATS 8).
//!
//! Entries are sealed, links are not: anyone can check the chain, only the phone and recovery can read it. Each entry
//! is written in the transaction of what it tells.

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::VaultError;
use super::keys::KeyRing;
use crate::domain::{CaseId, EventId, Moment, ObjectId, ShiftId, VoidReason};
use crate::ports::Entropy;
use crate::seal::{Hash, JournalHead, chain};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are ids and hashes named like their types")]
pub enum JournalEvent {
    /// A shift began.
    ShiftOpened { shift: ShiftId },
    /// A shift ended.
    ShiftClosed { shift: ShiftId, cases: u64 },
    /// A draft began.
    CaseBegun { case: CaseId },
    /// A photo was taken over.
    PhotoImported { case: CaseId, object: ObjectId, hash: Hash },
    /// A photo that a crash had left without a row was taken over.
    PhotoRecovered { case: CaseId, object: ObjectId, hash: Hash },
    /// A case was sealed; `payload` is the hash of its manifest payload.
    CaseSealed { case: CaseId, seq: u32, payload: Hash },
    /// A case was voided; `payload` is the hash of the event's payload.
    CaseVoided { case: CaseId, id: EventId, reason: VoidReason, payload: Hash },
    /// The box's receipt was verified.
    ReceiptVerified { case: CaseId, receipt: Hash },
    /// The local payload of a case was destroyed.
    PayloadPurged { case: CaseId },
    /// The box refused something for good; it is kept.
    ItemQuarantined { owner: String, reason: String },
    /// Files without a row were found when opening.
    Recovered { adopted: u32, deleted: u32, quarantined: u32 },
    /// The device clock differs from the box's by this many milliseconds.
    ClockDiffers { by_ms: i64 },
}

/// One entry with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// When.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub event: JournalEvent,
}

/// The journal as stored, for export and verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Stored entries with their links, from number 1.
    pub entries: Vec<(Vec<u8>, Hash)>,
    /// The entries as they read, in the same order; none where the key is not at hand.
    pub records: Vec<Option<JournalRecord>>,
}

impl Journal {
    /// Recomputes all links.
    ///
    /// # Errors
    /// [`VaultError::JournalBroken`] with the first entry whose link does not fit.
    pub fn verify(&self) -> Result<JournalHead, VaultError> {
        let mut head = JournalHead::GENESIS;
        for (entry, link) in &self.entries {
            let n = head.n + 1;
            let expected = chain::link(&head.link, n, &Hash::of(&[entry]));
            if expected != *link {
                return Err(VaultError::JournalBroken { n });
            }
            head = JournalHead { n, link: expected };
        }
        Ok(head)
    }
}

fn row_id(n: u64) -> ObjectId {
    let [a, b, c, d, e, f, g, h] = n.to_be_bytes();
    ObjectId::new([0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h])
}

/// The newest entry.
pub(super) fn head(connection: &Connection) -> Result<JournalHead, VaultError> {
    let sql = "SELECT n, link FROM journal ORDER BY n DESC LIMIT 1";
    let row = connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
    let Some((n, link)) = row else { return Ok(JournalHead::GENESIS) };
    let malformed = || VaultError::Malformed { table: "journal" };
    Ok(JournalHead { n: u64::try_from(n).map_err(|_| malformed())?, link: Hash(link) })
}

/// Appends an entry; returns the head behind it.
pub(super) fn append(
    transaction: &Transaction<'_>,
    keys: &KeyRing,
    entropy: &dyn Entropy,
    at: Moment,
    event: JournalEvent,
) -> Result<JournalHead, VaultError> {
    let before = head(transaction)?;
    let n = before.n + 1;
    let plain =
        serde_json::to_vec(&JournalRecord { at, event }).map_err(|_| VaultError::Malformed { table: "journal" })?;
    let entry = keys.seal_entry(row_id(n), &plain, entropy)?;
    let link = chain::link(&before.link, n, &Hash::of(&[&entry.value]));
    let sql = "INSERT INTO journal (n, epoch, generation, entry, link) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.execute(sql, (signed(n)?, entry.epoch, entry.generation, entry.value, link.0))?;
    Ok(JournalHead { n, link })
}

/// Hashes of the stored entries from `first` to `last`, and the link before `first`.
pub(super) fn entry_hashes(connection: &Connection, first: u64, last: u64) -> Result<(Hash, Vec<Hash>), VaultError> {
    let before = match first {
        0 | 1 => chain::GENESIS,
        _ => Hash(
            connection.query_row("SELECT link FROM journal WHERE n = ?1", [signed(first - 1)?], |row| row.get(0))?,
        ),
    };
    let mut statement = connection.prepare("SELECT entry FROM journal WHERE n BETWEEN ?1 AND ?2 ORDER BY n")?;
    let rows = statement.query_map([signed(first)?, signed(last)?], |row| row.get::<_, Vec<u8>>(0))?;
    let hashes = rows.map(|entry| Ok(Hash::of(&[&entry?]))).collect::<Result<_, rusqlite::Error>>()?;
    Ok((before, hashes))
}

/// The whole journal, opened.
pub(super) fn all(connection: &Connection, keys: &KeyRing) -> Result<Journal, VaultError> {
    let mut statement = connection.prepare("SELECT entry, link, epoch, generation FROM journal ORDER BY n")?;
    let mut rows = statement.query([])?;
    let mut journal = Journal { entries: Vec::new(), records: Vec::new() };
    let mut n = 0;
    while let Some(row) = rows.next()? {
        n += 1;
        let (entry, link): (Vec<u8>, _) = (row.get(0)?, Hash(row.get(1)?));
        journal.records.push(read(keys, n, row.get(2)?, row.get(3)?, &entry)?);
        journal.entries.push((entry, link));
    }
    Ok(journal)
}

fn read(
    keys: &KeyRing,
    n: u64,
    epoch: u16,
    generation: Option<u16>,
    entry: &[u8],
) -> Result<Option<JournalRecord>, VaultError> {
    match keys.open_entry(epoch, generation, row_id(n), entry) {
        Ok(plain) => serde_json::from_slice(&plain).map(Some).map_err(|_| VaultError::Malformed { table: "journal" }),
        Err(VaultError::KeyMissing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn signed(n: u64) -> Result<i64, VaultError> {
    i64::try_from(n).map_err(|_| VaultError::Malformed { table: "journal" })
}
