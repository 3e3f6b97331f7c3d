//! Findings: what the checks before sealing can say, under stable names.

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be known.
    Note,
    /// Sealing needs the officer's confirmation with a reason.
    Confirm,
    /// Sealing is refused.
    Block,
}

/// What a check before sealing can find. The code is stable and stands in the record when it was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingCode {
    /// No vehicle yet.
    VehicleMissing,
    /// No offence yet.
    OffenceMissing,
    /// The catalogue has no such offence at that time.
    OffenceUnknown,
    /// The catalogue asks for a refinement, a choice or a value that is not given.
    RefinementMissing,
    /// More choices or values are given than the wording has room for.
    DetailsSurplus,
    /// No check of the vehicle yet.
    CheckMissing,
    /// The time between the checks is too short for the offence.
    DurationTooShort,
    /// The phone was started anew between the checks: the wall clock alone tells the duration.
    DurationByWallClock,
    /// The last check lies before the first: the clock was set.
    ChecksOutOfOrder,
    /// A check lies in the hour that autumn repeats: exports without an offset need words.
    RepeatedHour,
    /// The offence lies so far back that its limitation (Verjährung) is near.
    LateOffence,
    /// Valve positions differ between the checks of a duration offence, or were not noted on two wheels.
    ValvesMoved,
    /// No place yet.
    PlaceMissing,
    /// No photo yet.
    PhotoMissing,
    /// No photo of a class that the agency asks for.
    PhotoClassMissing,
    /// The fix is coarse or old, or missing.
    FixWeak,
    /// The platform says that the fix was simulated.
    FixMocked,
    /// The way from the last case is too long for the time between.
    WayImplausible,
    /// The place lies outside the agency's area.
    OutsideArea,
    /// The fix may lie on the other side of the border of the agency's area.
    NearBoundary,
    /// The municipality as noted is not where the fix lies.
    MunicipalityDiffers,
    /// A photo's own time lies far from the device's.
    PhotoTimeDiffers,
    /// A photo's own position lies far from the fix.
    PhotoPlaceDiffers,
    /// A photo carries coordinates that a platform has blanked out.
    PhotoGpsRedacted,
    /// A photo was not written by a camera, or written anew since.
    PhotoReencoded,
    /// A picture was cut and closed behind the cut.
    PhotoTruncated,
    /// A photo carries a film with sound: people and voices who are not part of the case.
    PhotoFilm,
    /// The plate is of no form that is known, and nobody said why it stands.
    PlateMalformed,
    /// Nobody gives plates with that prefix.
    PlateUnknownPrefix,
    /// More than one plate can be meant.
    PlateAmbiguous,
    /// The plate can be, but is worth another look.
    PlateNote,
    /// The plate was not valid on the day: out of season, expired, or of another year's colour.
    PlateNotValid,
    /// The officer stands by the plate against the verdict.
    PlateOverridden,
    /// No slip was left.
    SlipMissing,
    /// The slip's number was used on this phone before.
    SlipUsed,
    /// The same offence of the same vehicle at the same place was recorded a short time ago.
    Duplicate,
    /// The same offence was recorded some hours ago: it may go on.
    ContinuingOffence,
    /// Something was paid on the spot, but not all offences are warnings.
    PaidFine,
    /// What was paid on the spot is not what the offences cost.
    PaymentDiffers,
    /// The tow has no end yet.
    TowOpen,
}

impl FindingCode {
    /// All there are.
    pub const ALL: [Self; 40] = [
        Self::VehicleMissing,
        Self::OffenceMissing,
        Self::OffenceUnknown,
        Self::RefinementMissing,
        Self::DetailsSurplus,
        Self::CheckMissing,
        Self::DurationTooShort,
        Self::DurationByWallClock,
        Self::ChecksOutOfOrder,
        Self::RepeatedHour,
        Self::LateOffence,
        Self::ValvesMoved,
        Self::PlaceMissing,
        Self::PhotoMissing,
        Self::PhotoClassMissing,
        Self::FixWeak,
        Self::FixMocked,
        Self::WayImplausible,
        Self::OutsideArea,
        Self::NearBoundary,
        Self::MunicipalityDiffers,
        Self::PhotoTimeDiffers,
        Self::PhotoPlaceDiffers,
        Self::PhotoGpsRedacted,
        Self::PhotoReencoded,
        Self::PhotoTruncated,
        Self::PhotoFilm,
        Self::PlateMalformed,
        Self::PlateUnknownPrefix,
        Self::PlateAmbiguous,
        Self::PlateNote,
        Self::PlateNotValid,
        Self::PlateOverridden,
        Self::SlipMissing,
        Self::SlipUsed,
        Self::Duplicate,
        Self::ContinuingOffence,
        Self::PaidFine,
        Self::PaymentDiffers,
        Self::TowOpen,
    ];

    /// The code as it stands in records and recordings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VehicleMissing => "vehicle-missing",
            Self::OffenceMissing => "offence-missing",
            Self::OffenceUnknown => "offence-unknown",
            Self::RefinementMissing => "refinement-missing",
            Self::DetailsSurplus => "details-surplus",
            Self::CheckMissing => "check-missing",
            Self::DurationTooShort => "duration-too-short",
            Self::DurationByWallClock => "duration-by-wall-clock",
            Self::ChecksOutOfOrder => "checks-out-of-order",
            Self::RepeatedHour => "repeated-hour",
            Self::LateOffence => "late-offence",
            Self::ValvesMoved => "valves-moved",
            Self::PlaceMissing => "place-missing",
            Self::PhotoMissing => "photo-missing",
            Self::PhotoClassMissing => "photo-class-missing",
            Self::FixWeak => "fix-weak",
            Self::FixMocked => "fix-mocked",
            Self::WayImplausible => "way-implausible",
            Self::OutsideArea => "outside-area",
            Self::NearBoundary => "near-boundary",
            Self::MunicipalityDiffers => "municipality-differs",
            Self::PhotoTimeDiffers => "photo-time-differs",
            Self::PhotoPlaceDiffers => "photo-place-differs",
            Self::PhotoGpsRedacted => "photo-gps-redacted",
            Self::PhotoReencoded => "photo-reencoded",
            Self::PhotoTruncated => "photo-truncated",
            Self::PhotoFilm => "photo-film",
            Self::PlateMalformed => "plate-malformed",
            Self::PlateUnknownPrefix => "plate-unknown-prefix",
            Self::PlateAmbiguous => "plate-ambiguous",
            Self::PlateNote => "plate-note",
            Self::PlateNotValid => "plate-not-valid",
            Self::PlateOverridden => "plate-overridden",
            Self::SlipMissing => "slip-missing",
            Self::SlipUsed => "slip-used",
            Self::Duplicate => "duplicate",
            Self::ContinuingOffence => "continuing-offence",
            Self::PaidFine => "paid-fine",
            Self::PaymentDiffers => "payment-differs",
            Self::TowOpen => "tow-open",
        }
    }

    /// The finding of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.as_str() == code)
    }

    /// Whether it blocks under every rule set: a record cannot be without it.
    #[must_use]
    pub const fn is_fixed(self) -> bool {
        matches!(
            self,
            Self::VehicleMissing
                | Self::OffenceMissing
                | Self::OffenceUnknown
                | Self::CheckMissing
                | Self::PlaceMissing
                | Self::PhotoMissing
        )
    }

    /// How much it weighs unless the agency says otherwise; nothing: only an agency that asks is told.
    #[must_use]
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::VehicleMissing
            | Self::OffenceMissing
            | Self::OffenceUnknown
            | Self::RefinementMissing
            | Self::DetailsSurplus
            | Self::CheckMissing
            | Self::DurationTooShort
            | Self::PlaceMissing
            | Self::PhotoMissing => Some(Severity::Block),
            Self::ChecksOutOfOrder
            | Self::ValvesMoved
            | Self::PhotoClassMissing
            | Self::PhotoTruncated
            | Self::FixMocked
            | Self::WayImplausible
            | Self::OutsideArea
            | Self::PlateMalformed
            | Self::PlateUnknownPrefix
            | Self::PlateAmbiguous
            | Self::SlipUsed
            | Self::Duplicate
            | Self::PaidFine
            | Self::PaymentDiffers
            | Self::TowOpen => Some(Severity::Confirm),
            Self::DurationByWallClock
            | Self::RepeatedHour
            | Self::LateOffence
            | Self::FixWeak
            | Self::NearBoundary
            | Self::MunicipalityDiffers
            | Self::PhotoTimeDiffers
            | Self::PhotoPlaceDiffers
            | Self::PhotoGpsRedacted
            | Self::PhotoReencoded
            | Self::PhotoFilm
            | Self::PlateNote
            | Self::PlateNotValid
            | Self::PlateOverridden
            | Self::ContinuingOffence => Some(Severity::Note),
            Self::SlipMissing => None,
        }
    }
}

impl std::fmt::Display for FindingCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// How much it weighs.
    pub severity: Severity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_has_a_name_of_its_own_and_what_is_fixed_blocks() {
        for code in FindingCode::ALL {
            assert_eq!(FindingCode::from_code(code.as_str()), Some(code));
            assert!(!code.is_fixed() || code.severity() == Some(Severity::Block), "{code}");
        }
        assert_eq!(FindingCode::from_code("no-such"), None);
    }
}
