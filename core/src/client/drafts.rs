//! Recording a case step by step.

use std::sync::{MutexGuard, PoisonError};

use super::Client;
use crate::domain::{CaseEdit, CaseFacts, CaseId, Check, DiscTime, Valve};
use crate::error::Error;

impl Client {
    /// Begins a case in the open shift. Its key is on disk before anything else of it.
    ///
    /// # Errors
    /// [`Error::State`] if no shift is open; [`VaultError::DiskFull`] while there is too little room to finish a case.
    ///
    /// [`VaultError::DiskFull`]: crate::vault::VaultError::DiskFull
    pub fn begin_case(&self) -> Result<CaseId, Error> {
        let _watch = self.watch_disk();
        let shift = self.vault.open_shift_row()?.ok_or(Error::State)?.shift;
        self.expect_room()?;
        let case = CaseId::new(self.random()?);
        self.vault.begin_case(case, shift, &CaseFacts::default(), self.now()?)?;
        Ok(case)
    }

    /// Applies one edit to a draft.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is a draft, [`Error::Input`] naming a field that breaks a limit.
    ///
    /// [`VaultError::State`]: crate::vault::VaultError::State
    pub fn edit_case(&self, case: CaseId, edit: CaseEdit) -> Result<(), Error> {
        edit.check()?;
        self.change_case(case, |_| Ok(edit))
    }

    /// Applies the edit that is made of what a draft holds. No other edit comes between.
    pub(super) fn change_case(
        &self,
        case: CaseId,
        make: impl FnOnce(&CaseFacts) -> Result<CaseEdit, Error>,
    ) -> Result<(), Error> {
        let _watch = self.watch_disk();
        let _guard = self.drafting();
        let mut facts = self.vault.draft(case)?;
        let edit = make(&facts)?;
        edit.check()?;
        facts.apply(edit);
        Ok(self.vault.save_draft(case, &facts, self.now()?)?)
    }

    /// Notes a look at the vehicle, now.
    ///
    /// # Errors
    /// As [`Self::edit_case`].
    pub fn add_check(&self, case: CaseId, valves: Vec<Valve>, disc: Option<DiscTime>) -> Result<(), Error> {
        let check = Check { at: self.now()?, valves, disc };
        self.edit_case(case, CaseEdit::Check(check))
    }

    /// Everything recorded of a draft so far.
    ///
    /// # Errors
    /// [`VaultError::State`] unless the case is a draft.
    ///
    /// [`VaultError::State`]: crate::vault::VaultError::State
    pub fn draft(&self, case: CaseId) -> Result<CaseFacts, Error> {
        Ok(self.vault.draft(case)?)
    }

    pub(super) fn drafting(&self) -> MutexGuard<'_, ()> {
        // The lock guards no data of its own; a panic while holding it has left the vault's last commit.
        self.drafting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
