//! What needs no vault.

use streife_core::domain::Plate;
use streife_core::error::Error;

use crate::StreifeError;
use crate::types::PlateView;

/// Reads a plate as written with its separators, without touching a vault. `nation` is the sign on the vehicle; plates of
/// other nations than `D` are kept as they stand.
///
/// # Errors
/// `Plate` with the first rule of form that is broken.
#[uniffi::export]
pub fn parse_plate(text: String, nation: String) -> Result<PlateView, StreifeError> {
    Ok(Plate::parse(&text, &nation).map_err(Error::from)?.into())
}
