//! Persons, the talk with the driver, the tow, and the scene.

use streife_core::client::TowDetails;
use streife_core::domain::{CaseEdit, CaseId, Payment, Person, Scene, TalkOutcome, TowOutcome, Witness};

use crate::types::TowInput;
use crate::{Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Sets what was noted of the scene; what was noted before is replaced, here and in the next two.
    ///
    /// # Errors
    /// `Limit` naming a field beyond the limits, `State` unless the case is a draft; so in all that follow.
    pub fn set_scene(&self, case: CaseId, scene: Scene) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, CaseEdit::Scene(scene)))
    }

    /// Sets the persons met on the spot.
    ///
    /// # Errors
    /// As [`Self::set_scene`].
    pub fn set_persons(&self, case: CaseId, persons: Vec<Person>) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, CaseEdit::Persons(persons)))
    }

    /// Sets the witnesses besides the officer.
    ///
    /// # Errors
    /// As [`Self::set_scene`].
    pub fn set_witnesses(&self, case: CaseId, witnesses: Vec<Witness>) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, CaseEdit::Witnesses(witnesses)))
    }

    /// Records the talk with the driver, now.
    ///
    /// # Errors
    /// `Limit("talk")` if somebody agrees without having been told of the right to refuse, or pays without agreeing.
    #[uniffi::method(default(payment = None))]
    pub fn record_talk(
        &self,
        case: CaseId,
        instructed: bool,
        outcome: TalkOutcome,
        payment: Option<Payment>,
    ) -> Result<(), StreifeError> {
        self.call(|client| client.record_talk(case, instructed, outcome, payment))
    }

    /// Orders a tow, now, or says more about the one that was ordered.
    ///
    /// # Errors
    /// As [`Self::set_scene`].
    pub fn set_tow(&self, case: CaseId, tow: TowInput) -> Result<(), StreifeError> {
        self.call(|client| client.set_tow(case, TowDetails::from(tow)))
    }

    /// The truck has come.
    ///
    /// # Errors
    /// `Limit("tow")` if no tow was ordered, or it is over.
    pub fn tow_arrived(&self, case: CaseId) -> Result<(), StreifeError> {
        self.call(|client| client.tow_arrived(case))
    }

    /// The tow is over.
    ///
    /// # Errors
    /// `Limit("tow")` if no tow was ordered, or it is over already.
    pub fn finish_tow(&self, case: CaseId, outcome: TowOutcome) -> Result<(), StreifeError> {
        self.call(|client| client.finish_tow(case, outcome))
    }
}
