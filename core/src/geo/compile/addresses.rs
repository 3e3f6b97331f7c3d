//! Addresses from a table, as survey offices give them out: a line a house, fields between semicolons, no quotes.
//!
//! The first line names the columns: `key`, `street`, `number`, and either `lat` and `lon` in degrees or `east` and `north` in
//! metres of UTM zone 32. Other columns are left alone. A line that cannot be taken is left out and reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{CompileError, MAX_DOCUMENT, name};
use crate::domain::Municipality;
use crate::geo::Utm32;
use crate::geo::fold::fold;
use crate::geo::pack::{MAX_HOUSE_NUMBER, is_printable, on_globe, put_difference, put_number, put_text};
use crate::geo::plane::{Vertex, units};

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// Not UTF-8, or fewer fields than columns that are needed.
    #[error("not a line of the table")]
    Malformed,
    /// No key of eight digits.
    #[error("no municipality key of eight digits")]
    Key,
    /// No street, or one of more than 100 bytes.
    #[error("no street, or one of more than 100 bytes")]
    Street,
    /// No house number, or one of more than 16 bytes.
    #[error("no house number, or one of more than 16 bytes")]
    Number,
    /// No numbers, or a position off the globe or the zone.
    #[error("no position")]
    Position,
}

/// A line that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the table, from 1.
    pub line: usize,
    /// Why.
    pub fault: RowFault,
}

/// A street as a pack sorts it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Street {
    folded: String,
    key: Municipality,
    name: String,
}

/// Latitude first, for that is the order in a pack.
type Spot = (i32, i32, Street, String);

/// Addresses, read and checked. The same address twice counts once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Addresses(BTreeSet<Spot>);

struct Columns {
    key: usize,
    street: usize,
    number: usize,
    position: (usize, usize),
    is_utm: bool,
}

impl Columns {
    fn read(header: &str) -> Result<Self, CompileError> {
        let place = |column| header.split(';').position(|field| field.trim() == column);
        let need = |column| place(column).ok_or(CompileError::Column(column));
        let is_utm = place("east").is_some();
        let position = if is_utm { (need("north")?, need("east")?) } else { (need("lat")?, need("lon")?) };
        Ok(Self { key: need("key")?, street: need("street")?, number: need("number")?, position, is_utm })
    }

    fn spot(&self, line: &[u8]) -> Result<Spot, RowFault> {
        let fields: Vec<_> = std::str::from_utf8(line).map_err(|_| RowFault::Malformed)?.split(';').collect();
        let field = |place: usize| fields.get(place).map(|field| field.trim()).ok_or(RowFault::Malformed);
        let key = Municipality::try_from(field(self.key)?.to_owned()).map_err(|_| RowFault::Key)?;
        let street = name(field(self.street)?).ok_or(RowFault::Street)?;
        let number = field(self.number)?;
        if number.len() > MAX_HOUSE_NUMBER || !is_printable(number) {
            return Err(RowFault::Number);
        }
        let at = self.vertex(field(self.position.0)?, field(self.position.1)?).ok_or(RowFault::Position)?;
        let street = Street { folded: fold(street), key, name: street.to_owned() };
        Ok((at.lat, at.lon, street, number.to_owned()))
    }

    fn vertex(&self, north: &str, east: &str) -> Option<Vertex> {
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        let (north, east) = (number(north)?, number(east)?);
        let utm = Utm32 { east_m: east, north_m: north };
        let (lat, lon) = if self.is_utm { utm.to_degrees()? } else { (north, east) };
        on_globe(units(lon * 1e7).into(), units(lat * 1e7).into())
    }
}

impl Addresses {
    /// Reads a table; gives the lines that were left out, too.
    ///
    /// # Errors
    /// [`CompileError`] if the table is too long or its first line does not name the columns.
    pub fn from_table(bytes: &[u8]) -> Result<(Self, Vec<Rejected>), CompileError> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(CompileError::TooLarge);
        }
        let mut lines =
            bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).zip(1..);
        let header = lines.next().and_then(|(header, _)| std::str::from_utf8(header).ok()).unwrap_or_default();
        let columns = Columns::read(header.trim_start_matches('\u{feff}'))?;
        let (mut found, mut rejected) = (Self::default(), Vec::new());
        for (row, line) in lines.filter(|(row, _)| !row.is_empty()) {
            match columns.spot(row) {
                Ok(spot) => drop(found.0.insert(spot)),
                Err(fault) => rejected.push(Rejected { line, fault }),
            }
        }
        Ok((found, rejected))
    }

    /// Number of addresses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let keys = numbered(self.0.iter().map(|(_, _, street, _)| &street.key));
        let streets = numbered(self.0.iter().map(|(_, _, street, _)| street));
        let numbers = numbered(self.0.iter().map(|(_, _, _, number)| number));
        let mut bytes = Vec::new();
        put_number(&mut bytes, keys.len() as u64);
        keys.keys().for_each(|key| bytes.extend_from_slice(key.as_str().as_bytes()));
        put_number(&mut bytes, streets.len() as u64);
        for street in streets.keys() {
            put_number(&mut bytes, place(&keys, &&street.key));
            put_text(&mut bytes, &street.name);
        }
        put_number(&mut bytes, numbers.len() as u64);
        numbers.keys().for_each(|number| put_text(&mut bytes, number));
        put_number(&mut bytes, self.0.len() as u64);
        let mut pen = (-900_000_000, 0);
        for (lat, lon, street, number) in &self.0 {
            put_number(&mut bytes, u64::from(lat.abs_diff(pen.0)));
            put_difference(&mut bytes, i64::from(*lon) - i64::from(pen.1));
            put_number(&mut bytes, place(&streets, &street));
            put_number(&mut bytes, place(&numbers, &number));
            pen = (*lat, *lon);
        }
        bytes
    }
}

/// Different things in ascending order, with their places.
fn numbered<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    let different: BTreeSet<_> = things.collect();
    different.into_iter().zip(0..).collect()
}

/// Every thing that is looked up was numbered.
fn place<T: Ord>(places: &BTreeMap<T, u64>, thing: &T) -> u64 {
    places.get(thing).copied().unwrap_or_default()
}

impl std::fmt::Debug for Addresses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Addresses({})", self.0.len())
    }
}
