//! Misbehaviour on demand: the next or n-th request of a kind is answered wrongly, late or not at all.
//!
//! Each script fires once. Faults are exact and repeatable, so a test needs neither time nor luck. The list is closed and
//! holds a fault for every row F8-F15 that a server, or something that stands between it and the phone, can do; what a
//! network does to bytes below TLS is the proxy's in `tests/e2e`. A person asks for the same faults by name, see
//! [`ScriptedFault`].

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use streife_core::sync::protocol::ProblemType;
use tokio::sync::Notify;

use crate::Route;

mod act;
mod answers;
mod bodies;
mod words;

pub use act::{faulty, overtaken};
pub use words::{ScriptedFault, WordError};

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answered with this status; the request is not handled.
    Status {
        /// The status.
        status: u16,
        /// Seconds of the header `Retry-After`.
        retry_after_s: Option<u32>,
    },
    /// Refused with a problem document of this type and its usual status; the request is not handled.
    Problem {
        /// The type.
        kind: ProblemType,
        /// The header `Retry-After` to the letter, which may be nonsense; none: no such header.
        retry_after: Option<String>,
    },
    /// The connection ends and the request is not handled.
    DropBefore,
    /// The connection ends when so many bytes of the body have arrived; what has arrived is handled as what is left of a
    /// lost connection.
    DropInBody {
        /// Bytes.
        after: u64,
    },
    /// The request is handled to its end and the connection ends instead of an answer.
    DropAfter,
    /// The request is handled; the connection ends behind the head and one half of the answer's body.
    DropInAnswer,
    /// The request is handled twice and the second answer goes out.
    Twice,
    /// The connection ends and the request waits somewhere; it is handled behind the next request of its kind.
    Late,
    /// The request is handled and its answer comes in pieces of one byte.
    Trickle,
    /// The request is handled and nothing is ever answered; the connection stays.
    Silence,
    /// 200 with a page, as a captive portal answers; the request is not handled.
    Html,
    /// 511 with a page (RFC 6585); the request is not handled.
    Portal,
    /// Sent elsewhere; the request is not handled.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// The header `Location`.
        location: String,
    },
    /// A success that is none.
    Lie(Lie),
    /// 200 with a body longer than any that a box sends; the request is not handled.
    Huge,
    /// 200 with more headers than any client reads; the request is not handled.
    HeaderFlood,
    /// The request is handled when the gate opens.
    Hold(Gate),
}

/// A success that is none. Those of receipts are lies only at [`Route::ReceiptGet`]; anything else they leave alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// 200 with the right type and no body; the request is not handled.
    Empty,
    /// 200 with an empty JSON object; the request is not handled.
    EmptyObject,
    /// 200 with JSON of another kind; the request is not handled.
    WrongObject,
    /// 201 or 204 as for a request that was handled and left nothing to be done; the request is not handled.
    StoredNothing,
    /// The request is handled; its answer is one half of the right one and says that it is whole.
    Half,
    /// The receipt names another case; the box has signed it.
    ReceiptOfOtherCase,
    /// The receipt is signed by a key that is not the box's.
    ReceiptByOtherKey,
    /// One hash in the receipt is another; the box has signed it.
    ReceiptWithOtherHash,
    /// The receipt leaves the last object out; the box has signed it.
    ReceiptOfLess,
}

/// Scripts faults; all clones are the same script.
#[derive(Clone, Debug, Default)]
pub struct Chaos {
    scripts: Arc<Mutex<Vec<Script>>>,
    late: Arc<Mutex<Vec<Late>>>,
}

/// A request that comes behind a newer one of its kind.
struct Late {
    route: Route,
    request: Request,
    next: Next,
}

impl std::fmt::Debug for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Late").field("route", &self.route).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Script {
    route: Route,
    left: u32,
    fault: Fault,
}

impl Chaos {
    /// The `nth` request of this kind from now on, counted from 1, meets the fault.
    pub fn script(&self, route: Route, nth: u32, fault: Fault) {
        self.scripts().push(Script { route, left: nth.max(1), fault });
    }

    /// Scripts that have not fired yet. A request that [`Fault::Late`] holds has fired.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.scripts().len()
    }

    /// Forgets all scripts.
    pub fn clear(&self) {
        self.scripts().clear();
        self.late.lock().expect("no holder panics").clear();
    }

    pub(crate) fn due(&self, route: Route) -> Option<Fault> {
        let mut scripts = self.scripts();
        scripts.iter_mut().filter(|script| script.route == route).for_each(|script| script.left -= 1);
        let due = scripts.iter().position(|script| script.left == 0)?;
        let fault = scripts.remove(due).fault;
        // Two scripts for one request: the second one takes the next.
        scripts.iter_mut().filter(|script| script.left == 0).for_each(|script| script.left = 1);
        Some(fault)
    }

    /// Requests that have waited for one of this kind.
    fn overtaken(&self, route: Route) -> Vec<Late> {
        let mut late = self.late.lock().expect("no holder panics");
        let (due, rest) = std::mem::take(&mut *late).into_iter().partition(|late| late.route == route);
        *late = rest;
        due
    }

    fn scripts(&self) -> std::sync::MutexGuard<'_, Vec<Script>> {
        self.scripts.lock().expect("no holder panics")
    }
}

/// Holds a request until it is opened. Once open it stays open.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    /// Arrived, open.
    flags: Mutex<(bool, bool)>,
    arrived: Condvar,
    opened: Notify,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until a request stands at the gate; `false` if none comes within the time.
    #[must_use]
    pub fn wait_for_arrival(&self, at_most: Duration) -> bool {
        let flags = self.0.flags.lock().expect("no holder panics");
        let wait = self.0.arrived.wait_timeout_while(flags, at_most, |(arrived, _)| !*arrived);
        wait.expect("no holder panics").0.0
    }

    /// Lets the request go on.
    pub fn open(&self) {
        self.0.flags.lock().expect("no holder panics").1 = true;
        self.0.opened.notify_waiters();
    }

    pub(crate) async fn pass(&self) {
        // Made before the flag is read, so an opening in between is not missed.
        let opened = self.0.opened.notified();
        let is_open = {
            let mut flags = self.0.flags.lock().expect("no holder panics");
            flags.0 = true;
            flags.1
        };
        self.0.arrived.notify_all();
        if !is_open {
            opened.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_request_of_the_kind_meets_the_fault_and_only_once() {
        let chaos = Chaos::default();
        chaos.script(Route::CasePut, 2, Fault::Html);
        chaos.script(Route::CasePut, 2, Fault::DropAfter);
        assert!(chaos.due(Route::ShiftPut).is_none());
        assert!(chaos.due(Route::CasePut).is_none());
        assert!(matches!(chaos.due(Route::CasePut), Some(Fault::Html)));
        assert!(matches!(chaos.due(Route::CasePut), Some(Fault::DropAfter)));
        assert_eq!(chaos.pending(), 0);
    }
}
