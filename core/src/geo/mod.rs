//! Where things are: how good a fix is, whether a way is plausible, and in which zone a point lies.
//!
//! A position is a disc, not a point; every answer takes the fix's own accuracy into account. Speed is measured with
//! the monotonic clock, so a clock that was set does not make an officer fly.

mod fix;
mod zones;

pub use fix::{FixQuality, distance_m, is_way_plausible, quality};
pub use zones::{Answer, ZoneError, Zones};
