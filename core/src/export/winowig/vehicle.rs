//! The vehicle, its plate and how the accused took part.

use super::super::element::Element;
use super::super::handover::Handover;
use super::super::lines::Line;
use super::super::people::{Part, of_vehicle, part, vehicle_key};
use super::super::plates;
use super::super::report::Reason;
use super::super::sheet::{Checked, Field, Rule, Sheet};
use crate::domain::{CaseRecord, Lettering, PlateClass, Vehicle};

const NATION: Field = Field::new("Fahrzeug/Nationalitaet", 3);
const PART: Field = Field::open("Fahrzeug/Verkehrsbeteiligung");
const PART_KEY: Field = Field::open("Fahrzeug/VerkehrsbeteiligungKurzform");
const MAKE: Field = Field::new("Fahrzeug/Fabrikat", 30);
const PLATE: Field = Field::new("Fahrzeug/Kennzeichen", 15);
const PLATE_KIND: Field = Field::open("Fahrzeug/Kennzeichenart");
const PLATE_COLOUR: Field = Field::open("Fahrzeug/Kennzeichenfarbe");
const PLATE_MORE: Field = Field::new("Fahrzeug/Kennzeichenzusatz", 10);
const SCANNED: Field = Field::open("Fahrzeug/Scan");
const TRAILER: Field = Field::new("Fahrzeug/KennzeichenAnhaenger", 15);
const COLOUR: Field = Field::new("Fahrzeug/Farbe", 12);

pub(super) fn vehicle(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let element = Element::new("Fahrzeug");
    let Some(vehicle) = &record.vehicle else {
        sheet.refuse(&PLATE, "vehicle", Rule::Missing);
        return element;
    };
    let number = handover.plates.write(&plates::unsuffixed(&vehicle.plate));
    let trailer = vehicle.trailer.as_ref().map(|trailer| handover.plate(trailer));
    element
        .leaf(sheet.text(&NATION, "vehicle.plate.nation", &vehicle.plate.nation))
        .leaf(role(record, vehicle))
        .leaf(sheet.optional(&MAKE, "vehicle.make", vehicle.make.as_ref()))
        .leaf(sheet.needed(&PLATE, "vehicle.plate.text", Some(&number)))
        .leaf([PLATE_KIND.fixed(kind(vehicle.plate.class))])
        .leaf(plates::lettering(vehicle).and_then(colour).map(|colour| PLATE_COLOUR.fixed(colour)))
        .leaf(more(sheet, vehicle))
        .leaf(vehicle.marks.as_ref().and_then(|marks| marks.raw.as_ref()).map(|_| SCANNED.fixed("Ja")))
        .leaf(sheet.optional(&TRAILER, "vehicle.trailer.text", trailer.as_ref()))
        .leaf(sheet.optional(&COLOUR, "vehicle.colour", vehicle.colour.as_ref()))
}

/// The part in words, and its key with the vehicle's letter where both have one.
fn role(record: &CaseRecord, vehicle: &Vehicle) -> Vec<Checked> {
    let (words, digit) = match part(record) {
        Part::Driver => ("Führer", Some("1")),
        Part::Keeper => ("Halter", Some("2")),
        Part::DriverAndKeeper => ("Führer/Halter", Some("3")),
        Part::Pedestrian => ("Fußgänger", None),
        Part::Cyclist => ("Radfahrer", None),
    };
    let Some(digit) = digit else { return vec![PART.fixed(words)] };
    let key = vehicle_key(vehicle.kind).map(|letter| PART_KEY.fixed(format!("{digit}{letter}")));
    let words = PART.fixed(format!("{words} {}", of_vehicle(vehicle.kind)));
    std::iter::once(words).chain(key).collect()
}

const fn kind(class: PlateClass) -> &'static str {
    match class {
        PlateClass::Standard | PlateClass::Season | PlateClass::Electric | PlateClass::Historic => "00",
        PlateClass::AsSeen => "01",
        PlateClass::Export => "02",
        PlateClass::Authority => "03",
        PlateClass::Red | PlateClass::ShortTerm => "04",
        PlateClass::Diplomatic => "05",
        PlateClass::Foreign => "06",
        PlateClass::Insurance => "09",
    }
}

/// The format has three colours; red goes into the note.
const fn colour(lettering: Lettering) -> Option<&'static str> {
    match lettering {
        Lettering::Red => None,
        other => Some(plates::colour(other)),
    }
}

/// Suffix, season, expiry.
fn more(sheet: &mut Sheet, vehicle: &Vehicle) -> Option<Checked> {
    let suffix = plates::suffix(&vehicle.plate).map(str::to_owned);
    let parts = [suffix, plates::season(&vehicle.plate), plates::expiry(vehicle)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    sheet.text(&PLATE_MORE, "vehicle.marks", &parts.join(" "))
}

/// What the tables have no value for: red lettering, and a trailer of another state.
pub(super) fn lines(record: &CaseRecord) -> Vec<Line> {
    let Some(vehicle) = &record.vehicle else { return Vec::new() };
    let red = plates::lettering(vehicle).filter(|lettering| colour(*lettering).is_none()).map(|lettering| {
        let text = format!("Schriftfarbe: {}", plates::colour(lettering));
        Line::new("vehicle.marks.lettering", text).because(Reason::NoValue)
    });
    let trailer = vehicle.trailer.as_ref().filter(|trailer| trailer.nation != vehicle.plate.nation);
    let trailer =
        trailer.map(|trailer| Line::new("vehicle.trailer.nation", format!("Anhänger aus: {}", trailer.nation)));
    [red, trailer].into_iter().flatten().collect()
}
