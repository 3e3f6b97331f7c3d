//! The pack: municipalities and addresses of a region in one compact file that a phone loads in milliseconds.
//!
//! Bytes in, values out. [`GeoPack::load`] reads every byte before the first answer and takes what follows the layout
//! exactly or nothing. A hostile pack cannot panic it or make it allocate more than some 30 times its own length, which
//! is limited to [`MAX_BYTES`]; an honest one takes three times. The pack carries no signature of its own: it comes in a signed envelope, and whoever
//! loads it has verified that. Compilers are in [`compile`](super::compile).
//!
//! # Layout, version 1
//!
//! | field | bytes |
//! |---|---|
//! | magic | `STRFGEO`, 7 bytes |
//! | version | 1 byte: 1 |
//! | sections | 1 byte: 1 municipalities, 2 register, 3 both |
//! | date of the data | year 2 bytes lowest first, month 1, day 1 |
//! | tolerance of the map | *number*, metres, at most 10,000 |
//! | source note | *text*, at most 1,000 bytes; what the licence of the data wants said |
//! | each section | length 4 bytes lowest first, then its bytes; municipalities first |
//!
//! A *number* has seven bits a byte, lowest first, the eighth bit set on all but the last, at most five bytes, the
//! shortest form. A *difference* is a number: 0, -1, 1, -2 are 0, 1, 2, 3. A *text* is its length in bytes and UTF-8
//! without control characters, never blank. A *key* is eight ASCII digits. Nothing may stand behind the last section
//! or at the end of one.
//!
//! **Municipalities**: *number* of municipalities, at most 65,535; each, in strictly ascending order of keys: *key*; name, a
//! *text* of at most 100 bytes; *number* of polygons, at least 1; each: *number* of rings, at least 1; each: *number* of
//! vertices, at least 3, the first not repeated; each: longitude, latitude in 1e-7 degrees as *differences* from the vertex
//! before it, the first in the section from 0, 0. A point lies in a polygon if it lies inside an odd number of
//! its rings, so holes need no mark. All longitudes lie within 180 degrees of each other.
//!
//! **Register**: *number* of keys, then *keys*, strictly ascending; *number* of streets, each the *number* of its key and
//! its name, a *text* of at most 100 bytes, in ascending order of folded name (see [`fold`](super::fold())), key and name;
//! *number* of house number texts, each a *text* of at most 16 bytes, strictly ascending; *number* of addresses, each: latitude
//! as *number* and longitude as *difference* from the address before (the first from -90 degrees and 0), *number* of its
//! street, *number* of its house number text. Addresses are so in ascending order of latitude, and the search for the
//! nearest needs no index.
//!
//! # Why no index in the file
//!
//! A grid and the rectangles of runs of lines are built while loading. That costs less than reading and validating
//! them would, and no index can then contradict the shapes. Differences at 1e-7 degrees (1 cm) take 2.5 MB for
//! the 508,770 vertices of Bavaria; fixed width would take 4 MB, GeoJSON 20 MB.

mod bytes;
mod municipalities;
mod register;

use chrono::{Datelike, NaiveDate};

pub(in crate::geo) use bytes::{put_difference, put_number, put_text};
pub use municipalities::{Location, Municipalities, Zone};
pub use register::{Address, Prefill, Register, Street};

use super::plane::Vertex;
use crate::domain::Fix;
use bytes::Reader;

/// Length of a pack, at most. Germany at 1:250,000 takes a fifth of it, all addresses of Bavaria half.
pub const MAX_BYTES: usize = 64 << 20;
/// Tolerance of a map in metres, at most.
pub const MAX_TOLERANCE_M: u16 = 10_000;
pub(in crate::geo) const MAGIC: &[u8; 7] = b"STRFGEO";
pub(in crate::geo) const VERSION: u8 = 1;
pub(in crate::geo) const MUNICIPALITIES: u8 = 1;
pub(in crate::geo) const REGISTER: u8 = 2;
pub(in crate::geo) const MAX_SOURCE: usize = 1_000;
pub(in crate::geo) const MAX_NAME: usize = 100;
pub(in crate::geo) const MAX_HOUSE_NUMBER: usize = 16;
pub(in crate::geo) const MAX_ZONES: usize = 65_535;

/// Why a pack was not taken. The one in use stays in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The bytes do not begin as a pack does.
    #[error("not a geo pack")]
    NotAPack,
    /// Written for another version of the core.
    #[error("geo pack of version {0}, which is not known")]
    UnknownVersion(u8),
    /// More than [`MAX_BYTES`].
    #[error("the geo pack is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The layout is not followed.
    #[error("the geo pack is malformed at byte {at}")]
    Malformed {
        /// Where, from 0.
        at: usize,
    },
}

/// A loaded pack.
pub struct GeoPack {
    date: NaiveDate,
    tolerance_m: u16,
    source: String,
    municipalities: Municipalities,
    register: Register,
}

impl GeoPack {
    /// Reads a pack whose signature has been verified.
    ///
    /// # Errors
    /// [`PackError`] for whatever does not follow the layout, with the place.
    pub fn load(bytes: &[u8]) -> Result<Self, PackError> {
        if bytes.len() > MAX_BYTES {
            return Err(PackError::TooLarge);
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(PackError::NotAPack)?;
        match rest.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(PackError::UnknownVersion(other)),
            None => return Err(PackError::NotAPack),
        }
        let mut reader = Reader::new(bytes);
        reader.take(MAGIC.len() + 1)?;
        Self::read(reader)
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, PackError> {
        let fault = reader.fault();
        let [sections] = reader.array()?;
        if sections == 0 || sections > MUNICIPALITIES | REGISTER {
            return Err(fault);
        }
        let date = read_date(&mut reader)?;
        let fault = reader.fault();
        let tolerance = u16::try_from(reader.number()?).ok().filter(|metres| *metres <= MAX_TOLERANCE_M);
        let tolerance_m = tolerance.ok_or(fault)?;
        let source = reader.text(MAX_SOURCE)?.to_owned();
        let has = |section| sections & section != 0;
        let municipalities =
            if has(MUNICIPALITIES) { Municipalities::read(reader.section()?)? } else { Municipalities::default() };
        let register = if has(REGISTER) { Register::read(reader.section()?)? } else { Register::default() };
        reader.end()?;
        Ok(Self { date, tolerance_m, source, municipalities, register })
    }

    /// Day that the data stand for.
    #[must_use]
    pub const fn date(&self) -> NaiveDate {
        self.date
    }

    /// How far the map may be from the ground, metres.
    #[must_use]
    pub const fn tolerance_m(&self) -> u16 {
        self.tolerance_m
    }

    /// What the licence of the data wants said.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The municipalities; none if the pack has only a register.
    #[must_use]
    pub const fn municipalities(&self) -> &Municipalities {
        &self.municipalities
    }

    /// The addresses; none if the pack has only municipalities.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// Where a fix lies: its accuracy and the map's tolerance together are the radius of the disc that is judged.
    #[must_use]
    pub fn locate(&self, fix: &Fix) -> Location<'_> {
        let radius_m = f64::from(fix.accuracy_mm) / 1_000.0 + f64::from(self.tolerance_m);
        self.municipalities.locate((fix.lat_e7, fix.lon_e7), radius_m)
    }
}

impl std::fmt::Debug for GeoPack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (zones, addresses) = (self.municipalities.zones().len(), self.register.len());
        write!(f, "GeoPack({}, {zones} municipalities, {addresses} addresses)", self.date)
    }
}

fn read_date(reader: &mut Reader<'_>) -> Result<NaiveDate, PackError> {
    let fault = reader.fault();
    let year = u16::from_le_bytes(reader.array()?);
    let [month, day] = reader.array()?;
    let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
    date.filter(|date| (1900..=9999).contains(&date.year())).ok_or(fault)
}

/// A municipality's key: eight digits.
fn read_key(reader: &mut Reader<'_>) -> Result<crate::domain::Municipality, PackError> {
    let fault = reader.fault();
    let digits = std::str::from_utf8(reader.take(8)?).map_err(|_| fault)?;
    digits.to_owned().try_into().map_err(|_| fault)
}

/// Whether the numbers are a place on the globe.
pub(in crate::geo) fn on_globe(lon: i64, lat: i64) -> Option<Vertex> {
    let within = |value: i64, most: i64| i32::try_from(value).ok().filter(|_| value.abs() <= most);
    Some(Vertex { lon: within(lon, 1_800_000_000)?, lat: within(lat, 900_000_000)? })
}

/// Whether a name can be shown: something in it, and no control characters.
pub(in crate::geo) fn is_printable(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}
