//! What the desk does with cases, the feed of what happens to them, and the slips by which citizens find them.

use streife_core::domain::CaseId;
use streife_core::seal::{Decision, Hash, ManifestNotice, WrappedKey};

use super::Put;
use crate::BoxError;

/// What happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedKind {
    /// Its manifest came.
    Declared = 1,
    /// Its last object came.
    Complete = 2,
    /// Its device appended an event.
    Event = 3,
    /// The desk decided it.
    Decision = 4,
    /// Its key was wrapped for somebody else.
    Wrap = 5,
}

/// A line of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// Its number: from 1, growing, perhaps with gaps.
    pub n: u64,
    /// What happened.
    pub kind: FeedKind,
    /// To which case.
    pub case: CaseId,
    /// Event, decision, or recipient of the wrap.
    pub id: Option<[u8; 16]>,
}

/// Signs the decision that is to be stored.
pub type SignDecision<'a> = &'a dyn Fn() -> Result<Vec<u8>, BoxError>;

/// Decisions, further wraps, slips, and the feed.
///
/// The feed has one line for each case that was declared or became complete, each event, decision and wrap, written in the
/// step that stores it. "The same again" writes none.
pub trait Desk: Send + Sync {
    /// Stores a decision as `sign` makes it. A case has one: `Other` if it has another one, or if the id was used for
    /// another case. The bytes are those of the first time, and then `sign` is not asked.
    fn put_decision(&self, decision: &Decision, sign: SignDecision<'_>) -> Result<(Put, Vec<u8>), BoxError>;

    /// The decision of a case as it was signed.
    fn decision(&self, case: CaseId) -> Result<Option<Vec<u8>>, BoxError>;

    /// Stores a wrap beside those of the manifest; a recipient has one.
    fn put_wrap(&self, case: CaseId, wrapped: &WrappedKey) -> Result<Put, BoxError>;

    /// Wraps of a case beside those of its manifest, by their recipients.
    fn wraps(&self, case: CaseId) -> Result<Vec<WrappedKey>, BoxError>;

    /// Lines of the feed behind a number, oldest first.
    fn feed_after(&self, n: u64, at_most: u32) -> Result<Vec<FeedRow>, BoxError>;

    /// Lets a citizen ask until then, unix milliseconds. The first time counts. Without a code there is nothing to ask
    /// with, and nothing is kept.
    fn put_notice(&self, case: CaseId, notice: &ManifestNotice, until: i64) -> Result<(), BoxError>;

    /// The case of a slip, if this is its authorisation and the time is not over. Numbers may occur twice: pads of two
    /// printers, or a slip that was scanned for two cases; of two that fit, either may be told.
    fn noticed_case(&self, number: &str, auth: &Hash, now_ms: i64) -> Result<Option<CaseId>, BoxError>;
}
