//! The other driver: the host carries the bytes, in a background session that outlives the app's process.
//!
//! [`Client::next_transfer`] gives one request; the host's uploader sends it, and [`Client::transfer_done`] takes what came
//! of it, perhaps in another process. What is on its way is part of the engine's memory, under a token that the host keeps
//! with its task. So an answer is taken once: one that comes again, or for a request that was given up meanwhile, is
//! refused and changes nothing.
//!
//! One transfer is on its way at a time, as in the blocking driver: the queue has an order. Asking for the next one, or
//! calling [`Client::sync`], gives up what is on its way; how far it came is then asked of the box.
//!
//! A request carries a proof that is good for some minutes. One that the system starts later is refused with 401, which is
//! told like any answer, and is given out again with a fresh proof.
//!
//! **Uploaders that send whole files only.** A body may be a range of a file. A session that takes nothing but a file from
//! its first byte (`URLSession`'s background uploads) is given a copy of the range, which is already sealed, in the app's
//! own caches folder; the core makes none, so that nothing lies around that it does not know of. Objects that the box takes
//! in one request are always the whole file.

use super::Client;
use super::handover::{SyncEnd, SyncLimits, SyncReport};
use crate::error::Error;
use crate::ports::{Body, Method, Request, Response, TransportError};
use crate::sync::{Action, Progress};

/// Names one transfer: kept by the host with its task.
pub type TransferToken = [u8; 16];

/// What the host does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Send this, then tell [`Client::transfer_done`].
    Send {
        /// Names it.
        token: TransferToken,
        /// The method.
        method: Method,
        /// Path and query on the box's origin, beginning with `/`.
        path: String,
        /// Headers, names in lower case.
        headers: Vec<(String, String)>,
        /// Nothing, bytes, or a range of a file that is already sealed.
        body: Body,
    },
    /// Nothing before this time, unix milliseconds by the device's clock.
    WaitUntil(i64),
    /// What is left of the time is too short for anything.
    OutOfTime,
    /// Nothing is left to send over this link.
    Idle,
}

impl Client {
    /// The next request for the host to send. What was on its way is given up.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub fn next_transfer(&self, limits: &SyncLimits<'_>) -> Result<Transfer, Error> {
        let (_watch, _draining) = (self.watch_disk(), self.vault.drain());
        let mut engine = self.engine()?;
        self.with_keys(&mut engine, |client, engine| {
            client.prepare_handover()?;
            let started = client.now()?;
            let action = client.next_action(limits, &started, engine)?;
            let transfer = match action {
                Action::Send(request) => {
                    let token = client.random()?;
                    engine.hand_out(&client.context(limits, &started)?, token)?;
                    of(token, request)
                }
                Action::WaitUntil(time) => Transfer::WaitUntil(time),
                Action::OutOfTime => Transfer::OutOfTime,
                Action::Idle => {
                    client.rotate_when_drained();
                    Transfer::Idle
                }
            };
            let end = if let Transfer::WaitUntil(time) = transfer { SyncEnd::WaitUntil(time) } else { SyncEnd::Idle };
            let state = client.work_out_state(engine, limits.network, engine.waiting(), end)?;
            client.show(state, limits);
            Ok(transfer)
        })
    }

    /// What has come of a transfer. May be told to another process than the one that asked for it.
    ///
    /// # Errors
    /// [`Error::StaleTransfer`] for a transfer that was given up or told of before: nothing has changed. Else as
    /// [`Self::sync`].
    pub fn transfer_done(
        &self,
        token: TransferToken,
        outcome: Result<Response, TransportError>,
        limits: &SyncLimits<'_>,
    ) -> Result<SyncReport, Error> {
        let (_watch, _draining) = (self.watch_disk(), self.vault.drain());
        let mut engine = self.engine()?;
        self.with_keys(&mut engine, |client, engine| {
            let (started, mut report) = (client.now()?, SyncReport::new());
            let sent = engine.take_back(&client.context(limits, &started)?, token)?;
            (report.requests, report.bytes_sent) = (1, sent);
            if client.take_outcome(limits, &started, engine, outcome, &mut report)? == Progress::Revoked {
                report.end = SyncEnd::Revoked;
            }
            Ok(report)
        })
    }
}

fn of(token: TransferToken, Request { method, path, headers, body }: Request) -> Transfer {
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Transfer::Send { token, method, path, headers, body }
}
