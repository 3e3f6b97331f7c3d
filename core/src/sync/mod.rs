//! Handing over: what to send next, what an answer means, and when to try again.
//!
//! The engine does no I/O of its own and reads no clock: it says what to send, a driver sends it, and the engine turns
//! the outcome into one transaction on the queue. So the same engine runs under the built-in HTTP client, under a
//! phone's background uploader and under a test's script, and a kill at any moment leaves a queue that goes on.
//!
//! Nothing is sealed or signed again on a retry: the stored bytes travel. Nothing is let go but against a receipt that
//! verifies and covers every hash. What the engine knows besides the queue, such as how often the box failed, is written
//! in the same transaction as the transition it belongs to (ADR 0023).

mod answers;
mod engine;
mod error;
mod flight;
mod gate;
mod law;
mod link;
mod memory;
mod numbers;
mod outcome;
mod policy;
pub mod protocol;
mod reconcile;
mod requests;
mod session;
mod waiting;

pub use engine::{Action, Context, Engine, Progress};
pub use error::SyncError;
pub use law::{ELSE, LAW, Row, TIMES, Times, Verdict, busy_ms, judge, wait_ms};
pub use policy::{Battery, Network, Policy};
pub use reconcile::{Finding, Findings};
pub use session::TimeRecord;
pub use waiting::Waiting;
