//! Until when unfinished uploads are kept.

use streife_core::domain::{CaseId, ObjectId};

use crate::BoxError;

/// The end of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEnd {
    /// It is kept until then, unix milliseconds.
    At(i64),
    /// It was dropped.
    Expired,
}

/// Ends of uploads of objects that manifests list. An upload that one request brings needs none.
///
/// The end is moved only when less than half of the time is left, so a long upload costs a write in days and not one a
/// chunk. "Expired" outlives the bytes: it is what the phone is told, until somebody announces the object anew. Two
/// requests for one object never come at once; the box sees to that.
pub trait Uploads: Send + Sync {
    /// The end of an upload that has begun.
    fn upload_end(&self, object: ObjectId) -> Result<Option<UploadEnd>, BoxError>;

    /// Keeps an upload for `life_ms` from now; `true` if none was kept, or an expired one.
    fn keep_upload(&self, object: ObjectId, now_ms: i64, life_ms: i64) -> Result<bool, BoxError>;

    /// Says that an upload was dropped. One that was never kept is no error and stays so.
    fn expire_upload(&self, object: ObjectId) -> Result<(), BoxError>;

    /// Forgets the end of an upload that came to its own.
    fn forget_upload(&self, object: ObjectId) -> Result<(), BoxError>;

    /// Announces anew what was dropped of a case: forgets those ends that say "expired".
    fn renew_uploads(&self, case: CaseId) -> Result<(), BoxError>;

    /// Uploads whose end is `now_ms` or before and that are not expired yet, in any order.
    fn ended_uploads(&self, now_ms: i64) -> Result<Vec<ObjectId>, BoxError>;
}
