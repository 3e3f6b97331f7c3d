//! What stands against sealing, or should be known before.

use super::Client;
use crate::domain::{CaseFacts, CaseId, Confirmation, Finding, InputError, Moment, Severity, check_reason};
use crate::error::Error;
use crate::rules::{Subject, check};

impl Client {
    /// Everything that would be found if the draft were sealed now, heaviest first.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] without a catalogue.
    pub fn findings(&self, case: CaseId) -> Result<Vec<Finding>, Error> {
        let facts = self.vault.draft(case)?;
        self.find(case, &facts, &self.now()?)
    }

    /// Refuses to seal while something blocks, or waits for a confirmation that was not given.
    pub(super) fn refuse_findings(
        &self,
        case: CaseId,
        facts: &CaseFacts,
        confirmed: &[Confirmation],
        now: &Moment,
    ) -> Result<(), Error> {
        let is_open = |finding: &Finding| match finding.severity {
            Severity::Block => true,
            Severity::Confirm => !confirmed.iter().any(|given| given.finding == finding.code.as_str()),
            Severity::Note => false,
        };
        let found = self.find(case, facts, now)?;
        for given in confirmed {
            check_reason(&given.reason)?;
            if found.iter().all(|finding| finding.code.as_str() != given.finding) {
                return Err(InputError { field: "confirmation" }.into()); // of something that was not found
            }
        }
        let open: Vec<_> = found.into_iter().filter(is_open).collect();
        if open.is_empty() { Ok(()) } else { Err(Error::Findings(open)) }
    }

    fn find(&self, case: CaseId, facts: &CaseFacts, now: &Moment) -> Result<Vec<Finding>, Error> {
        let (catalogue, rules, map) = (self.catalogue()?, self.rules()?, self.map());
        let plates = self.plate_tables()?;
        let memory = self.memory(&rules, now)?;
        let slip_use = facts.slip.as_ref().map(|slip| self.slip_use(slip, case)).transpose()?.flatten();
        Ok(check(&Subject {
            facts,
            now,
            catalogue: &catalogue,
            rules: &rules,
            plates: &plates,
            map: map.as_deref(),
            memory: &memory,
            is_slip_used: slip_use.is_some(),
        }))
    }
}
