//! When requests left the phones, by what they carry, and what the box answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use streife_core::http::HttpTransport;
use streife_core::ports::{Cancel, Method, Request, Response, Transport, TransportError};

use super::clock::FleetClock;

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// Time, tokens, hints, and what else opens the way.
    Access,
    /// Openings, manifests, events, seals.
    Signed,
    /// Objects and parts of them.
    Object,
    /// Receipts.
    Receipt,
}

impl Load {
    fn of(request: &Request) -> Self {
        let path = request.path.as_str();
        match request.method {
            Method::Head | Method::Patch => Self::Object,
            Method::Put if path.contains("/objects/") => Self::Object,
            Method::Put if !path.starts_with("/v1/devices/") => Self::Signed,
            Method::Get if path.ends_with("/receipt") => Self::Receipt,
            _ => Self::Access,
        }
    }
}

/// Everything that was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Requests by second of the fleet's clock and by load.
    pub by_second: BTreeMap<(i64, Load), u64>,
    /// Answers by status; 0 stands for none.
    pub answers: BTreeMap<u16, u64>,
    /// Bytes of request bodies.
    pub bytes: u64,
}

/// Counts for all phones.
#[derive(Debug, Default)]
pub struct Arrivals(Mutex<Counted>);

impl Arrivals {
    /// Forgets what was counted.
    pub fn clear(&self) {
        *self.counted() = Counted::default();
    }

    /// What was counted.
    pub fn taken(&self) -> Counted {
        self.counted().clone()
    }

    fn leaves(&self, request: &Request, at_ms: i64) {
        let mut counted = self.counted();
        *counted.by_second.entry((at_ms.div_euclid(1_000), Load::of(request))).or_default() += 1;
        counted.bytes += request.body.len();
    }

    fn answered(&self, answer: &Result<Response, TransportError>) {
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        *self.counted().answers.entry(status).or_default() += 1;
    }

    fn counted(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.0.lock().expect("no holder panics")
    }
}

/// A phone's link: its own connection to the box, counted.
pub struct CountedLink {
    pub http: HttpTransport,
    pub arrivals: Arc<Arrivals>,
    pub clock: Arc<FleetClock>,
}

impl Transport for CountedLink {
    fn origin(&self) -> &str {
        self.http.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        self.arrivals.leaves(request, self.clock.now_ms());
        let answer = self.http.send(request, cancel);
        self.arrivals.answered(&answer);
        answer
    }
}
