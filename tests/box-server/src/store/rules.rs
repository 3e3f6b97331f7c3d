//! Decisions that every store must make alike, over what it has read. They read and write nothing themselves.

use std::cmp::Ordering;

use streife_core::seal::{
    DecisionKind, Hash, JournalHead, Manifest, ShiftOpening, ShiftSeal, SignedPayload, merkle, unverified_payload,
};
use streife_core::sync::protocol::BoxCaseState;

use super::{CaseRow, ObjectRow, RANGES_A_DAY, SealFlag, SequenceFlag, ShiftRow, Sign, UploadEnd};
use crate::BoxError;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How far a case has come. A void counts before the desk's decision, and that before its own objects.
pub fn state(is_void: bool, decision: Option<DecisionKind>, is_complete: bool) -> BoxCaseState {
    match (is_void, decision) {
        (true, _) => BoxCaseState::Voided,
        (_, Some(DecisionKind::Accepted)) => BoxCaseState::Accepted,
        (_, Some(DecisionKind::Rejected)) => BoxCaseState::Rejected,
        _ if is_complete => BoxCaseState::Complete,
        _ => BoxCaseState::Declared,
    }
}

/// The flag of a case that has just arrived: whether another one has its number, and whether the number before is here.
pub const fn sequence(seq: u32, is_taken: bool, follows: bool) -> SequenceFlag {
    match seq {
        _ if is_taken => SequenceFlag::Taken,
        2.. if !follows => SequenceFlag::Gap,
        _ => SequenceFlag::Fits,
    }
}

/// The flag of a shift that has a seal; its manifests in the order of their numbers, and of arrival where those are equal.
///
/// Each signature was verified when its structure came, before it was stored. Judging reads the payloads alone, because it
/// happens within the one transaction that writes.
pub fn seal_flag(row: &ShiftRow, manifests: &[Vec<u8>]) -> Result<SealFlag, BoxError> {
    let Some(seal) = &row.seal else { return Ok(SealFlag::Open) };
    let manifests = manifests.iter().map(|bytes| stored(bytes)).collect::<Result<Vec<_>, _>>()?;
    Ok(verdict(&stored(&row.opening)?.0, &stored(seal)?.0, &manifests))
}

/// The payload of a stored structure and its hash.
fn stored<T: SignedPayload>(bytes: &[u8]) -> Result<(T, Hash), BoxError> {
    let payload = unverified_payload(T::NAMESPACE, bytes)?;
    Ok((T::decode(&payload)?, Hash::of(&[&payload])))
}

fn verdict(opening: &ShiftOpening, seal: &ShiftSeal, manifests: &[(Manifest, Hash)]) -> SealFlag {
    let Some(heads) = seal.heads() else { return SealFlag::Contradicts };
    let on_chain =
        heads.contains(&opening.head) && manifests.iter().all(|(manifest, _)| heads.contains(&manifest.head));
    let leaves: Vec<_> = manifests.iter().map(|(_, hash)| *hash).collect();
    match (leaves.len() as u64).cmp(&seal.count) {
        _ if !on_chain => SealFlag::Contradicts,
        Ordering::Less => SealFlag::Waiting,
        Ordering::Equal if merkle::root(&leaves) == seal.root => SealFlag::Fits,
        _ => SealFlag::Contradicts,
    }
}

/// The receipt that a case is due: all its objects are stored, and it has none yet.
pub fn due_receipt(
    case: &CaseRow,
    objects: &[ObjectRow],
    leaf: Option<u64>,
    sign: Sign<'_>,
) -> Result<Option<Vec<u8>>, BoxError> {
    if case.receipt.is_some() || objects.iter().any(|object| !object.stored) {
        return Ok(None);
    }
    sign(case, objects, leaf.ok_or(BoxError::Damaged("a case that is not in the log"))?).map(Some)
}

/// What a device tells of its journal, against the highest place it has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadNews {
    /// The first or a higher place: it is the mark from now on.
    Further,
    /// The mark itself.
    Same,
    /// A lower place than this mark, or the same with another link.
    Alarm(JournalHead),
}

/// Judges what a device tells.
pub fn head_news(known: Option<JournalHead>, told: JournalHead) -> HeadNews {
    match known {
        Some(known) if told.n > known.n => HeadNews::Further,
        Some(known) if told != known => HeadNews::Alarm(known),
        Some(_) => HeadNews::Same,
        None => HeadNews::Further,
    }
}

/// The end to store for an upload that is to be kept; `None` if the one it has will do.
pub fn moved_end(found: Option<UploadEnd>, now_ms: i64, life_ms: i64) -> Option<i64> {
    match found {
        Some(UploadEnd::At(at)) if at.saturating_sub(now_ms) > life_ms / 2 => None,
        _ => Some(now_ms.saturating_add(life_ms)),
    }
}

/// Ranges given after this time count against a device.
pub const fn range_day(now_ms: i64) -> i64 {
    now_ms.saturating_sub(DAY_MS)
}

/// The range that follows the last one given; nothing for a device that has had so many within the day.
pub const fn next_range(last: Option<u32>, given: u32) -> Option<u32> {
    match last {
        _ if given >= RANGES_A_DAY => None,
        Some(last) => Some(last.saturating_add(1)),
        None => Some(1),
    }
}
