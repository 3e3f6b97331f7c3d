//! Cases, their objects and their events.

use std::collections::HashSet;

use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::seal::{CaseEvent, Hash, Manifest, Signed};
use streife_core::sync::protocol::BoxCaseState;

use super::Put;
use crate::BoxError;

/// How a case's number fits those of its shift that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceFlag {
    /// It is the first, or the number before it is here.
    Fits = 0,
    /// The number before it is not here yet.
    Gap = 1,
    /// Another case came before with the same number.
    Taken = 2,
}

/// A case.
#[derive(Clone, Debug)]
pub struct CaseRow {
    /// The case.
    pub case: CaseId,
    /// Its device.
    pub device: DeviceId,
    /// Its shift.
    pub shift: ShiftId,
    /// Its number within the shift.
    pub seq: u32,
    /// Whether that number fits.
    pub sequence: SequenceFlag,
    /// Order of arrival: from 1, growing, perhaps with gaps.
    pub index: u64,
    /// How far it has come.
    pub state: BoxCaseState,
    /// Signed manifest.
    pub manifest: Vec<u8>,
    /// Signed receipt.
    pub receipt: Option<Vec<u8>>,
}

/// An object that a manifest lists.
#[derive(Clone, Debug)]
pub struct ObjectRow {
    /// The object.
    pub object: ObjectId,
    /// Its case.
    pub case: CaseId,
    /// The device that may send it.
    pub device: DeviceId,
    /// Length of its sealed file.
    pub length: u64,
    /// Hash of its sealed file.
    pub hash: Hash,
    /// Whether it is here, verified.
    pub stored: bool,
    /// Number of its kind; 0 if that is not known.
    pub kind: u8,
}

/// An event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// The event.
    pub event: EventId,
    /// Its kind's number.
    pub kind: u8,
    /// Signed bytes.
    pub bytes: Vec<u8>,
}

/// Makes the receipt of a case from its row, its objects and its place in the log.
pub type Sign<'a> = &'a dyn Fn(&CaseRow, &[ObjectRow], u64) -> Result<Vec<u8>, BoxError>;

/// Cases of shifts that are here.
///
/// A case is complete when its last object is marked, in the same step that stores the receipt: no crash leaves a
/// complete case without one.
pub trait Cases: Send + Sync {
    /// Declares a case: in one step it is listed, its objects are, it stands in the log of manifests and in the feed, the
    /// numbers of its shift are flagged anew, the shift's seal is judged again, and if its device is being drained it is
    /// marked as late. `None`: another case lists one of its objects.
    fn put_case(&self, manifest: &Signed<Manifest>) -> Result<Option<Put>, BoxError>;

    /// A case, if it is here.
    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, BoxError>;

    /// Cases that arrived after an index, oldest first.
    fn cases_after(&self, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError>;

    /// Cases of one device that arrived after an index, oldest first.
    fn cases_of_device(&self, device: DeviceId, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError>;

    /// Those of the cases behind an index that came from a device being drained.
    fn late_cases_after(&self, index: u64) -> Result<HashSet<CaseId>, BoxError>;

    /// Number of cases without a receipt.
    fn incomplete_cases(&self) -> Result<u64, BoxError>;

    /// Objects of a case in the manifest's order.
    fn objects(&self, case: CaseId) -> Result<Vec<ObjectRow>, BoxError>;

    /// Objects of all cases by their ids.
    fn all_objects(&self) -> Result<Vec<ObjectRow>, BoxError>;

    /// An object, if a manifest lists it.
    fn object(&self, object: ObjectId) -> Result<Option<ObjectRow>, BoxError>;

    /// Marks an object as stored. If it was the last one of its case, stores the receipt that `sign` makes in the same
    /// step; a case that has one keeps it, and `sign` is not asked.
    fn mark_stored(&self, object: &ObjectRow, sign: Sign<'_>) -> Result<(), BoxError>;

    /// Takes the mark away from an object whose bytes are gone, so that it is asked for again. A receipt stays.
    fn mark_lost(&self, object: ObjectId) -> Result<(), BoxError>;

    /// Appends an event to a case that is here, and to the feed. An event's id counts for all cases.
    fn put_event(&self, event: &Signed<CaseEvent>) -> Result<Put, BoxError>;

    /// Events of a case in their order of arrival.
    fn events(&self, case: CaseId) -> Result<Vec<EventRow>, BoxError>;

    /// An event of a case.
    fn event(&self, case: CaseId, event: EventId) -> Result<Option<EventRow>, BoxError>;
}
