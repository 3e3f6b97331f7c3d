//! Withdrawing a case. Nothing is erased: a void is an event, signed and chained like everything else.

use super::Client;
use super::sealing::Closing;
use crate::domain::{CaseId, EventId, VoidNote, VoidReason, check_reason};
use crate::error::Error;
use crate::seal::{CaseEvent, EventKind, SealedNote, SignedPayload};
use crate::vault::{CaseState, EventRow, JournalEvent, VaultError};

const ATTEMPTS: u32 = 8;

impl Client {
    /// Voids a case in any state. A draft is sealed as it is first, because what was captured is evidence, too. The
    /// note is sealed for case workers; the reason travels in clear.
    ///
    /// # Errors
    /// [`Error::State`] if the case is void already.
    pub fn void_case(&self, case: CaseId, reason: VoidReason, note: Option<&str>) -> Result<EventId, Error> {
        note.map_or(Ok(()), check_reason)?;
        if self.vault.events()?.iter().any(|row| row.case == case) {
            return Err(Error::State);
        }
        let at = self.now()?;
        if self.vault.case(case)?.state == CaseState::Draft {
            let _guard = self.drafting();
            let facts = self.vault.draft(case)?;
            let closing = Closing { confirmed: Vec::new(), voided: Some(VoidNote { reason, at }) };
            self.commit_seal(case, &facts, &closing, at)?;
        }
        let event = EventId::new(self.random()?);
        let note = note.map(|text| self.seal_note(text, case, event)).transpose()?;
        self.append_event(case, event, reason, note)?;
        self.sign_behind_commit();
        Ok(event)
    }

    fn seal_note(&self, text: &str, case: CaseId, event: EventId) -> Result<SealedNote, Error> {
        let set = self.recipients()?;
        let recipients = set.valid_for(&self.config.agency, self.now()?.unix_ms())?;
        Ok(SealedNote::seal(text, case, event, &recipients, &*self.ports.entropy)?)
    }

    fn append_event(
        &self,
        case: CaseId,
        id: EventId,
        reason: VoidReason,
        note: Option<SealedNote>,
    ) -> Result<(), Error> {
        let at = self.now()?;
        for _ in 0..ATTEMPTS {
            let head = self.vault.head()?;
            let (kind, note, text) = (EventKind::Void, note.clone(), reason.as_str().to_owned());
            let event = CaseEvent { event: id, case, kind, reason: text, note, head };
            let entry = JournalEvent::CaseVoided { case, id, reason, payload: event.payload_hash() };
            let row = EventRow { event: id, case, payload: event.encode(), signed: None };
            match self.vault.store_event(&row, head, at, entry) {
                Err(VaultError::State) => {} // the journal has moved: take its place anew
                other => return Ok(other?),
            }
        }
        Err(Error::Busy)
    }
}
