//! Pre-notes (Vornotizen): vehicles seen once that may become cases.
//!
//! On a beat many observations are open at once: a first look at every vehicle of a row, a second an hour later. A
//! pre-note has the id its case will have. It names a plate, so it does not outlive its purpose: it becomes a case, is
//! dismissed, or expires. Rules only; whoever keeps the notes, keeps them sealed.

use super::{
    CaseEdit, CaseId, Check, Moment, NamedOffence, Observation, OffenceRelation, Place, Plate, Vehicle, VehicleKind,
};

/// Pre-notes that can be open at once.
pub const MAX_OPEN: usize = 200;
/// Looks at one vehicle.
pub const MAX_CHECKS: usize = 20;

/// Why a pre-note was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreNoteError {
    /// [`MAX_OPEN`] are open.
    #[error("too many pre-notes are open")]
    Full,
    /// The vehicle is noted already; look at that note again.
    #[error("the vehicle is noted already")]
    Noted {
        /// The note of the same plate.
        case: CaseId,
    },
    /// The id is in use.
    #[error("the id is in use")]
    Id,
    /// No pre-note has that id.
    #[error("no such pre-note")]
    Unknown,
    /// A look before the one that was noted last.
    #[error("the look lies before the last one")]
    Order,
    /// The note has [`MAX_CHECKS`] looks.
    #[error("too many looks at one vehicle")]
    Checks,
}

/// A vehicle that was seen and may become a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreNote {
    /// The id that the case will have.
    pub case: CaseId,
    /// The plate.
    pub plate: Plate,
    /// Kind of vehicle.
    pub kind: VehicleKind,
    /// What may be charged, if the vehicle still stands.
    #[serde(default)]
    pub offences: Vec<NamedOffence>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Looks at it, oldest first; at least one.
    pub checks: Vec<Check>,
}

impl PreNote {
    /// A vehicle seen for the first time.
    #[must_use]
    pub fn new(case: CaseId, plate: Plate, kind: VehicleKind, first: Check) -> Self {
        Self { case, plate, kind, offences: Vec::new(), place: None, checks: vec![first] }
    }

    /// Seconds that the vehicle has been under observation at a moment; 0 before the first look.
    #[must_use]
    pub fn age_s(&self, now: &Moment) -> u64 {
        let elapsed_ms = self.checks.first().map_or(0, |first| now.since_ms(&first.at));
        u64::try_from(elapsed_ms / 1_000).unwrap_or(0)
    }

    /// Whether a look now would be longer after the first than so many minutes. Strict.
    #[must_use]
    pub fn is_ripe(&self, now: &Moment, minutes: u32) -> bool {
        super::is_longer_than(self.age_s(now), minutes)
    }

    /// What was seen so far.
    #[must_use]
    pub fn observation(&self) -> Observation {
        Observation::new(self.checks.clone())
    }

    /// The steps that record the case: vehicle, place, offences and every look with its own time.
    #[must_use]
    pub fn into_edits(self) -> Vec<CaseEdit> {
        let mut edits = vec![CaseEdit::Vehicle(Vehicle::new(self.plate, self.kind))];
        edits.extend(self.place.map(CaseEdit::Place));
        if !self.offences.is_empty() {
            edits.push(CaseEdit::Offences { relation: OffenceRelation::default(), items: self.offences });
        }
        edits.extend(self.checks.into_iter().map(CaseEdit::Check));
        edits
    }
}

/// All pre-notes that are open, in the order they were begun.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PreNotes {
    open: Vec<PreNote>,
}

impl PreNotes {
    /// The open ones, oldest first.
    #[must_use]
    pub fn open(&self) -> &[PreNote] {
        &self.open
    }

    /// The note of a vehicle.
    #[must_use]
    pub fn of(&self, plate: &Plate) -> Option<&PreNote> {
        self.open.iter().find(|note| note.plate == *plate)
    }

    /// Begins one.
    ///
    /// # Errors
    /// [`PreNoteError::Noted`], [`PreNoteError::Id`] or [`PreNoteError::Full`].
    pub fn begin(&mut self, note: PreNote) -> Result<(), PreNoteError> {
        if let Some(noted) = self.of(&note.plate) {
            return Err(PreNoteError::Noted { case: noted.case });
        }
        if self.open.iter().any(|open| open.case == note.case) {
            return Err(PreNoteError::Id);
        }
        if self.open.len() >= MAX_OPEN {
            return Err(PreNoteError::Full);
        }
        self.open.push(note);
        Ok(())
    }

    /// Adds another look at a vehicle, and says what has been seen since the first.
    ///
    /// # Errors
    /// [`PreNoteError::Unknown`], [`PreNoteError::Order`] or [`PreNoteError::Checks`]; then nothing is added.
    pub fn look(&mut self, case: CaseId, check: Check) -> Result<Observation, PreNoteError> {
        let note = self.open.iter_mut().find(|note| note.case == case).ok_or(PreNoteError::Unknown)?;
        if note.checks.last().is_some_and(|last| check.at.since_ms(&last.at) < 0) {
            return Err(PreNoteError::Order);
        }
        if note.checks.len() >= MAX_CHECKS {
            return Err(PreNoteError::Checks);
        }
        note.checks.push(check);
        Ok(note.observation())
    }

    /// Says where the vehicle stands and which offences may come of it.
    ///
    /// # Errors
    /// [`PreNoteError::Unknown`].
    pub fn describe(
        &mut self,
        case: CaseId,
        place: Option<Place>,
        offences: Vec<NamedOffence>,
    ) -> Result<(), PreNoteError> {
        let note = self.open.iter_mut().find(|note| note.case == case).ok_or(PreNoteError::Unknown)?;
        (note.place, note.offences) = (place, offences);
        Ok(())
    }

    /// Takes one out: to become its case, or to be forgotten.
    ///
    /// # Errors
    /// [`PreNoteError::Unknown`].
    pub fn take(&mut self, case: CaseId) -> Result<PreNote, PreNoteError> {
        let at = self.open.iter().position(|note| note.case == case).ok_or(PreNoteError::Unknown)?;
        Ok(self.open.remove(at))
    }

    /// Takes out those that were begun longer ago than so many minutes, so that they are forgotten.
    pub fn expire(&mut self, now: &Moment, minutes: u32) -> Vec<PreNote> {
        let (old, open) = std::mem::take(&mut self.open).into_iter().partition(|note| note.is_ripe(now, minutes));
        self.open = open;
        old
    }
}
