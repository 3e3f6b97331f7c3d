//! Compiles survey data into a [pack](super::GeoPack): municipalities from GeoJSON, addresses from a table.
//!
//! Runs at the agency, never on a phone; the phone gets the pack, signed. It is here so that compiler and loader cannot drift:
//! what was compiled is loaded once before it is given out. The same data give the same bytes. Input is
//! bounded and every fault names its feature or line, never a name or an address.

mod addresses;
mod boundaries;

pub use addresses::{Addresses, Rejected, RowFault};
pub use boundaries::{Boundaries, FeatureFault, Properties};

use chrono::{Datelike, NaiveDate};

use super::pack::{
    GeoPack, MAGIC, MAX_NAME, MAX_SOURCE, MAX_TOLERANCE_M, MUNICIPALITIES, PackError, REGISTER, VERSION, is_printable,
    put_number, put_text,
};

/// Length of a source document, at most. Germany's municipalities at 1:250,000 are a sixth of it.
pub const MAX_DOCUMENT: usize = 512 << 20;

/// Why nothing was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the document is longer than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Not a GeoJSON feature collection.
    #[error("not a GeoJSON feature collection, line {line}, column {column}")]
    NotGeoJson {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
    },
    /// A feature that cannot be taken.
    #[error("feature {number}: {fault}")]
    Feature {
        /// Place in the document, from 1.
        number: usize,
        /// What is wrong with it.
        fault: FeatureFault,
    },
    /// The first line of the table does not name the columns.
    #[error("the table has no column {0}")]
    Column(&'static str),
    /// The source note is empty, too long or not printable.
    #[error("the source note is empty, too long or not printable")]
    Source,
    /// The date has no four digits, or the tolerance is above what a map can be off.
    #[error("the date or the tolerance is out of range")]
    Range,
    /// There is nothing to put into a pack, or more than fits in one.
    #[error("what was compiled cannot be loaded: {0}")]
    Unloadable(PackError),
}

/// What a pack says about its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Day that the data stand for.
    pub date: NaiveDate,
    /// How far the map may be from the ground, metres.
    pub tolerance_m: u16,
    /// What the licence of the data wants said.
    pub source: String,
}

/// Writes a pack.
///
/// # Errors
/// [`CompileError`] for what stands in `about`, or if there is nothing in the pack or too much.
pub fn compile(
    about: &About,
    boundaries: Option<&Boundaries>,
    addresses: Option<&Addresses>,
) -> Result<Vec<u8>, CompileError> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(VERSION);
    bytes.push(boundaries.map_or(0, |_| MUNICIPALITIES) | addresses.map_or(0, |_| REGISTER));
    put_about(&mut bytes, about)?;
    let sections = [boundaries.map(Boundaries::encode), addresses.map(Addresses::encode)];
    for section in sections.into_iter().flatten() {
        let length = u32::try_from(section.len()).map_err(|_| CompileError::Unloadable(PackError::TooLarge))?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&section);
    }
    GeoPack::load(&bytes).map_err(CompileError::Unloadable)?;
    Ok(bytes)
}

fn put_about(bytes: &mut Vec<u8>, about: &About) -> Result<(), CompileError> {
    if about.source.len() > MAX_SOURCE || !is_printable(&about.source) {
        return Err(CompileError::Source);
    }
    let year = u16::try_from(about.date.year()).ok().filter(|year| (1900..=9999).contains(year));
    let (Some(year), true) = (year, about.tolerance_m <= MAX_TOLERANCE_M) else { return Err(CompileError::Range) };
    bytes.extend_from_slice(&year.to_le_bytes());
    bytes.extend([about.date.month(), about.date.day()].map(|part| part.to_le_bytes()[0]));
    put_number(bytes, about.tolerance_m.into());
    put_text(bytes, &about.source);
    Ok(())
}

/// A name that a pack can hold, without blanks around it.
fn name(text: &str) -> Option<&str> {
    let text = text.trim();
    (text.len() <= MAX_NAME && is_printable(text)).then_some(text)
}
