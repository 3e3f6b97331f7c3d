//! What the desk does, in memory, and the feed.

use streife_core::domain::CaseId;
use streife_core::seal::{Decision, Hash, ManifestNotice, WrappedKey};

use super::{MemoryMeta, State, behind};
use crate::BoxError;
use crate::store::{Desk, FeedKind, FeedRow, Put, SignDecision};

/// A slip with a code.
pub struct Slip {
    number: String,
    auth: Hash,
    until: i64,
}

impl Desk for MemoryMeta {
    fn put_decision(&self, decision: &Decision, sign: SignDecision<'_>) -> Result<(Put, Vec<u8>), BoxError> {
        let mut state = self.state();
        if let Some((standing, cose)) = state.standing(decision) {
            let same = Decision { decided_at: decision.decided_at, box_id: decision.box_id, ..standing.clone() };
            return Ok((if same == *decision { Put::Same } else { Put::Other }, cose.clone()));
        }
        state.case(decision.case)?;
        let cose = sign()?;
        state.decisions.insert(decision.case, (decision.clone(), cose.clone()));
        state.tell(FeedKind::Decision, decision.case, Some(*decision.event.as_bytes()));
        Ok((Put::New, cose))
    }

    fn decision(&self, case: CaseId) -> Result<Option<Vec<u8>>, BoxError> {
        Ok(self.state().decisions.get(&case).map(|(_, cose)| cose.clone()))
    }

    fn put_wrap(&self, case: CaseId, wrapped: &WrappedKey) -> Result<Put, BoxError> {
        let mut state = self.state();
        if let Some(known) = state.wraps.get(&(case, wrapped.recipient)) {
            return Ok(if known == wrapped { Put::Same } else { Put::Other });
        }
        state.case(case)?;
        state.wraps.insert((case, wrapped.recipient), wrapped.clone());
        state.tell(FeedKind::Wrap, case, Some(*wrapped.recipient.as_bytes()));
        Ok(Put::New)
    }

    fn wraps(&self, case: CaseId) -> Result<Vec<WrappedKey>, BoxError> {
        let state = self.state();
        Ok(state.wraps.iter().filter(|((of, _), _)| *of == case).map(|(_, wrapped)| wrapped.clone()).collect())
    }

    fn feed_after(&self, n: u64, at_most: u32) -> Result<Vec<FeedRow>, BoxError> {
        Ok(behind(&self.state().feed, n, at_most).cloned().collect())
    }

    fn put_notice(&self, case: CaseId, notice: &ManifestNotice, until: i64) -> Result<(), BoxError> {
        let Some((auth, _)) = &notice.sealed else { return Ok(()) };
        let mut state = self.state();
        state.case(case)?;
        state.slips.entry(case).or_insert_with(|| Slip { number: notice.number.clone(), auth: *auth, until });
        Ok(())
    }

    fn noticed_case(&self, number: &str, auth: &Hash, now_ms: i64) -> Result<Option<CaseId>, BoxError> {
        let state = self.state();
        let fits = |slip: &Slip| slip.number == number && slip.auth == *auth && slip.until > now_ms;
        Ok(state.slips.iter().find(|(_, slip)| fits(slip)).map(|(case, _)| *case))
    }
}

impl State {
    /// Writes a line of the feed.
    pub(super) fn tell(&mut self, kind: FeedKind, case: CaseId, id: Option<[u8; 16]>) {
        let n = self.feed.len() as u64 + 1;
        self.feed.push(FeedRow { n, kind, case, id });
    }

    /// The decision of the same case or with the same id.
    fn standing(&self, decision: &Decision) -> Option<&(Decision, Vec<u8>)> {
        let by_event = || self.decisions.values().find(|(known, _)| known.event == decision.event);
        self.decisions.get(&decision.case).or_else(by_event)
    }
}
