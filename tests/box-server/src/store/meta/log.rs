//! The log of manifests, a Merkle tree (RFC 9162, section 2.1) over their payload hashes in order of declaration.

use streife_core::domain::CaseId;
use streife_core::seal::{Hash, LogConsistency, LogProof};

use crate::BoxError;

/// The log; [`super::Cases::put_case`] appends to it.
///
/// Places are counted from 0 without gaps, and nothing that is in it ever changes: every root and proof of a size can be
/// asked for as soon as [`Self::log_size`] has named that size, and is the same for ever.
pub trait ManifestLog: Send + Sync {
    /// Number of cases in the log.
    fn log_size(&self) -> Result<u64, BoxError>;

    /// Root of the first `size` cases; at most as many as there are.
    fn log_root(&self, size: u64) -> Result<Hash, BoxError>;

    /// Proof that a case is among the first `size` ones, if it is.
    fn log_proof(&self, case: CaseId, size: u64) -> Result<Option<LogProof>, BoxError>;

    /// Proof that the first `to` cases begin with the first `from`; 0 < `from` <= `to` <= size.
    fn log_consistency(&self, from: u64, to: u64) -> Result<LogConsistency, BoxError>;

    /// Payload hashes from a place on, in order.
    fn log_entries(&self, from: u64, at_most: u32) -> Result<Vec<Hash>, BoxError>;
}
