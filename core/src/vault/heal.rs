//! Roots whose rows are damaged, put back from their copies in `spare/`.
//!
//! A copy is taken only if the hardware opens it and the row does not: so an older copy never replaces a newer row. No
//! hardware key is deleted that a copy says wraps a root.

use super::damage::{Damage, Fault, Record};
use super::epoch_copy::EpochCopy;
use super::epochs::{self, EpochRow, EpochState};
use super::keys::Root;
use super::{Vault, VaultError};
use crate::seal::JournalKey;

impl Vault {
    /// Puts back what wraps the roots, where rows have lost it or hold something else.
    pub(super) fn heal_epochs(&self) -> Result<(), VaultError> {
        let rows = self.database.read(epochs::rows)?;
        for copy in self.epoch_copies(&rows)? {
            let row = rows.iter().find(|row| row.epoch == copy.epoch);
            if !self.is_damaged(row, &copy) {
                continue;
            }
            self.database.write(|transaction| epochs::restore(transaction, &copy))?;
            let fault = if row.is_some_and(|row| row.wrapped.is_some()) { Fault::Changed } else { Fault::Missing };
            self.known.heal(Damage::new(Record::Epoch(copy.epoch), fault));
        }
        Ok(())
    }

    /// The copy of an epoch's row, if there is a sound one.
    pub(super) fn epoch_copy(&self, epoch: u16) -> Result<Option<EpochCopy>, VaultError> {
        let named = EpochCopy { epoch, ..EpochCopy::default() }.name();
        let copy = self.spare.document(&named)?.and_then(|bytes| EpochCopy::decode(&bytes).ok());
        Ok(copy.filter(|copy| copy.epoch == epoch))
    }

    /// Journal keys that a root carries by the copy of its row and not by the rows.
    pub(super) fn heal_journal_keys(
        &self,
        root: &Root,
        opened: &[(u16, JournalKey)],
    ) -> Result<Vec<(u16, JournalKey)>, VaultError> {
        let mut healed = Vec::new();
        for (generation, sealed) in self.epoch_copy(root.epoch)?.map(|copy| copy.journal).unwrap_or_default() {
            let is_there = opened.iter().any(|(there, _)| *there == generation);
            let Some(key) = (!is_there).then(|| root.carried(generation, &sealed).ok()).flatten() else { continue };
            self.database
                .write(|transaction| epochs::replace_journal_key(transaction, root.epoch, generation, &sealed))?;
            self.known.heal(Damage::new(Record::Epoch(root.epoch), Fault::Changed));
            healed.push((generation, key));
        }
        Ok(healed)
    }

    /// Copies that hold a wrapped root. Epochs are numbered without gaps, so none is listed for: the folder is as long as
    /// the queue.
    fn epoch_copies(&self, rows: &[EpochRow]) -> Result<Vec<EpochCopy>, VaultError> {
        let newest = rows.iter().map(|row| row.epoch).max().unwrap_or_default();
        let mut copies = Vec::new();
        for epoch in 1..=u16::MAX {
            match self.epoch_copy(epoch)? {
                Some(copy) => copies.push(copy),
                None if epoch > newest => break,
                None => {}
            }
        }
        copies.retain(|copy| copy.wrapped.is_some() && copy.alias.is_some());
        Ok(copies)
    }

    /// Whether the hardware opens the copy and not the row.
    fn is_damaged(&self, row: Option<&EpochRow>, copy: &EpochCopy) -> bool {
        let is_same = row.is_some_and(|row| row.alias == copy.alias && row.wrapped == copy.wrapped);
        let is_gone = row.is_some_and(|row| row.wrapped.is_none() && row.state >= EpochState::Erasing);
        !is_same
            && !is_gone
            && !row.is_some_and(|row| self.unwraps(row.alias.as_ref(), row.wrapped.as_ref()))
            && self.unwraps(copy.alias.as_ref(), copy.wrapped.as_ref())
    }

    fn unwraps(&self, alias: Option<&String>, wrapped: Option<&Vec<u8>>) -> bool {
        alias.zip(wrapped).is_some_and(|(alias, wrapped)| self.hardware.unwrap(alias, wrapped).is_ok())
    }
}
