//! What a salvage says it has done. It is stored beside the damaged database, too: ids and numbers, nothing personal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{CaseId, ObjectId, ShiftId};

/// What has come back of a damaged database, and what has not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salvage {
    /// The damaged files lie in `quarantine/database-<number>`.
    pub number: u32,
    /// Whether rows could be read. Without, everything comes from the spare copies and the object files.
    pub rows_read: bool,
    /// Cases that are as they were: drafts with their facts, sealed cases with the manifest they had.
    pub whole: BTreeSet<CaseId>,
    /// Cases that were handed over before; their tombstones are back.
    pub handed_over: BTreeSet<CaseId>,
    /// Sealed cases whose signed manifest is lost. A person decides whether they get a new one, because the box may
    /// hold the lost one: see `Client::reissue_case`.
    pub stranded: BTreeSet<CaseId>,
    /// Cases that were being recorded; what was noted is lost, their photos are in a new draft.
    pub facts_lost: BTreeSet<CaseId>,
    /// Sealed cases that come back whole and that the journal tells were voided, while the event is lost: whoever voided
    /// them does so again.
    pub voids_lost: BTreeSet<CaseId>,
    /// Cases whose key is known and not at hand: kept as they are until it is, or for the recovery key.
    pub locked: BTreeSet<CaseId>,
    /// Cases of which there are files, and no key any more. Their files are in the quarantine.
    pub keys_lost: BTreeSet<CaseId>,
    /// Shifts that were closed by the salvage, or lost their seal: the box gets none for them.
    pub unsealed: BTreeSet<ShiftId>,
    /// The shift that was opened for the drafts and for the officer on patrol.
    pub shift: Option<ShiftId>,
    /// Whether the officer of that shift must be stated again.
    pub officer_lost: bool,
    /// Photos that belong to a draft or case again.
    pub photos_kept: BTreeSet<ObjectId>,
    /// Photos and voice notes that a draft or case names and no sound file holds.
    pub photos_lost: BTreeSet<ObjectId>,
    /// Photos in the quarantine.
    pub photos_quarantined: BTreeSet<ObjectId>,
    /// Entries of the old journal that are kept.
    pub entries_kept: u64,
    /// Number of the entry that the journal goes on behind. If it is not [`Self::entries_kept`], entries between are lost.
    pub entries_known: u64,
}

impl Salvage {
    /// Whether nothing was lost that the folder tells of.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let lost = [&self.stranded, &self.facts_lost, &self.voids_lost, &self.locked, &self.keys_lost];
        lost.iter().all(|cases| cases.is_empty())
            && self.photos_lost.is_empty()
            && self.photos_quarantined.is_empty()
            && self.entries_kept == self.entries_known
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// A report that does not read tells at least where the damaged files lie.
    pub(super) fn from_json(number: u32, json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_else(|_| Self { number, ..Self::default() })
    }
}
