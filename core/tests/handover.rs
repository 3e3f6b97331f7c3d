//! Handing over to a box in memory: one contract for both drivers, then what the engine remembers, allows and keeps.

mod common;
#[path = "handover/contract.rs"]
mod contract;
#[path = "handover/desk.rs"]
mod desk;
#[path = "handover/drivers.rs"]
mod drivers;
#[path = "handover/keeping.rs"]
mod keeping;
#[path = "handover/pacing.rs"]
mod pacing;
#[path = "handover/signing.rs"]
mod signing;
