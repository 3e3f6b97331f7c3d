//! Which municipality a point lies in, and how near the border.

use super::{MAX_NAME, MAX_ZONES, PackError, Reader, on_globe, read_key};
use crate::domain::Municipality;
use crate::geo::grid::Grid;
use crate::geo::plane::{Bounds, Plane, Vertex};
use crate::geo::shapes::Shapes;

/// Of all municipalities together, for the index takes memory for each.
const MAX_POLYGONS: usize = 1 << 20;
/// Of one polygon.
const MAX_RINGS: usize = 1 << 20;
/// Of one ring.
const MAX_VERTICES: usize = 1 << 27;
/// Beyond this, products of differences would not fit; a municipality across the date line is not foreseen either.
const MAX_WIDTH_E7: u32 = 1_800_000_000;

/// A municipality (Gemeinde) of the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    key: Municipality,
    name: String,
}

impl Zone {
    /// Official municipality key (AGS).
    #[must_use]
    pub const fn key(&self) -> &Municipality {
        &self.key
    }

    /// Name as the survey spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Where a disc lies. Distances are metres to the nearest border of the municipality.
#[derive(Clone, Debug, PartialEq)]
pub enum Location<'a> {
    /// The whole disc lies in one municipality.
    Inside {
        /// Which one.
        zone: &'a Zone,
        /// From the middle of the disc to its border, larger than the radius.
        distance_m: f64,
    },
    /// The disc touches a border.
    NearBoundary {
        /// Where the middle lies; none if it lies in no municipality.
        zone: Option<&'a Zone>,
        /// To the border of that one, or to the nearest of the others.
        distance_m: f64,
        /// The others that the disc touches, by ascending key. Empty at the edge of the map.
        others: Vec<&'a Zone>,
    },
    /// The disc touches no municipality.
    Outside,
}

/// All municipalities of a pack.
pub struct Municipalities {
    /// By ascending key.
    zones: Vec<Zone>,
    /// Where each one's polygons end.
    ends: Vec<u32>,
    /// The place of each polygon's municipality.
    owners: Vec<u32>,
    shapes: Shapes,
    grid: Grid,
}

impl Default for Municipalities {
    fn default() -> Self {
        let (zones, ends, owners) = (Vec::new(), Vec::new(), Vec::new());
        Self { zones, ends, owners, shapes: Shapes::default(), grid: Grid::new(&[]) }
    }
}

impl Municipalities {
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, PackError> {
        let count = reader.count(8 + 2 + 1 + 1 + 1 + 3 * 2, 0, MAX_ZONES)?;
        let mut all = Self::default();
        let mut pen = Vertex { lon: 0, lat: 0 };
        for owner in (0..).take(count) {
            all.read_zone(&mut reader, owner, &mut pen)?;
        }
        reader.end()?;
        let bounds = all.shapes.bounds();
        let whole = bounds.iter().fold(Bounds::EMPTY, |whole, one| whole.and(*one));
        if count > 0 && whole.max.lon.abs_diff(whole.min.lon) > MAX_WIDTH_E7 {
            return Err(reader.fault());
        }
        all.grid = Grid::new(&bounds);
        Ok(all)
    }

    fn read_zone(&mut self, reader: &mut Reader<'_>, owner: u32, pen: &mut Vertex) -> Result<(), PackError> {
        let fault = reader.fault();
        let key = read_key(reader)?;
        if self.zones.last().is_some_and(|last| last.key >= key) {
            return Err(fault);
        }
        let name = reader.text(MAX_NAME)?.to_owned();
        let left = MAX_POLYGONS.saturating_sub(self.shapes.polygons());
        for _ in 0..reader.count(1 + 1 + 3 * 2, 1, left)? {
            for _ in 0..reader.count(1 + 3 * 2, 1, MAX_RINGS)? {
                self.read_ring(reader, pen)?;
            }
            self.shapes.end_polygon().ok_or_else(|| reader.fault())?;
            self.owners.push(owner);
        }
        self.ends.push(u32::try_from(self.shapes.polygons()).map_err(|_| fault)?);
        self.zones.push(Zone { key, name });
        Ok(())
    }

    fn read_ring(&mut self, reader: &mut Reader<'_>, pen: &mut Vertex) -> Result<(), PackError> {
        let count = reader.count(2, 3, MAX_VERTICES)?;
        let first = self.shapes.len();
        for _ in 0..count {
            let (lon, lat) = (reader.difference()?, reader.difference()?);
            *pen = on_globe(i64::from(pen.lon) + lon, i64::from(pen.lat) + lat).ok_or_else(|| reader.fault())?;
            self.shapes.push(*pen);
        }
        self.shapes.end_ring(first).ok_or_else(|| reader.fault())
    }

    /// All of them, by ascending key.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The one with a key.
    #[must_use]
    pub fn by_key(&self, key: &Municipality) -> Option<&Zone> {
        let place = self.zones.binary_search_by(|zone| zone.key.cmp(key)).ok()?;
        self.zones.get(place)
    }

    /// The municipality that holds a point, latitude and longitude in 1e-7 degrees. Where a map overlaps itself the
    /// lowest key answers; of two that share a border exactly one has each point of it.
    #[must_use]
    pub fn at(&self, (lat, lon): (i32, i32)) -> Option<&Zone> {
        self.zones.get(self.owner(Vertex { lon, lat })?)
    }

    /// Where a disc lies: middle in 1e-7 degrees of latitude and longitude, radius in metres.
    #[must_use]
    pub fn locate(&self, (lat, lon): (i32, i32), radius_m: f64) -> Location<'_> {
        let point = Vertex { lon, lat };
        let plane = Plane::at(point);
        let Some(owner) = self.owner(point) else { return self.outside(point, &plane, radius_m) };
        let Some(zone) = self.zones.get(owner) else { return Location::Outside };
        let distance_m = self.border(owner, &plane);
        if distance_m > radius_m {
            return Location::Inside { zone, distance_m };
        }
        let others = self.touched(point, &plane, radius_m);
        let others = others.into_iter().filter(|(other, _)| *other != owner);
        let others = others.filter_map(|(other, _)| self.zones.get(other)).collect();
        Location::NearBoundary { zone: Some(zone), distance_m, others }
    }

    fn outside(&self, point: Vertex, plane: &Plane, radius_m: f64) -> Location<'_> {
        let touched = self.touched(point, plane, radius_m);
        let Some(distance_m) = touched.iter().map(|(_, distance)| *distance).reduce(f64::min) else {
            return Location::Outside;
        };
        let others = touched.iter().filter_map(|(other, _)| self.zones.get(*other)).collect();
        Location::NearBoundary { zone: None, distance_m, others }
    }

    /// Polygons are in the order of their municipalities, so the first that holds the point has the lowest key.
    fn owner(&self, point: Vertex) -> Option<usize> {
        let polygon = self.grid.at(point).iter().find(|polygon| self.shapes.contains(**polygon as usize, point))?;
        self.owners.get(*polygon as usize).map(|owner| *owner as usize)
    }

    /// Metres to the nearest border of a municipality.
    fn border(&self, zone: usize, plane: &Plane) -> f64 {
        let end = self.ends.get(zone).copied().unwrap_or_default();
        let begin = zone.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let polygons = (begin..end).map(|polygon| polygon as usize);
        polygons.fold(f64::INFINITY, |nearest, polygon| self.shapes.border(polygon, plane, nearest)).sqrt()
    }

    /// Municipalities whose border lies within a radius or that hold the point, with the distance to it.
    fn touched(&self, point: Vertex, plane: &Plane, radius_m: f64) -> Vec<(usize, f64)> {
        let polygons = self.grid.around(&plane.around(radius_m)).into_iter().map(|polygon| polygon as usize);
        let mut touched: Vec<(usize, f64)> = Vec::new();
        for polygon in polygons {
            let owner = self.owners.get(polygon).map_or(0, |owner| *owner as usize);
            let distance = if self.shapes.contains(polygon, point) {
                0.0
            } else {
                self.shapes.border(polygon, plane, f64::MAX).sqrt()
            };
            match touched.last_mut() {
                _ if distance > radius_m => {}
                Some((last, nearest)) if *last == owner => *nearest = nearest.min(distance),
                _ => touched.push((owner, distance)),
            }
        }
        touched
    }
}

impl std::fmt::Debug for Municipalities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Municipalities({})", self.zones.len())
    }
}
