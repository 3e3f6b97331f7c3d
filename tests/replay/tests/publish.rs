//! What an agency signs is what a phone takes, and rows that are left out are named with their line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use streife_core::catalogue::Catalogue;
use streife_core::geo::GeoPack;
use streife_core::seal::{Signed, SignedCatalogue, SignedGeoPack, SignedRules, SoftwareKey, VerifyingKey};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("root.key"), "05".repeat(32)).expect("writes");
        Self { folder }
    }

    fn key(&self) -> VerifyingKey {
        SoftwareKey::from_bytes(&[5; 32]).expect("a scalar").verifying_key()
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("signed.cose")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("writes");
        path
    }

    fn publish(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_streife-replay"))
            .arg("publish")
            .arg("--root")
            .arg(self.folder.path().join("root.key"))
            .arg("--out")
            .arg(self.out())
            .args(arguments)
            .output()
            .expect("runs")
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn core(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core").join(path)
}

#[test]
fn a_table_becomes_a_signed_catalogue_and_bad_rows_are_named() {
    let desk = Desk::new();
    let table = core("tests/data/catalogue/table.csv");
    let output = desk.publish(&["catalogue", shown(&table), "--form", "table", "--version", "beat-1"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("left out: line "), "{said}");
    let signed = Signed::<SignedCatalogue>::verify(&std::fs::read(desk.out()).expect("reads"), &desk.key());
    let catalogue = Catalogue::parse(&signed.expect("verifies").payload().0).expect("reads");
    assert!(catalogue.version() == "beat-1" && !catalogue.is_empty());
}

#[test]
fn the_starter_catalogue_is_taken_whole() {
    let desk = Desk::new();
    let output = desk.publish(&["catalogue", shown(&core("data/starter-catalogue.json"))]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn both_tables_of_plates_are_taken_and_nothing_else() {
    let desk = Desk::new();
    for table in ["data/prefixes-2026.json", "data/nations-2026.json"] {
        assert_eq!(desk.publish(&["plates", shown(&core(table))]).status.code(), Some(0), "{table}");
    }
    let other = desk.publish(&["plates", shown(&core("data/starter-catalogue.json"))]);
    assert_eq!(other.status.code(), Some(2));
}

#[test]
fn a_rule_set_that_a_phone_would_refuse_is_not_signed() {
    let desk = Desk::new();
    let sound = desk.write("rules.json", r#"{"format":"streife/1 rules","version":"7"}"#);
    assert_eq!(desk.publish(&["rules", shown(&sound)]).status.code(), Some(0));
    Signed::<SignedRules>::verify(&std::fs::read(desk.out()).expect("reads"), &desk.key()).expect("verifies");
    std::fs::remove_file(desk.out()).expect("removes");
    let rules = r#"{"format":"streife/1 rules","version":"7","findings":{"place-missing":"off"}}"#;
    let output = desk.publish(&["rules", shown(&desk.write("light.json", rules))]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("place-missing always blocks"), "{output:?}");
    assert!(!desk.out().exists());
}

#[test]
fn boundaries_and_addresses_become_a_signed_map() {
    let desk = Desk::new();
    let square = "[[[11.5,48.1],[11.6,48.1],[11.6,48.2],[11.5,48.2],[11.5,48.1]]]";
    let boundaries = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"AGS":"09162000","GEN":"Munich"}},
        "geometry":{{"type":"Polygon","coordinates":{square}}}}}]}}"#
    );
    let boundaries = desk.write("zones.geojson", &boundaries);
    let houses = "key;street;number;lat;lon\n09162000;Marienplatz;8;48.13743;11.57549\n09162000;Tal;1;north;east\n";
    let houses = desk.write("houses.csv", houses);
    let output = desk.publish(&[
        "map",
        "--boundaries",
        shown(&boundaries),
        "--addresses",
        shown(&houses),
        "--date",
        "2026-01-01",
        "--note",
        "drawn",
    ]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("left out: line 3"), "{output:?}");
    let signed = Signed::<SignedGeoPack>::verify(&std::fs::read(desk.out()).expect("reads"), &desk.key());
    let pack = GeoPack::load(&signed.expect("verifies").payload().0).expect("loads");
    assert!(pack.municipalities().at((481_374_300, 115_754_900)).is_some());
}
