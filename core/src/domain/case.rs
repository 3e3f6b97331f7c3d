//! A case (Vorgang) while it is being recorded: its facts, and how they are edited.

use super::{
    AttachmentRecord, Check, NamedOffence, Notes, OffenceRelation, Person, PhotoRecord, Place, Scene, Slip, Tow,
    Vehicle, WarningTalk, Witness,
};

/// Everything the officer has recorded so far. All parts may still be missing; sealing asks for them.
#[derive(Clone, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// The vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// Offences by number.
    #[serde(default)]
    pub offences: Vec<NamedOffence>,
    /// How they belong together.
    #[serde(default)]
    pub relation: OffenceRelation,
    /// Looks at the vehicle, oldest first.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The slip left at the vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<Slip>,
    /// Free text.
    #[serde(default)]
    pub notes: Notes,
    /// What stood around, and who was there.
    #[serde(default, skip_serializing_if = "Scene::is_empty")]
    pub scene: Scene,
    /// Persons met on the spot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub persons: Vec<Person>,
    /// Witnesses besides the recording officer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Witness>,
    /// The talk with the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<WarningTalk>,
    /// The tow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tow: Option<Tow>,
    /// Photos in the order they were taken over.
    #[serde(default)]
    pub photos: Vec<PhotoRecord>,
    /// Voice notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRecord>,
}

/// One step of recording. Each is durable before the call that made it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseEdit {
    /// Sets the vehicle.
    Vehicle(Vehicle),
    /// Sets the offences and how they belong together.
    Offences {
        /// One act or several.
        relation: OffenceRelation,
        /// At least one, by number.
        items: Vec<NamedOffence>,
    },
    /// Adds a look at the vehicle.
    Check(Check),
    /// Sets the place.
    Place(Place),
    /// Sets the slip.
    Slip(Slip),
    /// Sets the notes.
    Notes(Notes),
    /// Sets what was noted of the scene.
    Scene(Scene),
    /// Sets the persons met.
    Persons(Vec<Person>),
    /// Sets the witnesses.
    Witnesses(Vec<Witness>),
    /// Sets the talk with the driver.
    Talk(WarningTalk),
    /// Sets the tow.
    Tow(Tow),
}

impl CaseFacts {
    /// Applies one edit.
    pub fn apply(&mut self, edit: CaseEdit) {
        match edit {
            CaseEdit::Vehicle(vehicle) => self.vehicle = Some(vehicle),
            CaseEdit::Offences { relation, items } => (self.relation, self.offences) = (relation, items),
            CaseEdit::Check(check) => self.checks.push(check),
            CaseEdit::Place(place) => self.place = Some(place),
            CaseEdit::Slip(slip) => self.slip = Some(slip),
            CaseEdit::Notes(notes) => self.notes = notes,
            CaseEdit::Scene(scene) => self.scene = scene,
            CaseEdit::Persons(persons) => self.persons = persons,
            CaseEdit::Witnesses(witnesses) => self.witnesses = witnesses,
            CaseEdit::Talk(talk) => self.talk = Some(talk),
            CaseEdit::Tow(tow) => self.tow = Some(tow),
        }
    }
}

/// Why a case is void. A closed list: the reason travels in clear, free words only sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoidReason {
    /// Another vehicle was meant.
    WrongPlate,
    /// Another offence was meant.
    WrongOffence,
    /// The same act is recorded in another case.
    Duplicate,
    /// A permit was shown.
    PermitShown,
    /// A superior said so.
    OnInstruction,
    /// Anything else; say it in the note.
    Other,
}

impl VoidReason {
    /// All reasons.
    pub const ALL: [Self; 6] =
        [Self::WrongPlate, Self::WrongOffence, Self::Duplicate, Self::PermitShown, Self::OnInstruction, Self::Other];

    /// The code as it stands in events and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPlate => "wrong-plate",
            Self::WrongOffence => "wrong-offence",
            Self::Duplicate => "duplicate",
            Self::PermitShown => "permit-shown",
            Self::OnInstruction => "on-instruction",
            Self::Other => "other",
        }
    }

    /// The reason of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}
