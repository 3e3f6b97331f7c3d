//! What the host gives: time, randomness, hardware keys, the network, and the wish to stop.
//!
//! The core reads no clock, makes no randomness and opens no socket by itself; it asks these traits. They are
//! synchronous, `Send + Sync` and dyn-safe, so a phone can implement them in Kotlin or Swift and a test with a
//! script. A port never holds the core's locks: it may be slow, and it may fail; every failure is typed.

mod anchor;
mod cancel;
mod clock;
mod entropy;
mod key_store;
mod signer;
mod transport;

pub use anchor::{Anchor, AnchorError, FileAnchor, NoAnchor};
pub use cancel::{Cancel, CancelFlag, NeverCancel};
pub use clock::{Clock, ClockReading, SystemClock};
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use key_store::{KeyStore, KeyStoreError};
pub use signer::{Signer, SignerError};
pub use transport::{Body, HeaderName, Method, Request, Response, Transport, TransportError};
