//! The contract of a store of metadata: what devices, shifts and cases there are, and what became of them.
//!
//! It is one contract in eight topics, so that each can be read at once. An implementation promises, in every method:
//!
//! - **All or nothing.** A method that fails has changed nothing, and one that returns has done everything its words say,
//!   in one step that no reader sees half of. Where a method takes a function that signs, a signature that fails is a
//!   failure of the method.
//! - **Durable when it returns.** What a method has written, and what it says was there already, survives a power cut from
//!   then on. A reader may see nothing that is not durable.
//! - **One after the other.** Any number of threads may call; the result is that of some order. Of two that store other
//!   bytes under the same id, exactly one is told [`Put::New`].
//! - **For good.** Nothing that was stored under an id is replaced or taken away, except where a method exists for it.
//!
//! A row that refers to a device, shift, case or object that is not there is an error, and so is a second value where
//! there is no word for "the same again". A place or time beyond what a store can count is as good as the last one.
//!
//! Every method may fail with [`BoxError`]: [`BoxError::Store`] if the store cannot work, [`BoxError::Damaged`] if it
//! contradicts itself.

mod cases;
mod desk;
mod devices;
mod log;
mod numbers;
mod shifts;
mod uploads;

pub use cases::{CaseRow, Cases, EventRow, ObjectRow, SequenceFlag, Sign};
pub use desk::{Desk, FeedKind, FeedRow, SignDecision};
pub use devices::{Alarm, DeviceRow, Devices, Newcomer, TokenRow};
pub use log::ManifestLog;
pub use numbers::{Numbers, RANGES_A_DAY, RangeRow, SignRange};
pub use shifts::{SealFlag, ShiftRow, Shifts};
pub use uploads::{UploadEnd, Uploads};

use crate::BoxError;

/// What came of storing something under an id that the client made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    New,
    /// The same bytes were there already.
    Same,
    /// Other bytes are there.
    Other,
}

/// A store of metadata: all topics of the contract.
pub trait MetaStore: Settings + Devices + Shifts + Cases + ManifestLog + Desk + Uploads + Numbers {}

impl<T: Settings + Devices + Shifts + Cases + ManifestLog + Desk + Uploads + Numbers> MetaStore for T {}

/// What the box was founded with.
pub trait Settings: Send + Sync {
    /// A setting, if there is one of that name.
    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, BoxError>;

    /// Stores all of these settings or none. A name that has a value already is an error.
    fn put_settings(&self, settings: &[(&str, &[u8])]) -> Result<(), BoxError>;
}
