//! Municipalities from GeoJSON, one feature at a time: never more than one in memory as JSON.

use std::collections::BTreeMap;

use geojson::{Feature, GeometryValue, Position};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{CompileError, MAX_DOCUMENT, name};
use crate::domain::Municipality;
use crate::geo::pack::{on_globe, put_difference, put_number, put_text};
use crate::geo::plane::{Vertex, units};

/// What is wrong with a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureFault {
    /// Not a GeoJSON feature.
    #[error("not a GeoJSON feature")]
    Malformed,
    /// The key's property is missing or is no text of eight digits.
    #[error("no municipality key of eight digits")]
    Key,
    /// The name's property is missing, empty or too long.
    #[error("no name, or one of more than 100 bytes")]
    Name,
    /// Not a polygon and not several, or none that is larger than a few centimetres.
    #[error("no polygon")]
    Polygon,
    /// A ring of fewer than four positions, or whose last is not its first.
    #[error("a ring that is not closed")]
    Ring,
    /// A position off the globe.
    #[error("a position off the globe")]
    Position,
}

/// Names of the properties that hold what a pack needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties<'a> {
    /// Municipality key (AGS), a text.
    pub key: &'a str,
    /// Name, a text.
    pub name: &'a str,
}

impl Default for Properties<'_> {
    /// As the Federal Agency for Cartography names them, in capitals.
    fn default() -> Self {
        Self { key: "AGS", name: "GEN" }
    }
}

type Ring = Vec<Vertex>;
type Polygon = Vec<Ring>;

/// Municipalities, read and checked. Features of one key are parts of one municipality.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boundaries(BTreeMap<Municipality, (String, Vec<Polygon>)>);

impl Boundaries {
    /// Reads a GeoJSON feature collection in WGS 84.
    ///
    /// # Errors
    /// [`CompileError`] naming the first feature that cannot be taken.
    pub fn from_geojson(bytes: &[u8], properties: &Properties<'_>) -> Result<Self, CompileError> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(CompileError::TooLarge);
        }
        let mut state = State { properties, found: Self::default(), reading: None, fault: None };
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read = Collection(&mut state).deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|error| {
            let malformed =
                state.reading.map(|number| CompileError::Feature { number, fault: FeatureFault::Malformed });
            let elsewhere = CompileError::NotGeoJson { line: error.line(), column: error.column() };
            state.fault.or(malformed).unwrap_or(elsewhere)
        })?;
        Ok(state.found)
    }

    /// Number of municipalities.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, feature: &Feature, properties: &Properties<'_>) -> Result<(), FeatureFault> {
        let text = |property: &str| feature.property(property).and_then(serde_json::Value::as_str);
        let key = text(properties.key).map(str::to_owned).and_then(|key| Municipality::try_from(key).ok());
        let key = key.ok_or(FeatureFault::Key)?;
        let name = text(properties.name).and_then(name).ok_or(FeatureFault::Name)?;
        let read = match feature.geometry.as_ref().map(|geometry| &geometry.value) {
            Some(GeometryValue::Polygon { coordinates }) => polygons(std::slice::from_ref(coordinates))?,
            Some(GeometryValue::MultiPolygon { coordinates }) => polygons(coordinates)?,
            _ => return Err(FeatureFault::Polygon),
        };
        if read.is_empty() {
            return Err(FeatureFault::Polygon);
        }
        self.0.entry(key).or_insert_with(|| (name.to_owned(), Vec::new())).1.extend(read);
        Ok(())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let (mut bytes, mut pen) = (Vec::new(), Vertex { lon: 0, lat: 0 });
        put_number(&mut bytes, self.0.len() as u64);
        for (key, (name, polygons)) in &self.0 {
            bytes.extend_from_slice(key.as_str().as_bytes());
            put_text(&mut bytes, name);
            put_number(&mut bytes, polygons.len() as u64);
            for polygon in polygons {
                put_number(&mut bytes, polygon.len() as u64);
                polygon.iter().for_each(|ring| put_ring(&mut bytes, ring, &mut pen));
            }
        }
        bytes
    }
}

fn put_ring(bytes: &mut Vec<u8>, ring: &[Vertex], pen: &mut Vertex) {
    put_number(bytes, ring.len() as u64);
    for vertex in ring {
        put_difference(bytes, i64::from(vertex.lon) - i64::from(pen.lon));
        put_difference(bytes, i64::from(vertex.lat) - i64::from(pen.lat));
        *pen = *vertex;
    }
}

/// Polygons in whole 1e-7 degrees. What vanishes at that size, slivers of a centimetre, is left out.
fn polygons(all: &[Vec<Vec<Position>>]) -> Result<Vec<Polygon>, FeatureFault> {
    let mut read = Vec::new();
    for polygon in all {
        let rings = polygon.iter().map(|ring| self::ring(ring)).collect::<Result<Vec<_>, _>>()?;
        let outer_is_left = rings.first().is_some_and(|ring| ring.len() >= 3);
        if outer_is_left {
            read.push(rings.into_iter().filter(|ring| ring.len() >= 3).collect());
        }
    }
    Ok(read)
}

fn ring(positions: &[Position]) -> Result<Ring, FeatureFault> {
    if positions.len() < 4 || positions.first() != positions.last() {
        return Err(FeatureFault::Ring);
    }
    let mut ring = positions.iter().map(vertex).collect::<Result<Vec<_>, _>>()?;
    ring.dedup();
    ring.pop(); // the first again
    Ok(ring)
}

fn vertex(position: &Position) -> Result<Vertex, FeatureFault> {
    let &[lon, lat, ..] = position.as_slice() else { return Err(FeatureFault::Position) };
    if !(lon.is_finite() && lat.is_finite()) {
        return Err(FeatureFault::Position);
    }
    on_globe(units(lon * 1e7).into(), units(lat * 1e7).into()).ok_or(FeatureFault::Position)
}

/// What is known while the document is read. A fault waits here, since the reader knows its own errors only.
struct State<'a> {
    properties: &'a Properties<'a>,
    found: Boundaries,
    /// Number of the feature that is being read.
    reading: Option<usize>,
    fault: Option<CompileError>,
}

struct Collection<'a, 'b>(&'a mut State<'b>);

impl<'de> DeserializeSeed<'de> for Collection<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collection<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a feature collection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut is_collection, mut has_features) = (false, false);
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "type" => is_collection = map.next_value::<String>()? == "FeatureCollection",
                "features" if has_features => return Err(A::Error::duplicate_field("features")),
                "features" => {
                    map.next_value_seed(Features(self.0))?;
                    has_features = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if is_collection && has_features { Ok(()) } else { Err(A::Error::custom("no feature collection")) }
    }
}

struct Features<'a, 'b>(&'a mut State<'b>);

impl<'de> DeserializeSeed<'de> for Features<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let state = self.0;
        for number in 1.. {
            state.reading = Some(number);
            let Some(feature) = list.next_element::<Feature>()? else { break };
            state.found.add(&feature, state.properties).map_err(|fault| {
                state.fault = Some(CompileError::Feature { number, fault });
                A::Error::custom(fault)
            })?;
        }
        state.reading = None;
        Ok(())
    }
}
