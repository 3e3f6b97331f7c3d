//! Pre-notes: vehicles seen once, kept sealed until they become cases, are dismissed or expire.

use super::Client;
use crate::domain::{
    CaseEdit, CaseFacts, CaseId, Check, DiscTime, Moment, NamedOffence, Observation, OffenceRelation, Place, Plate,
    PreNote, PreNotes, Valve, VehicleKind,
};
use crate::error::Error;
use crate::vault::VaultError;

const PRENOTES: &str = "pre-notes";

impl Client {
    /// Notes a vehicle that is looked at for the first time. The case it may become has this id.
    ///
    /// # Errors
    /// [`Error::PreNote`] if the vehicle is noted already, or too many are open.
    pub fn note_vehicle(
        &self,
        plate: Plate,
        kind: VehicleKind,
        valves: Vec<Valve>,
        disc: Option<DiscTime>,
    ) -> Result<CaseId, Error> {
        let (case, check) = (CaseId::new(self.random()?), self.look_now(valves, disc)?);
        let note = PreNote::new(case, plate, kind, check);
        self.change_prenotes(|notes| Ok(notes.begin(note)?))?;
        Ok(case)
    }

    /// Says where the vehicle stands, and which offences may come of it.
    ///
    /// # Errors
    /// [`Error::PreNote`] if there is no such note, [`Error::Input`] naming a field that breaks a limit.
    pub fn describe_prenote(
        &self,
        case: CaseId,
        place: Option<Place>,
        offences: Vec<NamedOffence>,
    ) -> Result<(), Error> {
        let offences_edit = CaseEdit::Offences { relation: OffenceRelation::default(), items: offences.clone() };
        offences_edit.check()?;
        place.clone().map_or(Ok(()), |place| CaseEdit::Place(place).check())?;
        self.change_prenotes(|notes| Ok(notes.describe(case, place, offences)?))
    }

    /// Notes another look at the vehicle, now, and tells what both show.
    ///
    /// # Errors
    /// [`Error::PreNote`] if there is no such note, or the look lies before the last.
    pub fn look_again(&self, case: CaseId, valves: Vec<Valve>, disc: Option<DiscTime>) -> Result<Observation, Error> {
        let check = self.look_now(valves, disc)?;
        self.change_prenotes(|notes| Ok(notes.look(case, check)?))
    }

    /// All open pre-notes, oldest first. What has expired is gone.
    ///
    /// # Errors
    /// [`VaultError::KeyMissing`] while their key is not at hand.
    pub fn prenotes(&self) -> Result<Vec<PreNote>, Error> {
        Ok(self.read_prenotes(&self.now()?)?.open().to_vec())
    }

    /// Takes a pre-note off the list.
    ///
    /// # Errors
    /// [`Error::PreNote`] if there is no such note.
    pub fn dismiss_prenote(&self, case: CaseId) -> Result<(), Error> {
        self.change_prenotes(|notes| Ok(notes.take(case).map(drop)?))
    }

    /// Makes a pre-note the draft of a case in the open shift, with everything noted. To be called again if it was
    /// interrupted.
    ///
    /// # Errors
    /// [`Error::State`] if no shift is open, [`Error::PreNote`] if there is no such note.
    pub fn begin_case_from(&self, case: CaseId) -> Result<CaseId, Error> {
        let _watch = self.watch_disk();
        let shift = self.vault.open_shift_row()?.ok_or(Error::State)?.shift;
        self.expect_room()?;
        let at = self.now()?;
        self.change_prenotes(|notes| {
            let note = notes.take(case)?;
            match self.vault.case(case) {
                Ok(_) => Ok(case), // begun, and then interrupted
                Err(VaultError::NotFound { .. }) => {
                    let mut facts = CaseFacts::default();
                    note.into_edits().into_iter().for_each(|edit| facts.apply(edit));
                    Ok(self.vault.begin_case(case, shift, &facts, at).map(|()| case)?)
                }
                Err(error) => Err(error.into()),
            }
        })
    }

    fn look_now(&self, valves: Vec<Valve>, disc: Option<DiscTime>) -> Result<Check, Error> {
        let check = Check { at: self.now()?, valves, disc };
        CaseEdit::Check(check.clone()).check()?;
        Ok(check)
    }

    fn read_prenotes(&self, now: &Moment) -> Result<PreNotes, Error> {
        let json = self.vault.setting_at_hand(PRENOTES)?;
        let mut notes: PreNotes = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        notes.expire(now, self.rules()?.prenote_h * 60);
        Ok(notes)
    }

    /// Reads, changes and writes. What `change` refuses, changes nothing.
    fn change_prenotes<T>(&self, change: impl FnOnce(&mut PreNotes) -> Result<T, Error>) -> Result<T, Error> {
        let _guard = self.drafting();
        let mut notes = self.read_prenotes(&self.now()?)?;
        let done = change(&mut notes)?;
        let json = serde_json::to_vec(&notes).map_err(|_| Error::State)?;
        self.vault.put_setting(PRENOTES, &json)?;
        Ok(done)
    }
}
