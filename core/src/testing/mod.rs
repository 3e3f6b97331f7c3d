//! Test kit, behind the feature `testing`: software twins of the hardware ports, a clock that obeys, a scripted
//! transport, a development agency and the photo maker.
//!
//! Everything that would weaken a real device has `Dangerous` in its name. No shipped build has this module.

mod agency;
mod clock;
mod entropy;
mod hardware;
pub mod photo;
mod transport;

pub use agency::DevAgency;
pub use clock::SimClock;
pub use entropy::DangerousSeededEntropy;
pub use hardware::{DangerousSoftwareKeyStore, DangerousSoftwareSigner};
pub use transport::ScriptedTransport;
