//! Shifts and cases: everything an officer does without a network.

use std::sync::Arc;

use streife_core::client::SealedView;
use streife_core::domain::{
    CaseEdit, CaseId, EventId, Finding, ObjectId, Officer, PhotoClass, Region, ShiftId, Slip, VoidReason,
};

use crate::cancel::flag;
use crate::types::{
    AddedPhotoView, CheckInput, ConfirmationInput, NotesInput, OffencesInput, PlaceInput, SlipInput, VehicleInput,
};
use crate::{CancelToken, Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Opens a shift for an officer.
    ///
    /// # Errors
    /// `State` while another shift is open; `Limit` for an officer whose number or unit is beyond the limits.
    pub fn open_shift(&self, officer: Officer) -> Result<ShiftId, StreifeError> {
        self.call(|client| client.open_shift(&officer))
    }

    /// Closes the open shift: fixes its journal and its cases under one signature.
    ///
    /// # Errors
    /// `State` while drafts are open, or if no shift is.
    pub fn close_shift(&self) -> Result<ShiftId, StreifeError> {
        self.call(|client| client.close_shift())
    }

    /// Begins a case (Vorgang) in the open shift.
    ///
    /// # Errors
    /// `State` if no shift is open.
    pub fn begin_case(&self) -> Result<CaseId, StreifeError> {
        self.call(|client| client.begin_case())
    }

    /// Sets the vehicle.
    ///
    /// # Errors
    /// `Plate` with the rule that the plate breaks; `Limit` for a text beyond the limits, here and in all that follow;
    /// `State` unless the case is a draft.
    pub fn set_vehicle(&self, case: CaseId, vehicle: VehicleInput) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, vehicle.into_edit(client)?))
    }

    /// Sets the offences. Amounts come from the catalogue on the day of the offence.
    ///
    /// # Errors
    /// `State` unless the case is a draft.
    pub fn set_offences(&self, case: CaseId, offences: OffencesInput) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, offences.into()))
    }

    /// Sets the place.
    ///
    /// # Errors
    /// `BadInput(Fix)` for a position that is not on the globe; `State` unless the case is a draft.
    pub fn set_place(&self, case: CaseId, place: PlaceInput) -> Result<(), StreifeError> {
        let edit: CaseEdit = place.into_edit(self.now())?;
        self.call(|client| client.edit_case(case, edit))
    }

    /// Notes a look at the vehicle, now. A duration offence needs two.
    ///
    /// # Errors
    /// `State` unless the case is a draft.
    pub fn add_check(&self, case: CaseId, check: CheckInput) -> Result<(), StreifeError> {
        self.call(|client| client.add_check(case, check.valves, check.disc))
    }

    /// Sets the slip that was left at the vehicle.
    ///
    /// # Errors
    /// `BadInput(SlipNumber)`, `BadInput(SlipCode)`; `State` unless the case is a draft.
    pub fn set_slip(&self, case: CaseId, slip: SlipInput) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, slip.into_edit()?))
    }

    /// Sets the slip from the QR code of its pad, as the scanner gave it.
    ///
    /// # Errors
    /// `BadInput(SlipQr)`, `BadInput(SlipNumber)`, `BadInput(SlipCode)`; `State` unless the case is a draft.
    pub fn scan_slip(&self, case: CaseId, qr: String) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, CaseEdit::Slip(Slip::from_qr(&qr)?)))
    }

    /// Whether another case of this phone has the slip of this draft: another draft, or one sealed within the last 30
    /// days. No if the draft has no slip.
    ///
    /// # Errors
    /// `State` unless the case is a draft.
    pub fn slip_used(&self, case: CaseId) -> Result<bool, StreifeError> {
        self.call(|client| {
            let slip = client.draft(case)?.slip;
            Ok(slip.map(|slip| client.slip_use(&slip, case)).transpose()?.flatten().is_some())
        })
    }

    /// The text of a payment code (GiroCode) for the warning of a sealed case that is still on the phone. Print it as a QR
    /// code of error level M.
    ///
    /// # Errors
    /// `NotProvisioned` without a payee in the configuration; `State` unless the case is sealed with an amount to pay as
    /// a warning, and not void.
    pub fn giro_code(&self, case: CaseId) -> Result<String, StreifeError> {
        self.call(|client| client.giro_code(case))
    }

    /// Sets the notes; what was noted before is replaced.
    ///
    /// # Errors
    /// `State` unless the case is a draft.
    pub fn set_notes(&self, case: CaseId, notes: NotesInput) -> Result<(), StreifeError> {
        self.call(|client| client.edit_case(case, notes.into()))
    }

    /// Takes a photo over from a file: reads it once, seals it, and makes it durable before returning. Then delete the
    /// file; the library does not.
    ///
    /// # Errors
    /// `Photo` for a file that is no whole JPEG; the file and the draft stay as they were.
    pub fn add_photo(&self, case: CaseId, path: String, shows: PhotoClass) -> Result<AddedPhotoView, StreifeError> {
        self.call(|client| Ok(client.add_photo(case, path.as_ref(), shows)?.into()))
    }

    /// Takes a voice note over from a file: MPEG-4, Ogg or WAV, at most 20 MiB, for the authority alone. It is durable when this
    /// returns. Then delete the file.
    ///
    /// # Errors
    /// `Limit("voice note")` for another format, a longer file, or a tenth note; `Photo(Unreadable)`.
    pub fn add_voice_note(&self, case: CaseId, path: String) -> Result<ObjectId, StreifeError> {
        self.call(|client| Ok(client.add_voice_note(case, path.as_ref())?.object))
    }

    /// Makes the thumbnails that a draft still lacks; returns how many. Call it from a background thread after the
    /// photos were taken over.
    ///
    /// # Errors
    /// `State` unless the case is a draft. A picture that cannot be decoded is no error.
    #[uniffi::method(default(cancel = None))]
    pub fn make_thumbnails(&self, case: CaseId, cancel: Option<Arc<CancelToken>>) -> Result<u32, StreifeError> {
        self.call(|client| client.make_thumbnails(case, &flag(cancel.as_deref())))
    }

    /// The same for previews and thumbnails, with one decode a photo.
    ///
    /// # Errors
    /// As [`Self::make_thumbnails`].
    #[uniffi::method(default(cancel = None))]
    pub fn make_derivatives(&self, case: CaseId, cancel: Option<Arc<CancelToken>>) -> Result<u32, StreifeError> {
        self.call(|client| client.make_derivatives(case, &flag(cancel.as_deref())))
    }

    /// Makes the copy of a photo that the citizen may see. Regions are pixels of the upright picture and are filled with black
    /// beyond recovery; none says that nothing needs hiding.
    ///
    /// # Errors
    /// `Photo(Region)` for a region outside the picture; `Photo(Derived)` if the photo has a masked copy, or can have none.
    pub fn mask_photo(&self, case: CaseId, photo: ObjectId, regions: Vec<Region>) -> Result<(), StreifeError> {
        self.call(|client| client.mask_photo(case, photo, &regions).map(drop))
    }

    /// Everything that would be found if the draft were sealed now, heaviest first.
    ///
    /// # Errors
    /// `NotProvisioned` without a catalogue; `State` unless the case is a draft.
    pub fn findings(&self, case: CaseId) -> Result<Vec<Finding>, StreifeError> {
        self.call(|client| client.findings(case))
    }

    /// Seals a draft: after this its facts cannot change any more, only be voided. A signer that does not answer does
    /// not hold it up.
    ///
    /// # Errors
    /// `Findings` with what blocks or waits for confirmation; `NotProvisioned` without valid recipients. The draft then
    /// stays as it was.
    #[uniffi::method(default(confirmed = []))]
    pub fn seal_case(&self, case: CaseId, confirmed: Vec<ConfirmationInput>) -> Result<SealedView, StreifeError> {
        let confirmed = confirmed.into_iter().map(Into::into).collect();
        self.call(|client| client.seal_case(case, confirmed))
    }

    /// Voids a case in any state; a draft is sealed as it is first. The note is sealed for case workers.
    ///
    /// # Errors
    /// `State` if the case is void already.
    #[uniffi::method(default(note = None))]
    pub fn void_case(&self, case: CaseId, reason: VoidReason, note: Option<String>) -> Result<EventId, StreifeError> {
        self.call(|client| client.void_case(case, reason, note.as_deref()))
    }

    /// Signs all that waits for the signer. `sync` does it, too; call it when the device has been unlocked.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault. A signer that still does not answer is a state: see `StatusView::unsigned`.
    pub fn sign_pending(&self) -> Result<(), StreifeError> {
        self.call(|client| client.sign_pending())
    }
}
