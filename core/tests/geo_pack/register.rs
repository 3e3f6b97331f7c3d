//! Addresses: read from a table, proposed by distance, found by the beginning of their street.

use streife_core::domain::{BootId, Fix, FixProvider, Moment};
use streife_core::geo::compile::{Addresses, CompileError, Rejected, RowFault, compile};
use streife_core::geo::{Gates, GeoPack, Prefill};

use crate::source::about;

const TABLE: &str = "\u{feff}oi;key;street;number;lat;lon\r
x;09162000;Hauptstraße;1;48.1000000;11.5000000\r
x;09162000;Hauptstraße;2;48.1000000;11.5002000\r
x;09162000;Hauptstraße;10;48.1000000;11.5004000\r
x;09162000;Hauptstraße;10 a;48.1000000;11.5004500\r
x;09162000;Am Hang;7;48.1000200;11.5000000\r
x;09184112;Hauptstr.;1;48.2000000;11.7000000\r
x;09162000;Häuserweg;3;48.3000000;11.5000000\r
";

fn pack(table: &str) -> GeoPack {
    let (addresses, rejected) = Addresses::from_table(table.as_bytes()).expect("reads");
    assert_eq!(rejected, []);
    GeoPack::load(&compile(&about(), None, Some(&addresses)).expect("compiles")).expect("loads")
}

fn fix(lat_e7: i32, lon_e7: i32, accuracy_mm: u32) -> Fix {
    let at = Moment::new(0, 0, 0, BootId([0; 16])).expect("in the calendar");
    Fix { lat_e7, lon_e7, accuracy_mm, at, provider: FixProvider::Gnss, mocked: false }
}

fn said(prefill: &Prefill<'_>) -> String {
    let one = |address: &streife_core::geo::Address<'_>| format!("{} {}", address.street, address.number);
    match prefill {
        Prefill::Silent(address) => format!("silent {}", one(address)),
        Prefill::Confirm(addresses) => format!("confirm {}", addresses.iter().map(one).collect::<Vec<_>>().join(", ")),
        Prefill::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn a_good_fix_fills_in_the_nearest_house_and_a_corner_asks() {
    let (pack, gates) = (pack(TABLE), Gates::default());
    for (lat, lon, accuracy_mm, expected) in [
        (481_000_000, 115_004_010, 5_000, "silent Hauptstraße 10"),
        (
            481_000_000,
            115_004_010,
            15_001,
            "confirm Hauptstraße 10, Hauptstraße 10 a, Hauptstraße 2, Hauptstraße 1, Am Hang 7",
        ),
        (481_000_000, 115_004_010, 50_001, "nothing"),
        (
            481_000_050,
            115_000_000,
            5_000,
            "confirm Hauptstraße 1, Am Hang 7, Hauptstraße 2, Hauptstraße 10, Hauptstraße 10 a",
        ),
        (480_000_000, 115_000_000, 5_000, "nothing"),
    ] {
        let fix = fix(lat, lon, accuracy_mm);
        assert_eq!(said(&pack.register().propose(&fix, &fix.at, &gates)), expected);
    }
    let mocked = Fix { mocked: true, ..fix(481_000_000, 115_004_010, 5_000) };
    assert!(matches!(pack.register().propose(&mocked, &mocked.at, &gates), Prefill::Confirm(_)));
    let old = Moment::new(60_001, 0, 60_001, BootId([0; 16])).expect("in the calendar");
    assert_eq!(pack.register().propose(&fix(481_000_000, 115_004_010, 5_000), &old, &gates), Prefill::Nothing);
}

#[test]
fn the_nearest_come_first_with_their_distance_and_none_beyond_a_hundred_metres() {
    let pack = pack(TABLE);
    let near = pack.register().nearest((481_000_000, 115_000_000), 2);
    let [first, second] = near[..] else { panic!("{near:?}") };
    assert_eq!((first.street, first.number, first.key.as_str()), ("Hauptstraße", "1", "09162000"));
    assert!(first.distance_m < 0.001 && (second.distance_m - 2.22).abs() < 0.01, "{near:?}");
    assert!(pack.register().nearest((481_010_000, 115_000_000), 9).is_empty(), "111 m north");
}

#[test]
fn a_street_is_found_by_the_beginning_of_its_name_however_it_is_spelt() {
    let pack = pack(TABLE);
    let found = |typed: &str| {
        let streets = pack.register().streets(typed, 9);
        streets.iter().map(|street| format!("{} {}", street.key.as_str(), street.name)).collect::<Vec<_>>()
    };
    let main = ["09162000 Hauptstraße", "09184112 Hauptstr."];
    for typed in ["haupt", "HAUPTSTR", "Hauptstr.", "hauptstrasse", "Haupt-Straße"] {
        assert_eq!(found(typed), main, "{typed}");
    }
    assert_eq!(found("haeus"), ["09162000 Häuserweg"]);
    assert_eq!(found("häu"), ["09162000 Häuserweg"]);
    assert_eq!(found("x"), Vec::<String>::new());
    assert_eq!(found("").len(), 4);
    assert_eq!(pack.register().streets("", 2).len(), 2);
}

#[test]
fn house_numbers_are_in_the_order_of_the_street() {
    let pack = pack(TABLE);
    let streets = pack.register().streets("Hauptstraße", 1);
    assert_eq!(pack.register().house_numbers(&streets[0]), ["1", "2", "10", "10 a"]);
}

#[test]
fn positions_in_utm_are_the_same_places() {
    let utm = "key;street;number;east;north\n09162000;Marienplatz;8;691602.18;5334783.34\n";
    let pack = pack(utm);
    let near = pack.register().nearest((481_374_300, 115_754_900), 1);
    assert_eq!(near.len(), 1);
    assert!(near[0].distance_m < 0.02, "{near:?}");
}

#[test]
fn a_bad_line_is_left_out_and_named() {
    let table = "key;street;number;lat;lon\n09162000;A;1;48.1;11.5\n9162000;A;1;48.1;11.5\n09162000;;1;48.1;11.5\n\
                 09162000;A;;48.1;11.5\n09162000;A;1;48,1;11.5\n09162000;A;1;98.1;11.5\n09162000;A;1;NaN;11.5\n09162000;A\n\
                 09162000;A;12345678901234567;48.1;11.5\n\n";
    let mut bytes = table.as_bytes().to_vec();
    bytes.extend_from_slice(b"09162000;\xff;1;48.1;11.5");
    let (addresses, rejected) = Addresses::from_table(&bytes).expect("reads");
    assert_eq!(addresses.len(), 1);
    let faults = [
        RowFault::Key,
        RowFault::Street,
        RowFault::Number,
        RowFault::Position,
        RowFault::Position,
        RowFault::Position,
        RowFault::Malformed,
        RowFault::Number,
    ];
    let mut expected: Vec<_> = faults.into_iter().zip(3..).map(|(fault, line)| Rejected { line, fault }).collect();
    expected.push(Rejected { line: 12, fault: RowFault::Malformed });
    assert_eq!(rejected, expected);
}

#[test]
fn a_table_without_its_columns_is_refused() {
    for (header, missing) in [
        ("", "lat"),
        ("key;street;number;lat", "lon"),
        ("key;street;number;east", "north"),
        ("street;number;lat;lon", "key"),
    ] {
        assert_eq!(Addresses::from_table(header.as_bytes()).map(drop), Err(CompileError::Column(missing)));
    }
}
