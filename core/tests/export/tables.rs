//! The mapping tables, value by value, and each element with and without its member.

use streife_core::domain::{
    CaseRecord, ClockPosition, DriverPresence, Lettering, OffenceRelation, PersonRole, PhotoClass, Plate, PlateReading,
    TalkOutcome, Vehicle, VehicleKind,
};
use streife_core::export::{Format, HandedCase, Handover, PlateForm, Reason};

use super::common::{example, export, full, handover, taken, text, values};

fn only(xml: &str, name: &str) -> String {
    let found = values(xml, name);
    let [value] = found.as_slice() else { panic!("{name} stands there {} times", found.len()) };
    value.clone()
}

fn with_vehicle(change: impl FnOnce(&mut Vehicle)) -> CaseRecord {
    let mut record = example("tow");
    change(record.vehicle.as_mut().expect("a vehicle"));
    record
}

/// A plate with all it shows.
fn plated(text: &str, nation: &str, lettering: Option<Lettering>) -> CaseRecord {
    let reading = PlateReading::parse(text, nation).expect("a plate");
    with_vehicle(|vehicle| {
        let mut marks = vehicle.marks.take().unwrap_or_default();
        (marks.expires, marks.lettering) = (reading.expires, lettering);
        (vehicle.plate, vehicle.marks) = (reading.plate, Some(marks));
    })
}

#[test]
fn each_kind_of_vehicle_has_its_key() {
    for (kind, xowi, winowig) in [
        (VehicleKind::Motorcycle, "A", Some("2A")),
        (VehicleKind::Car, "D", Some("2D")),
        (VehicleKind::CarWithTrailer, "E", Some("2E")),
        (VehicleKind::Lorry, "F", Some("2F")),
        (VehicleKind::Trailer, "P", Some("2P")),
        (VehicleKind::Camper, "Q", Some("2Q")),
        (VehicleKind::LightMotorcycle, "U", Some("2U")),
        (VehicleKind::Moped, "V", Some("2V")),
        (VehicleKind::MobilityAid, "1", Some("21")),
        (VehicleKind::Bus, "Z", None),
        (VehicleKind::Other, "Z", None),
    ] {
        let record = with_vehicle(|vehicle| vehicle.kind = kind);
        assert_eq!(only(&taken(Format::Xowi, &record), "Fahrzeugtyp_Schluessel"), xowi, "{kind:?}");
        let short = values(&taken(Format::Winowig, &record), "VerkehrsbeteiligungKurzform");
        assert_eq!(short.first().map(String::as_str), winowig, "{kind:?}");
    }
    let bus = with_vehicle(|vehicle| vehicle.kind = VehicleKind::Bus);
    assert_eq!(only(&taken(Format::Xowi, &bus), "Fahrzeugtyp_Sonstige"), "Omnibus");
}

#[test]
fn each_class_of_plate_has_its_kind_and_what_it_shows_beside() {
    let none: [&str; 0] = [];
    for (plate, nation, colour, mark, hint, kind, number, more) in [
        ("M-AB 1234", "D", None, "1", &none[..], "00", "M-AB 1234", &none[..]),
        ("M-AB 12", "D", Some(Lettering::Green), "1", &["grün"], "00", "M-AB 12", &none),
        ("M-AB 123 04-10", "D", None, "1", &["04/10"], "00", "M-AB 123", &["04/10"]),
        ("SR-AB 12E", "D", None, "1", &none, "00", "SR-AB 12", &["E"]),
        ("M-AB 12H", "D", None, "1", &none, "00", "M-AB 12", &["H"]),
        ("BYL-1234", "D", None, "1", &none, "03", "BYL-1234", &none),
        ("0-17-1", "D", None, "1", &none, "05", "0-17-1", &none),
        ("M-06123", "D", None, "1", &none, "04", "M-06123", &none),
        ("M-03123 30.04.26", "D", None, "1", &["30.04.2026"], "04", "M-03123", &["30.04.2026"]),
        ("M-123 A", "D", None, "1", &none, "02", "M-123 A", &none),
        ("780 HGA", "D", Some(Lettering::Black), "1", &["02"], "09", "780 HGA", &none),
        ("W 12345 X", "A", None, "2", &none, "06", "W 12345 X", &none),
        ("AB 123", "NL", None, "3", &none, "06", "AB 123", &none),
        ("ZH 12345", "CH", None, "5", &none, "06", "ZH 12345", &none),
        ("AA 123 BB", "F", None, "6", &none, "06", "AA 123 BB", &none),
        ("1AB 2345", "CZ", None, "CZ", &none, "06", "1AB 2345", &none),
    ] {
        let record = plated(plate, nation, colour);
        let (xowi, winowig) = (taken(Format::Xowi, &record), taken(Format::Winowig, &record));
        assert_eq!(only(&xowi, "KFZ_Kennzeichen_Merkmal"), mark, "{plate}");
        assert_eq!(only(&xowi, "KFZ_Kennzeichen_Nation"), nation, "{plate}");
        assert_eq!(values(&xowi, "KFZ_Kennzeichen_Hinweis"), hint, "{plate}");
        assert_eq!(only(&winowig, "Kennzeichenart"), kind, "{plate}");
        assert_eq!(only(&winowig, "Kennzeichen"), number, "{plate}");
        assert_eq!(values(&winowig, "Kennzeichenzusatz"), more, "{plate}");
    }
    assert_eq!(only(&taken(Format::Xowi, &plated("SR-AB 12E", "D", None)), "KFZ_Kennzeichen"), "SR-AB 12E");
}

#[test]
fn colours_of_insurance_plates_have_keys_and_red_has_no_word_in_winowig() {
    for (colour, key, word) in [
        (Lettering::Red, "00", None),
        (Lettering::Green, "01", Some("grün")),
        (Lettering::Black, "02", Some("schwarz")),
        (Lettering::Blue, "03", Some("blau")),
    ] {
        let record = plated("780 HGA", "D", Some(colour));
        assert_eq!(only(&taken(Format::Xowi, &record), "KFZ_Kennzeichen_Hinweis"), key);
        let found = values(&taken(Format::Winowig, &record), "Kennzeichenfarbe");
        assert_eq!(found.first().map(String::as_str), word);
        let report = export(Format::Winowig, &record).accepted.remove(0).unmapped;
        let missed = report.iter().any(|one| one.member == "vehicle.marks.lettering" && one.reason == Reason::NoValue);
        assert_eq!(missed, word.is_none());
    }
}

#[test]
fn a_compact_plate_has_no_separators() {
    let record = plated("M-AB 1234", "D", None);
    let compact = Handover { plates: PlateForm::Compact, ..handover() };
    let batch = Format::Xowi.export(&[HandedCase::new(&record)], &compact).expect("settings that fit");
    let xml = text(Format::Xowi, batch.file.expect("a file"));
    assert_eq!(only(&xml, "KFZ_Kennzeichen"), "MAB1234");
}

#[test]
fn each_role_has_its_key() {
    for (role, xowi, words, short) in [
        (PersonRole::Driver, "1", "Führer des PKW", Some("1D")),
        (PersonRole::Keeper, "2", "Halter des PKW", Some("2D")),
        (PersonRole::DriverAndKeeper, "1", "Führer/Halter des PKW", Some("3D")),
        (PersonRole::Pedestrian, "3", "Fußgänger", None),
        (PersonRole::Cyclist, "8", "Radfahrer", None),
        // The case is not against a passenger: what stays is the driver who was seen.
        (PersonRole::Passenger, "1", "Führer des PKW", Some("1D")),
    ] {
        let mut record = full();
        record.vehicle.as_mut().expect("a vehicle").kind = VehicleKind::Car;
        record.persons[0].role = role;
        assert_eq!(only(&taken(Format::Xowi, &record), "Beteiligung_Schluessel"), xowi, "{role:?}");
        let winowig = taken(Format::Winowig, &record);
        assert_eq!(only(&winowig, "Verkehrsbeteiligung"), words, "{role:?}");
        assert_eq!(values(&winowig, "VerkehrsbeteiligungKurzform").first().map(String::as_str), short, "{role:?}");
    }
}

#[test]
fn without_a_person_the_driver_who_was_seen_or_the_keeper_is_meant() {
    for (presence, key) in [(None, "2"), (Some(DriverPresence::Absent), "2"), (Some(DriverPresence::Left), "1")] {
        let mut record = example("tow");
        record.scene.driver = presence;
        assert_eq!(only(&taken(Format::Xowi, &record), "Beteiligung_Schluessel"), key, "{presence:?}");
    }
}

#[test]
fn evidence_has_three_keys_and_words_for_the_rest() {
    let all = taken(Format::Xowi, &full());
    let keys = ["Beweis_Schluessel_1", "Beweis_Schluessel_2", "Beweis_Schluessel_3"].map(|name| only(&all, name));
    assert_eq!(keys, ["1", "4", "V"]);
    assert_eq!(only(&all, "Beweis_Sonstige"), "eigene Angaben, weiterer Zeuge");
    let mut bare = example("tow");
    bare.tow = None;
    let bare = taken(Format::Xowi, &bare);
    assert_eq!((only(&bare, "Beweis_Schluessel_2").as_str(), values(&bare, "Beweis_Schluessel_3").len()), ("4", 0));
    assert_eq!(values(&taken(Format::Winowig, &full()), "Beweis"), ["Zeuge", "Foto"]);
}

#[test]
fn several_offences_say_how_they_belong_together() {
    for (relation, key, words) in
        [(OffenceRelation::OneAct, "0", "Tateinheit"), (OffenceRelation::SeveralActs, "1", "Tatmehrheit")]
    {
        let mut record = full();
        record.offences.as_mut().expect("offences").relation = relation;
        assert_eq!(only(&taken(Format::Xowi, &record), "Tatmehrheit"), key);
        assert!(only(&taken(Format::Winowig, &record), "NotizAussendienst").contains(words));
        record.offences.as_mut().expect("offences").items.truncate(1);
        assert!(values(&taken(Format::Xowi, &record), "Tatmehrheit").is_empty());
    }
}

#[test]
fn the_dearest_offence_decides_the_kind_of_decision() {
    let mut record = full();
    assert_eq!(only(&taken(Format::Winowig, &record), "Bescheidart"), "1");
    record.offences.as_mut().expect("offences").items[1].category = streife_core::domain::Category::Fine;
    let winowig = taken(Format::Winowig, &record);
    assert_eq!((only(&winowig, "Bescheidart").as_str(), values(&winowig, "Texttyp")), ("2", vec!["9".to_owned(); 2]));
    let xowi = taken(Format::Xowi, &record);
    assert_eq!((only(&xowi, "Busse").as_str(), values(&xowi, "TBNr").len()), ("55.00", 2));
}

#[test]
fn a_warning_without_money_and_a_payment_are_told() {
    let mut record = full();
    let paid = taken(Format::Xowi, &record);
    assert_eq!((only(&paid, "Betrag").as_str(), only(&paid, "Wertstellung_Datum").as_str()), ("25.00", "2026-06-16"));
    assert!(values(&paid, "ohne_Verwarnungsgeld").is_empty());
    let talk = record.talk.as_mut().expect("a talk");
    (talk.outcome, talk.payment) = (TalkOutcome::WithoutMoney, None);
    let free = taken(Format::Xowi, &record);
    assert_eq!((only(&free, "ohne_Verwarnungsgeld").as_str(), values(&free, "Betrag").len()), ("1", 0));
}

#[test]
fn valves_of_any_two_wheels_are_told() {
    let wheels = |valves: &str| {
        let mut record = example("duration-with-valves");
        let valves: Vec<_> = valves.split(' ').map(valve).collect();
        record.observation.checks.iter_mut().for_each(|check| check.valves = valves.clone());
        let xml = taken(Format::Winowig, &record);
        let one = |name| values(&xml, name).first().cloned().unwrap_or_default();
        let text = only(&taken(Format::Xowi, &record), "Ventilstand");
        (one("Text"), one("Vorne"), one("Hinten"), one("Wagenseite"), text)
    };
    let told = |parts: [&str; 5]| <(String, String, String, String, String)>::from(parts.map(str::to_owned));
    assert_eq!(wheels("VL8 HL7"), told(["links V8/H7", "8", "7", "links", "VL 8, HL 7"]));
    assert_eq!(wheels("VR3 HR11"), told(["rechts V3/H11", "3", "11", "rechts", "VR 3, HR 11"]));
    assert_eq!(wheels("VL3 VR11"), told(["links V3, rechts V11", "3", "11", "links/rechts", "VL 3, VR 11"]));
    assert_eq!(wheels("VL3 HR11"), told(["links V3, rechts H11", "", "", "", "VL 3, HR 11"]));
    assert_eq!(wheels("HL3"), told(["links H3", "", "3", "links", "HL 3"]));
    assert_eq!(wheels("VL12 VR12 HL12 HR12").4, "VL 12, VR 12, HL 12, HR 12");
}

fn valve(text: &str) -> streife_core::domain::Valve {
    use streife_core::domain::{Axle, Side, Valve};
    let axle = if text.starts_with('V') { Axle::Front } else { Axle::Rear };
    let side = if text[1..].starts_with('L') { Side::Left } else { Side::Right };
    let clock: u8 = text[2..].parse().expect("a position");
    Valve { side, axle, clock: ClockPosition::try_from(clock).expect("on the clock") }
}

#[test]
fn each_photo_has_a_content_of_its_own_and_the_ninth_is_reported() {
    let mut record = full();
    let photo = record.photos[0].clone();
    let classes = [
        (PhotoClass::Overview, "Gesamtbild"),
        (PhotoClass::Plate, "KFZKennzeichenbild"),
        (PhotoClass::Driver, "Fahrerbild"),
        (PhotoClass::Sign, "Zusatzbild1"),
        (PhotoClass::Overview, "Gesamtbild2"),
        (PhotoClass::Plate, "Zusatzbild2"),
        (PhotoClass::Valve, "Zusatzbild3"),
        (PhotoClass::Detail, "Zusatzbild4"),
    ];
    record.photos =
        classes.iter().map(|(class, _)| streife_core::domain::PhotoRecord { class: *class, ..photo.clone() }).collect();
    assert_eq!(values(&taken(Format::Winowig, &record), "Inhalt"), classes.map(|(_, word)| word));
    record.photos.push(photo);
    let report = export(Format::Winowig, &record).accepted.remove(0).unmapped;
    assert!(report.iter().any(|one| one.member == "photos[8]" && one.reason == Reason::Full), "{report:?}");
    assert_eq!(values(&taken(Format::Xowi, &record), "Datei").len(), 9);
}

#[test]
fn coordinates_stand_where_a_format_has_room_and_a_simulated_fix_nowhere() {
    let mut record = example("tow");
    assert_eq!(only(&taken(Format::Winowig, &record), "GPS"), "48.1379200;11.5822800");
    assert!(only(&taken(Format::Xowi, &record), "Bemerkung").contains("Position UTM32 E 692"));
    record.place.as_mut().expect("a place").fix.as_mut().expect("a fix").mocked = true;
    for format in Format::ALL {
        let xml = taken(format, &record);
        assert!(!xml.contains("UTM32") && values(&xml, "GPS").is_empty());
        let report = export(format, &record).accepted.remove(0).unmapped;
        assert!(report.iter().any(|one| one.member == "place.fix" && one.reason == Reason::Unsound));
    }
}

/// An element or attribute, and what takes its member away.
type Absence = (Format, &'static str, fn(&mut CaseRecord));

#[test]
fn an_optional_element_is_there_with_its_member_and_absent_without_it() {
    use Format::{Winowig, Xowi};
    let table: [Absence; 33] = [
        (Xowi, "KFZ_Hersteller", |r| r.vehicle.as_mut().expect("set").make = None),
        (Xowi, "KFZ_Typ", |r| r.vehicle.as_mut().expect("set").model = None),
        (Xowi, "KFZ_Farbe", |r| r.vehicle.as_mut().expect("set").colour = None),
        (Xowi, "KFZ_ID", |r| r.vehicle.as_mut().expect("set").vin = None),
        (Xowi, "KFZ_Kennzeichen_Hinweis", |r| r.vehicle.as_mut().expect("set").marks = None),
        (Xowi, "Konkretisierung", |r| {
            r.offences.as_mut().expect("set").items.iter_mut().for_each(|i| i.refinement = None)
        }),
        (Xowi, "Gemarkung", |r| r.place.as_mut().expect("set").municipality = None),
        (Xowi, "Ventilstand", |r| r.observation.checks.iter_mut().for_each(|c| c.valves.clear())),
        (Xowi, "Tatzeit_Ende", |r| r.observation.checks.truncate(1)),
        (Xowi, "Bemerkung_Zur_Tat", |r| r.notes.citizen = None),
        (Xowi, "PersonenTypId", |r| (r.persons, r.witnesses) = (Vec::new(), Vec::new())),
        (Xowi, "Vorname", |r| r.persons[0].given_names = None),
        (Xowi, "Geburtsdatum", |r| r.persons[0].born = None),
        (Xowi, "Geburtsort", |r| r.persons[0].birth_place = None),
        (Xowi, "PLZ", |r| r.persons[0].address = None),
        (Xowi, "Hausnummer", |r| r.persons[0].address.as_mut().expect("set").street = Some("Musterweg".to_owned())),
        (Xowi, "Betrag", |r| r.talk = None),
        (Xowi, "Ident", |r| r.slip = None),
        (Xowi, "Format", |r| r.photos.clear()),
        (Winowig, "Fabrikat", |r| r.vehicle.as_mut().expect("set").make = None),
        (Winowig, "Farbe", |r| r.vehicle.as_mut().expect("set").colour = None),
        (Winowig, "Kennzeichenfarbe", |r| r.vehicle.as_mut().expect("set").marks = None),
        (Winowig, "Scan", |r| r.vehicle.as_mut().expect("set").marks = None),
        (Winowig, "KennzeichenAnhaenger", |r| r.vehicle.as_mut().expect("set").trailer = None),
        (Winowig, "GPS", |r| r.place.as_mut().expect("set").fix = None),
        (Winowig, "Bemerkung", |r| r.notes.citizen = None),
        (Winowig, "HinweisHinterlassen", |r| r.slip = None),
        (Winowig, "AnhoerungAussendienst", |r| r.persons[0].statement = None),
        (Winowig, "ErsteKontrollzeit", |r| r.observation.checks.truncate(1)),
        (Winowig, "ParkuhrNummer", |r| r.scene.meter = None),
        (Winowig, "Restbreite", |r| r.scene.remaining_width_cm = None),
        (Winowig, "Konkretisierungen", |r| {
            r.offences.as_mut().expect("set").items.iter_mut().for_each(|i| i.refinement = None)
        }),
        (Winowig, "Inhalt", |r| r.photos.clear()),
    ];
    for (format, name, clear) in table {
        let mut record = full();
        assert!(!values(&taken(format, &record), name).is_empty(), "{name} is not in {format:?}");
        clear(&mut record);
        assert!(values(&taken(format, &record), name).is_empty(), "{name} stays in {format:?}");
    }
}

#[test]
fn a_german_plate_of_no_known_form_asks_no_keeper() {
    let mut record = example("plate-against-the-verdict");
    let vehicle = record.vehicle.as_mut().expect("a vehicle");
    vehicle.plate =
        Plate { class: streife_core::domain::PlateClass::AsSeen, ..super::common::foreign("M ?? 12".to_owned()) };
    vehicle.plate.nation = "D".to_owned();
    assert!(values(&taken(Format::Xowi, &record), "KFZ_Kennzeichen_Merkmal").is_empty());
    assert_eq!(only(&taken(Format::Winowig, &record), "Kennzeichenart"), "01");
}
