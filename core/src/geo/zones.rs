//! Zones: municipalities, the agency's area, a beat. Polygons from GeoJSON in an R-tree.

use geo::{Contains, Distance, Euclidean, MultiPolygon, Point, coord};
use geojson::GeoJson;
use rstar::{AABB, RTree, RTreeObject};

/// Metres of one degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// Why a zone document was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// Not a GeoJSON feature collection.
    #[error("the zones are not a GeoJSON feature collection")]
    Malformed,
    /// A feature without name or without polygon.
    #[error("zone {index} has no name or no polygon")]
    Feature {
        /// Place of the feature in the document, from 0.
        index: usize,
    },
}

/// Where a disc lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The whole disc lies inside one zone.
    Inside(String),
    /// The middle lies inside, but the disc reaches over the border.
    NearBoundary(String),
    /// The middle lies in no zone.
    Outside,
}

/// A set of named zones.
pub struct Zones(RTree<Zone>);

struct Zone {
    name: String,
    area: MultiPolygon,
    envelope: AABB<[f64; 2]>,
}

impl RTreeObject for Zone {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

impl Zones {
    /// Reads a GeoJSON feature collection in WGS 84; `name_property` names each zone.
    ///
    /// # Errors
    /// [`ZoneError`] naming the first faulty feature.
    pub fn from_geojson(text: &str, name_property: &str) -> Result<Self, ZoneError> {
        let Ok(GeoJson::FeatureCollection(collection)) = text.parse::<GeoJson>() else {
            return Err(ZoneError::Malformed);
        };
        let zone = |(index, feature): (usize, geojson::Feature)| {
            Zone::read(feature, name_property).ok_or(ZoneError::Feature { index })
        };
        let zones = collection.features.into_iter().enumerate().map(zone).collect::<Result<_, _>>()?;
        Ok(Self(RTree::bulk_load(zones)))
    }

    /// Where a disc lies: latitude and longitude in degrees, radius in metres. On a shared border the first name in
    /// alphabetical order answers, so that the answer does not depend on the order of the document.
    #[must_use]
    pub fn locate(&self, (lat, lon): (f64, f64), radius_m: f64) -> Answer {
        let point = Point::new(lon, lat);
        let candidates = self.0.locate_in_envelope_intersecting(&AABB::from_point([lon, lat]));
        let inside =
            candidates.filter(|zone| zone.area.contains(&point)).min_by(|one, other| one.name.cmp(&other.name));
        match inside {
            None => Answer::Outside,
            Some(zone) if zone.boundary_distance_m(lat, lon) < radius_m => Answer::NearBoundary(zone.name.clone()),
            Some(zone) => Answer::Inside(zone.name.clone()),
        }
    }
}

impl Zone {
    fn read(feature: geojson::Feature, name_property: &str) -> Option<Self> {
        let name = feature.property(name_property)?.as_str()?.to_owned();
        let area = match geo::Geometry::<f64>::try_from(feature.geometry?).ok()? {
            geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
            geo::Geometry::MultiPolygon(polygons) => polygons,
            _ => return None,
        };
        let corners: Vec<_> = area.0.iter().flat_map(|polygon| polygon.exterior()).map(|c| [c.x, c.y]).collect();
        let envelope = AABB::from_points(corners.iter());
        (!corners.is_empty()).then_some(Self { name, area, envelope })
    }

    /// Distance to the nearest border in metres, in a plane stretched for this latitude: good to a metre over the few
    /// hundred metres that matter.
    fn boundary_distance_m(&self, lat: f64, lon: f64) -> f64 {
        let scale = lat.to_radians().cos();
        let plane = |c: geo::Coord| coord! { x: (c.x - lon) * scale * DEGREE_M, y: (c.y - lat) * DEGREE_M };
        let rings =
            self.area.0.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        let here = Point::new(0.0, 0.0);
        rings
            .flat_map(geo::LineString::lines)
            .map(|line| Euclidean.distance(&here, &geo::Line::new(plane(line.start), plane(line.end))))
            .fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOWN: &str = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"ags":"09000001"},"geometry":{"type":"Polygon",
         "coordinates":[[[11.0,48.0],[11.1,48.0],[11.1,48.1],[11.0,48.1],[11.0,48.0]],
                        [[11.04,48.04],[11.06,48.04],[11.06,48.06],[11.04,48.06],[11.04,48.04]]]}}]}"#;

    #[test]
    fn a_disc_is_inside_near_the_border_or_outside() {
        let zones = Zones::from_geojson(TOWN, "ags").expect("parses");
        let name = "09000001".to_owned();
        assert_eq!(zones.locate((48.02, 11.02), 20.0), Answer::Inside(name.clone()));
        assert_eq!(zones.locate((48.0001, 11.02), 20.0), Answer::NearBoundary(name.clone()));
        assert_eq!(zones.locate((48.0001, 11.02), 5.0), Answer::Inside(name));
        assert_eq!(zones.locate((48.05, 11.05), 5.0), Answer::Outside, "in the hole");
        assert_eq!(zones.locate((47.9, 11.05), 5.0), Answer::Outside);
    }

    #[test]
    fn a_faulty_feature_is_named() {
        let faulty = TOWN.replace("ags", "name");
        assert_eq!(Zones::from_geojson(&faulty, "ags").map(drop), Err(ZoneError::Feature { index: 0 }));
        assert_eq!(Zones::from_geojson("{}", "ags").map(drop), Err(ZoneError::Malformed));
    }
}
