//! Streife core: records a parking or traffic offence on a patrol officer's phone without a network, keeps it
//! sealed from the first byte, signs it, chains it, and hands it to the agency's secure box exactly once.
//!
//! Start at [`client::Client`]; `core/ARCHITECTURE.md` draws the house, `schemas/FORMATS.md` defines every byte.

pub mod catalogue;
pub mod client;
pub mod domain;
pub mod error;
pub mod evidence;
pub mod geo;
#[cfg(feature = "http")]
pub mod http;
pub mod journal;
pub mod log;
pub mod ports;
pub mod rules;
pub mod seal;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
pub mod vault;
