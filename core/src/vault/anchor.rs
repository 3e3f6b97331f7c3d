//! What the anchor outside the folder is told, and what it tells when the vault is opened.
//!
//! Whoever sets the folder back to an older state, or works on a copy of it, leaves a consistent journal behind: links
//! and signatures say nothing about what is missing at its end. The anchor remembers how far the journal had come, and a
//! nonce that is drawn anew at each opening: the database knows the nonce that the anchor holds, unless another copy of
//! it was opened in between.
//!
//! The anchor is told at milestones only (a shift, a photo, a sealed case, a receipt, a purge, leaving the vault), and
//! by a thread of its own: on a phone it costs a round to the key hardware, which no officer should wait for. So it may
//! lag behind the journal, and never leads. A host's anchor that fails or hangs fails no call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;

use super::journal::{self, JournalEvent};
use super::{Damage, Fault, Record, Vault, VaultError, settings};
use crate::ports::{Anchor, AnchorError};
use crate::seal::{Hash, JournalHead};

const VERSION: u8 = 1;
const LENGTH: usize = 1 + 16 + 8 + 32 + 16;
/// Name of the setting with the vault's id.
pub(super) const VAULT_ID: &str = "vault-id";
/// Name of the setting with the newest nonce and the one that the anchor may still hold.
pub(super) const INSTANCE: &str = "instance";

/// What the anchor tells against the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The journal had come further, or another way: the folder was set back to an older state, or replaced.
    SetBack {
        /// Number of the newest entry that the anchor knows of.
        anchored: u64,
        /// Number of the newest entry there is.
        found: u64,
    },
    /// Another copy of the folder has been opened since.
    Copied,
}

/// What the anchor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AnchorMark {
    vault: [u8; 16],
    head: JournalHead,
    nonce: [u8; 16],
}

impl AnchorMark {
    fn encode(&self) -> Vec<u8> {
        [&[VERSION][..], &self.vault, &self.head.n.to_be_bytes(), &self.head.link.0, &self.nonce].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != LENGTH || bytes.first() != Some(&VERSION) {
            return None;
        }
        let (vault, rest) = bytes.get(1..)?.split_first_chunk::<16>()?;
        let (n, rest) = rest.split_first_chunk::<8>()?;
        let (link, nonce) = rest.split_first_chunk::<32>()?;
        let head = JournalHead { n: u64::from_be_bytes(*n), link: Hash(*link) };
        Some(Self { vault: *vault, head, nonce: nonce.try_into().ok()? })
    }
}

/// This opening of this vault.
#[derive(Clone, Copy, Debug)]
struct Identity {
    vault: [u8; 16],
    nonce: [u8; 16],
}

/// The anchor behind a thread of its own.
pub(super) struct Anchorage {
    anchor: Arc<dyn Anchor>,
    limit: Duration,
    identity: Mutex<Option<Identity>>,
    /// The newest place, whether or not the anchor was told.
    newest: Mutex<Option<JournalHead>>,
    post: Arc<Post>,
}

/// What the thread has to do. Only the newest mark counts.
#[derive(Default)]
struct Post {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    mark: Option<Vec<u8>>,
    is_running: bool,
}

impl Anchorage {
    pub(super) fn new(anchor: Arc<dyn Anchor>, limit_ms: u64) -> Self {
        let limit = Duration::from_millis(limit_ms);
        Self { anchor, limit, identity: Mutex::default(), newest: Mutex::default(), post: Arc::default() }
    }

    /// Notes how far the journal has come, and tells the anchor if that is a milestone.
    pub(super) fn pass(&self, head: JournalHead, is_milestone: bool) {
        *lock(&self.newest) = Some(head);
        if is_milestone {
            self.tell();
        }
    }

    /// Tells the anchor the newest place and waits for it, as long as the limit allows: before the vault is left.
    pub(super) fn settle(&self) {
        self.tell();
        let slot = lock(&self.post.slot);
        let waited = self.post.changed.wait_timeout_while(slot, self.limit, |slot| slot.is_running);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&self) {
        let (Some(identity), Some(head)) = (*lock(&self.identity), *lock(&self.newest)) else { return };
        let mark = AnchorMark { vault: identity.vault, head, nonce: identity.nonce };
        let mut slot = lock(&self.post.slot);
        slot.mark = Some(mark.encode());
        if slot.is_running {
            return; // the thread takes it up when it is through with the one before
        }
        let (anchor, post) = (self.anchor.clone(), self.post.clone());
        let thread = std::thread::Builder::new().name("streife-anchor".to_owned());
        // Without a thread the anchor stays where it is; the next milestone tries again.
        slot.is_running = thread.spawn(move || post.deliver(&*anchor)).is_ok();
    }

    /// What the anchor holds; nothing if it holds nothing this build knows.
    fn load(&self) -> Result<Option<AnchorMark>, AnchorError> {
        let (answer, answered) = sync_channel(1);
        let anchor = self.anchor.clone();
        let thread = std::thread::Builder::new().name("streife-anchor".to_owned());
        let asked = thread.spawn(move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| anchor.load())).unwrap_or(Err(AnchorError::Failed));
            drop(answer.send(loaded)); // it fails if the answer came too late
        });
        asked.map_err(|_| AnchorError::Failed)?;
        match answered.recv_timeout(self.limit) {
            Ok(loaded) => Ok(loaded?.and_then(|bytes| AnchorMark::decode(&bytes))),
            Err(RecvTimeoutError::Timeout) => Err(AnchorError::NotNow),
            Err(RecvTimeoutError::Disconnected) => Err(AnchorError::Failed),
        }
    }
}

impl Post {
    fn deliver(&self, anchor: &dyn Anchor) {
        let mut slot = lock(&self.slot);
        while let Some(mark) = slot.mark.take() {
            drop(slot);
            // A store that fails or panics leaves the mark before it: the anchor may lag.
            drop(catch_unwind(AssertUnwindSafe(|| anchor.store(&mark))));
            slot = lock(&self.slot);
        }
        slot.is_running = false;
        self.changed.notify_all();
    }
}

impl Drop for Anchorage {
    fn drop(&mut self) {
        self.settle();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder changes one value as a whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl JournalEvent {
    /// Whether the anchor is told behind it. Edits are not: a draft set back shows at the next photo or seal.
    pub(super) const fn is_milestone(&self) -> bool {
        !matches!(
            self,
            Self::CaseBegun { .. } | Self::DraftSaved { .. } | Self::ItemArrived { .. } | Self::ClockDiffers { .. }
        )
    }
}

impl Vault {
    /// Compares the database with the anchor, draws a nonce for this opening and tells the anchor. An anchor that does
    /// not answer, or a key that is not there, puts it off.
    pub(super) fn weigh_anchor(&self, damage: &mut Vec<Damage>) -> Result<Option<History>, VaultError> {
        match self.meet_anchor(damage) {
            Err(VaultError::KeyMissing { .. } | VaultError::KeyStore(_)) => Ok(None),
            other => other,
        }
    }

    /// Lets a database that is built again be the one that the anchor knows, unless that knows another vault. Returns
    /// where the anchor says the journal has been.
    pub(super) fn inherit_anchor(&self, transaction: &Transaction<'_>) -> Result<Option<JournalHead>, VaultError> {
        let Ok(Some(held)) = self.anchorage.load() else { return Ok(None) };
        let own = |name| settings::get(transaction, &self.keys, name).ok().flatten();
        if own(VAULT_ID).is_some_and(|id| id.as_slice() != held.vault) {
            return Ok(None);
        }
        settings::put(transaction, &self.keys, VAULT_ID, &held.vault, &*self.entropy)?;
        // Whether another copy was opened in between is not known any more where the row is lost.
        if own(INSTANCE).is_none() {
            settings::put(transaction, &self.keys, INSTANCE, &[held.nonce, held.nonce].concat(), &*self.entropy)?;
        }
        Ok(Some(held.head))
    }

    fn meet_anchor(&self, damage: &mut Vec<Damage>) -> Result<Option<History>, VaultError> {
        let mut lost = Vec::new();
        let (id, instance, head) = self.database.read(|connection| {
            let mut own = |name| match settings::get(connection, &self.keys, name) {
                // Under a key that does not come back: it is written anew.
                Err(VaultError::KeyMissing { .. }) if !self.keys.state().may_change() => {
                    lost.push(name);
                    Ok(None)
                }
                value => value,
            };
            Ok((own(VAULT_ID), own(INSTANCE), journal::head(connection)?))
        })?;
        let (id, known) = (fixed::<16>(id, damage)?, fixed::<32>(instance, damage)?.map(halves));
        self.anchorage.pass(head, false);
        let Ok(held) = self.anchorage.load() else {
            let identity = id.zip(known).map(|(vault, [nonce, _])| Identity { vault, nonce });
            *lock(&self.anchorage.identity) = identity;
            return Ok(None);
        };
        for (name, is_there) in [(VAULT_ID, id.is_some()), (INSTANCE, known.is_some())] {
            let record = Record::Setting(name.to_owned());
            // Who has told an anchor has written both; what does not open is named already.
            let must_be_there = held.is_some() && head.n > 0 && !lost.contains(&name);
            if must_be_there && !is_there && !damage.iter().any(|damage| damage.record == record) {
                damage.push(Damage::new(record, Fault::Missing));
            }
        }
        let found = held.map(|held| self.judge(&held, id, known, head)).transpose()?.flatten();
        let vault = id.or(held.map(|held| held.vault)).map_or_else(|| self.entropy.array(), Ok)?;
        self.begin_instance(vault, held, known, found)?;
        Ok(found)
    }

    fn judge(
        &self,
        held: &AnchorMark,
        id: Option<[u8; 16]>,
        known: Option<[[u8; 16]; 2]>,
        head: JournalHead,
    ) -> Result<Option<History>, VaultError> {
        let there = self.database.read(|connection| journal::head_at(connection, held.head.n))?;
        if id.is_some_and(|id| id != held.vault) || there != Some(held.head) {
            return Ok(Some(History::SetBack { anchored: held.head.n, found: head.n }));
        }
        let is_known = known.is_none_or(|known| known.contains(&held.nonce));
        Ok((!is_known).then_some(History::Copied))
    }

    /// Commits a new nonce, and beside it the one that the anchor holds until it is told, so that a crash between the two
    /// is no copy.
    fn begin_instance(
        &self,
        vault: [u8; 16],
        held: Option<AnchorMark>,
        known: Option<[[u8; 16]; 2]>,
        found: Option<History>,
    ) -> Result<(), VaultError> {
        let nonce = self.entropy.array::<16>()?;
        let before = held.map(|held| held.nonce).or(known.map(|[newest, _]| newest)).unwrap_or(nonce);
        let begun = self.journaled(self.moment()?, |transaction, journal| {
            settings::put(transaction, &self.keys, VAULT_ID, &vault, &*self.entropy)?;
            settings::put(transaction, &self.keys, INSTANCE, &[nonce, before].concat(), &*self.entropy)?;
            match found {
                Some(History::SetBack { anchored, found }) => {
                    journal.append(JournalEvent::SetBack { anchored, found }).map(drop)
                }
                Some(History::Copied) => journal.append(JournalEvent::Copied {}).map(drop),
                None => Ok(()),
            }
        });
        match begun {
            Ok(()) => {
                *lock(&self.anchorage.identity) = Some(Identity { vault, nonce });
                self.anchorage.tell();
                Ok(())
            }
            Err(VaultError::DiskFull) => Ok(()), // the anchor keeps what it holds until there is room
            Err(error) => Err(error),
        }
    }
}

/// A setting of fixed length. One that was tampered with is damage and counts as absent.
fn fixed<const N: usize>(
    setting: Result<Option<zeroize::Zeroizing<Vec<u8>>>, VaultError>,
    damage: &mut Vec<Damage>,
) -> Result<Option<[u8; N]>, VaultError> {
    match setting {
        Ok(value) => Ok(value.and_then(|value| value.as_slice().try_into().ok())),
        Err(error) => match error.damage() {
            Some(found) if damage.iter().any(|known| known.record == found.record) => Ok(None),
            Some(found) => {
                damage.push(found);
                Ok(None)
            }
            None => Err(error),
        },
    }
}

fn halves(both: [u8; 32]) -> [[u8; 16]; 2] {
    let (newest, before) = both.split_at(16);
    [newest, before].map(|half| half.try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_nothing_else_is_one() {
        let head = JournalHead { n: 7, link: Hash([3; 32]) };
        let mark = AnchorMark { vault: [1; 16], head, nonce: [2; 16] };
        let bytes = mark.encode();
        assert_eq!((bytes.len(), AnchorMark::decode(&bytes)), (73, Some(mark)));
        let other_version: Vec<u8> = std::iter::once(2).chain(bytes.iter().skip(1).copied()).collect();
        for broken in [&bytes[..72], &[bytes.as_slice(), &[0]].concat(), &other_version] {
            assert_eq!(AnchorMark::decode(broken), None);
        }
    }
}
