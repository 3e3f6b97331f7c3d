//! A plane laid on the ellipsoid at one point: metres east and north of it.
//!
//! Within 5 km of the point a distance is right to 0.1 %, which is less than what any fix or map is good for. The
//! Earth's two radii of curvature at that latitude are used, not a sphere.

use super::utm::{FLATTENING, RADIUS_M};

/// Metres of one unit of 1e-7 degrees at a latitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    lat_e7: i32,
    lon_e7: i32,
    east: f64,
    north: f64,
}

/// A rectangle of 1e-7 degrees, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub min: Vertex,
    pub max: Vertex,
}

/// A position in 1e-7 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vertex {
    /// East positive.
    pub lon: i32,
    /// North positive.
    pub lat: i32,
}

impl Bounds {
    /// Holds nothing.
    pub const EMPTY: Self =
        Self { min: Vertex { lon: i32::MAX, lat: i32::MAX }, max: Vertex { lon: i32::MIN, lat: i32::MIN } };

    pub fn with(self, vertex: Vertex) -> Self {
        self.and(Self { min: vertex, max: vertex })
    }

    pub fn and(self, other: Self) -> Self {
        let min = Vertex { lon: self.min.lon.min(other.min.lon), lat: self.min.lat.min(other.min.lat) };
        let max = Vertex { lon: self.max.lon.max(other.max.lon), lat: self.max.lat.max(other.max.lat) };
        Self { min, max }
    }

    pub const fn contains(&self, vertex: Vertex) -> bool {
        self.min.lon <= vertex.lon
            && vertex.lon <= self.max.lon
            && self.min.lat <= vertex.lat
            && vertex.lat <= self.max.lat
    }
}

impl Plane {
    pub fn at(Vertex { lon: lon_e7, lat: lat_e7 }: Vertex) -> Self {
        let (sin, cos) = (f64::from(lat_e7) / 1e7).to_radians().sin_cos();
        let e2 = FLATTENING * (2.0 - FLATTENING);
        let bend = 1.0 - e2 * sin * sin;
        let across = RADIUS_M / bend.sqrt();
        let unit = 1e-7_f64.to_radians();
        Self { lat_e7, lon_e7, east: across * cos * unit, north: across * (1.0 - e2) / bend * unit }
    }

    /// Metres east and north of the point.
    pub fn metres(&self, vertex: Vertex) -> (f64, f64) {
        let (lon, lat) =
            (i64::from(vertex.lon) - i64::from(self.lon_e7), i64::from(vertex.lat) - i64::from(self.lat_e7));
        (small(lon) * self.east, small(lat) * self.north)
    }

    /// Square of the distance from the point to the nearest line along a chain of vertices, square metres.
    pub fn square_to_chain(&self, chain: &[Vertex]) -> f64 {
        let mut places = chain.iter().map(|vertex| self.metres(*vertex));
        let Some(first) = places.next() else { return f64::INFINITY };
        let (_, nearest) =
            places.fold((first, square(first)), |(from, nearest), to| (to, nearest.min(square_to_line(from, to))));
        nearest
    }

    /// Square of the distance from the point to a rectangle, 0 inside it.
    pub fn square_to_bounds(&self, bounds: &Bounds) -> f64 {
        let ((west, south), (east, north)) = (self.metres(bounds.min), self.metres(bounds.max));
        let (x, y) = (west.max(-east).max(0.0), south.max(-north).max(0.0));
        square((x, y))
    }

    /// The rectangle that holds everything within `radius_m`, cut off at the ends of the numbers.
    pub fn around(&self, radius_m: f64) -> Bounds {
        // A millionth more, so that rounding never leaves something out.
        let reach = |unit: f64| units(radius_m.max(0.0) * 1.000_001 / unit.max(1e-12) + 1.0);
        let (lon, lat) = (reach(self.east), reach(self.north));
        let min = Vertex { lon: self.lon_e7.saturating_sub(lon), lat: self.lat_e7.saturating_sub(lat) };
        let max = Vertex { lon: self.lon_e7.saturating_add(lon), lat: self.lat_e7.saturating_add(lat) };
        Bounds { min, max }
    }
}

fn square((x, y): (f64, f64)) -> f64 {
    x * x + y * y
}

/// From the origin to the line between two places.
fn square_to_line((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = square((dx, dy));
    let along = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    square((ax + along * dx, ay + along * dy))
}

/// Differences of two `i32` are below 2^33, which a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "at most 33 bits")]
const fn small(units: i64) -> f64 {
    units as f64
}

/// The nearest whole number; what no `i32` holds becomes its end, not-a-number 0.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and every caller wants that")]
pub(super) fn units(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
mod tests {
    use geo::{Distance, Geodesic, Point};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn metres_in_the_plane_are_those_of_the_ellipsoid(
            lat in 470_000_000..551_000_000_i32, lon in 60_000_000..150_000_000_i32,
            d_lat in -400_000..400_000_i32, d_lon in -500_000..500_000_i32,
        ) {
            let (here, there) = (Vertex { lon, lat }, Vertex { lon: lon + d_lon, lat: lat + d_lat });
            let point = |v: Vertex| Point::new(f64::from(v.lon) / 1e7, f64::from(v.lat) / 1e7);
            let exact = Geodesic.distance(point(here), point(there));
            let plane = Plane::at(here).square_to_chain(&[there]).sqrt();
            prop_assert!((plane - exact).abs() <= 0.001 * exact + 0.001, "{plane} {exact}");
            prop_assert!(Plane::at(here).around(plane).contains(there));
        }
    }
}
