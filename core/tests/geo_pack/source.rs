//! What others need to make packs, and what the compiler refuses.

use chrono::NaiveDate;
use streife_core::domain::Municipality;
use streife_core::geo::GeoPack;
use streife_core::geo::compile::{About, Boundaries, CompileError, FeatureFault, Properties, compile};

pub const NAMES: Properties<'static> = Properties { key: "ags", name: "gen" };

pub fn about() -> About {
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap day");
    About { date, tolerance_m: 0, source: "© test".to_owned() }
}

pub fn key(digits: &str) -> Municipality {
    digits.to_owned().try_into().expect("eight digits")
}

/// A feature collection of keys and the coordinates of their geometry.
pub fn collection(features: &[(&str, &str, String)]) -> String {
    let feature = |(key, kind, coordinates): &(&str, &str, String)| {
        format!(
            r#"{{"type":"Feature","properties":{{"ags":"{key}","gen":"Town {key}"}},
                "geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#
        )
    };
    let features: Vec<_> = features.iter().map(feature).collect();
    format!(r#"{{"features":[{}],"crs":null,"type":"FeatureCollection"}}"#, features.join(","))
}

pub fn square(west: f64, south: f64, side: f64) -> String {
    let (east, north) = (west + side, south + side);
    format!("[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]")
}

pub fn packed(json: &str) -> Vec<u8> {
    let boundaries = Boundaries::from_geojson(json.as_bytes(), &NAMES).expect("compiles");
    compile(&about(), Some(&boundaries), None).expect("compiles")
}

fn refused(json: &str) -> CompileError {
    Boundaries::from_geojson(json.as_bytes(), &NAMES).expect_err("refused")
}

#[test]
fn a_pack_says_what_it_is() {
    let json = collection(&[("09000001", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1)))]);
    let pack = GeoPack::load(&packed(&json)).expect("loads");
    assert_eq!((pack.date(), pack.source(), pack.tolerance_m()), (about().date, "© test", 0));
    let zone = pack.municipalities().by_key(&key("09000001")).expect("there");
    assert_eq!((zone.name(), zone.key().as_str()), ("Town 09000001", "09000001"));
    assert_eq!(pack.municipalities().by_key(&key("09000002")), None);
    assert!(pack.register().is_empty());
}

#[test]
fn the_same_data_give_the_same_bytes_whatever_their_order() {
    let one = ("09000001", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1)));
    let two = ("09000002", "Polygon", format!("[{}]", square(11.1, 48.0, 0.1)));
    let there = packed(&collection(&[one.clone(), two.clone()]));
    assert_eq!(there, packed(&collection(&[two, one])));
}

#[test]
fn a_faulty_feature_is_named_by_its_number() {
    let sound = ("09000001", "Polygon", format!("[{}]", square(11.0, 48.0, 0.1)));
    let faulty = |kind: &'static str, coordinates: &str| {
        refused(&collection(&[sound.clone(), ("09000002", kind, coordinates.to_owned())]))
    };
    let second = |fault| CompileError::Feature { number: 2, fault };
    assert_eq!(faulty("Point", "[11,48]"), second(FeatureFault::Polygon));
    assert_eq!(faulty("Polygon", "[]"), second(FeatureFault::Polygon));
    assert_eq!(faulty("Polygon", "[[[1,1],[2,1],[1,1]]]"), second(FeatureFault::Ring));
    assert_eq!(faulty("Polygon", "[[[1,1],[2,1],[2,2],[1,2]]]"), second(FeatureFault::Ring));
    assert_eq!(faulty("Polygon", "[[[1,1],[2,1],[2,99],[1,1]]]"), second(FeatureFault::Position));
    assert_eq!(faulty("Polygon", "[[[1,1],[1e300,1],[2,2],[1,1]]]"), second(FeatureFault::Position));
    assert_eq!(faulty("Polygon", "[[[1,1],[1.00000001,1],[1,1.00000001],[1,1]]]"), second(FeatureFault::Polygon));
    assert_eq!(faulty("Polygon", "7"), second(FeatureFault::Malformed));
    let text = collection(&[sound]);
    let first = |fault| CompileError::Feature { number: 1, fault };
    assert_eq!(refused(&text.replace(r#""09000001""#, "9000001")), first(FeatureFault::Key));
    assert_eq!(refused(&text.replace(r#""09000001""#, r#""9000001""#)), first(FeatureFault::Key));
    assert_eq!(refused(&text.replace("gen", "name")), first(FeatureFault::Name));
    assert_eq!(refused(&text.replace("Town 09000001", &"n".repeat(101))), first(FeatureFault::Name));
    assert_eq!(refused(&text.replace("Town 09000001", "a\\u0007")), first(FeatureFault::Name));
}

#[test]
fn what_is_no_feature_collection_is_refused_with_its_place() {
    for text in ["", "{}", "[]", r#"{"type":"FeatureCollection"}"#, r#"{"type":"Feature","features":[]}"#] {
        assert!(matches!(refused(text), CompileError::NotGeoJson { .. }), "{text}");
    }
    let twice = r#"{"type":"FeatureCollection","features":[],"features":[]}"#;
    assert!(matches!(refused(twice), CompileError::NotGeoJson { line: 1, .. }));
    let deep = format!(r#"{{"type":"FeatureCollection","features":[{}"#, "[".repeat(100_000));
    assert!(matches!(refused(&deep), CompileError::Feature { number: 1, fault: FeatureFault::Malformed }));
    assert!(Boundaries::from_geojson(br#"{"type":"FeatureCollection","features":[]} x"#, &NAMES).is_err());
}

#[test]
fn a_pack_of_nothing_is_not_compiled() {
    assert!(matches!(compile(&about(), None, None), Err(CompileError::Unloadable(_))));
    let no_source = About { source: " ".to_owned(), ..about() };
    assert_eq!(compile(&no_source, Some(&Boundaries::default()), None), Err(CompileError::Source));
    let off = About { tolerance_m: 10_001, ..about() };
    assert_eq!(compile(&off, Some(&Boundaries::default()), None), Err(CompileError::Range));
    let empty = compile(&about(), Some(&Boundaries::default()), None).expect("no municipality is a number, too");
    assert!(GeoPack::load(&empty).expect("loads").municipalities().at((480_000_000, 110_000_000)).is_none());
}
