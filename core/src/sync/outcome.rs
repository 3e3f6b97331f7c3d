//! What became of a request: each outcome is one transition of the queue and of the engine's memory, in one transaction.

use super::SyncError;
use super::answers::{self, Arrival, retry_after};
use super::engine::{Context, Engine, Progress, open_shift, waiting_item};
use super::flight::{Pending, What};
use super::law::{self, TIMES, Verdict};
use super::memory::Pause;
use super::protocol::{BoxInfo, ProblemType};
use super::session::{Session, TimeRecord, time_told};
use crate::domain::{CaseId, Moment, ShiftId};
use crate::ports::{Response, TransportError};
use crate::seal::SealError;
use crate::vault::{Item, ItemKind};

/// A box's nonce is no longer; a longer one would only fill the memory.
const NONCE_BYTES: usize = 256;
/// A box spreads its phones over no more than half a day, or the next shift begins before the last has been sent.
const WINDOW_MOST_S: u32 = 12 * 60 * 60;

impl Engine {
    /// Turns an outcome into the next state of the queue.
    ///
    /// # Errors
    /// [`SyncError::NothingSent`] unless a request was on its way; else as the vault.
    pub fn done(
        &mut self,
        context: &Context<'_>,
        outcome: Result<Response, TransportError>,
    ) -> Result<Progress, SyncError> {
        let pending = self.pending.take().ok_or(SyncError::NothingSent)?;
        self.memory.in_flight = None;
        if context.network.is_metered() {
            self.memory.spend(&context.now, pending.body);
        }
        match outcome {
            Ok(answer) => self.answered(context, &pending, &answer),
            Err(error) => self.failed(context, &pending, error),
        }
    }

    fn answered(&mut self, context: &Context<'_>, pending: &Pending, answer: &Response) -> Result<Progress, SyncError> {
        self.note_nonce(context, pending, answer);
        let asks_nonce = answer.status == 401 && answers::problem(answer) == Some(ProblemType::UseDpopNonce);
        if asks_nonce && !std::mem::replace(&mut self.nonce_asked, true) {
            return self.keep(context, |step| step.remember()).map(|()| Progress::Step); // the same again, at once
        }
        self.nonce_asked = asks_nonce;
        match &pending.what {
            What::Time(nonce) => self.time_answered(context, *nonce, &pending.sent, answer),
            What::Token => self.token_answered(context, answer),
            What::Numbers(request) => self.numbers_answered(context, *request, answer),
            What::Hints => self.hints_answered(context, answer),
            What::Cases => self.page_answered(context, answer),
            What::Suspect(case) => self.suspect_answered(context, *case, answer),
            What::Item(kind, target) => match waiting_item(context, *kind, target)? {
                Some(item) => self.item_answered(context, &item, pending, answer),
                None => self.keep(context, |step| step.remember()).map(|()| Progress::Step),
            },
        }
    }

    /// With the time a box always tells its nonce, if it has any.
    fn note_nonce(&mut self, context: &Context<'_>, pending: &Pending, answer: &Response) {
        let told = answer.header("dpop-nonce").filter(|nonce| nonce.len() <= NONCE_BYTES);
        if told.is_some() || matches!(pending.what, What::Time(_)) {
            (self.memory.nonce, self.memory.nonce_at) = (told.map(str::to_owned), context.now.unix_ms());
        }
    }

    fn failed(
        &mut self,
        context: &Context<'_>,
        pending: &Pending,
        error: TransportError,
    ) -> Result<Progress, SyncError> {
        let item = match pending.item() {
            Some((kind, target)) => waiting_item(context, kind, &target)?,
            None => None,
        };
        if let (Some(item), TransportError::File) = (&item, error) {
            // Nothing was sent: that is no word about the box, and stops no other item.
            let until = self.wait_until(context, item.attempts, None)?;
            self.defer(context, item, until)?;
            return Ok(Progress::Waits);
        }
        if error == TransportError::Lost && pending.body > 0 {
            self.memory.link.cut();
        }
        let progress = if error == TransportError::Cancelled {
            Progress::Step
        } else {
            let why = if error == TransportError::Untrusted { Pause::Untrusted } else { Pause::Unreachable };
            self.pause(context, None, why)?
        };
        let upload = item.and_then(|item| answers::forgotten_offset(&item).map(|upload| (item, upload)));
        self.keep(context, |step| match &upload {
            Some((item, upload)) => step.upload_moved(item, upload),
            None => step.remember(),
        })?;
        Ok(progress)
    }

    fn time_answered(
        &mut self,
        context: &Context<'_>,
        nonce: [u8; 16],
        asked: &Moment,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        let Some(ahead_ms) = time_told(context, nonce, asked, answer) else {
            return self.pause_all(context, answer, Pause::Failing);
        };
        let statement = answer.body.clone();
        let record = TimeRecord { statement, received: context.now, shift: open_shift(context)?, ahead_ms };
        self.memory.doubts_time = false;
        self.keep(context, |step| step.time_arrived(&record.to_json()))?;
        self.time = Some(record);
        Ok(Progress::Clock(ahead_ms))
    }

    fn token_answered(&mut self, context: &Context<'_>, answer: &Response) -> Result<Progress, SyncError> {
        let now = context.now.unix_ms();
        let taken = self.memory.session.as_mut().and_then(|session| session.take_token(answer, now));
        if let Some(known) = taken {
            self.has_compared = true;
            self.keep(context, |step| step.remember())?;
            let is_here = known.map_or(Ok(true), |known| context.vault.has_been_at(known.into()))?;
            return Ok(known.filter(|_| !is_here).map_or(Progress::Step, |known| Progress::BoxKnowsMore(known.n)));
        }
        match law::judge(None, answer.status, answers::problem(answer)).verdict {
            Verdict::Revoked => self.revoked(context),
            Verdict::Busy => self.busy(context, answer, None),
            verdict => {
                self.memory.doubts_time |= verdict == Verdict::AskTime;
                self.pause_all(context, answer, Pause::Failing)
            }
        }
    }

    fn hints_answered(&mut self, context: &Context<'_>, answer: &Response) -> Result<Progress, SyncError> {
        if let (200, Ok(told)) = (answer.status, serde_json::from_slice::<BoxInfo>(&answer.body)) {
            let mut hints = told.hints;
            hints.manifest_window_s = hints.manifest_window_s.min(WINDOW_MOST_S);
            hints.photo_window_s = hints.photo_window_s.min(WINDOW_MOST_S);
            self.memory.hints = Some(hints);
        }
        self.keep(context, |step| step.remember())?;
        Ok(Progress::Step)
    }

    fn item_answered(
        &mut self,
        context: &Context<'_>,
        item: &Item,
        pending: &Pending,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        let problem = answers::problem(answer);
        match law::judge(Some(item.kind), answer.status, problem).verdict {
            Verdict::Done => match answers::read(context, item, answer)? {
                Some(arrival) => self.arrived(context, item, pending, &arrival, answer),
                // A success that does not say what a box says is no success.
                None => self.back_off_item(context, item, None),
            },
            Verdict::Nonce => self.back_off_item(context, item, None),
            Verdict::Reauthenticate => {
                self.memory.session.iter_mut().for_each(Session::drop_token);
                self.retry_soon(context, item)
            }
            Verdict::AskTime => {
                self.memory.doubts_time = true;
                self.retry_soon(context, item)
            }
            Verdict::Resume => self.retry_soon(context, item),
            Verdict::Redeclare => {
                let (until, progress) = self.soon(context, item, None)?;
                self.keep(context, |step| step.redeclare(CaseId::new(item.owner), Some((item, until))))?;
                Ok(progress)
            }
            Verdict::Reopen => self.reopen(context, item),
            Verdict::BackOff => self.back_off_item(context, item, retry_after(answer)),
            Verdict::Busy => self.busy(context, answer, Some(item)),
            Verdict::Quarantine => {
                let reason = answers::reason(answer, problem);
                self.keep(context, |step| step.quarantine(item, &reason, context.now))?;
                Ok(Progress::Quarantined)
            }
            Verdict::Revoked => self.revoked(context),
        }
    }

    fn arrived(
        &mut self,
        context: &Context<'_>,
        item: &Item,
        pending: &Pending,
        arrival: &Arrival,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        self.memory.recover();
        self.memory.done_bytes = self.memory.done_bytes.saturating_add(pending.body);
        if item.kind == ItemKind::Object && pending.body > 0 {
            self.memory.link.passed(pending.body, context.now.since_ms(&pending.sent));
        }
        if !matches!(arrival, Arrival::Part(..)) {
            self.needed = self.needed.saturating_add(item.size);
        }
        if matches!(arrival, Arrival::Receipt(_)) {
            self.memory.done_cases += 1;
            self.memory.round.put_off(context.now.unix_ms());
        }
        self.keep(context, |step| match arrival {
            Arrival::Opening => step.opening_arrived(item, context.now),
            Arrival::Plain => step.item_arrived(item, context.now),
            Arrival::Manifest(uploads) => step.manifest_arrived(item, uploads),
            Arrival::Part(upload) => step.upload_moved(item, upload),
            Arrival::Object => step.object_arrived(item),
            Arrival::Receipt(by) => step.receipt_arrived(item, &answer.body, *by, context.now),
        })?;
        Ok(if matches!(arrival, Arrival::Part(..)) { Progress::Step } else { Progress::Arrived(item.kind) })
    }

    fn reopen(&mut self, context: &Context<'_>, item: &Item) -> Result<Progress, SyncError> {
        let (until, progress) = self.soon(context, item, None)?;
        if self.keep(context, |step| step.reopen(ShiftId::new(item.owner), item, until))? {
            return Ok(progress);
        }
        self.back_off_item(context, item, None) // its opening is damaged, or not signed yet
    }

    /// The way is known; the first time at once, then like any other failure, so that it cannot become a hot loop.
    fn retry_soon(&mut self, context: &Context<'_>, item: &Item) -> Result<Progress, SyncError> {
        let (until, progress) = self.soon(context, item, None)?;
        self.defer(context, item, until)?;
        Ok(progress)
    }

    fn soon(
        &mut self,
        context: &Context<'_>,
        item: &Item,
        retry_after_s: Option<u64>,
    ) -> Result<(i64, Progress), SyncError> {
        if item.attempts == 0 {
            return Ok((context.now.unix_ms(), Progress::Step));
        }
        Ok((self.item_wait(context, item, retry_after_s)?, Progress::Waits))
    }

    /// This item waits; others go on, until too many have failed in a row.
    fn back_off_item(
        &mut self,
        context: &Context<'_>,
        item: &Item,
        retry_after_s: Option<u64>,
    ) -> Result<Progress, SyncError> {
        let until = self.item_wait(context, item, retry_after_s)?;
        self.defer(context, item, until)?;
        Ok(Progress::Waits)
    }

    fn defer(&mut self, context: &Context<'_>, item: &Item, until: i64) -> Result<(), SyncError> {
        let upload = answers::forgotten_offset(item);
        self.keep(context, |step| step.defer(item, until, upload.as_deref()))
    }

    fn item_wait(&mut self, context: &Context<'_>, item: &Item, told_s: Option<u64>) -> Result<i64, SyncError> {
        let until = self.wait_until(context, item.attempts, told_s)?;
        self.memory.failures += 1;
        if self.memory.failures >= TIMES.breaker {
            self.memory.pause_until = self.wait_until(context, self.memory.failures - TIMES.breaker, told_s)?;
            self.memory.pause = Some(Pause::Failing);
        }
        Ok(until)
    }

    /// A busy box is not a broken one: nothing is held against the item, and its own word on when to come again stands.
    pub(super) fn busy(
        &mut self,
        context: &Context<'_>,
        answer: &Response,
        item: Option<&Item>,
    ) -> Result<Progress, SyncError> {
        let wait = law::busy_ms(self.memory.busy, self.random(context)?, retry_after(answer));
        self.memory.busy = self.memory.busy.saturating_add(1);
        (self.memory.pause_until, self.memory.pause) = (later(context, wait), Some(Pause::Busy));
        let upload = item.and_then(|item| answers::forgotten_offset(item).map(|upload| (item, upload)));
        self.keep(context, |step| match &upload {
            Some((item, upload)) => step.upload_moved(item, upload),
            None => step.remember(),
        })?;
        Ok(Progress::Waits)
    }

    /// The device may not send any more. It asks again from time to time: a person may take it back.
    pub(super) fn revoked(&mut self, context: &Context<'_>) -> Result<Progress, SyncError> {
        self.pause(context, Some(TIMES.cap_ms / 1_000), Pause::Revoked)?;
        self.memory.session = None;
        self.keep(context, |step| step.remember())?;
        Ok(Progress::Revoked)
    }

    pub(super) fn pause_all(
        &mut self,
        context: &Context<'_>,
        answer: &Response,
        why: Pause,
    ) -> Result<Progress, SyncError> {
        let progress = self.pause(context, retry_after(answer), why)?;
        self.keep(context, |step| step.remember())?;
        Ok(progress)
    }

    /// Nothing gets through: everything waits.
    fn pause(&mut self, context: &Context<'_>, told_s: Option<u64>, why: Pause) -> Result<Progress, SyncError> {
        self.memory.pause_until = self.wait_until(context, self.memory.failures, told_s)?;
        self.memory.failures = self.memory.failures.saturating_add(1);
        self.memory.pause = Some(why);
        Ok(Progress::Waits)
    }

    pub(super) fn wait_until(
        &self,
        context: &Context<'_>,
        attempts: u32,
        told_s: Option<u64>,
    ) -> Result<i64, SyncError> {
        Ok(later(context, law::wait_ms(attempts, self.random(context)?, told_s)))
    }

    #[expect(clippy::unused_self, reason = "reads like the other verbs")]
    fn random(&self, context: &Context<'_>) -> Result<u32, SyncError> {
        Ok(u32::from_be_bytes(context.entropy.array::<4>().map_err(SealError::from)?))
    }
}

fn later(context: &Context<'_>, wait_ms: u64) -> i64 {
    context.now.unix_ms().saturating_add_unsigned(wait_ms.max(1))
}
