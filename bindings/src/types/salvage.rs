//! What a salvage has brought back.

use streife_core::client::Salvage;
use streife_core::domain::{CaseId, ObjectId, ShiftId};

/// What has come back of a damaged database, and what has not. Ids and numbers, nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SalvageView {
    /// The damaged files lie in `quarantine/database-<number>` of the vault's folder.
    pub number: u32,
    /// Whether nothing was lost that the folder tells of.
    pub whole: bool,
    /// Cases that are as they were.
    pub cases_whole: Vec<CaseId>,
    /// Cases that were handed over before.
    pub cases_handed_over: Vec<CaseId>,
    /// Sealed cases without their manifest: ask the agency whether they have arrived; if not, `reissue_case`.
    pub cases_stranded: Vec<CaseId>,
    /// Drafts whose notes are lost; their photos are there.
    pub cases_facts_lost: Vec<CaseId>,
    /// Cases that were voided while their void is lost: void them again.
    pub cases_voids_lost: Vec<CaseId>,
    /// Cases whose key is not at hand now.
    pub cases_locked: Vec<CaseId>,
    /// Cases of which there are files in the quarantine, and no key.
    pub cases_keys_lost: Vec<CaseId>,
    /// Shifts that get no seal.
    pub shifts_unsealed: Vec<ShiftId>,
    /// The shift that was opened for the drafts and for the officer on patrol.
    pub shift: Option<ShiftId>,
    /// Whether the officer of that shift must be stated again.
    pub officer_lost: bool,
    /// Photos that belong to a draft or case again.
    pub photos_kept: u32,
    /// Photos that no sound file holds.
    pub photos_lost: Vec<ObjectId>,
    /// Photos in the quarantine.
    pub photos_quarantined: Vec<ObjectId>,
}

impl From<Salvage> for SalvageView {
    fn from(salvage: Salvage) -> Self {
        let whole = salvage.is_whole();
        Self {
            number: salvage.number,
            whole,
            cases_whole: salvage.whole.into_iter().collect(),
            cases_handed_over: salvage.handed_over.into_iter().collect(),
            cases_stranded: salvage.stranded.into_iter().collect(),
            cases_facts_lost: salvage.facts_lost.into_iter().collect(),
            cases_voids_lost: salvage.voids_lost.into_iter().collect(),
            cases_locked: salvage.locked.into_iter().collect(),
            cases_keys_lost: salvage.keys_lost.into_iter().collect(),
            shifts_unsealed: salvage.unsealed.into_iter().collect(),
            shift: salvage.shift,
            officer_lost: salvage.officer_lost,
            photos_kept: u32::try_from(salvage.photos_kept.len()).unwrap_or(u32::MAX),
            photos_lost: salvage.photos_lost.into_iter().collect(),
            photos_quarantined: salvage.photos_quarantined.into_iter().collect(),
        }
    }
}
