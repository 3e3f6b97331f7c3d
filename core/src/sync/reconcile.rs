//! Comparing with the box: does it still have what it has given receipts for, and what has the desk decided?
//!
//! The phone asks for the list of its own cases page by page. A receipted case that is not in it, or misses objects, is
//! only suspected: before anything follows, the box is asked for that case's receipt, so that a list that is short, or
//! still being written, raises no alarm. What the box itself then does not know goes back into the queue while the
//! payload is here; when it is gone, the verified receipt is the evidence that the box had it, and a person must look.
//!
//! A kill in the middle costs a page: how far a round has come is part of the engine's memory. Nothing of this holds up
//! the queue. It comes last, and its failures count against nothing but the next round.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::SyncError;
use super::answers::{self, retry_after};
use super::engine::{Context, Engine, Progress, get};
use super::flight::What;
use super::law::{self, TIMES, Verdict};
use super::protocol::{BoxCaseState, DeviceCase, DeviceCases, ProblemType, path};
use super::session::Session;
use crate::domain::CaseId;
use crate::ports::{Request, Response};
use crate::seal::{Decision, DecisionKind, Signed};
use crate::vault::{CaseRow, CaseState};

/// What comparing with the box has found.
pub type Findings = Vec<Finding>;

/// One thing that comparing with the box has found. Each is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The box lacks a case, or parts of it, that it has given a receipt for. It is sent again.
    Requeued(CaseId),
    /// The box lacks a case that it has given a receipt for, and the payload is gone from the phone.
    Lost(CaseId),
    /// The box holds another manifest under a case's id than the one it has given a receipt for.
    Differs(CaseId),
    /// The desk has decided.
    Decided(CaseId, DecisionKind),
}

/// How far a round has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Round {
    /// Not before, unix milliseconds.
    pub(super) after: i64,
    /// The place in the box's log to ask behind, while a round runs.
    place: Option<u64>,
    /// Whether cases count whose payload is gone.
    whole: bool,
    /// Own cases that the list has named and that miss nothing.
    seen: Vec<CaseId>,
    suspects: Vec<CaseId>,
    failed: u32,
}

impl Round {
    /// What has just been receipted need not be compared at once.
    pub(super) const fn put_off(&mut self, now_ms: i64) {
        if !self.runs() && self.after == 0 {
            self.after = now_ms.saturating_add(TIMES.compare_ms);
        }
    }

    /// When a round goes on that had to wait.
    pub(super) fn resumes_at(&self, now_ms: i64) -> Option<i64> {
        (self.runs() && self.after > now_ms).then_some(self.after)
    }

    const fn runs(&self) -> bool {
        self.place.is_some() || !self.suspects.is_empty()
    }
}

impl Engine {
    /// Begins a round that compares every case, also those whose payload is gone. One that runs begins anew.
    ///
    /// # Errors
    /// As the vault.
    pub fn compare_all(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        self.recall(context)?;
        self.memory.round = Round { place: Some(0), whole: true, ..Round::default() };
        self.keep(context, |step| step.remember())
    }

    /// Whether the box is to be asked. A round begins by itself while payload waits for the desk.
    pub(super) fn wants_comparison(&self, context: &Context<'_>) -> Result<bool, SyncError> {
        let round = &self.memory.round;
        if round.after > context.now.unix_ms() {
            return Ok(false);
        }
        Ok(round.runs() || !context.vault.cases_in_state(CaseState::Receipted)?.is_empty())
    }

    /// The next question, if there is one.
    pub(super) fn comparison(&mut self, context: &Context<'_>) -> Result<Option<(What, Request)>, SyncError> {
        if !self.wants_comparison(context)? {
            return Ok(None);
        }
        let round = &mut self.memory.round;
        if let (None, Some(case)) = (round.place, round.suspects.last()) {
            return Ok(Some((What::Suspect(*case), get(path::receipt(*case)))));
        }
        let place = *round.place.get_or_insert(0);
        Ok(Some((What::Cases, get(path::device_cases(context.device, place)))))
    }

    pub(super) fn page_answered(&mut self, context: &Context<'_>, answer: &Response) -> Result<Progress, SyncError> {
        let page = serde_json::from_slice::<DeviceCases>(&answer.body).ok().filter(|_| answer.status == 200);
        let Some(page) = page else { return self.round_failed(context, answer) };
        for told in &page.cases {
            self.compare(context, told)?;
        }
        let place = self.memory.round.place.unwrap_or_default();
        if page.cases.is_empty() || page.next <= place {
            self.end_of_list(context)?;
        } else {
            self.memory.round.place = Some(page.next);
        }
        self.memory.round.failed = 0;
        self.keep(context, |step| step.remember())?;
        Ok(Progress::Compared)
    }

    /// One case as the box has it. Cases that are not here, or that wait themselves, are none of this.
    fn compare(&mut self, context: &Context<'_>, told: &DeviceCase) -> Result<(), SyncError> {
        let Some(row) = receipted(context, told.case)? else { return Ok(()) };
        let Some(receipt) = &row.receipt else { return Ok(()) };
        let Some(manifest) = answers::receipted_manifest(context, told.case, receipt) else { return Ok(()) };
        if manifest != told.manifest {
            self.memory.round.seen.push(told.case);
            context.vault.note_difference(told.case, context.now)?;
            self.findings.push(Finding::Differs(told.case));
            return Ok(());
        }
        if told.state == BoxCaseState::Declared || !told.missing.is_empty() {
            return Ok(()); // not seen: suspected at the end
        }
        self.memory.round.seen.push(told.case);
        match &told.decision {
            Some(decision) => self.take_decision(context, &row, decision),
            None => Ok(()),
        }
    }

    fn take_decision(&mut self, context: &Context<'_>, row: &CaseRow, base64: &str) -> Result<(), SyncError> {
        let Ok(bytes) = BASE64.decode(base64) else { return Ok(()) };
        if row.decision.as_ref() == Some(&bytes) {
            return Ok(());
        }
        let Ok(decision) = Signed::<Decision>::verify(&bytes, context.box_key) else { return Ok(()) };
        let decision = decision.into_payload();
        if decision.case != row.case || !answers::is_known_box(context, decision.box_id)? {
            return Ok(());
        }
        self.keep(context, |step| step.decision_arrived(row.case, &bytes, context.now))?;
        self.findings.push(Finding::Decided(row.case, decision.kind));
        Ok(())
    }

    /// What was not named is suspected.
    fn end_of_list(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        let mut own = context.vault.cases_in_state(CaseState::Receipted)?;
        if self.memory.round.whole {
            own.extend(context.vault.cases_in_state(CaseState::Purged)?);
        }
        let round = &mut self.memory.round;
        own.retain(|case| !round.seen.contains(case));
        let after = context.now.unix_ms().saturating_add(if own.is_empty() { TIMES.compare_ms } else { 0 });
        *round = Round { after, suspects: own, ..Round::default() };
        Ok(())
    }

    pub(super) fn suspect_answered(
        &mut self,
        context: &Context<'_>,
        case: CaseId,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        let problem = answers::problem(answer);
        let is_gone = answer.status == 404
            && matches!(
                problem,
                Some(ProblemType::CaseUnknown | ProblemType::CaseIncomplete | ProblemType::ObjectUnknown)
            );
        if answer.status != 200 && !is_gone {
            return self.round_failed(context, answer);
        }
        let round = &mut self.memory.round;
        round.suspects.retain(|suspect| *suspect != case);
        (round.failed, round.after) = (0, 0);
        if !round.runs() {
            round.after = context.now.unix_ms().saturating_add(TIMES.compare_ms);
        }
        match receipted(context, case)?.filter(|_| is_gone) {
            Some(row) if row.state == CaseState::Receipted => {
                self.keep(context, |step| step.requeue(case, context.now))?;
                self.findings.push(Finding::Requeued(case));
            }
            Some(_) => {
                self.keep(context, |step| step.case_lost(case, context.now))?;
                self.findings.push(Finding::Lost(case));
            }
            None => self.keep(context, |step| step.remember())?,
        }
        Ok(Progress::Compared)
    }

    /// A box that does not offer the list is asked again with the next round; anything else like every failure.
    fn round_failed(&mut self, context: &Context<'_>, answer: &Response) -> Result<Progress, SyncError> {
        let verdict = law::judge(None, answer.status, answers::problem(answer)).verdict;
        match verdict {
            Verdict::Revoked => return self.revoked(context),
            Verdict::Busy => return self.busy(context, answer, None),
            Verdict::Reauthenticate => self.memory.session.iter_mut().for_each(Session::drop_token),
            Verdict::AskTime => self.memory.doubts_time = true,
            _ => {}
        }
        let way_is_known = matches!(verdict, Verdict::Reauthenticate | Verdict::AskTime | Verdict::Nonce);
        let until = match self.memory.round.failed {
            0 if way_is_known => context.now.unix_ms(),
            failed => self.wait_until(context, failed, retry_after(answer))?,
        };
        let round = &mut self.memory.round;
        if matches!(answer.status, 404 | 405 | 501) {
            *round = Round { after: context.now.unix_ms().saturating_add(TIMES.compare_ms), ..Round::default() };
        } else {
            (round.after, round.failed) = (until, round.failed.saturating_add(1));
        }
        self.keep(context, |step| step.remember())?;
        Ok(Progress::Waits)
    }
}

/// The row of a case that has a receipt.
fn receipted(context: &Context<'_>, case: CaseId) -> Result<Option<CaseRow>, SyncError> {
    let row = match context.vault.case(case) {
        Err(error) if error.is_damage() || matches!(error, crate::vault::VaultError::NotFound { .. }) => {
            return Ok(None);
        }
        row => row?,
    };
    Ok(matches!(row.state, CaseState::Receipted | CaseState::Purging | CaseState::Purged).then_some(row))
}
