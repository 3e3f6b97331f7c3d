//! Withdrawing a case. Nothing is erased: a void is an event, signed and chained like everything else.

use super::Client;
use super::sealing::Closing;
use crate::domain::{CaseId, EventId, Moment, VoidNote, VoidReason, check_reason};
use crate::error::Error;
use crate::seal::SealedNote;
use crate::vault::{CaseState, Void};

impl Client {
    /// Voids a case in any state. A draft is sealed as it is and voided in one step, because what was captured is
    /// evidence, too. The note is sealed for case workers; the reason travels in clear.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] if the case is void already.
    pub fn void_case(&self, case: CaseId, reason: VoidReason, note: Option<&str>) -> Result<EventId, Error> {
        let _watch = self.watch_disk();
        note.map_or(Ok(()), check_reason)?;
        let (at, event) = (self.now()?, EventId::new(self.random()?));
        let note = note.map(|text| self.seal_note(text, case, event)).transpose()?;
        let void = Void { case, event, reason, note };
        if self.vault.case(case)?.state == CaseState::Draft {
            self.void_draft(void, at)?;
        } else {
            self.vault.void_case(&void, at)?;
        }
        self.forget_case(case, &at);
        self.sign_behind_commit();
        Ok(event)
    }

    fn void_draft(&self, void: Void, at: Moment) -> Result<(), Error> {
        let _guard = self.drafting();
        let facts = self.vault.draft(void.case)?;
        let voided = Some(VoidNote { reason: void.reason, at });
        let (case, closing) = (void.case, Closing { confirmed: Vec::new(), voided, void: Some(void) });
        self.commit_seal(case, &facts, &closing, at).map(drop)
    }

    fn seal_note(&self, text: &str, case: CaseId, event: EventId) -> Result<SealedNote, Error> {
        let set = self.recipients()?;
        let recipients = set.valid_for(&self.config.agency, self.now()?.unix_ms())?;
        Ok(SealedNote::seal(text, case, event, &recipients, &*self.ports.entropy)?)
    }
}
