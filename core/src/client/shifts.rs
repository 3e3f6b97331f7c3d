//! Opening and closing a shift.

use super::{Client, Notice};
use crate::domain::{Officer, ShiftId};
use crate::error::Error;
use crate::log;
use crate::seal::{ShiftOpening, ShiftSeal, merkle};
use crate::vault::{ShiftRow, Stretch};

impl Client {
    /// Opens a shift for an officer.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] while another shift is open, [`Error::Input`] for a name beyond limits.
    pub fn open_shift(&self, officer: &Officer) -> Result<ShiftId, Error> {
        let _watch = self.watch_disk();
        officer.check()?;
        self.retry_keys();
        let shift = ShiftId::new(self.random()?);
        self.vault.open_shift(shift, officer, self.now()?)?;
        self.sign_behind_commit();
        Ok(shift)
    }

    /// Closes the open shift: fixes its journal and the tree over its cases under one signature.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] while drafts are open, [`Error::State`] if no shift is. A draft whose key is gone
    /// holds nothing up; one whose key may come does ([`crate::vault::VaultError::KeyMissing`]).
    pub fn close_shift(&self) -> Result<ShiftId, Error> {
        let _watch = self.watch_disk();
        let shift = self.vault.open_shift_row()?.ok_or(Error::State)?.shift;
        self.retry_keys();
        self.vault.close_shift(shift, self.now()?)?;
        for case in self.vault.drafts_of(shift)? {
            self.notify(Notice::DraftStranded { case });
        }
        if let Err(error) = self.keep_up() {
            log::event("looking through the vault is put off", &[("error", &error)]);
        }
        self.sign_behind_commit();
        self.rotate_behind_commit();
        Ok(shift)
    }

    pub(super) fn opening_of(&self, row: &ShiftRow) -> Result<ShiftOpening, Error> {
        let head = self.vault.opening_place(row)?;
        Ok(ShiftOpening { shift: row.shift, device: self.device, agency: self.config.agency.clone(), head })
    }

    pub(super) fn seal_of(&self, row: &ShiftRow, last: u64) -> Result<ShiftSeal, Error> {
        let Stretch { before, entries, link, cases } = self.vault.stretch(row, last)?;
        let (count, root) = (cases.len() as u64, merkle::root(&cases));
        let (shift, device, first) = (row.shift, self.device, row.first_n);
        Ok(ShiftSeal { shift, device, first, before, entries, last, link, count, root })
    }
}
