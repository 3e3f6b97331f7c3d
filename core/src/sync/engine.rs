//! The engine: what to send next, and what became of it.

use std::io::ErrorKind;

use super::law::{self, Verdict};
use super::requests::{self, Sending};
use super::session::{Session, TimeQuestion, TimeRecord};
use super::{SyncError, answers, numbers};
use crate::domain::{Agency, CaseId, DeviceId, Moment, RangeRequestId, ShiftId};
use crate::ports::{Entropy, Request, Response, Signer, TransportError};
use crate::seal::{SealError, VerifyingKey};
use crate::vault::{Item, Vault, VaultError};

/// So many failures of the network or the box in a row stop all items but one probe.
const BREAKER_LIMIT: u32 = 5;
/// The box's time is asked again after this long.
const TIME_FRESH_MS: i64 = 60 * 60 * 1_000;

/// What the link is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Network {
    /// No network: nothing is tried.
    Offline,
    /// Each byte costs: large objects wait.
    Metered,
    /// Everything may go.
    #[default]
    Unmetered,
}

/// What the engine needs to know of the world at one step.
pub struct Context<'a> {
    /// The queue.
    pub vault: &'a Vault,
    /// The hardware key.
    pub signer: &'a dyn Signer,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
    /// Now.
    pub now: Moment,
    /// This device.
    pub device: DeviceId,
    /// The authority.
    pub agency: &'a Agency,
    /// Case numbers are asked for while fewer than this are left.
    pub numbers_low: u32,
    /// The box's origin.
    pub origin: &'a str,
    /// The key that receipts and times are verified with.
    pub box_key: &'a VerifyingKey,
    /// The link.
    pub network: Network,
    /// Larger objects wait for an unmetered link, bytes.
    pub metered_limit: u64,
    /// By how much the box's clock is ahead, as last asked, milliseconds.
    pub clock_offset_ms: i64,
}

impl Context<'_> {
    pub(super) fn box_time_s(&self) -> i64 {
        (self.now.unix_ms() + self.clock_offset_ms).div_euclid(1_000)
    }

    const fn size_limit(&self) -> u64 {
        match self.network {
            Network::Offline => 0,
            Network::Metered => self.metered_limit,
            Network::Unmetered => u64::MAX,
        }
    }
}

/// What the driver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this, then report with [`Engine::done`].
    Send(Request),
    /// Nothing before this time, unix milliseconds by the device's clock.
    WaitUntil(i64),
    /// Nothing to send over this link.
    Idle,
}

/// What a step has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Access or a part of something.
    Step,
    /// The clock was compared; the box is ahead by this many milliseconds.
    Clock(i64),
    /// Something has arrived whole.
    Arrived(crate::vault::ItemKind),
    /// Something is tried again later.
    Waits,
    /// Something was refused for good.
    Quarantined,
    /// The device was revoked.
    Revoked,
    /// The box knows a place of this device's journal, by its number, that is not on it.
    BoxKnowsMore(u64),
}

/// Decides what to send. Its state that matters lies in the vault; what it holds itself may be lost.
#[derive(Default)]
pub struct Engine {
    pending: Option<Pending>,
    pub(super) session: Option<Session>,
    /// When the box's time was last asked, and in which shift: a manifest tells only of its own shift.
    pub(super) time_asked: Option<(Moment, Option<ShiftId>)>,
    pub(super) failures: u32,
    pause_until: i64,
    /// Failures in a row to get case numbers, and when they are asked for again. Cases do not wait for it.
    pub(super) numbers_failed: u32,
    pub(super) numbers_after: i64,
    /// Whether the box has said what it knows of the journal since this engine began.
    pub(super) has_compared: bool,
}

enum Pending {
    Time(TimeQuestion),
    Token,
    Numbers(RangeRequestId),
    Item(Item),
}

impl Engine {
    /// What to do now. Asking again before [`Self::done`] gives up the request that was on its way.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn next(&mut self, context: &Context<'_>) -> Result<Action, SyncError> {
        let now = context.now.unix_ms();
        let limit = context.size_limit();
        if limit == 0 {
            return Ok(Action::Idle);
        }
        self.undo_set_clock(context)?;
        // What is due is found at once; only where nothing is, all that waits must be looked at.
        let time = match context.vault.next_item(now, limit)? {
            Some(item) => Some(item.not_before),
            None => context.vault.next_item_time(limit)?,
        };
        let wants_box = self.wants_box(context) && self.pause_until <= now;
        let Some(time) = time.filter(|time| !wants_box || *time <= now).or(wants_box.then_some(now)) else {
            return Ok(Action::Idle);
        };
        let earliest = time.max(self.pause_until);
        if earliest > now {
            return Ok(Action::WaitUntil(earliest));
        }
        if self.needs_time(context)? {
            let (question, request) = TimeQuestion::ask(context)?;
            self.pending = Some(Pending::Time(question));
            return Ok(Action::Send(request));
        }
        self.next_with_token(context, limit)
    }

    fn next_with_token(&mut self, context: &Context<'_>, limit: u64) -> Result<Action, SyncError> {
        let now = context.now.unix_ms();
        let wanted = if self.lacks_numbers(context) { self.wanted_numbers(context)? } else { None };
        let session = match self.session.take() {
            Some(session) => self.session.insert(session),
            None => self.session.insert(Session::begin(context)?),
        };
        if !session.has_token(now) {
            let request = session.token_request(context)?;
            self.pending = Some(Pending::Token);
            return Ok(Action::Send(request));
        }
        if let Some(id) = wanted {
            let mut request = numbers::request(context, id);
            session.prove(&mut request, context)?;
            self.pending = Some(Pending::Numbers(id));
            return Ok(Action::Send(request));
        }
        while let Some(item) = context.vault.next_item(now, limit)? {
            let sending = match requests::for_item(context.vault, &item) {
                Err(SyncError::Vault(error)) if is_of_one_item(&error) => {
                    context.vault.defer(&item, now.saturating_add_unsigned(law::LONGEST_MS))?;
                    continue;
                }
                sending => sending?,
            };
            match sending {
                Sending::Undeclared => context.vault.redeclare(CaseId::new(item.owner))?,
                Sending::Request(mut request) => {
                    session.prove(&mut request, context)?;
                    self.pending = Some(Pending::Item(item));
                    return Ok(Action::Send(request));
                }
            }
        }
        Ok(Action::Idle)
    }

    /// Forgets what a session with the box is made of: its key, its token, and the question that is open.
    pub fn forget_session(&mut self) {
        (self.session, self.pending) = (None, None);
    }

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
        match (pending, outcome) {
            (_, Err(TransportError::Cancelled)) => Ok(Progress::Step),
            (Pending::Time(question), Ok(answer)) => self.time_answered(context, &question, &answer),
            (Pending::Token, Ok(answer)) => self.token_answered(context, &answer),
            (Pending::Numbers(request), Ok(answer)) => self.numbers_answered(context, request, &answer),
            (Pending::Item(item), Ok(answer)) => self.item_answered(context, &item, &answer),
            (Pending::Item(item), Err(error)) => {
                answers::forget_offset(context, &item)?;
                if error == TransportError::File {
                    return self.back_off_item(context, &item, None);
                }
                self.pause(context, None)
            }
            (_, Err(_)) => self.pause(context, None),
        }
    }

    fn time_answered(
        &mut self,
        context: &Context<'_>,
        question: &TimeQuestion,
        answer: &Response,
    ) -> Result<Progress, SyncError> {
        match question.offset_ms(answer, context) {
            Some(offset) => {
                let shift = open_shift(context)?;
                self.time_asked = Some((context.now, shift));
                let record =
                    TimeRecord { statement: answer.body.clone(), received: context.now, shift, ahead_ms: offset };
                context.vault.put_setting(TimeRecord::SETTING, &record.to_json())?;
                Ok(Progress::Clock(offset))
            }
            None => self.pause(context, retry_after(answer)),
        }
    }

    fn token_answered(&mut self, context: &Context<'_>, answer: &Response) -> Result<Progress, SyncError> {
        let now = context.now.unix_ms();
        let taken = self.session.as_mut().and_then(|session| session.take_token(answer, now));
        if let Some(known) = taken {
            self.has_compared = true;
            let is_here = known.map_or(Ok(true), |known| context.vault.has_been_at(known.into()))?;
            return Ok(known.filter(|_| !is_here).map_or(Progress::Step, |known| Progress::BoxKnowsMore(known.n)));
        }
        match answers::problem(answer) {
            Some(super::protocol::ProblemType::DeviceRevoked) => {
                self.pause(context, Some(law::CAP_MS / 1_000)).map(|_| Progress::Revoked)
            }
            Some(super::protocol::ProblemType::ClockSkew) => {
                self.time_asked = None;
                self.pause(context, retry_after(answer))
            }
            _ => self.pause(context, retry_after(answer)),
        }
    }

    fn item_answered(&mut self, context: &Context<'_>, item: &Item, answer: &Response) -> Result<Progress, SyncError> {
        let problem = answers::problem(answer);
        match law::judge(item.kind, answer.status, problem) {
            Verdict::Done => match answers::take(context, item, answer)? {
                Some(progress) => {
                    self.failures = 0;
                    Ok(progress)
                }
                // A success that does not say what a box says is no success.
                None => self.back_off_item(context, item, None),
            },
            Verdict::Reauthenticate => {
                if let Some(session) = &mut self.session {
                    session.drop_token();
                }
                self.retry_soon(context, item)
            }
            Verdict::AskTime => {
                self.time_asked = None;
                self.retry_soon(context, item)
            }
            Verdict::Resume => {
                answers::forget_offset(context, item)?;
                self.retry_soon(context, item)
            }
            Verdict::Redeclare => {
                context.vault.redeclare(CaseId::new(item.owner))?;
                self.retry_soon(context, item)
            }
            Verdict::Reopen => {
                match context.vault.reopen(ShiftId::new(item.owner))? {
                    true => self.retry_soon(context, item),
                    false => self.back_off_item(context, item, None), // its opening is damaged, or not signed yet
                }
            }
            Verdict::BackOff => self.back_off_item(context, item, retry_after(answer)),
            Verdict::Quarantine => {
                let reason = answers::reason(answer, problem);
                context.vault.quarantine(item, &reason, context.now)?;
                Ok(Progress::Quarantined)
            }
            Verdict::Revoked => self.pause(context, Some(law::CAP_MS / 1_000)).map(|_| Progress::Revoked),
        }
    }

    /// The way is known; the first time at once, then like any other failure, so that it cannot become a hot loop.
    fn retry_soon(&mut self, context: &Context<'_>, item: &Item) -> Result<Progress, SyncError> {
        if item.attempts == 0 {
            context.vault.defer(item, context.now.unix_ms())?;
            return Ok(Progress::Step);
        }
        self.back_off_item(context, item, None)
    }

    /// This item waits; others go on, until too many have failed in a row.
    fn back_off_item(
        &mut self,
        context: &Context<'_>,
        item: &Item,
        retry_after_s: Option<u64>,
    ) -> Result<Progress, SyncError> {
        answers::forget_offset(context, item)?;
        let until = self.wait_until(context, item.attempts, retry_after_s)?;
        context.vault.defer(item, until)?;
        self.failures += 1;
        if self.failures >= BREAKER_LIMIT {
            self.pause_until = self.wait_until(context, self.failures - BREAKER_LIMIT, retry_after_s)?;
        }
        Ok(Progress::Waits)
    }

    /// Nothing gets through: everything waits.
    pub(super) fn pause(&mut self, context: &Context<'_>, retry_after_s: Option<u64>) -> Result<Progress, SyncError> {
        self.pause_until = self.wait_until(context, self.failures, retry_after_s)?;
        self.failures += 1;
        Ok(Progress::Waits)
    }

    pub(super) fn wait_until(
        &self,
        context: &Context<'_>,
        attempts: u32,
        retry_after_s: Option<u64>,
    ) -> Result<i64, SyncError> {
        let random = u32::from_be_bytes(context.entropy.array::<4>().map_err(SealError::from)?);
        let wait = law::wait_ms(attempts, random, retry_after_s).max(1);
        Ok(context.now.unix_ms().saturating_add_unsigned(wait))
    }

    /// No wait can lie further ahead than the longest one, unless the clock was set back.
    fn undo_set_clock(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        let latest = context.now.unix_ms().saturating_add_unsigned(law::LONGEST_MS);
        if self.pause_until > latest {
            self.pause_until = 0;
        }
        if self.numbers_after > latest {
            self.numbers_after = 0;
        }
        if context.vault.next_item_time(u64::MAX)?.is_some_and(|time| time > latest) {
            context.vault.cap_waits(context.now.unix_ms())?;
        }
        Ok(())
    }

    fn needs_time(&self, context: &Context<'_>) -> Result<bool, SyncError> {
        let Some((asked, shift)) = self.time_asked else { return Ok(true) };
        let is_fresh = (0..TIME_FRESH_MS).contains(&context.now.since_ms(&asked));
        Ok(!is_fresh || shift != open_shift(context)?)
    }
}

/// What is wrong with one item must not keep the others.
fn is_of_one_item(error: &VaultError) -> bool {
    error.damage().is_some() || matches!(error, VaultError::NotFound { .. } | VaultError::Io(ErrorKind::NotFound))
}

fn open_shift(context: &Context<'_>) -> Result<Option<ShiftId>, SyncError> {
    Ok(context.vault.open_shift_row()?.map(|row| row.shift))
}

pub(super) fn retry_after(answer: &Response) -> Option<u64> {
    answer.header("retry-after")?.parse().ok()
}
