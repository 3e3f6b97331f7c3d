//! Records to hand over, settings, and an independent reading of what comes out.

use std::path::Path;

use roxmltree::Document;
use streife_core::domain::{
    AgeRange, CaseRecord, Confirmation, Damage, DoubtedVerdict, Lettering, Plate, PlateClass, PlateDoubt, PlateMarks,
    Witness,
};
use streife_core::export::{
    Batch, Format, HandedCase, Handover, PaymentKey, PersonTypes, PersonWords, Refused, WinowigKeys, XowiKeys,
};

/// A valid example of the record's schema.
pub fn example(name: &str) -> CaseRecord {
    let file = examples().join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(file).expect("a readable example")).expect("a record")
}

pub fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/examples/valid/case-record")
}

/// A record with every member set that does not exclude another.
pub fn full() -> CaseRecord {
    let mut record = example("stopped-driver-pays");
    record.tow = example("tow").tow;
    record.tow.as_mut().expect("a tow").damage = vec![Damage { text: "Kratzer".to_owned(), photo: None }];
    let vehicle = record.vehicle.as_mut().expect("a vehicle");
    vehicle.model = Some("T6".to_owned());
    vehicle.vin = Some("WVWZZZ1JZXW000001".to_owned());
    vehicle.gross_kg = Some(3_200);
    vehicle.flags = streife_core::domain::VehicleFlag::ALL.to_vec();
    vehicle.trailer = Some(Plate::parse("M-XY 1", "D").expect("a plate"));
    let doubt = PlateDoubt { verdict: DoubtedVerdict::Ambiguous, reason: "verschmutzt".to_owned() };
    let raw = Some("MLN9035".to_owned());
    vehicle.marks =
        Some(PlateMarks { raw, doubt: Some(doubt), lettering: Some(Lettering::Green), ..PlateMarks::default() });
    let place = record.place.as_mut().expect("a place");
    (place.street, place.house_number) = (Some("Herzog-Wilhelm-Straße".to_owned()), Some("20 a".to_owned()));
    (place.postcode, place.built_up) = (Some("80331".to_owned()), Some(true));
    record.scene.meter = Some("PU 17".to_owned());
    record.scene.permit = Some("Bewohner 4".to_owned());
    record.scene.remaining_width_cm = Some(205);
    let person = record.persons.first_mut().expect("a driver");
    person.licence = Some("B0724".to_owned());
    person.age = Some(AgeRange { from: 30, to: 39 });
    record.witnesses = vec![
        Witness { officer: None, ..witness("Karl Beispiel", true) },
        Witness { officer: Some("5103".to_owned()), ..witness("Vera Vertraulich", false) },
    ];
    record.offences.as_mut().expect("offences").items[0].refinement = Some("rechtes Radpaar".to_owned());
    record.observation = example("duration-with-valves").observation;
    record.notes.citizen = Some("Fahrzeug stand allein.".to_owned());
    record.notes.internal = Some("Streifenbuch Seite 4".to_owned());
    record.confirmed = vec![Confirmation { finding: "valves-moved".to_owned(), reason: "Reifen getauscht".to_owned() }];
    record
}

fn witness(name: &str, may_be_named: bool) -> Witness {
    let (name, statement) = (Some(name.to_owned()), Some("stand schon länger".to_owned()));
    Witness { officer: None, name, address: None, statement, may_be_named }
}

/// Settings in which every key is known.
pub fn handover() -> Handover {
    let persons = Some(PersonTypes { accused: 1, keeper: Some(2), witness: Some(5) });
    let payment = Some(PaymentKey { key: "Z".to_owned(), kind: "1".to_owned() });
    let places = [("09162000".to_owned(), "München".to_owned())].into();
    let words = PersonWords { function: "keine".to_owned(), kind: "Betroffener".to_owned() };
    Handover {
        client: Some("09162000".to_owned().try_into().expect("a key")),
        xowi: XowiKeys { persons, payment, places, slip: Some("ZETTEL".to_owned()), ..XowiKeys::default() },
        winowig: WinowigKeys { person: Some(words) },
        ..Handover::new("Streife", "Übergabe")
    }
}

/// A foreign plate of any text.
pub fn foreign(text: String) -> Plate {
    Plate { class: PlateClass::Foreign, text, ..Plate::parse("X 1", "CZ").expect("a plate") }
}

pub fn export(format: Format, record: &CaseRecord) -> Batch {
    format.export(&[HandedCase::new(record)], &handover()).expect("settings that fit")
}

/// The file of a record that is taken, as text.
pub fn taken(format: Format, record: &CaseRecord) -> String {
    let batch = export(format, record);
    assert_eq!(batch.refused, [], "{format:?}");
    text(format, batch.file.expect("a file"))
}

/// The refusal of a record.
pub fn refused(format: Format, record: &CaseRecord) -> Refused {
    let mut batch = export(format, record);
    assert!(batch.file.is_none() && batch.refused.len() == 1, "{format:?} took it");
    batch.refused.remove(0)
}

/// The bytes in the encoding that the format has.
pub fn text(format: Format, bytes: Vec<u8>) -> String {
    match format {
        Format::Xowi => String::from_utf8(bytes).expect("UTF-8"),
        Format::Winowig => bytes.into_iter().map(char::from).collect(),
    }
}

/// All values that attributes, or elements of text, of a name have.
pub fn values(xml: &str, name: &str) -> Vec<String> {
    let document = Document::parse(xml).expect("well-formed");
    let mut found = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        found.extend(node.attributes().filter(|one| one.name() == name).map(|one| one.value().to_owned()));
        if node.tag_name().name() == name {
            found.extend(node.text().filter(|text| !text.trim().is_empty()).map(str::to_owned));
        }
    }
    found
}

/// Whether something is there and says nothing.
pub fn says_nothing(xml: &str) -> bool {
    let document = Document::parse(xml).expect("well-formed");
    let empty = |node: roxmltree::Node<'_, '_>| {
        let hollow = !node.has_children() && node.attributes().len() == 0;
        node.is_element() && (hollow || node.attributes().any(|one| one.value().trim().is_empty()))
    };
    document.descendants().any(empty)
}
