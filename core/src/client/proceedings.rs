//! The talk with the driver, and the tow, each with the clock's own time.

use super::Client;
use crate::domain::{CaseEdit, CaseId, InputError, Payment, TalkOutcome, Tow, TowOutcome, WarningTalk};
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
        let before = self.draft(case)?.tow;
        let times = before.as_ref().map(|tow| (tow.requested, tow.arrived, tow.finished, tow.outcome));
        let (requested, arrived, finished, outcome) = match times {
            Some(times) => times,
            None => (self.now()?, None, None, None),
        };
        let TowDetails { reason, firm, operator, destination, condition, damage, note_left } = details;
        let tow = Tow {
            requested,
            arrived,
            finished,
            outcome,
            reason,
            firm,
            operator,
            destination,
            condition,
            damage,
            note_left,
        };
        self.edit_case(case, CaseEdit::Tow(tow))
    }

    /// The truck has come.
    ///
    /// # Errors
    /// [`Error::Input`] if no tow was ordered, or it is over.
    pub fn tow_arrived(&self, case: CaseId) -> Result<(), Error> {
        let tow = self.tow(case)?;
        let arrived = Some(self.now()?);
        self.edit_case(case, CaseEdit::Tow(Tow { arrived, ..tow }))
    }

    /// The tow is over.
    ///
    /// # Errors
    /// [`Error::Input`] if no tow was ordered, or it is over already.
    pub fn finish_tow(&self, case: CaseId, outcome: TowOutcome) -> Result<(), Error> {
        let tow = self.tow(case)?;
        let finished = Some(self.now()?);
        self.edit_case(case, CaseEdit::Tow(Tow { finished, outcome: Some(outcome), ..tow }))
    }

    /// The tow that goes on.
    fn tow(&self, case: CaseId) -> Result<Tow, Error> {
        let tow = self.draft(case)?.tow.filter(|tow| tow.outcome.is_none());
        tow.ok_or_else(|| InputError { field: "tow" }.into())
    }
}
