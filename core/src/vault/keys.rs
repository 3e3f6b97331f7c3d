//! The keys in memory: roots of the epochs, and the journal keys that are carried from root to root.
//!
//! What is sealed is sealed under the current epoch, inside the transaction that stores it, so that no value can be
//! stored under an epoch that has just been erased. What is opened is opened under the epoch of its row: a value under
//! a root that is not at hand is told apart ([`VaultError::KeyMissing`]) from one that was changed
//! ([`VaultError::Sealed`]).

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

pub(super) use super::root::Root;
use super::root::{NOWHERE, binding, carry, open_with};
use super::{KeyState, Record, VaultError};
use crate::domain::{CaseId, ObjectId};
use crate::ports::{Entropy, KeyStoreError};
use crate::seal::{CaseKey, JournalKey, Kind, RootKey, seal};

const CASE_KEY: ObjectId = ObjectId::new([0; 16]);
/// Generation of the entries that schema 1 has written: their key is the root of epoch 1.
pub(super) const ROOTED: u16 = 0;

/// Every key the vault holds. Taken away and given back as a whole, while other threads use it.
#[derive(Default)]
pub(super) struct KeyRing {
    keys: RwLock<Keys>,
}

/// What lies on the ring.
#[derive(Default)]
struct Keys {
    current: Option<u16>,
    roots: BTreeMap<u16, RootKey>,
    /// By generation.
    journal: BTreeMap<u16, JournalKey>,
    /// Why there is no current epoch.
    why: Option<KeyStoreError>,
    /// Whether the hardware does not wrap the current root.
    escaped: bool,
    /// Whether the keys were wiped on purpose.
    locked: bool,
    whole: bool,
    state: KeyState,
    /// What was last journalled about it.
    told: KeyState,
    /// What the store said about epochs whose root it did not give.
    missing: BTreeMap<u16, KeyState>,
}

/// A value and the epoch whose root it is sealed under.
pub(super) struct SealedValue {
    pub(super) epoch: u16,
    pub(super) value: Vec<u8>,
}

/// A journal entry, the epoch it is written in and the generation of its key.
pub(super) struct SealedEntry {
    pub(super) epoch: u16,
    pub(super) generation: u16,
    pub(super) value: Vec<u8>,
}

impl KeyRing {
    /// Seals a value that belongs to the phone and not to a case. To be called within the transaction that stores it.
    pub(super) fn seal(
        &self,
        kind: Kind,
        object: ObjectId,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<SealedValue, VaultError> {
        self.seal_at(kind, NOWHERE, object, plain, entropy)
    }

    /// Opens such a value where it stands.
    pub(super) fn open_value(
        &self,
        epoch: u16,
        kind: Kind,
        object: ObjectId,
        sealed: &[u8],
        record: impl Into<Record>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let record = record.into();
        let key = self.root_of_value(epoch, &record)?.object_key();
        open_with(&key, &binding(kind, NOWHERE, object, epoch), sealed, record)
    }

    /// Seals a case key for local reading. To be called within the transaction that stores it.
    pub(super) fn seal_case_key(
        &self,
        case: CaseId,
        key: &CaseKey,
        entropy: &dyn Entropy,
    ) -> Result<SealedValue, VaultError> {
        self.seal_at(Kind::WrappedKey, case, CASE_KEY, key.as_bytes(), entropy)
    }

    /// Opens a case key.
    pub(super) fn open_case_key(&self, epoch: u16, case: CaseId, sealed: &[u8]) -> Result<CaseKey, VaultError> {
        let root = self.root_of_value(epoch, &Record::Case(case))?.object_key();
        let plain = open_with(&root, &binding(Kind::WrappedKey, case, CASE_KEY, epoch), sealed, Record::Case(case))?;
        CaseKey::copied(&plain).ok_or_else(|| Record::Case(case).sealed())
    }

    /// The root of a value. While every root is at hand, an epoch that has none is not the one it was sealed under.
    fn root_of_value(&self, epoch: u16, record: &Record) -> Result<RootKey, VaultError> {
        let is_whole = self.are_whole();
        match self.read().root(epoch) {
            Err(VaultError::KeyMissing { .. }) if is_whole => Err(record.clone().sealed()),
            root => root.cloned(),
        }
    }

    /// A root at hand, to be held against its row.
    pub(super) fn held(&self, epoch: u16) -> Result<Root, VaultError> {
        Ok(Root { epoch, key: self.read().root(epoch)?.clone() })
    }

    /// Seals a journal entry under the current generation. To be called within the transaction that stores it.
    pub(super) fn seal_entry(
        &self,
        row: ObjectId,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<SealedEntry, VaultError> {
        let keys = self.read();
        let epoch = keys.current()?;
        let key = keys.journal_key(epoch, epoch)?.object_key();
        let binding = binding(Kind::JournalEntry, NOWHERE, row, epoch);
        Ok(SealedEntry { epoch, generation: epoch, value: seal(&key, &binding, plain, entropy)? })
    }

    /// Opens a journal entry. One without a generation is of schema 1, which sealed entries under the root itself.
    pub(super) fn open_entry(
        &self,
        generation: Option<u16>,
        row: ObjectId,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let named = generation.unwrap_or(1);
        let key = self.read().journal_key(generation.unwrap_or(ROOTED), named)?.object_key();
        open_with(&key, &binding(Kind::JournalEntry, NOWHERE, row, named), sealed, Record::from("journal"))
    }

    fn seal_at(
        &self,
        kind: Kind,
        case: CaseId,
        object: ObjectId,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<SealedValue, VaultError> {
        let keys = self.read();
        let epoch = keys.current()?;
        let key = keys.root(epoch)?.object_key();
        Ok(SealedValue { epoch, value: seal(&key, &binding(kind, case, object, epoch), plain, entropy)? })
    }

    fn read(&self) -> RwLockReadGuard<'_, Keys> {
        // A panic cannot leave the maps half changed: each change is one insertion or removal.
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

// What opening the vault and changing its epoch do with the ring.
impl KeyRing {
    /// Takes up a root that its canary has proved, and the journal keys it seals.
    pub(super) fn add(&self, epoch: u16, root: RootKey, journal: Vec<(u16, JournalKey)>) {
        let mut keys = self.write();
        if keys.locked {
            return; // it was locked while the store was asked
        }
        keys.roots.insert(epoch, root);
        keys.journal.extend(journal);
        keys.missing.remove(&epoch);
    }

    /// Puts an epoch away that has not come to be, with the journal key it was to bring.
    pub(super) fn forget(&self, epoch: u16) {
        let mut keys = self.write();
        keys.roots.remove(&epoch);
        keys.journal.remove(&epoch);
    }

    /// Puts an old root away. The journal keys it sealed stay: another root carries them.
    pub(super) fn remove(&self, epoch: u16) {
        self.write().roots.remove(&epoch);
    }

    /// From now on everything is sealed under this epoch, whose root must be on the ring. `escaped` if the hardware does
    /// not wrap it.
    pub(super) fn set_current(&self, epoch: u16, escaped: bool) {
        let mut keys = self.write();
        (keys.current, keys.why, keys.escaped) = (Some(epoch), None, escaped);
    }

    /// Nothing can be sealed, for this reason.
    pub(super) fn set_no_current(&self, why: KeyStoreError) {
        let mut keys = self.write();
        (keys.current, keys.why, keys.escaped) = (None, Some(why), false);
    }

    /// The epoch that values are sealed under.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn current(&self) -> Result<u16, VaultError> {
        self.read().current()
    }

    /// Whether the root of an epoch is at hand.
    pub(super) fn holds(&self, epoch: u16) -> bool {
        self.read().roots.contains_key(&epoch)
    }

    /// Whether values and journal entries can be sealed under an epoch.
    pub(super) fn can_seal(&self, epoch: u16) -> bool {
        let keys = self.read();
        keys.roots.contains_key(&epoch) && keys.journal.contains_key(&epoch)
    }

    /// The root of an epoch, to be wrapped by the hardware.
    pub(super) fn root(&self, epoch: u16) -> Result<RootKey, VaultError> {
        self.read().root(epoch).cloned()
    }

    /// All roots at hand, to be wrapped for others.
    pub(super) fn roots(&self) -> Vec<(u16, RootKey)> {
        self.read().roots.iter().map(|(epoch, root)| (*epoch, root.clone())).collect()
    }

    /// All journal keys at hand, sealed under the root of an epoch, by generation.
    pub(super) fn carried_by(&self, epoch: u16, entropy: &dyn Entropy) -> Result<Vec<(u16, Vec<u8>)>, VaultError> {
        let keys = self.read();
        let root = keys.root(epoch)?;
        keys.journal.iter().map(|(of, key)| Ok((*of, carry(epoch, root, *of, key, entropy)?))).collect()
    }
}

// What the vault knows about the keys it does not hold.
impl KeyRing {
    /// Wipes everything.
    pub(super) fn lock(&self) {
        let mut keys = self.write();
        *keys = Keys { locked: true, state: keys.state, told: keys.told, ..Keys::default() };
    }

    /// Lets keys be taken up again.
    pub(super) fn unlock(&self) {
        self.write().locked = false;
    }

    pub(super) fn is_locked(&self) -> bool {
        self.read().locked
    }

    pub(super) fn state(&self) -> KeyState {
        self.read().state
    }

    pub(super) fn set_state(&self, state: KeyState) {
        self.write().state = state;
    }

    /// The state, if it is another than the one journalled last.
    pub(super) fn untold(&self) -> Option<KeyState> {
        let keys = self.read();
        (keys.state != keys.told).then_some(keys.state)
    }

    /// The state is journalled.
    pub(super) fn told(&self) {
        let mut keys = self.write();
        keys.told = keys.state;
    }

    /// Whether the root of every epoch is at hand.
    pub(super) fn are_whole(&self) -> bool {
        self.read().whole
    }

    pub(super) fn set_whole(&self, whole: bool) {
        self.write().whole = whole;
    }

    /// What the store said when it did not give the root of an epoch.
    pub(super) fn set_missing(&self, epoch: u16, state: KeyState) {
        self.write().missing.insert(epoch, state);
    }

    /// Whether the root of an epoch that is not at hand may still come: the store has not said that it never will.
    pub(super) fn may_come(&self, epoch: u16) -> bool {
        self.read().missing.get(&epoch).is_some_and(|state| *state == KeyState::NotNow)
    }

    /// The current epoch, if the hardware does not wrap its root.
    pub(super) fn escaped(&self) -> Option<u16> {
        let keys = self.read();
        keys.current.filter(|_| keys.escaped)
    }

    /// Whether asking the store again may bring a key.
    pub(super) fn misses_keys(&self) -> bool {
        let keys = self.read();
        let open = keys.escaped || keys.current.is_none() || keys.missing.values().any(|state| state.may_change());
        open && !keys.locked
    }
}

impl Keys {
    fn current(&self) -> Result<u16, VaultError> {
        self.unlocked()?;
        self.current.ok_or_else(|| VaultError::KeyStore(self.why.unwrap_or(KeyStoreError::NotNow)))
    }

    fn root(&self, epoch: u16) -> Result<&RootKey, VaultError> {
        self.unlocked()?;
        self.roots.get(&epoch).ok_or(VaultError::KeyMissing { epoch })
    }

    fn journal_key(&self, generation: u16, epoch: u16) -> Result<&JournalKey, VaultError> {
        self.unlocked()?;
        self.journal.get(&generation).ok_or(VaultError::KeyMissing { epoch })
    }

    const fn unlocked(&self) -> Result<(), VaultError> {
        if self.locked { Err(VaultError::Locked) } else { Ok(()) }
    }
}
