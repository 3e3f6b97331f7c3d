//! What needs no vault.

use streife_core::domain::{self, InputError, OcrReading, Plate, PlateTables};
use streife_core::error::Error;

use crate::StreifeError;
use crate::types::{OcrCandidateView, OcrInput, PlateView, VerdictView};

/// Reads a plate as written with its separators, without touching a vault. `nation` is the sign on the vehicle; plates of
/// other nations than `D` are kept as they stand.
///
/// # Errors
/// `Plate` with the first rule of form that is broken.
#[uniffi::export]
pub fn parse_plate(text: String, nation: String) -> Result<PlateView, StreifeError> {
    Ok(Plate::parse(&text, &nation).map_err(Error::from)?.into())
}

/// What to think of a plate while one types it: its kind, warnings, both readings if two are meant.
#[uniffi::export]
#[must_use]
pub fn judge_plate(text: String, nation: String) -> VerdictView {
    domain::judge_plate(&text, &nation, PlateTables::built_in()).into()
}

/// Makes legal plates out of what a camera has read, best first.
///
/// # Errors
/// `Limit("readings")` for more than 16 readings, or one beyond the limits.
#[uniffi::export]
pub fn rank_plates(readings: Vec<OcrInput>) -> Result<Vec<OcrCandidateView>, StreifeError> {
    let readings: Vec<OcrReading> = readings.into_iter().map(Into::into).collect();
    let ranked = domain::rank_plates(&readings, PlateTables::built_in());
    let ranked = ranked.map_err(|_| Error::from(InputError { field: "readings" }))?;
    Ok(ranked.into_iter().map(Into::into).collect())
}
