//! What the phone remembers of the cases just recorded: sealed, for some hours, and for the checks alone.

use super::Client;
use crate::domain::{CaseFacts, CaseId, Moment, OffenceNumber};
use crate::error::Error;
use crate::log;
use crate::rules::{Memory, Rules};

const MEMORY: &str = "memory";

impl Client {
    /// The memory without what is older than the agency may keep.
    pub(super) fn memory(&self, rules: &Rules, now: &Moment) -> Result<Memory, Error> {
        let json = self.vault.setting(MEMORY)?;
        let mut memory: Memory = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        memory.expire(now, rules.repeats.kept_h);
        Ok(memory)
    }

    /// The memory with a case that is about to be sealed, to be written with it. It is sealed all the same if that fails.
    pub(super) fn remembering(&self, case: CaseId, facts: &CaseFacts, now: &Moment) -> Option<(&'static str, Vec<u8>)> {
        let json = self.changed_memory(now, |memory| memory.remember(case, facts));
        json.inspect_err(|error| log::event("the case is not remembered", &[("error", error)])).ok()
    }

    /// Forgets a case that was voided. It is void all the same if that fails.
    pub(super) fn forget_case(&self, case: CaseId, now: &Moment) {
        let _guard = self.drafting(); // sealing reads the memory and writes it
        let forgotten = self.changed_memory(now, |memory| memory.forget(case));
        let done = forgotten.and_then(|(name, json)| Ok(self.vault.put_setting(name, &json)?));
        if let Err(error) = done {
            log::event("the case is not forgotten", &[("error", &error)]);
        }
    }

    fn changed_memory(&self, now: &Moment, change: impl FnOnce(&mut Memory)) -> Result<(&'static str, Vec<u8>), Error> {
        let mut memory = self.memory(&*self.rules()?, now)?;
        change(&mut memory);
        Ok((MEMORY, serde_json::to_vec(&memory).map_err(|_| Error::State)?))
    }

    /// The offences that this phone is likely to record next, at most `limit`, best first.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] without a catalogue.
    pub fn favourite_offences(&self, limit: usize) -> Result<Vec<OffenceNumber>, Error> {
        let now = self.now()?;
        let Ok(day) = crate::domain::legal_day(&now) else { return Err(Error::Clock) };
        let memory = self.memory(&*self.rules()?, &now)?;
        Ok(crate::catalogue::favourites(&*self.catalogue()?, day, &memory.uses(), &[], limit))
    }
}
