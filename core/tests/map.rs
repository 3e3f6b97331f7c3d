//! A signed map on the phone: what it says of a fix, and what stands against a case outside the agency's area.

mod common;

use common::{Phone, officer};
use streife_core::client::{Client, Coverage};
use streife_core::domain::{CaseEdit, CaseId, FindingCode, Fix, FixProvider, Place};
use streife_core::error::ErrorKind;
use streife_core::geo::compile::{About, Addresses, Boundaries, Properties, compile};

/// Two squares of 0.02 degrees side by side; the border lies at 11.58 degrees east.
const BOUNDARIES: &str = r#"{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"AGS":"09162000","GEN":"Westen"},"geometry":{"type":"Polygon","coordinates":
  [[[11.56,48.13],[11.58,48.13],[11.58,48.15],[11.56,48.15],[11.56,48.13]]]}},
 {"type":"Feature","properties":{"AGS":"09184119","GEN":"Osten"},"geometry":{"type":"Polygon","coordinates":
  [[[11.58,48.13],[11.60,48.13],[11.60,48.15],[11.58,48.15],[11.58,48.13]]]}}]}"#;
const ADDRESSES: &str = "key;street;number;lat;lon\n\
    09162000;Marienplatz;8;48.13743;11.57549\n\
    09162000;Tal;1;48.13700;11.57700\n";
const AREA: &[u8] = br#"{"format":"streife/1 rules","version":"1","area":["09162000"]}"#;

fn pack() -> Vec<u8> {
    let boundaries = Boundaries::from_geojson(BOUNDARIES.as_bytes(), &Properties::default()).expect("reads");
    let (addresses, rejected) = Addresses::from_table(ADDRESSES.as_bytes()).expect("reads");
    assert!(rejected.is_empty());
    let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let about = About { date, tolerance_m: 5, source: "drawn for a test".to_owned() };
    compile(&about, Some(&boundaries), Some(&addresses)).expect("compiles")
}

fn equipped(phone: &Phone) -> Client {
    let client = phone.open();
    client.use_map(&phone.agency.sign_geo_pack(&pack()).expect("signs")).expect("loads");
    client.install_rules(&phone.agency.sign_rules(AREA).expect("signs")).expect("installs");
    client
}

fn fix(phone: &Phone, lon_e7: i32) -> Fix {
    let (lat_e7, accuracy_mm, at) = (481_374_300, 6_000, phone.now());
    Fix { lat_e7, lon_e7, accuracy_mm, at, provider: FixProvider::Gnss, mocked: false }
}

fn at(phone: &Phone, client: &Client, lon_e7: i32, municipality: Option<&str>) -> CaseId {
    let case = client.begin_case().expect("begins");
    let municipality = municipality.map(|key| key.to_owned().try_into().expect("eight digits"));
    let place = Place { text: "hier".to_owned(), fix: Some(fix(phone, lon_e7)), municipality, ..Place::default() };
    client.edit_case(case, CaseEdit::Place(place)).expect("edits");
    case
}

#[test]
fn a_fix_gets_its_municipality_and_the_nearest_house() {
    let phone = Phone::new();
    let client = equipped(&phone);
    let near = client.propose_place(&fix(&phone, 115_754_900)).expect("answers");
    assert_eq!(
        near.municipality.map(|(key, name)| (String::from(key), name)),
        Some(("09162000".to_owned(), "Westen".to_owned()))
    );
    assert_eq!((near.coverage, near.is_sure), (Some(Coverage::Inside), true));
    let [first] = near.addresses.as_slice() else { panic!("{:?}", near.addresses) };
    assert_eq!((first.street.as_str(), first.house_number.as_str()), ("Marienplatz", "8"));
    let border = client.propose_place(&fix(&phone, 115_799_500)).expect("answers");
    assert_eq!((border.coverage, border.others.len(), border.is_sure), (Some(Coverage::AtBorder), 1, false));
    assert_eq!(phone_without_map().municipality, None);
}

fn phone_without_map() -> streife_core::client::PlaceProposal {
    let phone = Phone::new();
    phone.open().propose_place(&fix(&phone, 115_754_900)).expect("answers")
}

#[test]
fn a_case_outside_the_area_is_to_be_confirmed_and_at_its_border_noted() {
    let phone = Phone::new();
    let client = equipped(&phone);
    client.open_shift(&officer()).expect("opens");
    let places = [FindingCode::OutsideArea, FindingCode::NearBoundary, FindingCode::MunicipalityDiffers];
    let found = |lon_e7, municipality| {
        let findings = client.findings(at(&phone, &client, lon_e7, municipality)).expect("finds");
        findings.into_iter().map(|finding| finding.code).filter(|code| places.contains(code)).collect::<Vec<_>>()
    };
    assert_eq!(found(115_754_900, None), []);
    assert_eq!(found(115_900_000, None), [FindingCode::OutsideArea]);
    assert_eq!(found(115_799_500, None), [FindingCode::NearBoundary]);
    assert_eq!(found(115_799_500, Some("09162000")), [], "the officer knows on which side");
    assert_eq!(found(115_900_000, Some("09162000")), [FindingCode::MunicipalityDiffers]);
}

#[test]
fn a_map_that_the_agency_did_not_sign_or_that_is_broken_is_not_used() {
    let phone = Phone::new();
    let client = equipped(&phone);
    let as_rules = phone.agency.sign_rules(&pack()).expect("signs");
    assert_eq!(client.use_map(&as_rules).expect_err("signed as rules").kind(), ErrorKind::Tampered);
    let cut = pack().split_last().expect("not empty").1.to_vec();
    let cut = phone.agency.sign_geo_pack(&cut).expect("signs");
    assert_eq!(client.use_map(&cut).expect_err("cut").kind(), ErrorKind::BadInput);
    let before = client.propose_place(&fix(&phone, 115_754_900)).expect("answers");
    assert!(before.municipality.is_some(), "the one in use stays");
}
