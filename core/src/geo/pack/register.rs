//! Streets and house numbers: what stands near a fix, and what begins as the officer types.

use super::{MAX_HOUSE_NUMBER, MAX_NAME, MAX_ZONES, PackError, Reader, on_globe, read_key};
use crate::domain::{Fix, Moment, Municipality};
use crate::geo::fix::{FixQuality, Gates};
use crate::geo::fold::{fold, letters};
use crate::geo::plane::{Bounds, Plane, Vertex};

const MAX_STREETS: usize = 1 << 22;
const MAX_ADDRESSES: usize = 1 << 26;
/// Farther than this no house gives a place its address, metres.
const MAX_DISTANCE_M: f64 = 100.0;
/// More proposals than these nobody reads at the kerb.
const PROPOSALS: usize = 5;

/// An address near a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Address<'a> {
    /// Municipality.
    pub key: &'a Municipality,
    /// Street as the register spells it.
    pub street: &'a str,
    /// House number with its addition, `12 a`.
    pub number: &'a str,
    /// Metres from the point.
    pub distance_m: f64,
}

/// A street of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Street<'a> {
    /// Municipality.
    pub key: &'a Municipality,
    /// Name as the register spells it.
    pub name: &'a str,
    place: usize,
}

/// What a fix fills in. It is always a proposal: the officer's words win.
#[derive(Clone, Debug, PartialEq)]
pub enum Prefill<'a> {
    /// Filled in without a question.
    Silent(Address<'a>),
    /// Offered for a choice, nearest first.
    Confirm(Vec<Address<'a>>),
    /// The fix is too coarse or too old, or no house is near.
    Nothing,
}

/// All addresses of a pack.
#[derive(Default)]
pub struct Register {
    keys: Vec<Municipality>,
    /// Place of each street's key.
    owners: Vec<u32>,
    names: Texts,
    folded: Texts,
    numbers: Texts,
    /// By ascending latitude.
    spots: Vec<Spot>,
}

/// One house.
struct Spot {
    at: Vertex,
    street: u32,
    number: u32,
}

/// Texts in one piece of memory.
#[derive(Default)]
struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    fn push(&mut self, text: &str) -> Option<()> {
        self.all.push_str(text);
        self.ends.push(u32::try_from(self.all.len()).ok()?);
        Some(())
    }

    fn get(&self, place: usize) -> &str {
        let end = self.ends.get(place).map_or(0, |end| *end as usize);
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.all.get(begin..end).unwrap_or_default()
    }

    fn last(&self) -> &str {
        self.ends.len().checked_sub(1).map_or("", |place| self.get(place))
    }

    const fn len(&self) -> usize {
        self.ends.len()
    }
}

impl Register {
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, PackError> {
        let mut all = Self::default();
        for _ in 0..reader.count(8, 0, MAX_ZONES)? {
            let key = read_key(&mut reader)?;
            if all.keys.last().is_some_and(|last| *last >= key) {
                return Err(reader.fault());
            }
            all.keys.push(key);
        }
        for _ in 0..reader.count(3, 0, MAX_STREETS)? {
            all.read_street(&mut reader)?;
        }
        for _ in 0..reader.count(2, 0, MAX_ADDRESSES)? {
            let text = reader.text(MAX_HOUSE_NUMBER)?;
            let ascends = all.numbers.last() < text;
            ascends.then(|| all.numbers.push(text)).flatten().ok_or_else(|| reader.fault())?;
        }
        all.read_spots(&mut reader)?;
        reader.end().map(|()| all)
    }

    fn read_street(&mut self, reader: &mut Reader<'_>) -> Result<(), PackError> {
        let owner = reader.index(self.keys.len())?;
        let name = reader.text(MAX_NAME)?;
        let folded = fold(name);
        let last = self.owners.last().map(|owner| (self.folded.last(), *owner, self.names.last()));
        let ascends = last < Some((folded.as_str(), owner, name));
        self.owners.push(owner);
        let kept = self.names.push(name).and_then(|()| self.folded.push(&folded));
        kept.filter(|()| ascends).ok_or_else(|| reader.fault())
    }

    fn read_spots(&mut self, reader: &mut Reader<'_>) -> Result<(), PackError> {
        let count = reader.count(4, 0, MAX_ADDRESSES)?;
        self.spots.reserve_exact(count);
        let mut at = Vertex { lon: 0, lat: -900_000_000 };
        for _ in 0..count {
            let north = i64::try_from(reader.number()?).map_err(|_| reader.fault())?;
            let east = reader.difference()?;
            at = on_globe(i64::from(at.lon) + east, i64::from(at.lat) + north).ok_or_else(|| reader.fault())?;
            let street = reader.index(self.owners.len())?;
            self.spots.push(Spot { at, street, number: reader.index(self.numbers.len())? });
        }
        Ok(())
    }

    /// Number of addresses.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.spots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spots.is_empty()
    }

    /// The nearest addresses within 100 m of a point, latitude and longitude in 1e-7 degrees, nearest first.
    #[must_use]
    pub fn nearest(&self, (lat, lon): (i32, i32), limit: usize) -> Vec<Address<'_>> {
        let plane = Plane::at(Vertex { lon, lat });
        let near = self.within(plane.around(MAX_DISTANCE_M));
        let near = near.map(|spot| (plane.square_to_chain(&[spot.at]).sqrt(), spot));
        let mut near: Vec<_> = near.filter(|(distance, _)| *distance <= MAX_DISTANCE_M).collect();
        near.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        near.truncate(limit);
        near.into_iter().filter_map(|(distance_m, spot)| self.address(spot, distance_m)).collect()
    }

    fn within(&self, bounds: Bounds) -> impl Iterator<Item = &Spot> {
        let from = self.spots.partition_point(|spot| spot.at.lat < bounds.min.lat);
        let to = self.spots.partition_point(|spot| spot.at.lat <= bounds.max.lat);
        let (west, east) = (bounds.min.lon, bounds.max.lon);
        let band = self.spots.get(from..to).unwrap_or_default();
        band.iter().filter(move |spot| west <= spot.at.lon && spot.at.lon <= east)
    }

    fn address(&self, spot: &Spot, distance_m: f64) -> Option<Address<'_>> {
        let Street { key, name: street, .. } = self.street(spot.street as usize)?;
        Some(Address { key, street, number: self.numbers.get(spot.number as usize), distance_m })
    }

    /// What a fix fills in at the moment it is used. The nearest house is filled in silently only if the fix is
    /// good and not simulated, and no house of another street is nearly as near, within the fix's accuracy: at a corner
    /// the officer chooses.
    #[must_use]
    pub fn propose(&self, fix: &Fix, now: &Moment, gates: &Gates) -> Prefill<'_> {
        let quality = gates.judge(fix, now);
        if quality == FixQuality::Weak {
            return Prefill::Nothing;
        }
        let near = self.nearest((fix.lat_e7, fix.lon_e7), usize::MAX);
        let Some(&first) = near.first() else { return Prefill::Nothing };
        let reach = first.distance_m + f64::from(fix.accuracy_mm) / 1_000.0;
        let is_rival = |other: &Address<'_>| other.distance_m <= reach && !is_same_street(other, &first);
        if quality == FixQuality::Good && !fix.mocked && !near.iter().any(is_rival) {
            return Prefill::Silent(first);
        }
        Prefill::Confirm(shortlist(near))
    }

    /// Streets whose folded name begins as `typed` does, at most `limit`, in the order of their names.
    #[must_use]
    pub fn streets(&self, typed: &str, limit: usize) -> Vec<Street<'_>> {
        let typed = letters(typed);
        let first = partition(self.folded.len(), |place| self.folded.get(place) < typed.as_str());
        let places = (first..self.folded.len()).take_while(|place| self.folded.get(*place).starts_with(&typed));
        places.take(limit).filter_map(|place| self.street(place)).collect()
    }

    /// House numbers of a street of this register, 2 before 10, 10 before 10 a.
    #[must_use]
    pub fn house_numbers(&self, street: &Street<'_>) -> Vec<&str> {
        let here = self.spots.iter().filter(|spot| spot.street as usize == street.place);
        let mut numbers: Vec<_> = here.map(|spot| self.numbers.get(spot.number as usize)).collect();
        numbers.sort_by_key(|number| natural(number));
        numbers.dedup();
        numbers
    }

    fn street(&self, place: usize) -> Option<Street<'_>> {
        let key = self.keys.get(*self.owners.get(place)? as usize)?;
        Some(Street { key, name: self.names.get(place), place })
    }
}

/// A few to choose from: the nearest house of each street before the second of any, in order of distance.
fn shortlist(near: Vec<Address<'_>>) -> Vec<Address<'_>> {
    let (mut first_of_street, mut rest) = (Vec::<Address<'_>>::new(), Vec::new());
    for address in near {
        let known = first_of_street.iter().any(|seen| is_same_street(seen, &address));
        if known { rest.push(address) } else { first_of_street.push(address) }
    }
    let mut chosen: Vec<_> = first_of_street.into_iter().chain(rest).take(PROPOSALS).collect();
    chosen.sort_by(|one, other| one.distance_m.total_cmp(&other.distance_m));
    chosen
}

fn is_same_street(one: &Address<'_>, other: &Address<'_>) -> bool {
    (one.street, one.key) == (other.street, other.key)
}

/// The digits as a number, then the text.
fn natural(number: &str) -> (u64, String) {
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(u64::MAX), number.to_lowercase())
}

/// The first of `count` places that `is_before` does not hold for; it holds for none behind that.
fn partition(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        if is_before(middle) { from = middle + 1 } else { to = middle }
    }
    from
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Register({} streets, {} addresses)", self.names.len(), self.spots.len())
    }
}
