//! On the beat: pre-notes, and proposals while an officer types.

use streife_core::domain::{CaseId, OffenceNumber, Plate, VehicleKind};
use streife_core::error::Error;

use crate::types::{
    CheckInput, FixInput, OcrCandidateView, OcrInput, OffenceInput, PlaceInput, PlaceProposalView, PreNoteView,
    VerdictView,
};
use crate::{Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Notes a vehicle that is looked at for the first time. It becomes a case of this id, is dismissed, or expires.
    ///
    /// # Errors
    /// `Plate` with the rule that the plate breaks; `State` if the vehicle is noted already, or too many are open.
    pub fn note_vehicle(
        &self,
        plate: String,
        nation: String,
        kind: VehicleKind,
        check: CheckInput,
    ) -> Result<CaseId, StreifeError> {
        let plate = Plate::parse(&plate, &nation).map_err(Error::from)?;
        self.call(|client| client.note_vehicle(plate, kind, check.valves, check.disc))
    }

    /// Says where a noted vehicle stands, and which offences may come of it.
    ///
    /// # Errors
    /// `NotFound` if there is no such note; `Limit`, `BadInput(Fix)`.
    pub fn describe_pre_note(
        &self,
        note: CaseId,
        place: Option<PlaceInput>,
        offences: Vec<OffenceInput>,
    ) -> Result<(), StreifeError> {
        let place = place.map(|place| place.into_place(self.now())).transpose()?;
        let offences = offences.into_iter().map(Into::into).collect();
        self.call(|client| client.describe_prenote(note, place, offences))
    }

    /// Notes another look at the vehicle, now. Returns the seconds since the first.
    ///
    /// # Errors
    /// `NotFound` if there is no such note.
    pub fn look_again(&self, note: CaseId, check: CheckInput) -> Result<u64, StreifeError> {
        self.call(|client| Ok(client.look_again(note, check.valves, check.disc)?.duration_s))
    }

    /// All open pre-notes, oldest first.
    ///
    /// # Errors
    /// `KeyUnavailable` while their key is not at hand.
    pub fn pre_notes(&self) -> Result<Vec<PreNoteView>, StreifeError> {
        self.call(|client| Ok(client.prenotes()?.into_iter().map(Into::into).collect()))
    }

    /// Takes a pre-note off the list.
    ///
    /// # Errors
    /// `NotFound` if there is no such note.
    pub fn dismiss_pre_note(&self, note: CaseId) -> Result<(), StreifeError> {
        self.call(|client| client.dismiss_prenote(note))
    }

    /// Makes a pre-note the draft of a case in the open shift, with everything noted.
    ///
    /// # Errors
    /// `State` if no shift is open; `NotFound` if there is no such note.
    pub fn begin_case_from(&self, note: CaseId) -> Result<CaseId, StreifeError> {
        self.call(|client| client.begin_case_from(note))
    }

    /// Offences that the words fit today, best first: "Gehweg 1 Stunde".
    ///
    /// # Errors
    /// `NotProvisioned` without a catalogue.
    pub fn search_offences(&self, words: String, limit: u32) -> Result<Vec<OffenceNumber>, StreifeError> {
        self.call(|client| client.search_offences(&words, limit as usize))
    }

    /// Offences that this phone is likely to record next, best first.
    ///
    /// # Errors
    /// `NotProvisioned` without a catalogue.
    pub fn favourite_offences(&self, limit: u32) -> Result<Vec<OffenceNumber>, StreifeError> {
        self.call(|client| client.favourite_offences(limit as usize))
    }

    /// Uses a signed geo pack as long as this object lives. The vault does not keep it; call it after each opening.
    ///
    /// # Errors
    /// `Tampered` if it is not signed by the agency; `BadInput(Map)`.
    pub fn use_map(&self, signed: Vec<u8>) -> Result<(), StreifeError> {
        self.call(|client| client.use_map(&signed))
    }

    /// What the map says about a fix, now. Always a proposal: the officer's words win. Empty without a map.
    ///
    /// # Errors
    /// `BadInput(Fix)` for a position that is not on the globe.
    pub fn propose_place(&self, fix: FixInput) -> Result<PlaceProposalView, StreifeError> {
        let fix = fix.at(self.now())?;
        self.call(|client| Ok(client.propose_place(&fix)?.into()))
    }

    /// What to think of a plate while one types it, under the tables in use.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault.
    pub fn judge_plate(&self, text: String, nation: String) -> Result<VerdictView, StreifeError> {
        self.call(|client| Ok(client.judge_plate(&text, &nation)?.into()))
    }

    /// Makes legal plates out of what a camera has read, best first.
    ///
    /// # Errors
    /// `Limit("readings")` for more than 16 readings, or one beyond the limits.
    pub fn rank_plates(&self, readings: Vec<OcrInput>) -> Result<Vec<OcrCandidateView>, StreifeError> {
        let readings: Vec<_> = readings.into_iter().map(Into::into).collect();
        self.call(|client| Ok(client.rank_plates(&readings)?.into_iter().map(Into::into).collect()))
    }

    /// Installs a signed table of prefixes or of nationality signs. An older one never replaces a newer one.
    ///
    /// # Errors
    /// `Tampered` if it is not signed by the agency; `BadInput(PlateTable)`; `State` for an older table.
    pub fn install_plate_table(&self, signed: Vec<u8>) -> Result<(), StreifeError> {
        self.call(|client| client.install_plate_table(&signed))
    }

    /// Installs a signed rule set that came another way than by `refresh`.
    ///
    /// # Errors
    /// `Tampered` if it is not signed by the agency; `BadInput(Rules)`.
    pub fn install_rules(&self, signed: Vec<u8>) -> Result<(), StreifeError> {
        self.call(|client| client.install_rules(&signed))
    }
}
