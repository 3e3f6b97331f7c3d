//! The log of manifests in memory.

use streife_core::domain::CaseId;
use streife_core::seal::merkle::{self, Place};
use streife_core::seal::{Hash, LogConsistency, LogProof};

use super::{MemoryMeta, State, behind};
use crate::BoxError;
use crate::store::ManifestLog;

impl ManifestLog for MemoryMeta {
    fn log_size(&self) -> Result<u64, BoxError> {
        Ok(self.state().arrivals.len() as u64)
    }

    fn log_root(&self, size: u64) -> Result<Hash, BoxError> {
        let state = self.state();
        merkle::grown_root(size, |place| state.node(place))
    }

    fn log_proof(&self, case: CaseId, size: u64) -> Result<Option<LogProof>, BoxError> {
        let state = self.state();
        let Some(index) = state.leaf(case).filter(|index| *index < size) else { return Ok(None) };
        let path = merkle::grown_inclusion(index, size, |place| state.node(place))?;
        Ok(Some(LogProof { size, index, path }))
    }

    fn log_consistency(&self, from: u64, to: u64) -> Result<LogConsistency, BoxError> {
        let state = self.state();
        Ok(LogConsistency { from, to, path: merkle::grown_consistency(from, to, |place| state.node(place))? })
    }

    fn log_entries(&self, from: u64, at_most: u32) -> Result<Vec<Hash>, BoxError> {
        Ok(behind(&self.state().arrivals, from, at_most).map(|(_, entry)| *entry).collect())
    }
}

impl State {
    /// Place of a case in the log: one before its index, which is counted from 1.
    pub(super) fn leaf(&self, case: CaseId) -> Option<u64> {
        self.cases.get(&case).map(|case| case.index - 1)
    }

    /// Subtrees that the next entry completes.
    pub(super) fn completed_by(&self, entry: &Hash) -> Result<Vec<(Place, Hash)>, BoxError> {
        merkle::append(self.arrivals.len() as u64, entry, |place| self.node(place))
    }

    fn node(&self, place: Place) -> Result<Hash, BoxError> {
        self.nodes.get(&place).copied().ok_or(BoxError::Damaged("a node of the log is missing"))
    }
}
