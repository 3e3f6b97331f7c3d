//! What the host gives: traits that Kotlin, Swift or Python implement, and adapters from them to the core's ports.
//!
//! The host's methods are called on the thread that called the library, one after another for one call, and may be
//! slow. They must not call back into the object they serve, and must not hold on to it: nobody collects a cycle
//! through two languages. Randomness is not asked of the host; the operating system gives it.
//!
//! **Nothing of the host's passes unread.** An exception that the trait does not declare arrives with its stack trace
//! as text; that text may name a person or a place, so it is dropped and only `Failed` is left of it. A panic, which
//! only a host written in Rust can raise, is caught and becomes `Failed`, too.

mod anchor;
mod clock;
mod key_store;
mod log;
mod progress;
mod signer;

pub use anchor::{HostAnchor, HostAnchorError};
pub use clock::{HostClock, HostClockReading};
pub use key_store::{HostKeyStore, HostKeyStoreError};
pub use log::LogSink;
pub use progress::HostProgress;
pub use signer::{HostSigner, HostSignerError};

pub(crate) use anchor::AnchorPort;
pub(crate) use clock::ClockPort;
pub(crate) use key_store::KeyStorePort;
pub(crate) use log::LogPort;
pub(crate) use progress::ProgressPort;
pub(crate) use signer::SignerPort;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The host's code failed. Why stays with the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// It failed.
    #[error("the host failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

/// Runs the host's code; a panic in it becomes `failed`.
fn ask<T, E>(failed: E, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(failed))
}
