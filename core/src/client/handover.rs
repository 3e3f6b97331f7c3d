//! Handing over: drives the engine over the transport until nothing is left to do now.
//!
//! This loop never sleeps. When the engine says to wait, it returns with the time, and the host's scheduler calls again.
//! The other driver, for a host whose own uploader carries the bytes, is in `transfer.rs`; both drive the same engine.

use std::sync::{MutexGuard, TryLockError};

use super::suspend::UntilSuspended;
use super::{Client, Config, Notice, SyncState};
use crate::domain::Moment;
use crate::error::Error;
use crate::log;
use crate::ports::{Cancel, NeverCancel, TransportError};
use crate::sync::{Action, Battery, Context, Engine, Finding, Network, Progress, Waiting};
use crate::vault::{ItemKind, JournalEvent, VaultError};

/// How far a call may go.
pub struct SyncLimits<'a> {
    /// What the link is like.
    pub network: Network,
    /// How the battery stands.
    pub battery: Battery,
    /// Ends after so many milliseconds, if given: no request begins that cannot end by then, and one that runs is broken
    /// off.
    pub max_ms: Option<u64>,
    /// Asked between requests, and while a body is sent.
    pub cancel: &'a dyn Cancel,
    /// Told how far the handover has come, before each request and at the end.
    pub listener: Option<&'a dyn ProgressListener>,
}

impl SyncLimits<'_> {
    /// No limit but the link.
    #[must_use]
    pub const fn over(network: Network) -> Self {
        Self { network, battery: Battery::Enough, max_ms: None, cancel: &NeverCancel, listener: None }
    }
}

/// Hears how far a handover has come.
pub trait ProgressListener: Sync {
    /// Must return soon: the handover waits for it.
    fn progress(&self, state: &SyncState);
}

/// Why a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncEnd {
    /// Nothing is left to send over this link.
    Idle,
    /// Something is left; call again at this time (unix milliseconds by the device's clock) or when the link changes.
    WaitUntil(i64),
    /// The time was up.
    Deadline,
    /// The caller asked to stop.
    Cancelled,
    /// The device was revoked; everything is kept.
    Revoked,
}

/// What a call has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncReport {
    /// Why it returned.
    pub end: SyncEnd,
    /// What it waits for, if something is left.
    pub waiting: Option<Waiting>,
    /// Requests sent.
    pub requests: u32,
    /// Requests that have failed and are tried again.
    pub retries: u32,
    /// Bytes of all request bodies.
    pub bytes_sent: u64,
    /// Bytes of the items that have arrived: what would have been enough.
    pub bytes_needed: u64,
    /// Cases whose receipt was verified.
    pub receipts: u32,
    /// Decisions of the desk that were verified.
    pub decisions: u32,
    /// Items refused for good.
    pub quarantined: u32,
}

impl SyncReport {
    pub(super) const fn new() -> Self {
        Self {
            end: SyncEnd::Idle,
            waiting: None,
            requests: 0,
            retries: 0,
            bytes_sent: 0,
            bytes_needed: 0,
            receipts: 0,
            decisions: 0,
            quarantined: 0,
        }
    }
}

impl Client {
    /// Sends what can be sent now.
    ///
    /// # Errors
    /// [`Error::Busy`] while another call runs; [`VaultError::Suspended`] or [`VaultError::Locked`] if the vault is;
    /// [`Error`] of vault or signer. The network is never an error here.
    pub fn sync(&self, limits: &SyncLimits<'_>) -> Result<SyncReport, Error> {
        let (_watch, _draining) = (self.watch_disk(), self.vault.drain());
        let mut engine = self.engine()?;
        self.with_keys(&mut engine, |client, engine| client.hand_over(limits, engine))
    }

    /// Compares every case that was handed over with what the box has, also those whose payload is gone, and syncs. What
    /// it finds is in the journal and told as a [`Notice`]; what the box has lost is sent again while the payload is here.
    /// Syncing does the same by itself some times a day for cases whose payload is here.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub fn reconcile(&self, limits: &SyncLimits<'_>) -> Result<SyncReport, Error> {
        let (_watch, _draining) = (self.watch_disk(), self.vault.drain());
        let mut engine = self.engine()?;
        self.with_keys(&mut engine, |client, engine| {
            engine.compare_all(&client.context(limits, &client.now()?)?)?;
            client.hand_over(limits, engine)
        })
    }

    /// The engine, for one call at a time.
    pub(super) fn engine(&self) -> Result<MutexGuard<'_, Engine>, Error> {
        match self.engine.try_lock() {
            Ok(engine) => Ok(engine),
            Err(TryLockError::WouldBlock) => Err(Error::Busy),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        }
    }

    /// Runs a step with the keys that are at hand. A lock that came meanwhile takes the session away.
    pub(super) fn with_keys<T>(
        &self,
        engine: &mut Engine,
        step: impl FnOnce(&Self, &mut Engine) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.retry_keys();
        if self.vault.is_locked() {
            return Err(VaultError::Locked.into());
        }
        let done = step(self, engine);
        if self.vault.is_locked() {
            self.forget_session(engine);
        }
        done
    }

    pub(super) fn forget_session(&self, engine: &mut Engine) {
        engine.forget_session();
        if let Err(error) = self.vault.forget_sync_memory() {
            log::event("the session stays in the vault, sealed", &[("error", &Error::from(error))]);
        }
    }

    /// What comes before anything is sent.
    pub(super) fn prepare_handover(&self) -> Result<(), Error> {
        self.keep_up()?;
        self.sign_pending()?;
        self.purge_due()
    }

    fn hand_over(&self, limits: &SyncLimits<'_>, engine: &mut Engine) -> Result<SyncReport, Error> {
        self.prepare_handover()?;
        let (started, mut report) = (self.now()?, SyncReport::new());
        let asked = UntilSuspended::new(self, limits, started);
        loop {
            if let Some(end) = asked.end()? {
                return self.end(end, report, engine, limits);
            }
            let request = match self.next_action(limits, &started, engine)? {
                Action::Send(request) => request,
                Action::Idle => {
                    self.rotate_when_drained();
                    return self.end(SyncEnd::Idle, report, engine, limits);
                }
                Action::WaitUntil(time) => return self.end(SyncEnd::WaitUntil(time), report, engine, limits),
                Action::OutOfTime => return self.end(SyncEnd::Deadline, report, engine, limits),
            };
            self.tell(engine, limits)?;
            let outcome = self.ports.transport.send(&request, &asked);
            if !matches!(outcome, Err(TransportError::File)) {
                report.requests += 1;
                report.bytes_sent += request.body.len();
            }
            if self.take_outcome(limits, &started, engine, outcome, &mut report)? == Progress::Revoked {
                return self.end(SyncEnd::Revoked, report, engine, limits);
            }
        }
    }

    /// Gives an outcome to the engine and accounts for what it brings about.
    pub(super) fn take_outcome(
        &self,
        limits: &SyncLimits<'_>,
        started: &Moment,
        engine: &mut Engine,
        outcome: Result<crate::ports::Response, TransportError>,
        report: &mut SyncReport,
    ) -> Result<Progress, Error> {
        let progress = engine.done(&self.context(limits, started)?, outcome)?;
        report.bytes_needed += engine.take_needed();
        self.account(progress, report)?;
        for finding in engine.take_findings() {
            self.tell_finding(finding, report)?;
        }
        Ok(progress)
    }

    fn end(
        &self,
        end: SyncEnd,
        mut report: SyncReport,
        engine: &Engine,
        limits: &SyncLimits<'_>,
    ) -> Result<SyncReport, Error> {
        report.end = end;
        report.waiting = if end == SyncEnd::Revoked { Some(Waiting::Revoked) } else { engine.waiting() };
        let state = self.work_out_state(engine, limits.network, report.waiting, end)?;
        self.show(state, limits);
        Ok(report)
    }

    /// What to do next. An answer may have left something to sign (an opening that the box does not know), so nothing is
    /// left only if that is so behind another signing, too.
    pub(super) fn next_action(
        &self,
        limits: &SyncLimits<'_>,
        started: &Moment,
        engine: &mut Engine,
    ) -> Result<Action, Error> {
        match engine.next(&self.context(limits, started)?)? {
            Action::Idle => {
                self.sign_pending()?;
                Ok(engine.next(&self.context(limits, started)?)?)
            }
            other => Ok(other),
        }
    }

    pub(super) fn context(&self, limits: &SyncLimits<'_>, started: &Moment) -> Result<Context<'_>, Error> {
        let now = self.now()?;
        let elapsed = u64::try_from(now.since_ms(started)).unwrap_or_default();
        Ok(Context {
            vault: &self.vault,
            signer: &*self.ports.signer,
            entropy: &*self.ports.entropy,
            now,
            device: self.device,
            agency: &self.config.agency,
            numbers_low: self.config.numbers_low.min(Config::NUMBERS_MOST),
            origin: self.ports.transport.origin(),
            box_key: &self.config.box_key,
            network: limits.network,
            battery: limits.battery,
            policy: &self.config.policy,
            left_ms: limits.max_ms.map(|max| max.saturating_sub(elapsed)),
            time: self.time_record()?,
        })
    }

    fn account(&self, progress: Progress, report: &mut SyncReport) -> Result<(), Error> {
        match progress {
            Progress::Arrived(ItemKind::Receipt) => {
                report.receipts += 1;
                if self.config.retention.after_ms == 0 {
                    self.purge_due()?;
                }
            }
            Progress::Quarantined => report.quarantined += 1,
            Progress::Waits => report.retries += 1,
            Progress::BoxKnowsMore(n) => self.report_box_mark(n)?,
            Progress::Clock(by_ms) if by_ms.unsigned_abs() > 60_000 => {
                self.vault.note(self.now()?, JournalEvent::ClockDiffers { by_ms })?;
            }
            _ => {}
        }
        log::event("sync", &[("progress", &progress)]);
        Ok(())
    }

    fn tell_finding(&self, finding: Finding, report: &mut SyncReport) -> Result<(), Error> {
        match finding {
            Finding::Requeued(case) => drop(self.notify(Notice::CaseRequeued { case })),
            Finding::Lost(case) => drop(self.notify(Notice::CaseLost { case })),
            Finding::Differs(case) => drop(self.notify(Notice::CaseDiffers { case })),
            Finding::Decided(..) => {
                report.decisions += 1;
                self.purge_due()?;
            }
        }
        Ok(())
    }
}
