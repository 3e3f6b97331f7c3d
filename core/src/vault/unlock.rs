//! Getting the keys: what the hardware gives back for the rows of the epochs.
//!
//! A new vault begins its first epoch. An existing one never makes a key in the place of one that is not to be had: the
//! rows under it stay as they are. If the store works for a new key, a new epoch begins under it; if it does not answer
//! at all, what is recorded goes under an escape epoch (`vault/escape.rs`), once something has to be sealed.

use super::epochs::{self, EpochRow, EpochState};
use super::hardware::wipe_stack;
use super::keys::{ROOTED, Root};
use super::{KeyState, Vault, VaultError};
use crate::ports::KeyStoreError;
use crate::seal::JournalKey;

/// A full disk does not keep the vault from opening: what is only moved or doubled waits for the next time.
fn unless_full(result: Result<(), VaultError>) -> Result<(), VaultError> {
    if matches!(result, Err(VaultError::DiskFull)) { Ok(()) } else { result }
}

impl Vault {
    /// Takes up every key that the hardware gives back, and what a rotation was about. Nothing while the vault is locked.
    pub(super) fn open_keys(&self) -> Result<(), VaultError> {
        let _changing = self.changing();
        if self.keys.is_locked() { Ok(()) } else { self.take_up_keys() }
    }

    /// Wipes every key and root, at once: what a store that is slow gives later is dropped. What needs a key fails with
    /// [`VaultError::Locked`] until [`Self::unlock`].
    pub fn lock(&self) {
        self.keys.lock();
        wipe_stack();
    }

    /// Whether the keys were wiped by [`Self::lock`].
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.keys.is_locked()
    }

    /// Asks the store for every key that is not at hand: behind [`Self::lock`], and again while it is silent. An escape
    /// root is wrapped by the hardware as soon as it answers.
    ///
    /// # Errors
    /// [`VaultError::KeyStore`] if the store is silent and there is no recovery key to go on with; what was locked stays
    /// so.
    pub fn unlock(&self) -> Result<KeyState, VaultError> {
        let _changing = self.changing();
        let was_locked = self.keys.is_locked();
        self.keys.unlock();
        let taken = self.take_up_keys().and_then(|()| self.adopt_escape());
        if taken.is_err() && was_locked {
            self.keys.lock();
        }
        taken?;
        if self.keys.current().is_ok() && self.keys.untold().is_some() {
            unless_full(self.journaled_now(self.moment()?, |_, journal| self.tell_state(journal)))?;
            self.keys.told();
        }
        Ok(self.keys.state())
    }

    /// How the key store stands.
    #[must_use]
    pub fn key_state(&self) -> KeyState {
        self.keys.state()
    }

    /// Whether asking the store again may bring a key.
    #[must_use]
    pub fn misses_keys(&self) -> bool {
        self.keys.misses_keys()
    }

    fn take_up_keys(&self) -> Result<(), VaultError> {
        unless_full(self.heal_epochs())?;
        self.discard_prepared()?;
        let mut rows = self.database.read(epochs::living)?;
        rows.retain(|row| row.state != EpochState::Prepared);
        if rows.is_empty() {
            self.keys.set_whole(true);
            return self.begin_epoch();
        }
        let state = self.ask_for(&rows)?;
        self.keys.set_state(state);
        self.keys.set_whole(rows.iter().all(|row| self.keys.holds(row.epoch)));
        self.choose_current(&rows, state)?;
        unless_full(self.unseal_documents())?;
        unless_full(self.escrow_roots())
    }

    /// Asks for the roots that are not at hand, newest first. What the store says to the newest is its state.
    fn ask_for(&self, rows: &[EpochRow]) -> Result<KeyState, VaultError> {
        let mut newest = None;
        for row in rows.iter().rev().filter(|row| row.wrapped.is_some()) {
            let state = if self.keys.holds(row.epoch) { KeyState::Available } else { self.ask_for_one(row)? };
            newest.get_or_insert(state);
        }
        Ok(newest.unwrap_or_default())
    }

    fn ask_for_one(&self, row: &EpochRow) -> Result<KeyState, VaultError> {
        let Err(error) = self.open_epoch(row) else { return Ok(KeyState::Available) };
        let Some(state) = KeyState::of(&error) else { return Err(error) };
        self.keys.set_missing(row.epoch, state);
        Ok(state)
    }

    /// The epoch to seal under: the current one by its row, else a new one, else none until something is sealed.
    fn choose_current(&self, rows: &[EpochRow], state: KeyState) -> Result<(), VaultError> {
        let current = rows.iter().find(|row| row.state == EpochState::Current);
        if let Some(row) = current.filter(|row| self.keys.can_seal(row.epoch)) {
            self.keys.set_current(row.epoch, row.wrapped.is_none());
            return Ok(());
        }
        self.keys.set_no_current(state.error());
        if state.may_change() {
            return self.allow_escape(state.error());
        }
        match self.begin_epoch() {
            Err(VaultError::KeyStore(error)) => {
                let why = if state == KeyState::Available { error } else { state.error() };
                self.keys.set_no_current(why);
                self.allow_escape(why)
            }
            other => other,
        }
    }

    fn open_epoch(&self, row: &EpochRow) -> Result<(), VaultError> {
        let root = self.unwrap(row)?;
        let mut journal = Vec::new();
        let stored = self.database.read(|connection| epochs::journal_keys(connection, row.epoch))?;
        for (generation, sealed) in &stored {
            // One that does not open is damage, and its entries cannot be read.
            journal.extend(root.carried(*generation, sealed).ok().map(|key| (*generation, key)));
        }
        journal.extend(self.heal_journal_keys(&root, &journal)?);
        let stands = |wanted| stored.iter().any(|(generation, _)| *generation == wanted);
        let proved = row.canary.as_ref().is_some_and(|canary| root.proves(canary)) || !journal.is_empty();
        if !proved {
            return Err(VaultError::WrongKey);
        }
        if row.epoch == 1 && !stands(ROOTED) && self.database.read(epochs::has_rooted_entries)? {
            journal.extend(JournalKey::copied(root.key.as_bytes()).map(|key| (ROOTED, key)));
        }
        if row.state == EpochState::Current && !stands(row.epoch) {
            journal.push((row.epoch, self.make_journal_key(&root)?));
        }
        self.keys.add(row.epoch, root.key, journal);
        Ok(())
    }

    fn unwrap(&self, row: &EpochRow) -> Result<Root, VaultError> {
        let (Some(alias), Some(wrapped)) = (&row.alias, &row.wrapped) else { return Err(KeyStoreError::Gone.into()) };
        Ok(Root { epoch: row.epoch, key: self.hardware.unwrap(alias, wrapped)? })
    }

    /// An epoch of schema 1 has no journal key yet.
    fn make_journal_key(&self, root: &Root) -> Result<JournalKey, VaultError> {
        let key = JournalKey::generate(&*self.entropy)?;
        let sealed = root.carry(root.epoch, &key, &*self.entropy)?;
        self.database.write(|transaction| epochs::insert_journal_key(transaction, root.epoch, root.epoch, &sealed))?;
        Ok(key)
    }

    /// Removes what has not come to be: an epoch that is only prepared, and a hardware key that wraps nothing yet. First
    /// the hardware key, if it got so far, then its name. What the store does not delete now is harmless, and found again.
    pub(super) fn discard_prepared(&self) -> Result<(), VaultError> {
        for row in self.database.read(epochs::living)? {
            let is_prepared = row.state == EpochState::Prepared;
            let wraps_nothing = row.wrapped.is_none() && row.state < EpochState::Erasing;
            if !wraps_nothing || (is_prepared && self.database.read(|reader| epochs::is_named(reader, row.epoch))?) {
                continue;
            }
            let deleted = row.alias.as_ref().map_or(Ok(()), |alias| self.hardware.delete(alias));
            match (deleted, is_prepared) {
                (Err(_), _) => {}
                (Ok(()), true) => self.database.write(|transaction| epochs::discard(transaction, row.epoch))?,
                (Ok(()), false) if row.alias.is_none() => {}
                (Ok(()), false) => {
                    self.database.write(|transaction| epochs::set_alias(transaction, row.epoch, None))?
                }
            }
        }
        Ok(())
    }
}
