//! The real map of Bavaria beside the project: every answer equal to that of the `geo` crate on the document itself.
//!
//! With `STREIFE_POINTS=FILE` the answers are written there, for `tests/interop/shapely_points.py` to ask another library.

use std::path::{Path, PathBuf};
use std::process::Command;

use geo::{Contains, Coord, Distance, Euclidean, MultiPolygon, Point};
use geojson::GeoJson;
use rstar::{AABB, RTree, RTreeObject};
use streife_core::geo::compile::{Boundaries, compile};
use streife_core::geo::{GeoPack, Location};

use crate::source::{NAMES, about};

const POINTS: u32 = 100_000;

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn map() -> Option<String> {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/boundaries/bayern-gemeinden-2016.geojson.gz");
    if !path.is_file() {
        println!("SKIPPED: the map of Bavaria: the folder of test data is not beside the project");
        return None;
    }
    match Command::new("gzip").arg("-dc").arg(&path).output() {
        Ok(unpacked) if unpacked.status.success() => Some(String::from_utf8(unpacked.stdout).expect("UTF-8")),
        _ => {
            println!("SKIPPED: the map of Bavaria: gzip is not there to unpack it");
            None
        }
    }
}

/// A municipality as the document has it, not rounded.
struct Area {
    key: String,
    area: MultiPolygon,
}

impl RTreeObject for Area {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        let corners: Vec<_> = self.area.0.iter().flat_map(|one| one.exterior().coords()).map(|c| [c.x, c.y]).collect();
        AABB::from_points(&corners)
    }
}

fn reference(text: &str) -> RTree<Area> {
    let Ok(GeoJson::FeatureCollection(collection)) = text.parse() else { panic!("a feature collection") };
    let area = |feature: geojson::Feature| {
        let key = feature.property("ags").and_then(|key| key.as_str()).expect("a key").to_owned();
        let area = match geo::Geometry::try_from(feature.geometry.expect("a geometry")).expect("a geometry") {
            geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
            geo::Geometry::MultiPolygon(polygons) => polygons,
            other => panic!("{other:?}"),
        };
        Area { key, area }
    };
    RTree::bulk_load(collection.features.into_iter().map(area).collect())
}

/// A small generator of its own, so that the points are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % u64::from(end.unsigned_abs())).expect("below")
    }
}

fn nearest_line_m(areas: &RTree<Area>, (lat, lon): (f64, f64)) -> f64 {
    let scale = lat.to_radians().cos();
    let plane = |c: Coord| Coord { x: (c.x - lon) * scale * 111_195.0, y: (c.y - lat) * 111_195.0 };
    let rings = areas
        .iter()
        .flat_map(|area| &area.area.0)
        .flat_map(|one| std::iter::once(one.exterior()).chain(one.interiors()));
    let lines = rings.flat_map(geo::LineString::lines).map(|line| geo::Line::new(plane(line.start), plane(line.end)));
    lines.map(|line| Euclidean.distance(&Point::new(0.0, 0.0), &line)).fold(f64::INFINITY, f64::min)
}

/// Half of the points anywhere in the rectangle around Bavaria, half within some 50 m of a vertex. Rounding to 1e-7 degrees
/// may move a border by a centimetre: only there another answer would be right, too.
#[test]
fn a_hundred_thousand_points_of_bavaria_lie_where_geo_says() {
    let Some(text) = map() else { return };
    let boundaries = Boundaries::from_geojson(text.as_bytes(), &NAMES).expect("the map compiles");
    let pack = GeoPack::load(&compile(&about(), Some(&boundaries), None).expect("compiles")).expect("loads");
    assert!(pack.municipalities().zones().len() > 2_200, "{pack:?}");
    let areas = reference(&text);
    let corners: Vec<Coord> =
        areas.iter().flat_map(|area| &area.area.0).flat_map(|one| one.exterior().coords()).copied().collect();
    let (mut dice, mut inside, mut answers) = (Dice(9), 0, String::new());
    for number in 0..POINTS {
        let at = if number % 2 == 0 {
            (472_000_000 + dice.below(34_000_000), 89_000_000 + dice.below(50_000_000))
        } else {
            let corner =
                corners[usize::try_from(dice.below(i32::try_from(corners.len()).expect("fits"))).expect("positive")];
            let e7 = |degrees: f64| format!("{:.0}", degrees * 1e7).parse::<i32>().expect("a number");
            (e7(corner.y) + dice.below(9_000) - 4_500, e7(corner.x) + dice.below(13_000) - 6_500)
        };
        let (lat, lon) = (f64::from(at.0) / 1e7, f64::from(at.1) / 1e7);
        let candidates = areas.locate_in_envelope_intersecting(&AABB::from_point([lon, lat]));
        let holding = candidates.filter(|area| area.area.contains(&Point::new(lon, lat))).map(|area| area.key.as_str());
        let expected = holding.min();
        let found = pack.municipalities().at(at).map(|zone| zone.key().as_str());
        if found != expected {
            let distance = nearest_line_m(&areas, (lat, lon));
            assert!(distance < 0.02, "{at:?}: {found:?}, geo says {expected:?}, {distance} m from a border");
            println!("{at:?} lies {distance} m from a border: {found:?}, geo says {expected:?}");
        }
        inside += u32::from(found.is_some());
        answers.push_str(&format!("{lat:.7};{lon:.7};{}\n", found.unwrap_or_default()));
    }
    assert!(inside > POINTS / 3 && inside < POINTS, "{inside} inside");
    if let Some(file) = std::env::var_os("STREIFE_POINTS") {
        std::fs::write(file, answers).expect("writes");
    }
}

/// Distance to the border of the municipality itself, against every line of the document.
#[test]
fn distances_to_the_border_are_those_of_geo() {
    let Some(text) = map() else { return };
    let boundaries = Boundaries::from_geojson(text.as_bytes(), &NAMES).expect("the map compiles");
    let pack = GeoPack::load(&compile(&about(), Some(&boundaries), None).expect("compiles")).expect("loads");
    let areas = reference(&text);
    let mut dice = Dice(4);
    for _ in 0..100 {
        let at = (478_000_000 + dice.below(20_000_000), 105_000_000 + dice.below(20_000_000));
        let expected = nearest_line_m(&areas, (f64::from(at.0) / 1e7, f64::from(at.1) / 1e7));
        match pack.municipalities().locate(at, 10.0) {
            Location::Inside { distance_m, .. } | Location::NearBoundary { distance_m, zone: Some(_), .. } => {
                assert!((distance_m - expected).abs() < 0.005 * expected + 0.02, "{at:?}: {distance_m} {expected}");
            }
            Location::NearBoundary { zone: None, .. } | Location::Outside => {}
        }
    }
}
