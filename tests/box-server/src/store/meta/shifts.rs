//! Shifts: opening, seal, and whether the seal and the cases agree.

use streife_core::domain::{DeviceId, ShiftId};
use streife_core::seal::{ShiftOpening, ShiftSeal, Signed};

use super::Put;
use crate::BoxError;

/// What the seal of a shift says about the cases that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealFlag {
    /// There is no seal yet.
    Open = 0,
    /// The seal counts more cases than are here.
    Waiting = 1,
    /// Chain, count and root fit the opening and every manifest.
    Fits = 2,
    /// They do not, and no further case can mend it.
    Contradicts = 3,
}

/// A shift.
#[derive(Clone, Debug)]
pub struct ShiftRow {
    /// The shift.
    pub shift: ShiftId,
    /// Its device.
    pub device: DeviceId,
    /// Signed opening.
    pub opening: Vec<u8>,
    /// Signed seal.
    pub seal: Option<Vec<u8>>,
    /// Whether seal and cases agree.
    pub flag: SealFlag,
}

/// Shifts of enrolled devices.
///
/// A seal is never refused because cases are missing: they may come after it. The flag says what is true now, and is
/// judged again in the same step in which a case or the seal arrives.
pub trait Shifts: Send + Sync {
    /// Stores an opening.
    fn put_shift(&self, opening: &Signed<ShiftOpening>) -> Result<Put, BoxError>;

    /// Stores the seal of a shift that is here, and judges it.
    fn put_seal(&self, seal: &Signed<ShiftSeal>) -> Result<Put, BoxError>;

    /// A shift, if it is here.
    fn shift(&self, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError>;

    /// All shifts by their ids.
    fn shifts(&self) -> Result<Vec<ShiftRow>, BoxError>;
}
