//! Where things are: how good a fix is, whether a way is plausible, in which municipality a point lies, and what stands
//! there.
//!
//! A position is a disc, not a point; every answer takes the fix's own accuracy and the map's tolerance into account.
//! Speed is measured with the monotonic clock, so a clock that was set does not make an officer fly. Maps come as signed
//! [packs](GeoPack); nothing here reads a file or a clock. Every place is a proposal: the officer's words win.

mod area;
pub mod compile;
mod fix;
mod fold;
mod grid;
mod pack;
mod plane;
mod shapes;
mod utm;
mod zones;

pub use area::{AgencyArea, Coverage};
pub use fix::{FixQuality, Gates, GatesError, Way, distance_m, is_way_plausible, judge_way, quality};
pub use fold::fold;
pub use pack::{
    Address, GeoPack, Location, MAX_BYTES, MAX_TOLERANCE_M, Municipalities, PackError, Prefill, Register, Street, Zone,
};
pub use utm::Utm32;
pub use zones::{Answer, ZoneError, Zones};
