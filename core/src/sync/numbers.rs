//! Case numbers from the box: one request while few are left, asked again under the same id until it is answered.

use super::answers::retry_after;
use super::engine::{Context, Engine, Progress};
use super::law::{self, TIMES, Verdict};
use super::protocol::path;
use super::session::Session;
use super::{SyncError, answers};
use crate::domain::RangeRequestId;
use crate::ports::{Body, Method, Request, Response};
use crate::seal::{GrantedNumbers, Signed};
use crate::vault::VaultError;

impl Engine {
    /// Numbers that do not come hold nothing up: they are asked for again later, cases go on without.
    pub(super) fn numbers_answered(
        &mut self,
        context: &Context<'_>,
        request: RangeRequestId,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        if self.take_numbers(context, request, answer)? {
            return Ok(Progress::Step);
        }
        let wait = self.wait_until(context, self.memory.numbers_failed, retry_after(answer))?;
        match law::judge(None, answer.status, answers::problem(answer)).verdict {
            Verdict::Revoked => return self.revoked(context),
            Verdict::Reauthenticate => self.memory.session.iter_mut().for_each(Session::drop_token),
            Verdict::AskTime => self.memory.doubts_time = true,
            _ => {} // a refusal is never held against the queue
        }
        self.memory.numbers_after = wait;
        self.memory.numbers_failed = self.memory.numbers_failed.saturating_add(1);
        self.keep(context, |step| step.remember())?;
        Ok(Progress::Waits)
    }

    /// Takes numbers over, if the box has signed them for this device and request. `false` if the answer is none of a box,
    /// or brings nothing new.
    fn take_numbers(
        &mut self,
        context: &Context<'_>,
        request: RangeRequestId,
        answer: &Response,
    ) -> Result<bool, SyncError> {
        if !matches!(answer.status, 200 | 201) {
            return Ok(false);
        }
        let Ok(granted) = Signed::<GrantedNumbers>::verify(&answer.body, context.box_key) else { return Ok(false) };
        let GrantedNumbers { device, request: answered, agency, numbers, .. } = granted.into_payload();
        if (device, answered) != (context.device, request) || agency != *context.agency {
            return Ok(false);
        }
        let before = self.memory.clone();
        self.memory.numbers_failed = 0;
        self.memory.recover();
        let taken = match self.keep(context, |step| step.range_granted(request, numbers, context.now)) {
            // Given up meanwhile, or no room to note it: then the same is asked again.
            Err(SyncError::Vault(VaultError::State | VaultError::DiskFull)) => false,
            taken => taken?,
        };
        if !taken {
            self.memory = before;
        }
        Ok(taken)
    }

    /// Whether the box is to be asked though nothing is to be sent. Who has numbers lets the box compare the journals once,
    /// so that a folder that was set back gives them up before they are given again.
    pub(super) fn wants_box(&self, context: &Context<'_>) -> bool {
        self.must_compare(context) || self.lacks_numbers(context)
    }

    pub(super) fn must_compare(&self, context: &Context<'_>) -> bool {
        !self.has_compared && context.numbers_low > 0 && context.vault.numbers_left() > 0
    }

    pub(super) fn lacks_numbers(&self, context: &Context<'_>) -> bool {
        context.vault.lacks_numbers(context.numbers_low) && self.memory.numbers_after <= context.now.unix_ms()
    }

    /// The request for numbers to send; nothing if there is no room to note it.
    pub(super) fn wanted_numbers(&mut self, context: &Context<'_>) -> Result<Option<RangeRequestId>, SyncError> {
        match context.vault.range_request(context.now) {
            Ok(request) => Ok(Some(request)),
            Err(VaultError::DiskFull) => {
                self.memory.numbers_after = context.now.unix_ms().saturating_add_unsigned(TIMES.cap_ms);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn request(context: &Context<'_>, request: RangeRequestId) -> Request {
    let path = path::numbers(context.device, request);
    Request { method: Method::Put, path, headers: Vec::new(), body: Body::Empty }
}
