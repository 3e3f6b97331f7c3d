//! Verdicts, proposals and pre-notes, as an app shows them.

use streife_core::client::{Coverage, PlaceProposal, ProposedAddress, TowDetails};
use streife_core::domain::{
    CaseId, Damage, Municipality, OcrCandidate, OcrReading, OffenceNumber, PlateKind, PlateReading, PlateWarning,
    PreNote, Verdict,
};

use super::PlateView;
use crate::PlateRule;

/// A plate with all it shows. Personal data.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlateReadingView {
    /// Its parts.
    pub plate: PlateView,
    /// Finer than the class.
    pub kind: PlateKind,
    /// As written, with expiry and interchangeable sign.
    pub text: String,
}

impl From<PlateReading> for PlateReadingView {
    fn from(reading: PlateReading) -> Self {
        Self { text: reading.text(), kind: reading.kind, plate: reading.plate.into() }
    }
}

/// What to think of a plate as typed.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum VerdictView {
    /// Sound, and its prefix or sign is known.
    Valid {
        /// The plate.
        reading: PlateReadingView,
    },
    /// Can be, but look again.
    Plausible {
        /// The plate.
        reading: PlateReadingView,
        /// Why.
        warnings: Vec<PlateWarning>,
    },
    /// More than one plate can be meant: the officer chooses.
    Ambiguous {
        /// The more common classes first.
        readings: Vec<PlateReadingView>,
    },
    /// Of sound form, but nobody gives plates with that prefix.
    UnknownPrefix {
        /// The plate.
        reading: PlateReadingView,
    },
    /// Of no form that is known.
    Malformed {
        /// The rule it breaks.
        rule: PlateRule,
    },
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid(reading) => Self::Valid { reading: reading.into() },
            Verdict::Plausible(reading, warnings) => Self::Plausible { reading: reading.into(), warnings },
            Verdict::Ambiguous(readings) => {
                Self::Ambiguous { readings: readings.into_iter().map(Into::into).collect() }
            }
            Verdict::UnknownPrefix(reading) => Self::UnknownPrefix { reading: reading.into() },
            Verdict::Malformed(rule) => Self::Malformed { rule: rule.into() },
        }
    }
}

/// One reading of a plate by a camera.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OcrInput {
    /// The characters as read.
    pub text: String,
    /// Confidence of each character, per mille. Fewer: the last goes for the rest; none: 500.
    #[uniffi(default)]
    pub confidences: Vec<u16>,
}

impl From<OcrInput> for OcrReading {
    fn from(OcrInput { text, confidences }: OcrInput) -> Self {
        Self { text, confidences }
    }
}

/// A legal plate that a camera may have seen.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OcrCandidateView {
    /// The plate.
    pub reading: PlateReadingView,
    /// What is worth another look.
    pub warnings: Vec<PlateWarning>,
    /// What the camera read; keep it with the vehicle.
    pub raw: String,
}

impl From<OcrCandidate> for OcrCandidateView {
    fn from(candidate: OcrCandidate) -> Self {
        Self { reading: candidate.reading.into(), warnings: candidate.warnings, raw: candidate.raw }
    }
}

/// What is said of a tow; its times come from the core's clock.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct TowInput {
    /// Why the vehicle cannot stay.
    pub reason: String,
    /// The firm.
    #[uniffi(default)]
    pub firm: Option<String>,
    /// Driver of the truck.
    #[uniffi(default)]
    pub operator: Option<String>,
    /// Where the vehicle goes.
    #[uniffi(default)]
    pub destination: Option<String>,
    /// State of the vehicle before.
    #[uniffi(default)]
    pub condition: Option<String>,
    /// Damage that was there before.
    #[uniffi(default)]
    pub damage: Vec<Damage>,
    /// Whether a note tells the driver where the vehicle is.
    #[uniffi(default = false)]
    pub note_left: bool,
}

impl From<TowInput> for TowDetails {
    fn from(tow: TowInput) -> Self {
        let TowInput { reason, firm, operator, destination, condition, damage, note_left } = tow;
        Self { reason, firm, operator, destination, condition, damage, note_left }
    }
}

/// A vehicle that was seen and may become a case. Personal data.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PreNoteView {
    /// The id its case will have.
    pub note: CaseId,
    /// The plate.
    pub plate: PlateView,
    /// Offences that may come of it.
    pub offences: Vec<OffenceNumber>,
    /// The place in the officer's words.
    pub place: Option<String>,
    /// Number of looks.
    pub looks: u32,
    /// First look, RFC 3339.
    pub since: String,
}

impl From<PreNote> for PreNoteView {
    fn from(note: PreNote) -> Self {
        Self {
            note: note.case,
            offences: note.offences.iter().map(|offence| offence.number).collect(),
            place: note.place.map(|place| place.text),
            looks: u32::try_from(note.checks.len()).unwrap_or(u32::MAX),
            since: note.checks.first().map(|check| check.at.to_rfc3339()).unwrap_or_default(),
            plate: note.plate.into(),
        }
    }
}

/// Whether a place lies in the agency's area.
#[uniffi::remote(Enum)]
pub enum Coverage {
    /// Surely inside.
    Inside,
    /// The disc reaches over the area's border, or over the edge of the map.
    AtBorder,
    /// Surely outside.
    Outside,
}

/// A municipality.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct MunicipalityView {
    /// Official key (AGS), eight digits.
    pub key: Municipality,
    /// Name.
    pub name: String,
}

impl From<(Municipality, String)> for MunicipalityView {
    fn from((key, name): (Municipality, String)) -> Self {
        Self { key, name }
    }
}

/// An address near a fix.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct AddressView {
    /// Municipality.
    pub municipality: Municipality,
    /// Street.
    pub street: String,
    /// House number with its letter.
    pub house_number: String,
    /// From the fix, metres.
    pub distance_m: f64,
}

impl From<ProposedAddress> for AddressView {
    fn from(ProposedAddress { municipality, street, house_number, distance_m }: ProposedAddress) -> Self {
        Self { municipality, street, house_number, distance_m }
    }
}

/// What the map says about a fix.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct PlaceProposalView {
    /// Municipality of the fix; none beyond the map.
    pub municipality: Option<MunicipalityView>,
    /// Others that the fix may lie in as well.
    pub others: Vec<MunicipalityView>,
    /// Whether it lies in the agency's area; none if the agency names no area.
    pub coverage: Option<Coverage>,
    /// Addresses, nearest first.
    pub addresses: Vec<AddressView>,
    /// Whether the first address may be filled in without a question.
    pub is_sure: bool,
}

impl From<PlaceProposal> for PlaceProposalView {
    fn from(proposal: PlaceProposal) -> Self {
        Self {
            municipality: proposal.municipality.map(Into::into),
            others: proposal.others.into_iter().map(Into::into).collect(),
            coverage: proposal.coverage,
            addresses: proposal.addresses.into_iter().map(Into::into).collect(),
            is_sure: proposal.is_sure,
        }
    }
}
