//! Points and discs: small polygons by hand, and random ones against the `geo` crate.

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Closest, ClosestPoint, Coord, Distance, Geodesic, LineString, Point, Polygon};
use proptest::prelude::*;
use streife_core::geo::{AgencyArea, Coverage, GeoPack, Location};

use crate::source::{collection, key, packed, square};

/// Two neighbours with a hole in the first that the third fills, and one far away in two parts.
fn towns() -> GeoPack {
    let hole = square(11.04, 48.04, 0.02);
    let json = collection(&[
        ("09000002", "Polygon", format!("[{}]", square(11.1, 48.0, 0.1))),
        ("09000001", "Polygon", format!("[{},{hole}]", square(11.0, 48.0, 0.1))),
        ("09000003", "Polygon", format!("[{hole}]")),
        ("09000004", "MultiPolygon", format!("[[{}],[{}]]", square(12.0, 48.0, 0.01), square(12.5, 48.0, 0.01))),
    ]);
    GeoPack::load(&packed(&json)).expect("loads")
}

fn e7(degrees: f64) -> i32 {
    format!("{:.0}", degrees * 1e7).parse().expect("a whole number")
}

fn said(location: &Location<'_>) -> String {
    let short = |zone: &streife_core::geo::Zone| zone.key().as_str()[7..].to_owned();
    match location {
        Location::Inside { zone, .. } => format!("inside {}", short(zone)),
        Location::NearBoundary { zone, others, .. } => {
            let others: Vec<_> = others.iter().map(|zone| short(zone)).collect();
            format!("near {} {}", zone.map_or("-".to_owned(), short), others.join("+"))
        }
        Location::Outside => "outside".to_owned(),
    }
}

#[test]
fn a_disc_is_inside_near_a_border_or_outside() {
    let pack = towns();
    for (lat, lon, radius_m, expected) in [
        (48.02, 11.02, 20.0, "inside 1"),
        (48.000_1, 11.02, 20.0, "near 1 "),
        (48.000_1, 11.02, 5.0, "inside 1"),
        (47.999_9, 11.02, 20.0, "near - 1"),
        (47.999_9, 11.02, 5.0, "outside"),
        (48.02, 11.099_9, 20.0, "near 1 2"),
        (48.02, 11.099_9, 5.0, "inside 1"),
        (48.05, 11.05, 20.0, "inside 3"),
        (48.05, 11.040_1, 20.0, "near 3 1"),
        (48.05, 11.039_9, 20.0, "near 1 3"),
        (48.05, 11.05, 20_000.0, "near 3 1+2"),
        (48.005, 12.005, 20.0, "inside 4"),
        (48.005, 12.505, 20.0, "inside 4"),
        (48.005, 12.25, 20.0, "outside"),
        (-90.0, 180.0, 20.0, "outside"),
        (90.0, -180.0, 1e9, "near - 1+2+3+4"),
    ] {
        let location = pack.municipalities().locate((e7(lat), e7(lon)), radius_m);
        assert_eq!(said(&location), expected, "{lat} {lon} {radius_m}");
    }
}

#[test]
fn accuracy_and_the_tolerance_of_the_map_add_up() {
    use streife_core::domain::{BootId, Fix, FixProvider, Moment};
    use streife_core::geo::compile::{About, Boundaries, compile};

    let json = collection(&[("09000001", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1)))]);
    let boundaries = Boundaries::from_geojson(json.as_bytes(), &crate::source::NAMES).expect("compiles");
    let at = Moment::new(0, 0, 0, BootId([0; 16])).expect("in the calendar");
    let (lat_e7, lon_e7) = (480_010_000, 110_500_000); // 111.2 m north of the border
    let fix = Fix { lat_e7, lon_e7, accuracy_mm: 61_000, at, provider: FixProvider::Gnss, mocked: false };
    for (tolerance_m, expected) in [(50, "inside 1"), (51, "near 1 ")] {
        let about = About { tolerance_m, ..crate::source::about() };
        let pack = GeoPack::load(&compile(&about, Some(&boundaries), None).expect("compiles")).expect("loads");
        assert_eq!(said(&pack.locate(&fix)), expected);
    }
}

#[test]
fn an_agency_knows_its_area_and_no_border_within_it() {
    let pack = towns();
    let area: AgencyArea = [key("09000001"), key("09000003")].into_iter().collect();
    for (lat, lon, expected) in [
        (48.02, 11.02, Coverage::Inside),
        (48.05, 11.040_1, Coverage::Inside),
        (48.02, 11.099_9, Coverage::AtBorder),
        (48.02, 11.100_1, Coverage::AtBorder),
        (48.000_1, 11.02, Coverage::AtBorder),
        (47.999_9, 11.02, Coverage::AtBorder),
        (48.02, 11.15, Coverage::Outside),
        (48.000_1, 11.15, Coverage::Outside),
        (47.0, 11.0, Coverage::Outside),
    ] {
        assert_eq!(area.covers(&pack.municipalities().locate((e7(lat), e7(lon)), 20.0)), expected, "{lat} {lon}");
    }
}

#[test]
fn of_a_map_that_overlaps_itself_the_lowest_key_answers() {
    let json = collection(&[
        ("09000009", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1))),
        ("09000005", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1))),
    ]);
    let pack = GeoPack::load(&packed(&json)).expect("loads");
    let zone = pack.municipalities().at((480_500_000, 110_500_000)).expect("inside");
    assert_eq!(zone.key().as_str(), "09000005");
}

/// A star around a middle: never crosses itself. Steps are coarse, so that points often hit lines and vertices.
fn star(middle: (i64, i64), reach: &[i64], step: i64) -> Vec<(i64, i64)> {
    const RAYS: [(i64, i64); 12] =
        [(4, 0), (3, 2), (2, 3), (0, 4), (-2, 3), (-3, 2), (-4, 0), (-3, -2), (-2, -3), (0, -4), (2, -3), (3, -2)];
    let corner = |((x, y), reach): (&(i64, i64), &i64)| (middle.0 + x * reach * step, middle.1 + y * reach * step);
    let mut ring: Vec<_> = RAYS.iter().zip(reach).map(corner).collect();
    let first = ring.first().copied();
    ring.extend(first);
    ring
}

fn json(ring: &[(i64, i64)]) -> String {
    let degrees =
        |e7: i64| format!("{}{}.{:07}", if e7 < 0 { "-" } else { "" }, e7.abs() / 10_000_000, e7.abs() % 10_000_000);
    let corners: Vec<_> = ring.iter().map(|(x, y)| format!("[{},{}]", degrees(*x), degrees(*y))).collect();
    format!("[{}]", corners.join(","))
}

fn line(ring: &[(i64, i64)]) -> LineString<f64> {
    let exact = |value: i64| f64::from(i32::try_from(value).expect("within the globe"));
    ring.iter().map(|(x, y)| Coord { x: exact(*x), y: exact(*y) }).collect()
}

const MIDDLE: (i64, i64) = (115_000_000, 481_000_000);

proptest! {
    /// `geo` decides in exact arithmetic, too. On the line `geo` says so; here the distance is nothing.
    #[test]
    fn a_polygon_holds_what_geo_says_it_holds(
        outer in proptest::collection::vec(5..12_i64, 12),
        inner in proptest::collection::vec(1..4_i64, 12),
        step in prop_oneof![Just(1_i64), Just(7), Just(50_000)],
        points in proptest::collection::vec((-50..50_i64, -50..50_i64), 60),
    ) {
        let (outer, inner) = (star(MIDDLE, &outer, step), star(MIDDLE, &inner, step));
        let text = collection(&[("09000001", "Polygon", format!("[{},{}]", json(&outer), json(&inner)))]);
        let pack = GeoPack::load(&packed(&text)).expect("loads");
        let reference = Polygon::new(line(&outer), vec![line(&inner)]);
        for (x, y) in points {
            let (x, y) = (MIDDLE.0 + x * step, MIDDLE.1 + y * step);
            let at = (i32::try_from(y).expect("fits"), i32::try_from(x).expect("fits"));
            let found = pack.municipalities().at(at).is_some();
            match reference.coordinate_position(&Coord { x: f64::from(at.1), y: f64::from(at.0) }) {
                CoordPos::Inside => prop_assert!(found),
                CoordPos::Outside => prop_assert!(!found),
                CoordPos::OnBoundary => match pack.municipalities().locate(at, 0.001) {
                    Location::NearBoundary { distance_m, .. } => prop_assert!(distance_m < 1e-4),
                    other => prop_assert!(false, "{other:?}"),
                },
            }
        }
    }

    /// A strip cut in two along a random line: each point of it, those on the cut, too, belongs to exactly one.
    #[test]
    fn neighbours_leave_no_gap_and_do_not_overlap(
        cut in proptest::collection::vec(-3..4_i64, 9),
        points in proptest::collection::vec((-6..7_i64, 1..8_i64), 40),
    ) {
        let border: Vec<_> = cut.iter().zip(0..).map(|(x, y)| (MIDDLE.0 + x, MIDDLE.1 + y)).collect();
        let side = |x: i64| {
            let (bottom, top) = ((MIDDLE.0 + x, MIDDLE.1), (MIDDLE.0 + x, MIDDLE.1 + 8));
            border.iter().copied().chain([top, bottom, border[0]]).collect::<Vec<_>>()
        };
        let (west, east) = (side(-7), side(7));
        let alone = |ring: &[(i64, i64)]| {
            GeoPack::load(&packed(&collection(&[("09000001", "Polygon", format!("[{}]", json(ring)))]))).expect("loads")
        };
        let (west, east) = (alone(&west), alone(&east));
        for (x, y) in points {
            let at = (i32::try_from(MIDDLE.1 + y).expect("fits"), i32::try_from(MIDDLE.0 + x).expect("fits"));
            let holders = [&west, &east].iter().filter(|pack| pack.municipalities().at(at).is_some()).count();
            prop_assert_eq!(holders, 1, "{} {}", x, y);
        }
    }

    /// The nearest point by `geo` in a plane, measured on the ellipsoid, is not nearer and hardly farther.
    #[test]
    fn the_distance_to_the_border_is_right_to_a_thousandth(
        outer in proptest::collection::vec(5..12_i64, 12),
        (x, y) in (-19..20_i64, -19..20_i64),
    ) {
        let ring = star(MIDDLE, &outer, 10_000);
        let pack = GeoPack::load(&packed(&collection(&[("09000001", "Polygon", format!("[{}]", json(&ring)))]))).expect("loads");
        let here = (MIDDLE.0 + x * 9_973, MIDDLE.1 + y * 9_973);
        let at = (i32::try_from(here.1).expect("fits"), i32::try_from(here.0).expect("fits"));
        let distance_m = match pack.municipalities().locate(at, 50_000.0) {
            Location::NearBoundary { distance_m, .. } => distance_m,
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let scale = (f64::from(at.0) / 1e7).to_radians().cos();
        let stretched = |c: Coord| Coord { x: c.x * scale, y: c.y };
        let flat: LineString<f64> = line(&ring).coords().map(|c| stretched(*c)).collect();
        let middle = stretched(Coord { x: f64::from(at.1), y: f64::from(at.0) });
        let nearest = match flat.closest_point(&Point::from(middle)) {
            Closest::SinglePoint(point) | Closest::Intersection(point) => point,
            Closest::Indeterminate => return Err(TestCaseError::fail("no nearest point")),
        };
        let degrees = |x: f64, y: f64| Point::new(x / scale / 1e7, y / 1e7);
        let exact = Geodesic.distance(degrees(middle.x, middle.y), degrees(nearest.x(), nearest.y()));
        prop_assert!((distance_m - exact).abs() <= 0.003 * exact + 0.01, "{distance_m} {exact}");
    }
}
