//! Ranges of case numbers: each is given once, to one request of one device.

use streife_core::domain::{DeviceId, RangeRequestId};

use super::Put;
use crate::BoxError;

/// A device gets no more ranges within a day, so that a stolen one cannot use an agency's numbers up.
pub const RANGES_A_DAY: u32 = 50;

/// A range that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRow {
    /// Its number, from 1.
    pub range: u32,
    /// To whom.
    pub device: DeviceId,
    /// For which request.
    pub request: RangeRequestId,
    /// Signed bytes.
    pub cose: Vec<u8>,
}

/// Makes the statement that gives a range.
pub type SignRange<'a> = &'a dyn Fn(u32) -> Result<Vec<u8>, BoxError>;

/// Ranges.
pub trait Numbers: Send + Sync {
    /// The range of a request: the one it has, else the next one, for which `sign` makes the statement. Both are one
    /// step: what a phone ever sees is in the store, and a number for which signing failed is given to the next who asks.
    /// Nothing if the device has had [`RANGES_A_DAY`] within a day.
    fn put_range(
        &self,
        device: DeviceId,
        request: RangeRequestId,
        now_ms: i64,
        sign: SignRange<'_>,
    ) -> Result<Option<(Put, Vec<u8>)>, BoxError>;

    /// All ranges in the order they were given.
    fn ranges(&self) -> Result<Vec<RangeRow>, BoxError>;
}
