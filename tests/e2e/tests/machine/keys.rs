//! Which keys are at hand, as far as somebody outside the core can know it, and what may therefore be unreadable.
//!
//! A value may be missing its key **for now** only while the store has not given every key since the vault was opened;
//! **for good** only if it was written while nothing but the memory of an app held its key, and that memory is gone: under
//! an escape epoch that no hardware ever wrapped, or under hardware keys that were destroyed. Everything else must be
//! readable. What was read once since the vault was opened stays so until it is locked or closed.

use std::collections::BTreeSet;

use streife_core::client::{Client, VaultError};
use streife_core::domain::{CaseId, Officer};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::KeyStoreError;

use crate::check::demand;
use crate::model::Model;
use crate::play::{Came, Checked, Machine};
use crate::steps::Trouble;

/// The keys of the open vault.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// What the store said when it did not give every key.
    away: Option<KeyStoreError>,
    /// Whether the hardware keys were destroyed since the vault was opened.
    destroyed: bool,
    /// The first journal entry whose key perhaps only memory holds.
    fleeting_from: Option<u64>,
    /// Whether an app died with keys that only its memory held, and the journal has not been read since.
    has_died: bool,
    /// Journal entries that may be unreadable for good.
    dark: BTreeSet<u64>,
}

/// Whether something can still be read when the app has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lasts {
    #[default]
    Yes,
    /// Not if the app ends before the hardware wraps its key.
    Fleeting,
    /// Perhaps not: its key may be gone for good.
    Lost,
}

impl Lasts {
    /// What needs both lasts as long as the shorter.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Keys {
    /// What is written now.
    pub const fn lasts(&self) -> Lasts {
        match (self.has_died, self.is_fleeting()) {
            (true, _) => Lasts::Lost, // a call of the app that died, which is settled only now
            (false, true) => Lasts::Fleeting,
            (false, false) => Lasts::Yes,
        }
    }

    /// Whether values may be unreadable for now.
    pub const fn are_away(&self) -> bool {
        self.away.is_some()
    }

    /// Compares the journal entries that could not be read with those that may be so; `known` were read before.
    pub fn check_dark(&mut self, unread: &BTreeSet<u64>, known: u64, count: u64) -> Checked {
        if std::mem::take(&mut self.has_died) {
            self.dark.extend(known + 1..=count);
        }
        if self.are_away() {
            return Ok(());
        }
        let wrong = unread.difference(&self.dark).next();
        demand(wrong.is_none(), || format!("I5: entry {wrong:?} has no key, though every key is at hand"))?;
        self.dark.retain(|n| unread.contains(n));
        Ok(())
    }

    const fn is_fleeting(&self) -> bool {
        self.away.is_some() || self.destroyed
    }
}

impl Model {
    /// The app has ended, or its keys were wiped.
    pub fn forget_keys(&mut self) {
        let entries = self.links.len() as u64;
        if let Some(first) = self.keys.fleeting_from.take() {
            self.keys.dark.extend(first..=entries);
        }
        self.keys.has_died |= self.keys.is_fleeting();
        (self.keys.away, self.keys.destroyed) = (None, false);
        self.each_lasting(|lasts| *lasts = if *lasts == Lasts::Fleeting { Lasts::Lost } else { *lasts });
        self.cases.iter_mut().for_each(|case| case.lit = false);
    }

    /// An opening ended badly while the store failed: what it wrote may be under a key that ended with it.
    pub const fn died_opening(&mut self) {
        self.keys.has_died = true;
    }

    /// The store was asked for every key, and has failed or not.
    pub fn asked_for_keys(&mut self, failure: Option<KeyStoreError>) {
        match failure {
            Some(failure) => {
                self.keys.away = Some(failure);
                let next = self.links.len() as u64 + 1;
                self.keys.fleeting_from.get_or_insert(next);
            }
            None => {
                self.keys.away = None;
                if !self.keys.destroyed {
                    self.keys.fleeting_from = None;
                    self.each_lasting(|lasts| *lasts = if *lasts == Lasts::Fleeting { Lasts::Yes } else { *lasts });
                }
            }
        }
    }

    /// The hardware has lost every key it had. Nobody knows until the vault is opened again.
    pub fn keys_destroyed(&mut self) {
        self.keys.destroyed = true;
        self.keys.fleeting_from = Some(1);
        self.each_lasting(|lasts| *lasts = if *lasts == Lasts::Yes { Lasts::Fleeting } else { *lasts });
    }

    /// Whether a call may fail because a key is missing.
    pub fn is_dim(&self) -> bool {
        let is_lost = self.cases.iter().any(|case| case.lasts == Lasts::Lost)
            || self.shifts.values().any(|shift| shift.lasts == Lasts::Lost);
        is_lost || self.keys.are_away() || !self.keys.dark.is_empty()
    }

    /// Whether a case may never reach the box: its own key, or the statement of its officer, may be gone for good.
    pub fn is_stuck(&self, case: CaseId) -> bool {
        let Some(case) = self.case_of(case) else { return false };
        let officer = self.shifts.get(&case.shift).map(|shift| shift.lasts).unwrap_or_default();
        case.lasts == Lasts::Lost || officer == Lasts::Lost
    }

    /// The drafts of the open shift.
    pub fn open_drafts(&self) -> impl Iterator<Item = &crate::model::Case> {
        self.cases.iter().filter(|case| case.is_draft() && Some(case.shift) == self.shift)
    }

    fn each_lasting(&mut self, change: impl Fn(&mut Lasts)) {
        self.cases.iter_mut().for_each(|case| change(&mut case.lasts));
        self.shifts.values_mut().for_each(|shift| change(&mut shift.lasts));
    }
}

impl Machine<'_> {
    /// Asks the store for every key.
    pub fn unlock(&mut self) -> Checked {
        match self.call(None, |_, client| client.unlock())? {
            Came::Done(_) => {
                self.keys_may_have_come(true);
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, None),
            Came::Killed => Ok(()),
        }
    }

    /// Wipes every key, finds the vault shut, and unlocks it.
    pub fn lock(&mut self) -> Checked {
        let Some(client) = self.world.client() else { return Ok(()) };
        client.lock();
        self.model.forget_keys();
        self.figures.fault("locked");
        let draft = self.model.cases.iter().find(|case| case.is_draft()).map(|case| case.id);
        if let Some(case) = draft {
            let read = client.draft(case);
            let is_locked = matches!(read, Err(Error::Vault(VaultError::Locked)));
            demand(is_locked, || format!("I4: a locked vault gives {read:?}"))?;
        }
        if let Came::Refused(error) = self.call(None, |_, client| client.unlock())? {
            self.explain(&error, None)?;
        }
        // Refused, or suspended in the middle of it; a vault that was killed has been opened.
        let is_locked = |client: &Client| client.status().is_ok_and(|status| status.locked);
        if self.world.client().is_some_and(is_locked) {
            self.calm();
            let again = self.world.client().map(Client::unlock).transpose();
            again.map_err(|error| format!("I1: the vault cannot be unlocked: {error:?}"))?;
        }
        self.model.asked_for_keys(self.store_failure());
        Ok(())
    }

    /// Behind a call that asks the store again by itself, or when it was told to (`every`).
    pub fn keys_may_have_come(&mut self, every: bool) {
        let is_silent = matches!(self.model.keys.away, Some(KeyStoreError::NotNow | KeyStoreError::Failed));
        let is_calm = match self.trouble {
            None | Some(Trouble::Network { .. }) => true,
            Some(Trouble::HideObjects | Trouble::FullDisk { .. }) => false,
            Some(_) => !self.world.fate().has_struck(),
        };
        if self.model.keys.are_away() && (every || is_silent) && is_calm && self.world.key_store_fails().is_none() {
            self.model.asked_for_keys(None);
        }
    }

    /// How the store has failed in this step, if it has.
    pub fn store_failure(&self) -> Option<KeyStoreError> {
        self.world.fate().key_failure().or(self.world.key_store_fails())
    }

    /// States the officer of the open shift anew, which is done only if no statement can be read.
    pub fn restate_officer(&mut self) -> Checked {
        let Some(shift) = self.model.shift else { return Ok(()) };
        let known = self.model.shifts.get(&shift).cloned().unwrap_or_default();
        let may = self.model.keys.are_away() || known.lasts == Lasts::Lost;
        let who = Officer { id: known.officer, unit: None };
        let lasts = match self.call(None, |_, client| client.restate_officer(&who))? {
            Came::Done(()) => {
                demand(may, || "I1: an officer was stated anew who can be read".to_owned())?;
                known.lasts.min(self.model.keys.lasts()) // the statement before stays
            }
            Came::Refused(error) if error.kind() == ErrorKind::State => known.lasts,
            Came::Refused(error) => return self.explain(&error, None),
            Came::Killed => return Ok(()),
        };
        if let Some(shift) = self.model.shifts.get_mut(&shift) {
            shift.lasts = lasts;
        }
        Ok(())
    }

    /// The hardware loses every key it has.
    pub fn destroy_keys(&mut self) {
        self.world.destroy_keys();
        self.model.keys_destroyed();
        self.figures.fault("keys destroyed");
    }
}
