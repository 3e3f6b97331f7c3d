//! The talk with the driver, and the tow, each with the clock's own time.

use super::Client;
use crate::domain::{
    CaseEdit, CaseFacts, CaseId, InputError, Moment, Payment, TalkOutcome, Tow, TowOutcome, WarningTalk,
};
use crate::error::Error;

/// What is said of a tow; its times come from the clock.
#[derive(Clone, PartialEq, Eq)]
pub struct TowDetails {
    /// Why the vehicle cannot stay.
    pub reason: String,
    /// The firm.
    pub firm: Option<String>,
    /// Driver of the truck.
    pub operator: Option<String>,
    /// Where the vehicle goes.
    pub destination: Option<String>,
    /// State of the vehicle before.
    pub condition: Option<String>,
    /// Damage that was there before.
    pub damage: Vec<crate::domain::Damage>,
    /// Whether a note tells the driver where the vehicle is.
    pub note_left: bool,
}

impl Client {
    /// Records the talk with the driver, now.
    ///
    /// # Errors
    /// [`Error::Input`] if somebody agrees without instruction, or pays without having agreed.
    pub fn record_talk(
        &self,
        case: CaseId,
        instructed: bool,
        outcome: TalkOutcome,
        payment: Option<Payment>,
    ) -> Result<(), Error> {
        let talk = WarningTalk { at: self.now()?, instructed, outcome, payment };
        self.edit_case(case, CaseEdit::Talk(talk))
    }

    /// Orders a tow, now, or says more about the one that was ordered.
    ///
    /// # Errors
    /// As [`Self::edit_case`].
    pub fn set_tow(&self, case: CaseId, details: TowDetails) -> Result<(), Error> {
        let now = self.now()?;
        self.change_case(case, |facts| Ok(CaseEdit::Tow(details.into_tow(facts.tow.as_ref(), now))))
    }

    /// The truck has come.
    ///
    /// # Errors
    /// [`Error::Input`] if no tow was ordered, or it is over.
    pub fn tow_arrived(&self, case: CaseId) -> Result<(), Error> {
        let arrived = Some(self.now()?);
        self.change_case(case, |facts| Ok(CaseEdit::Tow(Tow { arrived, ..going_on(facts)? })))
    }

    /// The tow is over.
    ///
    /// # Errors
    /// [`Error::Input`] if no tow was ordered, or it is over already.
    pub fn finish_tow(&self, case: CaseId, outcome: TowOutcome) -> Result<(), Error> {
        let (finished, outcome) = (Some(self.now()?), Some(outcome));
        self.change_case(case, |facts| Ok(CaseEdit::Tow(Tow { finished, outcome, ..going_on(facts)? })))
    }
}

/// The tow that goes on.
fn going_on(facts: &CaseFacts) -> Result<Tow, Error> {
    let tow = facts.tow.clone().filter(|tow| tow.outcome.is_none());
    tow.ok_or_else(|| InputError { field: "tow" }.into())
}

impl TowDetails {
    /// The tow with what is said now, and with the times it has already.
    fn into_tow(self, before: Option<&Tow>, now: Moment) -> Tow {
        let Self { reason, firm, operator, destination, condition, damage, note_left } = self;
        Tow {
            requested: before.map_or(now, |tow| tow.requested),
            arrived: before.and_then(|tow| tow.arrived),
            finished: before.and_then(|tow| tow.finished),
            outcome: before.and_then(|tow| tow.outcome),
            reason,
            firm,
            operator,
            destination,
            condition,
            damage,
            note_left,
        }
    }
}
