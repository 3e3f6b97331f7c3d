//! What grows with the queue and need not be done before the officer can work: the outbox is held against what is to be
//! sent, and `spare/` against the rows.
//!
//! It is done once after each opening: at once if opening has met anything unusual, otherwise with the first handover or
//! the end of the shift. Until then only work that nobody has asked for yet would suffer from what it finds.

use std::sync::atomic::{AtomicBool, Ordering};

use super::damage::Damage;
use super::{Vault, VaultError};

/// Whether it was done since the vault was opened.
#[derive(Debug, Default)]
pub(super) struct KeptUp(AtomicBool);

/// What it has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Items that were missing and are queued again.
    pub requeued: Vec<Damage>,
    /// Cases, events and shifts of which there is a spare copy and no row: the database has lost them. A salvage brings
    /// them back.
    pub lost_rows: u32,
}

impl Vault {
    /// Does it unless it was done since opening.
    ///
    /// # Errors
    /// [`VaultError`] of the database; then the next call tries again.
    pub fn keep_up(&self) -> Result<Option<Upkeep>, VaultError> {
        if self.kept_up.0.load(Ordering::Acquire) {
            return Ok(None);
        }
        let requeued = self.requeue_lost(&[])?;
        let lost_rows = self.mirror();
        self.kept_up.0.store(true, Ordering::Release);
        Ok(Some(Upkeep { requeued, lost_rows }))
    }
}
