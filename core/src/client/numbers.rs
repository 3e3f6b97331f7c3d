//! Slips that were used already, and payment codes for agencies that print.

use super::Client;
use crate::domain::{CaseId, CaseRecord, Category, GiroCode, Remittance, Slip};
use crate::error::Error;
use crate::vault::CaseState;

/// Where a slip was used already on this phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipUse {
    /// In this draft.
    Draft(CaseId),
    /// With a case that was sealed within the last 30 days.
    Sealed,
}

impl Client {
    /// Whether another case of this phone than `case` names the same slip: a draft, or one sealed within the last 30 days.
    /// Numbers of sealed cases are known by salted hashes only. Drafts whose key is not at hand are passed over.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn slip_use(&self, slip: &Slip, case: CaseId) -> Result<Option<SlipUse>, Error> {
        if self.vault.has_left_slip(slip.number(), self.now()?)? {
            return Ok(Some(SlipUse::Sealed));
        }
        let drafts = self.vault.cases_in_state(CaseState::Draft)?;
        let names_it = |draft: &CaseId| {
            let facts = self.vault.draft(*draft).ok();
            facts.and_then(|facts| facts.slip).is_some_and(|named| named.number() == slip.number())
        };
        Ok(drafts.into_iter().filter(|draft| *draft != case).find(names_it).map(SlipUse::Draft))
    }

    /// The text of a payment code (`GiroCode`) for the warning of a sealed case that is still on the phone: to the agency's
    /// account, with case number and plate, as the agency's paper asks for them. To be printed at error level M.
    ///
    /// # Errors
    /// [`Error::NotProvisioned`] if the agency has no account here. [`Error::State`] unless the case is sealed with an
    /// amount to pay as a warning, not void, and still readable; also where it has neither number nor slip.
    pub fn giro_code(&self, case: CaseId) -> Result<String, Error> {
        let payee = self.config.payee.clone().ok_or(Error::NotProvisioned)?;
        let row = self.vault.case(case)?;
        if !matches!(row.state, CaseState::Unsigned | CaseState::Sealed | CaseState::Receipted) || self.is_void(case)? {
            return Err(Error::State);
        }
        let record = self.read_record(case)?;
        let cents = warning_cents(&record).ok_or(Error::State)?;
        let words = words(&record).ok_or(Error::State)?;
        Ok(GiroCode::new(payee, cents.into()).with_remittance(Remittance::Text(words)).text()?)
    }

    fn is_void(&self, case: CaseId) -> Result<bool, Error> {
        Ok(self.vault.events()?.iter().any(|event| event.case == case))
    }
}

/// What is to be paid, if all of it is a warning.
fn warning_cents(record: &CaseRecord) -> Option<u32> {
    let offences = record.offences.as_ref()?;
    let is_warning = offences.items.iter().all(|item| item.category == Category::Warning);
    (is_warning && offences.amount_cents.0 > 0).then_some(offences.amount_cents.0)
}

/// Case number and plate; the number of the slip stands in where there is no case number.
fn words(record: &CaseRecord) -> Option<String> {
    let slip = || record.slip.as_ref().map(|slip| slip.number.clone());
    let number = record.number.map(|number| number.to_string()).or_else(slip)?;
    let plate = record.vehicle.as_ref().map(|vehicle| vehicle.plate.folded());
    Some(plate.map_or_else(|| number.clone(), |plate| format!("{number} {plate}")))
}
