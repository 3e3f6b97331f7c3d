//! Damage that is met: told once, in the journal and as a notice, and no reason to stop what is sound.

use super::{Client, Notice};
use crate::error::Error;
use crate::log;
use crate::vault::{Damage, History, Look};

impl Client {
    /// Journals and tells what has not been told before.
    pub(super) fn report_damage(&self, damage: &[Damage]) -> Result<(), Error> {
        for damage in damage {
            log::event("a record is damaged", &[("damage", damage)]);
            self.notify(Notice::Damaged(damage.clone()));
        }
        Ok(self.vault.note_damage(damage)?)
    }

    /// Tells what opening has found. The vault has journalled it.
    pub(super) fn report_look(&self, look: &Look) -> Result<(), Error> {
        match look.history {
            Some(History::SetBack { anchored, found }) => {
                log::event("the vault was set back", &[("anchored", &anchored), ("found", &found)]);
                self.notify(Notice::SetBack { anchored, found });
            }
            Some(History::Copied) => self.notify(Notice::Copied),
            None => {}
        }
        self.report_damage(&look.damage)
    }

    /// Goes on without a value that is damaged.
    pub(super) fn unless_damaged<T>(&self, result: Result<T, Error>) -> Result<Option<T>, Error> {
        let error = match result {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        let Some(damage) = damage_of(&error) else { return Err(error) };
        self.report_damage(&[damage])?;
        Ok(None)
    }
}

fn damage_of(error: &Error) -> Option<Damage> {
    match error {
        Error::Vault(error) => error.damage(),
        _ => None,
    }
}
