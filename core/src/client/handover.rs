//! Handing over: drives the engine over the transport until nothing is left to do now.
//!
//! This loop never sleeps. When the engine says to wait, it returns with the time, and the host's scheduler calls again.

use std::sync::TryLockError;

use super::suspend::UntilSuspended;
use super::{Client, Config};
use crate::domain::CaseId;
use crate::error::Error;
use crate::log;
use crate::ports::Cancel;
use crate::seal::{Manifest, Receipt, Signed, VerifyingKey};
use crate::sync::{Action, Context, Engine, Network, Progress, TimeRecord};
use crate::vault::{CaseRow, CaseState, Damage, ItemKind, JournalEvent, VaultError};

/// How far a call may go.
pub struct SyncLimits<'a> {
    /// What the link is like.
    pub network: Network,
    /// Ends at the first safe point after so many milliseconds, if given.
    pub max_ms: Option<u64>,
    /// Asked between requests.
    pub cancel: &'a dyn Cancel,
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
    /// Requests sent.
    pub requests: u32,
    /// Bytes of all request bodies.
    pub bytes_sent: u64,
    /// Cases whose receipt was verified.
    pub receipts: u32,
    /// Items refused for good.
    pub quarantined: u32,
}

impl Client {
    /// Sends what can be sent now.
    ///
    /// # Errors
    /// [`Error::Busy`] while another call runs; [`VaultError::Suspended`] or [`VaultError::Locked`] if the vault is;
    /// [`Error`] of vault or signer. The network is never an error here.
    pub fn sync(&self, limits: &SyncLimits<'_>) -> Result<SyncReport, Error> {
        let (_watch, _draining) = (self.watch_disk(), self.vault.drain());
        let mut engine = match self.engine.try_lock() {
            Ok(engine) => engine,
            Err(TryLockError::WouldBlock) => return Err(Error::Busy),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        self.retry_keys();
        if self.vault.is_locked() {
            return Err(VaultError::Locked.into());
        }
        let done = self.hand_over(limits, &mut engine);
        if self.vault.is_locked() {
            engine.forget_session();
        }
        done
    }

    fn hand_over(&self, limits: &SyncLimits<'_>, engine: &mut Engine) -> Result<SyncReport, Error> {
        self.keep_up()?;
        self.sign_pending()?;
        self.purge_receipted()?;
        let started = self.now()?;
        let mut report = SyncReport { end: SyncEnd::Idle, requests: 0, bytes_sent: 0, receipts: 0, quarantined: 0 };
        loop {
            let elapsed = self.now()?.since_ms(&started);
            if limits.cancel.is_cancelled() {
                return Ok(SyncReport { end: SyncEnd::Cancelled, ..report });
            }
            if limits.max_ms.is_some_and(|max| u64::try_from(elapsed).is_ok_and(|elapsed| elapsed >= max)) {
                return Ok(SyncReport { end: SyncEnd::Deadline, ..report });
            }
            let request = match self.next_action(limits, engine)? {
                Action::Send(request) => request,
                Action::Idle => {
                    self.rotate_when_drained();
                    return Ok(report);
                }
                Action::WaitUntil(time) => return Ok(SyncReport { end: SyncEnd::WaitUntil(time), ..report }),
            };
            report.requests += 1;
            report.bytes_sent += request.body.len();
            let cancel = UntilSuspended { asked: limits.cancel, vault: &self.vault };
            let outcome = self.ports.transport.send(&request, &cancel);
            let progress = engine.done(&self.context(limits)?, outcome)?;
            self.account(progress, &mut report)?;
            if progress == Progress::Revoked {
                return Ok(SyncReport { end: SyncEnd::Revoked, ..report });
            }
        }
    }

    /// What to do next. An answer may have left something to sign (an opening that the box does not know), so nothing is
    /// left only if that is so behind another signing, too.
    fn next_action(&self, limits: &SyncLimits<'_>, engine: &mut Engine) -> Result<Action, Error> {
        match engine.next(&self.context(limits)?)? {
            Action::Idle => {
                self.sign_pending()?;
                Ok(engine.next(&self.context(limits)?)?)
            }
            other => Ok(other),
        }
    }

    fn context(&self, limits: &SyncLimits<'_>) -> Result<Context<'_>, Error> {
        Ok(Context {
            vault: &self.vault,
            signer: &*self.ports.signer,
            entropy: &*self.ports.entropy,
            now: self.now()?,
            device: self.device,
            agency: &self.config.agency,
            numbers_low: self.config.numbers_low.min(Config::NUMBERS_MOST),
            origin: self.ports.transport.origin(),
            box_key: &self.config.box_key,
            network: limits.network,
            metered_limit: self.config.metered_limit,
            clock_offset_ms: self.time_record()?.map_or(0, |record: TimeRecord| record.ahead_ms),
        })
    }

    fn account(&self, progress: Progress, report: &mut SyncReport) -> Result<(), Error> {
        match progress {
            Progress::Arrived(ItemKind::Receipt) => {
                report.receipts += 1;
                self.purge_receipted()?;
            }
            Progress::Quarantined => report.quarantined += 1,
            Progress::BoxKnowsMore(n) => self.report_box_mark(n)?,
            Progress::Clock(by_ms) if by_ms.unsigned_abs() > 60_000 => {
                self.vault.note(self.now()?, JournalEvent::ClockDiffers { by_ms })?;
            }
            _ => {}
        }
        log::event("sync", &[("progress", &progress)]);
        Ok(())
    }

    /// The retention policy of this version: the payload goes as soon as the receipt is verified. The receipt has lain
    /// in clear since it came, so it is verified once more before anything is destroyed.
    fn purge_receipted(&self) -> Result<(), Error> {
        let receipted = self.vault.cases_in_state(CaseState::Receipted)?;
        let Some(own_key) = self.own_key_for(&receipted)? else { return Ok(()) };
        for case in &receipted {
            let Some(row) = self.unless_damaged(self.vault.case(*case).map_err(Error::from))? else { continue };
            if self.is_receipted(&row, &own_key) {
                self.vault.purge(*case, self.now()?)?;
            } else {
                self.report_damage(&[Damage::of_receipt(*case)])?;
            }
        }
        if !receipted.is_empty() {
            self.vault.restore_ballast();
        }
        Ok(())
    }

    /// The key that manifests are verified with, unless there is nothing to verify or the signer does not answer now.
    fn own_key_for(&self, cases: &[CaseId]) -> Result<Option<VerifyingKey>, Error> {
        if cases.is_empty() {
            return Ok(None);
        }
        match self.ports.signer.public_key() {
            Ok(key) => Ok(Some(VerifyingKey::from_sec1(&key)?)),
            Err(error) => {
                log::event("purging is put off", &[("error", &error)]);
                Ok(None)
            }
        }
    }

    fn is_receipted(&self, row: &CaseRow, own_key: &VerifyingKey) -> bool {
        let (Some(manifest), Some(receipt)) = (&row.manifest, &row.receipt) else { return false };
        let manifest = Signed::<Manifest>::verify(manifest, own_key);
        let receipt = Signed::<Receipt>::verify(receipt, &self.config.box_key);
        let (Ok(manifest), Ok(receipt)) = (manifest, receipt) else { return false };
        receipt.payload().covers(&manifest) && manifest.payload().case == row.case
    }
}
