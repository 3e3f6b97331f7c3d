//! The engine: what to send next. What became of it is in `outcome.rs`.

use std::io::ErrorKind;

use zeroize::Zeroizing;

use super::flight::{Pending, What};
use super::law::{self, TIMES};
use super::memory::Memory;
use super::policy::{Battery, Network, Policy};
use super::protocol::path;
use super::requests::{self, Sending};
use super::session::{Session, TimeRecord, Times, ask_time};
use super::{Findings, SyncError, Waiting, answers};
use crate::domain::{Agency, CaseId, DeviceId, Moment, ShiftId};
use crate::ports::{Body, Entropy, Method, Request, Signer};
use crate::seal::VerifyingKey;
use crate::vault::{Item, ItemKind, ItemState, Step, Vault, VaultError, Window};

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
    /// The battery.
    pub battery: Battery,
    /// What may go over which link.
    pub policy: &'a Policy,
    /// Milliseconds until the call must end, if it must.
    pub left_ms: Option<u64>,
    /// The box's last word on time, as stored.
    pub time: Option<TimeRecord>,
}

/// What the driver does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this, then report with [`Engine::done`].
    Send(Request),
    /// Nothing before this time, unix milliseconds by the device's clock.
    WaitUntil(i64),
    /// What is left of the time is too short for anything.
    OutOfTime,
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
    Arrived(ItemKind),
    /// Something is tried again later.
    Waits,
    /// Something was refused for good.
    Quarantined,
    /// The device was revoked.
    Revoked,
    /// The box knows a place of this device's journal, by its number, that is not on it.
    BoxKnowsMore(u64),
    /// The phone has compared its cases with the box; see [`Engine::take_findings`].
    Compared,
}

/// Decides what to send. What it remembers beyond the process lies in the vault, sealed, and is written with the
/// transition it belongs to.
#[derive(Default)]
pub struct Engine {
    pub(super) pending: Option<Pending>,
    pub(super) memory: Memory,
    is_recalled: bool,
    /// The memory as last stored.
    saved: Zeroizing<Vec<u8>>,
    /// The box's time as told to this engine: the vault's copy may lack a key to be sealed with.
    pub(super) time: Option<TimeRecord>,
    /// Whether the box has said what it knows of the journal since this engine began. This is not remembered: a folder that
    /// was set back would bring the memory of it back, too.
    pub(super) has_compared: bool,
    /// Whether the last answer asked for a nonce: a second one in a row is no news.
    pub(super) nonce_asked: bool,
    pub(super) waiting: Option<Waiting>,
    pub(super) findings: Findings,
    /// The case that is being sent.
    case: Option<CaseId>,
    /// Bytes of what has arrived.
    pub(super) needed: u64,
}

impl Engine {
    /// What to do now. Asking again before [`Self::done`] gives up the request that was on its way.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn next(&mut self, context: &Context<'_>) -> Result<Action, SyncError> {
        self.recall(context)?;
        self.give_up(context)?;
        self.undo_set_clock(context)?;
        self.note_queue(context)?;
        self.waiting = None;
        if context.network == Network::Offline {
            let waits = context.vault.next_item_time(Window::ALL)?.is_some();
            self.waiting = waits.then_some(Waiting::NoNetwork);
            return Ok(Action::Idle);
        }
        let now = context.now.unix_ms();
        let gate = self.gate(context);
        let wants_box = (self.wants_box(context) || self.wants_comparison(context)?) && self.memory.pause_until <= now;
        let items = self.items_time(context, &gate)?;
        let items = items.into_iter().chain(self.memory.round.resumes_at(now)).min();
        let Some(time) = items.filter(|time| !wants_box || *time <= now).or(wants_box.then_some(now)) else {
            return Ok(Action::Idle);
        };
        let earliest = time.max(self.memory.pause_until);
        if earliest > now {
            if self.memory.pause_until >= time {
                self.waiting = Some(self.memory.pause.map_or(Waiting::Retry, Waiting::from));
            }
            self.waiting.get_or_insert(Waiting::Retry);
            return Ok(Action::WaitUntil(earliest));
        }
        self.waiting = None;
        if self.needs_time(context)? {
            let (nonce, request) = ask_time(context)?;
            return Ok(self.send(context, What::Time(nonce), request));
        }
        self.next_with_token(context, gate.window)
    }

    fn next_with_token(&mut self, context: &Context<'_>, window: Window) -> Result<Action, SyncError> {
        let now = context.now.unix_ms();
        let wanted = if self.lacks_numbers(context) { self.wanted_numbers(context)? } else { None };
        if self.memory.session.is_none() {
            self.memory.session = Some(Session::begin(context)?);
        }
        let times = self.times(context);
        let session = self.memory.session.as_ref().expect("has just begun");
        if !session.has_token(now) || self.must_compare(context) {
            let request = session.token_request(context, times)?;
            return Ok(self.send(context, What::Token, request));
        }
        if let Some(id) = wanted {
            return self.send_proved(context, What::Numbers(id), super::numbers::request(context, id));
        }
        if self.memory.hints_after <= now && self.memory.waiting_since.is_some() {
            // Whatever comes of it, it is not asked again within the hour, and nothing waits for it.
            self.memory.hints_after = now.saturating_add(TIMES.hints_ms);
            return self.send_proved(context, What::Hints, get(path::BOX.to_owned()));
        }
        if let Some(action) = self.next_item(context, window)? {
            return Ok(action);
        }
        match self.comparison(context)? {
            Some((what, request)) => self.send_proved(context, what, request),
            None => Ok(Action::Idle),
        }
    }

    fn next_item(&mut self, context: &Context<'_>, window: Window) -> Result<Option<Action>, SyncError> {
        let now = context.now.unix_ms();
        let chunk = self.memory.link.chunk(context.left_ms);
        while let Some(item) = context.vault.next_item(now, window)? {
            let sending = match requests::for_item(context.vault, &item, chunk) {
                Err(SyncError::Vault(error)) if is_of_one_item(&error) => {
                    let until = now.saturating_add_unsigned(law::LONGEST_MS);
                    self.keep(context, |step| step.defer(&item, until, None))?;
                    continue;
                }
                sending => sending?,
            };
            match sending {
                Sending::Undeclared => self.keep(context, |step| step.redeclare(CaseId::new(item.owner), None))?,
                Sending::NoTime => return Ok(Some(Action::OutOfTime)),
                Sending::Request(request) => {
                    self.case = case_of(&item);
                    if self.risks_body(context, &request) {
                        let (nonce, request) = ask_time(context)?; // the answer brings a new one
                        return Ok(Some(self.send(context, What::Time(nonce), request)));
                    }
                    return self.send_proved(context, What::from(&item), request).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn send_proved(&mut self, context: &Context<'_>, what: What, mut request: Request) -> Result<Action, SyncError> {
        if let Some(session) = &self.memory.session {
            session.prove(&mut request, context, self.times(context))?;
        }
        Ok(self.send(context, what, request))
    }

    fn send(&mut self, context: &Context<'_>, what: What, request: Request) -> Action {
        self.pending = Some(Pending { what, sent: context.now, body: request.body.len() });
        Action::Send(request)
    }

    /// What is on its way is given up: nobody knows how far it has come.
    fn give_up(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        let in_flight = self.memory.in_flight.take().map(|(_, pending)| pending);
        let Some(pending) = self.pending.take().or(in_flight) else { return Ok(()) };
        let item = match pending.item() {
            Some((kind, target)) => context.vault.item(kind, &target)?,
            None => None,
        };
        match item.and_then(|item| answers::forgotten_offset(&item).map(|upload| (item, upload))) {
            Some((item, upload)) => self.keep(context, |step| step.upload_moved(&item, &upload)),
            None => self.keep(context, |step| step.remember()),
        }
    }

    /// Reads what an engine before this one has remembered.
    pub(super) fn recall(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        if !self.is_recalled {
            self.memory = Memory::read(context.vault.sync_memory()?);
            (self.is_recalled, self.saved) = (true, self.memory.to_json());
        }
        Ok(())
    }

    /// One transition, and the memory with it if it has changed.
    pub(super) fn keep<T>(
        &mut self,
        context: &Context<'_>,
        transition: impl FnOnce(Step<'_>) -> Result<T, VaultError>,
    ) -> Result<T, SyncError> {
        let memory = self.memory.to_json();
        let done = transition(context.vault.step((memory != self.saved).then_some(&memory)))?;
        self.saved = memory;
        Ok(done)
    }

    /// Forgets what a session with the box is made of: its key, its token, and the question that is open.
    pub fn forget_session(&mut self) {
        (self.memory.session, self.memory.nonce, self.memory.in_flight) = (None, None, None);
        self.pending = None;
        self.saved = Zeroizing::default();
    }

    /// Reads the memory anew at the next step: somebody else may have worked on the vault.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// What is on its way is carried by the host, under this token, and may come back to another process.
    ///
    /// # Errors
    /// As the vault.
    pub fn hand_out(&mut self, context: &Context<'_>, token: [u8; 16]) -> Result<(), SyncError> {
        self.memory.in_flight = self.pending.clone().map(|pending| (token, pending));
        self.keep(context, |step| step.remember())
    }

    /// The host has come back with this token; bytes of the body that it carried. [`Self::done`] follows.
    ///
    /// # Errors
    /// [`SyncError::StaleTransfer`] unless it is the one on its way.
    pub fn take_back(&mut self, context: &Context<'_>, token: [u8; 16]) -> Result<u64, SyncError> {
        self.recall(context)?;
        let in_flight = self.memory.in_flight.clone().filter(|(expected, _)| *expected == token);
        let (_, pending) = in_flight.ok_or(SyncError::StaleTransfer)?;
        let body = pending.body;
        self.pending = Some(pending);
        Ok(body)
    }

    /// The case that the request on its way belongs to.
    #[must_use]
    pub const fn current_case(&self) -> Option<CaseId> {
        self.case
    }

    /// Bytes of the items that have arrived since this was asked last.
    pub fn take_needed(&mut self) -> u64 {
        std::mem::take(&mut self.needed)
    }

    /// Why nothing goes now, as found by the last [`Self::next`].
    #[must_use]
    pub const fn waiting(&self) -> Option<Waiting> {
        self.waiting
    }

    /// Cases handed over and bytes sent since the queue was empty, as far as is known.
    #[must_use]
    pub const fn done_so_far(&self) -> (u32, u64) {
        (self.memory.done_cases, self.memory.done_bytes)
    }

    /// What comparing with the box has found since this was asked last.
    pub fn take_findings(&mut self) -> Findings {
        std::mem::take(&mut self.findings)
    }

    /// No wait can lie further ahead than the longest one, unless the clock was set back. Each item is asked: one that is
    /// ready must not hide another that would wait for years.
    fn undo_set_clock(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        let now = context.now.unix_ms();
        self.memory.undo_set_clock(now);
        let latest = now.saturating_add_unsigned(law::LONGEST_MS);
        if context.vault.last_item_time()?.is_some_and(|time| time > latest) {
            self.keep(context, |step| step.end_waits_beyond(latest, now))?;
        }
        Ok(())
    }

    fn needs_time(&self, context: &Context<'_>) -> Result<bool, SyncError> {
        let Some(record) = self.time_record(context).filter(|_| !self.memory.doubts_time) else { return Ok(true) };
        let is_fresh = (0..TIMES.time_fresh_ms).contains(&context.now.since_ms(&record.received));
        Ok(!is_fresh || record.shift != open_shift(context)?)
    }

    /// Whether a large body would go out under a nonce that the box may not take any more.
    fn risks_body(&self, context: &Context<'_>, request: &Request) -> bool {
        let age = context.now.unix_ms().saturating_sub(self.memory.nonce_at);
        let is_fresh = (0..TIMES.nonce_fresh_ms).contains(&age);
        request.body.len() >= TIMES.risked_bytes && self.memory.nonce.is_some() && !is_fresh
    }

    fn time_record<'a>(&'a self, context: &'a Context<'_>) -> Option<&'a TimeRecord> {
        self.time.as_ref().or(context.time.as_ref())
    }

    fn times<'a>(&'a self, context: &Context<'_>) -> Times<'a> {
        let ahead_ms = self.time_record(context).map_or(0, |record| record.ahead_ms);
        let box_s = context.now.unix_ms().saturating_add(ahead_ms).div_euclid(1_000);
        Times { box_s, nonce: self.memory.nonce.as_deref() }
    }
}

pub(super) fn get(path: String) -> Request {
    Request { method: Method::Get, path, headers: Vec::new(), body: Body::Empty }
}

/// What is wrong with one item must not keep the others.
fn is_of_one_item(error: &VaultError) -> bool {
    error.damage().is_some() || matches!(error, VaultError::NotFound { .. } | VaultError::Io(ErrorKind::NotFound))
}

/// The case that an item belongs to.
const fn case_of(item: &Item) -> Option<CaseId> {
    match item.kind {
        ItemKind::Manifest => Some(CaseId::new(item.target)),
        ItemKind::Object | ItemKind::Receipt | ItemKind::Event => Some(CaseId::new(item.owner)),
        ItemKind::ShiftOpening | ItemKind::ShiftSeal => None,
    }
}

pub(super) fn open_shift(context: &Context<'_>) -> Result<Option<ShiftId>, SyncError> {
    Ok(context.vault.open_shift_row()?.map(|row| row.shift))
}

/// The item that a request was about, if it still waits.
pub(super) fn waiting_item(
    context: &Context<'_>,
    kind: ItemKind,
    target: &[u8; 16],
) -> Result<Option<Item>, SyncError> {
    let item = context.vault.item(kind, target)?;
    Ok(item.filter(|item| item.state == ItemState::Ready))
}
