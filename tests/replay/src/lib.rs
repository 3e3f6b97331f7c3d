//! `streife-replay`: plays a recorded shift through the public surface of the core against a secure box, then checks
//! what arrived.
//!
//! The phone is simulated: its clock follows the recording, its keys are software twins, its camera draws or reads
//! photos. The core, the protocol and the box are the real ones, over real TLS.
//!
//! And [`recover`]: opens the vault of a phone that does not open any more with the agency's recovery key;
//! [`hand_over`]: writes an export as a file that an agency's system imports; [`publish`]: signs what an agency gives its
//! phones; [`storm`]: lets many phones hand over to one box at once.

mod check;
mod desk;
mod edits;
mod error;
mod export;
pub mod hand_over;
mod log;
pub mod model;
mod opened;
mod phone;
mod photos;
mod player;
pub mod publish;
pub mod recover;
pub mod report;
mod run;
pub mod storm;
mod target;
mod watch;

pub use error::ReplayError;
pub use run::{Options, Progress, run};
