//! Handing over: what to send next, what an answer means, and when to try again.
//!
//! The engine does no I/O of its own and reads no clock: it says what to send, a driver sends it, and the engine turns
//! the outcome into one transaction on the queue. So the same engine runs under the built-in HTTP client, under a
//! phone's background uploader and under a test's script, and a kill at any moment leaves a queue that goes on.
//!
//! Nothing is sealed or signed again on a retry: the stored bytes travel. Nothing is let go but against a receipt that
//! verifies and covers every hash.

mod answers;
mod engine;
mod error;
mod law;
mod numbers;
pub mod protocol;
mod requests;
mod session;

pub use engine::{Action, Context, Engine, Network, Progress};
pub use error::SyncError;
pub use law::{Verdict, judge, wait_ms};
pub use session::TimeRecord;
