//! The device's journal: everything that happened, in one hash chain (FORMATS 8).
//!
//! Entries are sealed, links are not: anyone can check the chain, only the phone and recovery can read it. Each entry
//! is written in the transaction of what it tells, by [`Vault::journaled`]. Whatever changes a draft journals the hash
//! of the sealed draft it leaves, so an older draft put back in its place shows.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::bases::Bases;
use super::keys::KeyRing;
use super::reading::Reading;
use super::{Damage, ItemKind, KeyState, Record, Vault, VaultError, mark};
use crate::domain::{CaseId, CaseNumber, EventId, Moment, NumberRange, ObjectId, RangeRequestId, ShiftId, VoidReason};
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
    /// A case was sealed; `payload` is the hash of its manifest payload, `number` the case number it has used up.
    CaseSealed {
        case: CaseId,
        seq: u32,
        payload: Hash,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<CaseNumber>,
    },
    /// A case was voided; `payload` is the hash of the event's payload.
    CaseVoided { case: CaseId, id: EventId, reason: VoidReason, payload: Hash },
    /// The box's receipt was verified.
    ReceiptVerified { case: CaseId, receipt: Hash },
    /// The desk's decision was verified.
    DecisionVerified { case: CaseId, decision: Hash },
    /// The box has lost a case that it had given a receipt for; it is sent again.
    CaseRequeued { case: CaseId },
    /// The box has lost a case that it had given a receipt for, and its payload is gone from here.
    CaseLost { case: CaseId },
    /// The box holds another manifest under the id of a case than the one it had given a receipt for.
    CaseDiffers { case: CaseId },
    /// The local payload of a case was destroyed.
    PayloadPurged { case: CaseId },
    /// The box refused something for good; it is kept.
    ItemQuarantined { owner: String, reason: String },
    /// A damaged database was set aside under this number and built again. What came before tells nothing of rows any more;
    /// the entries behind this one tell of them anew.
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
    /// A salvage found a case without its signed manifest.
    CaseStranded { case: CaseId },
    /// A shift whose opening was lost is opened for the box once more.
    ShiftReopened { shift: ShiftId },
    /// Files without a row were found when opening.
    Recovered { adopted: u32, deleted: u32, quarantined: u32 },
    /// The box has something that it gives no receipt for.
    ItemArrived { item: ItemKind, target: String },
    /// A record is not what the journal or a signature says.
    DamageFound { damage: Damage },
    /// A key epoch began: from here on everything is sealed under its root.
    EpochBegun { epoch: u16 },
    /// Nothing was left under an old root: it is erased with its hardware key.
    EpochErased { epoch: u16 },
    /// The disk was full; so many bytes held back were given up.
    BallastGiven { bytes: u64 },
    /// The journal's head was another when the vault was resumed than when it was suspended.
    ChangedWhileSuspended { left: u64, found: u64 },
    /// The key store says something else than before about the newest hardware key.
    KeysChanged { state: KeyState },
    /// The officer of the open shift was stated anew: the statement before is under a key that is not at hand.
    OfficerRestated { shift: ShiftId },
    /// The shift closed over a draft whose key is gone. The recovery key opens it.
    DraftStranded { case: CaseId },
    /// The anchor knows of a later or another entry than the database has: it was set back, or replaced.
    SetBack { anchored: u64, found: u64 },
    /// Another copy of the folder has been opened in between.
    Copied {},
    /// The box knows an entry of this number that is not in this journal.
    BoxKnowsMore { known: u64 },
    /// Case numbers are asked for. The request stays open until the box has answered it.
    NumbersAsked { request: RangeRequestId },
    /// The box has given these.
    NumbersGranted { numbers: NumberRange },
    /// The box has answered with a range that was here before. The request is given up.
    NumbersStale { request: RangeRequestId },
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
    /// The object whose row was stored with the entry, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<ObjectProof>,
    /// What.
    #[serde(flatten)]
    pub event: JournalEvent,
}

/// What an entry proves of an object's row, which stands in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectProof {
    /// The object.
    pub object: ObjectId,
    /// Hash of its case and of what the manifest will say about it.
    pub row: Hash,
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
    /// Whether it was written since drafts, rows and arrivals are journalled.
    pub is_new: bool,
    /// What it says.
    pub reading: Reading,
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
        work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.ready_keys()?;
        self.journaled_now(at, work)
    }

    /// The same for a step that sees to its keys itself.
    pub(super) fn journaled_now<T>(
        &self,
        at: Moment,
        mut work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let _order = self.known.order();
        let (done, head, written) = self.database.write(|transaction| {
            let (head, written) = (head(transaction)?, Vec::new());
            let mut writer = JournalWriter { vault: self, transaction, at, head, written };
            Ok((work(transaction, &mut writer)?, writer.head, writer.written))
        })?;
        self.known.learn(&written);
        self.anchorage.pass(head, written.iter().any(|(_, record)| record.event.is_milestone()));
        Ok(done)
    }

    /// The same behind a place that is no row's: where a salvage goes on.
    pub(super) fn journaled_behind<T>(
        &self,
        head: JournalHead,
        at: Moment,
        mut work: impl FnMut(&Transaction<'_>, &mut JournalWriter<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.write(|transaction| {
            work(transaction, &mut JournalWriter { vault: self, transaction, at, head, written: Vec::new() })
        })
    }
}

/// Appends entries within one transaction.
pub(super) struct JournalWriter<'a> {
    vault: &'a Vault,
    transaction: &'a Transaction<'a>,
    at: Moment,
    head: JournalHead,
    written: Vec<(u64, JournalRecord)>,
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
        self.put(JournalRecord { at: self.at, draft: None, row: None, event })
    }

    /// Appends an entry about a draft that this transaction stores, and the row of an object with it.
    pub(super) fn append_draft(
        &mut self,
        event: JournalEvent,
        draft: &[u8],
        row: Option<ObjectProof>,
    ) -> Result<JournalHead, VaultError> {
        self.put(JournalRecord { at: self.at, draft: Some(Hash::of(&[draft])), row, event })
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
        self.written.push((n, record));
        if mark::is_due(n) {
            self.mark()?;
        }
        Ok(self.head)
    }

    /// Writes down that the journal was sound up to here.
    pub(super) fn mark(&mut self) -> Result<(), VaultError> {
        self.vault.put_mark(self.transaction, self.head, &self.written)
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

/// The place of an entry, if it is there, or known from a salvage.
pub(super) fn head_at(connection: &Connection, n: u64) -> Result<Option<JournalHead>, VaultError> {
    if n == 0 {
        return Ok(Some(JournalHead::GENESIS));
    }
    let row =
        connection.query_row("SELECT link FROM journal WHERE n = ?1", [signed(n)?], |row| row.get(0)).optional()?;
    match row {
        Some(link) => Ok(Some(JournalHead { n, link: Hash(link) })),
        None => Ok(Bases::read(connection)?.at(n)),
    }
}

/// Hashes of the stored entries from `first` to `last`, and the link before `first`.
pub(super) fn entry_hashes(connection: &Connection, first: u64, last: u64) -> Result<(Hash, Vec<Hash>), VaultError> {
    let before = head_at(connection, first.saturating_sub(1))?.ok_or(VaultError::NotFound { table: "journal" })?.link;
    let mut statement = connection.prepare("SELECT entry FROM journal WHERE n BETWEEN ?1 AND ?2 ORDER BY n")?;
    let rows = statement.query_map([signed(first)?, signed(last)?], |row| row.get::<_, Vec<u8>>(0))?;
    let hashes = rows.map(|entry| Ok(Hash::of(&[&entry?]))).collect::<Result<_, rusqlite::Error>>()?;
    Ok((before, hashes))
}

/// The whole journal, opened as far as it can be.
pub(super) fn all(connection: &Connection, keys: &KeyRing) -> Result<Journal, VaultError> {
    let mut entries = Vec::new();
    each(connection, keys, 1..=LAST, |entry| entries.push(entry))?;
    Ok(Journal { bases: Bases::read(connection)?, entries })
}

/// Beyond every entry.
pub(super) const LAST: u64 = i64::MAX as u64;

/// Hands over every entry of a range, in order, without holding more than one.
pub(super) fn each(
    connection: &Connection,
    keys: &KeyRing,
    range: RangeInclusive<u64>,
    mut take: impl FnMut(JournalEntry),
) -> Result<(), VaultError> {
    let sql = "SELECT n, entry, link, generation FROM journal WHERE n BETWEEN ?1 AND ?2 ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([signed(*range.start())?, signed(*range.end())?])?;
    while let Some(row) = rows.next()? {
        let n = u64::try_from(row.get::<_, i64>(0)?).map_err(|_| malformed())?;
        let (stored, link): (Vec<u8>, _) = (row.get(1)?, Hash(row.get(2)?));
        let generation: Option<i64> = row.get(3)?;
        let reading = match generation.map(u16::try_from).transpose() {
            Ok(generation) => read(keys, n, generation, &stored),
            Err(_) => Reading::Damaged,
        };
        take(JournalEntry { n, stored, link, is_new: generation.is_some(), reading });
    }
    Ok(())
}

/// Number of the last of at most `count` entries behind `n`; nothing if there is none.
pub(super) fn some_behind(connection: &Connection, n: u64, count: u64) -> Result<Option<u64>, VaultError> {
    let sql = "SELECT MAX(n) FROM (SELECT n FROM journal WHERE n > ?1 ORDER BY n LIMIT ?2)";
    let last: Option<i64> =
        connection.prepare_cached(sql)?.query_row([signed(n)?, signed(count)?], |row| row.get(0))?;
    Ok(last.and_then(|last| u64::try_from(last).ok()))
}

/// One entry, if it is there.
pub(super) fn one(connection: &Connection, keys: &KeyRing, n: u64) -> Result<Option<JournalEntry>, VaultError> {
    let mut found = None;
    each(connection, keys, n..=n, |entry| found = Some(entry))?;
    Ok(found)
}

fn read(keys: &KeyRing, n: u64, generation: Option<u16>, stored: &[u8]) -> Reading {
    match keys.open_entry(generation, row_id(n), stored) {
        Ok(plain) => serde_json::from_slice(&plain).map_or(Reading::Damaged, Reading::Record),
        // Every root carries every key, so with all roots at hand there is no entry without one.
        Err(VaultError::KeyMissing { .. }) if keys.are_whole() => Reading::Damaged,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    #[test]
    fn no_event_has_a_field_that_a_record_has() {
        let (case, object, hash) = (CaseId::new([1; 16]), ObjectId::new([2; 16]), Hash([3; 32]));
        let (shift, id) = (ShiftId::new([4; 16]), EventId::new([5; 16]));
        let text = || "text".to_owned();
        let damage = Damage::of_receipt(case);
        let numbers = NumberRange { prefix: "MUC".parse().expect("three letters"), range: 1, count: 9 };
        for event in [
            JournalEvent::ShiftOpened { shift },
            JournalEvent::ShiftClosed { shift, cases: 1 },
            JournalEvent::CaseBegun { case },
            JournalEvent::DraftSaved { case },
            JournalEvent::PhotoImported { case, object, hash },
            JournalEvent::PhotoRecovered { case, object, hash },
            JournalEvent::CaseSealed { case, seq: 1, payload: hash, number: None },
            JournalEvent::CaseSealed { case, seq: 1, payload: hash, number: numbers.number(7) },
            JournalEvent::NumbersAsked { request: RangeRequestId::new([6; 16]) },
            JournalEvent::NumbersGranted { numbers },
            JournalEvent::NumbersStale { request: RangeRequestId::new([6; 16]) },
            JournalEvent::CaseVoided { case, id, reason: VoidReason::Other, payload: hash },
            JournalEvent::ReceiptVerified { case, receipt: hash },
            JournalEvent::DecisionVerified { case, decision: hash },
            JournalEvent::CaseRequeued { case },
            JournalEvent::CaseLost { case },
            JournalEvent::CaseDiffers { case },
            JournalEvent::PayloadPurged { case },
            JournalEvent::ItemQuarantined { owner: text(), reason: text() },
            JournalEvent::ItemArrived { item: ItemKind::Event, target: text() },
            JournalEvent::Recovered { adopted: 1, deleted: 2, quarantined: 3 },
            JournalEvent::DamageFound { damage },
            JournalEvent::SetBack { anchored: 1, found: 2 },
            JournalEvent::Copied {},
            JournalEvent::BoxKnowsMore { known: 1 },
            JournalEvent::ClockDiffers { by_ms: 1 },
        ] {
            let at = Moment::new(0, 0, 0, BootId([0; 16])).expect("in the calendar");
            let record = JournalRecord { at, draft: Some(hash), row: Some(ObjectProof { object, row: hash }), event };
            let json = serde_json::to_vec(&record).expect("serialises");
            assert_eq!(serde_json::from_slice::<JournalRecord>(&json).expect("comes back"), record);
        }
    }
}
