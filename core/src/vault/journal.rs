//! The device's journal: everything that happened, in one hash chain (FORMATS 8).
//!
//! Entries are sealed, links are not: anyone can check the chain, only the phone and recovery can read it. Each entry
//! is written in the transaction of what it tells, by [`Vault::journaled`]. Whatever changes a draft journals the hash
//! of the sealed draft it leaves, so an older draft put back in its place shows.

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::bases::Bases;
use super::keys::KeyRing;
use super::{Record, Vault, VaultError};
use crate::domain::{CaseId, EventId, Moment, ObjectId, ShiftId, VoidReason};
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
    /// A draft was changed: an edit, or a thumbnail.
    DraftSaved { case: CaseId },
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
    /// A damaged database was set aside under this number and built again.
    Salvaged {
        number: u32,
        whole: u32,
        stranded: u32,
        facts_lost: u32,
        locked: u32,
        keys_lost: u32,
        photos_lost: u32,
        entries_kept: u64,
    },
    /// A case that had lost its manifest was given a new one; `payload` is the hash of its payload.
    CaseReissued { case: CaseId, payload: Hash },
    /// Files without a row were found when opening.
    Recovered { adopted: u32, deleted: u32, quarantined: u32 },
    /// A key epoch began: from here on everything is sealed under its root.
    EpochBegun { epoch: u16 },
    /// Nothing was left under an old root: it is erased with its hardware key.
    EpochErased { epoch: u16 },
    /// The disk was full; so many bytes held back were given up.
    BallastGiven { bytes: u64 },
    /// The journal's head was another when the vault was resumed than when it was suspended.
    ChangedWhileSuspended { left: u64, found: u64 },
    /// The device clock differs from the box's by this many milliseconds.
    ClockDiffers { by_ms: i64 },
}

/// One entry with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// When.
    pub at: Moment,
    /// Hash of the sealed draft that was stored with the entry, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Hash>,
    /// What.
    #[serde(flatten)]
    pub event: JournalEvent,
}

/// The journal as stored, for export and verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Where it goes on behind entries that a salvage did not find.
    pub bases: Bases,
    /// All entries in their order.
    pub entries: Vec<JournalEntry>,
}

/// An entry as stored, and as it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number.
    pub n: u64,
    /// The sealed bytes.
    pub stored: Vec<u8>,
    /// The link behind it, as stored.
    pub link: Hash,
    /// What it says.
    pub reading: Reading,
}

/// Whether an entry can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// This is what it says.
    Record(JournalRecord),
    /// Its key is not at hand.
    NoKey,
    /// It does not open where it stands.
    Damaged,
}

impl Reading {
    /// What the entry says, if it can be read.
    #[must_use]
    pub const fn record(&self) -> Option<&JournalRecord> {
        match self {
            Self::Record(record) => Some(record),
            Self::NoKey | Self::Damaged => None,
        }
    }
}

impl Journal {
    /// Recomputes all links.
    ///
    /// # Errors
    /// [`VaultError::JournalBroken`] with the first entry that is missing or whose link does not fit.
    pub fn verify(&self) -> Result<JournalHead, VaultError> {
        self.entries.iter().try_fold(JournalHead::GENESIS, |head, entry| {
            let next = behind(&self.bases.before(entry.n, head), &entry.stored);
            let fits = entry.n == next.n && entry.link == next.link;
            if fits { Ok(next) } else { Err(VaultError::JournalBroken { n: next.n }) }
        })
    }

    /// What the entries say, as far as they can be read.
    pub fn records(&self) -> impl Iterator<Item = &JournalRecord> {
        self.entries.iter().filter_map(|entry| entry.reading.record())
    }
}

impl Vault {
    /// One transaction that changes rows and appends the entries that tell of it.
    pub(super) fn journaled<T>(
        &self,
        at: Moment,
        mut work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.write(|transaction| {
            let mut writer = JournalWriter::new(self, transaction, at)?;
            work(transaction, &mut writer)
        })
    }

    /// The same behind a place that is no row's: where a salvage goes on.
    pub(super) fn journaled_behind<T>(
        &self,
        head: JournalHead,
        at: Moment,
        mut work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.write(|transaction| work(transaction, &mut JournalWriter { vault: self, transaction, at, head }))
    }
}

/// Appends entries within one transaction.
pub(super) struct JournalWriter<'a> {
    vault: &'a Vault,
    transaction: &'a Transaction<'a>,
    at: Moment,
    head: JournalHead,
}

impl<'a> JournalWriter<'a> {
    /// For a transaction that is open already.
    pub(super) fn new(vault: &'a Vault, transaction: &'a Transaction<'a>, at: Moment) -> Result<Self, VaultError> {
        Ok(Self { vault, transaction, at, head: head(transaction)? })
    }
}

impl JournalWriter<'_> {
    /// The newest entry.
    pub(super) const fn head(&self) -> JournalHead {
        self.head
    }

    /// Number that the next entry will have.
    pub(super) const fn next(&self) -> u64 {
        self.head.n + 1
    }

    /// Appends an entry; returns the head behind it.
    pub(super) fn append(&mut self, event: JournalEvent) -> Result<JournalHead, VaultError> {
        self.put(JournalRecord { at: self.at, draft: None, event })
    }

    /// Appends an entry about a draft that this transaction stores.
    pub(super) fn append_draft(&mut self, event: JournalEvent, draft: &[u8]) -> Result<JournalHead, VaultError> {
        self.put(JournalRecord { at: self.at, draft: Some(Hash::of(&[draft])), event })
    }

    fn put(&mut self, record: JournalRecord) -> Result<JournalHead, VaultError> {
        let Self { vault, transaction, .. } = *self;
        let n = self.next();
        let plain = serde_json::to_vec(&record).map_err(|_| Record::Entry(n).malformed())?;
        let entry = vault.keys.seal_entry(row_id(n), &plain, &*vault.entropy)?;
        self.head = behind(&self.head, &entry.value);
        let mut statement = transaction
            .prepare_cached("INSERT INTO journal (n, epoch, generation, entry, link) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        statement.execute((signed(n)?, entry.epoch, entry.generation, entry.value, self.head.link.0))?;
        Ok(self.head)
    }
}

fn row_id(n: u64) -> ObjectId {
    let [a, b, c, d, e, f, g, h] = n.to_be_bytes();
    ObjectId::new([0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h])
}

/// The place behind a further entry.
pub(super) fn behind(head: &JournalHead, stored: &[u8]) -> JournalHead {
    let n = head.n.saturating_add(1);
    JournalHead { n, link: chain::link(&head.link, n, &Hash::of(&[stored])) }
}

/// The newest entry.
pub(super) fn head(connection: &Connection) -> Result<JournalHead, VaultError> {
    let mut statement = connection.prepare_cached("SELECT n, link FROM journal ORDER BY n DESC LIMIT 1")?;
    let row = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
    let Some((n, link)) = row else { return Ok(JournalHead::GENESIS) };
    Ok(JournalHead { n: u64::try_from(n).map_err(|_| malformed())?, link: Hash(link) })
}

fn link_at(connection: &Connection, n: u64) -> Result<Hash, VaultError> {
    if n == 0 {
        return Ok(chain::GENESIS);
    }
    let sql = "SELECT link FROM journal WHERE n = ?1";
    let stored = connection.query_row(sql, [signed(n)?], |row| row.get(0).map(Hash)).optional()?;
    match stored {
        Some(link) => Ok(link),
        None => Bases::read(connection)?.at(n).map(|base| base.link).ok_or(VaultError::NotFound { table: "journal" }),
    }
}

/// Hashes of the stored entries from `first` to `last`, and the link before `first`.
pub(super) fn entry_hashes(connection: &Connection, first: u64, last: u64) -> Result<(Hash, Vec<Hash>), VaultError> {
    let before = link_at(connection, first.saturating_sub(1))?;
    let mut statement = connection.prepare("SELECT entry FROM journal WHERE n BETWEEN ?1 AND ?2 ORDER BY n")?;
    let rows = statement.query_map([signed(first)?, signed(last)?], |row| row.get::<_, Vec<u8>>(0))?;
    let hashes = rows.map(|entry| Ok(Hash::of(&[&entry?]))).collect::<Result<_, rusqlite::Error>>()?;
    Ok((before, hashes))
}

/// The whole journal, opened as far as it can be.
pub(super) fn all(connection: &Connection, keys: &KeyRing) -> Result<Journal, VaultError> {
    let mut entries = Vec::new();
    each_after(connection, keys, 0, |entry| entries.push(entry))?;
    Ok(Journal { bases: Bases::read(connection)?, entries })
}

/// Hands over every entry behind number `n`, in order, without holding more than one.
pub(super) fn each_after(
    connection: &Connection,
    keys: &KeyRing,
    n: u64,
    mut take: impl FnMut(JournalEntry),
) -> Result<(), VaultError> {
    let sql = "SELECT n, entry, link, epoch, generation FROM journal WHERE n > ?1 ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([signed(n)?])?;
    while let Some(row) = rows.next()? {
        let n = u64::try_from(row.get::<_, i64>(0)?).map_err(|_| malformed())?;
        let (stored, link): (Vec<u8>, _) = (row.get(1)?, Hash(row.get(2)?));
        let reading = read(keys, n, row.get(3)?, row.get(4)?, &stored);
        take(JournalEntry { n, stored, link, reading });
    }
    Ok(())
}

fn read(keys: &KeyRing, n: u64, epoch: u16, generation: Option<u16>, stored: &[u8]) -> Reading {
    match keys.open_entry(epoch, generation, row_id(n), stored) {
        Ok(plain) => serde_json::from_slice(&plain).map_or(Reading::Damaged, Reading::Record),
        Err(VaultError::KeyMissing { .. }) => Reading::NoKey,
        Err(_) => Reading::Damaged,
    }
}

fn malformed() -> VaultError {
    Record::from("journal").malformed()
}

fn signed(n: u64) -> Result<i64, VaultError> {
    i64::try_from(n).map_err(|_| malformed())
}
