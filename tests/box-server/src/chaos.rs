//! Misbehaviour on demand: the next or n-th request of a kind is answered wrongly, late or not at all.
//!
//! Each script fires once. Faults are exact and repeatable, so a test needs neither time nor luck.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::Route;

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
    /// The connection ends and the request is not handled.
    DropBefore,
    /// The request is handled to its end and the connection ends instead of an answer.
    DropAfter,
    /// 200 with a page, as a captive portal answers; the request is not handled.
    Html,
    /// The request is handled when the gate opens.
    Hold(Gate),
}

/// Scripts faults; all clones are the same script.
#[derive(Clone, Debug, Default)]
pub struct Chaos(Arc<Mutex<Vec<Script>>>);

#[derive(Debug)]
struct Script {
    route: Route,
    left: u32,
    fault: Fault,
}

impl Chaos {
    /// The `nth` request of this kind from now on, counted from 1, meets the fault.
    pub fn script(&self, route: Route, nth: u32, fault: Fault) {
        self.0.lock().expect("no holder panics").push(Script { route, left: nth.max(1), fault });
    }

    /// Scripts that have not fired yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }

    /// Forgets all scripts.
    pub fn clear(&self) {
        self.0.lock().expect("no holder panics").clear();
    }

    pub(crate) fn due(&self, route: Route) -> Option<Fault> {
        let mut scripts = self.0.lock().expect("no holder panics");
        scripts.iter_mut().filter(|script| script.route == route).for_each(|script| script.left -= 1);
        let due = scripts.iter().position(|script| script.left == 0)?;
        let fault = scripts.remove(due).fault;
        // Two scripts for one request: the second one takes the next.
        scripts.iter_mut().filter(|script| script.left == 0).for_each(|script| script.left = 1);
        Some(fault)
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
