//! How the accused took part, and the persons by name.

use chrono::NaiveDate;

use super::super::element::Element;
use super::super::handover::{Handover, PersonTypes};
use super::super::lines::{self, Line};
use super::super::people::{Part, accused, is_known, part, street};
use super::super::sheet::{Field, Rule, Sheet};
use crate::domain::{CaseRecord, Person, PostalAddress, Witness};

pub(super) const PART: Field = Field::open("Bestand/Beteiligung_Schluessel");
const KIND: Field = Field::open("Person/PersonenTypId");
const GIVEN: Field = Field::new("Person/Vorname", 50);
const FAMILY: Field = Field::new("Person/Nachname", 100);
const POSTCODE: Field = Field::new("Person/PLZ", 12);
const TOWN: Field = Field::new("Person/Ort", 60);
const STREET: Field = Field::new("Person/Strasse", 60);
const NUMBER: Field = Field::new("Person/Hausnummer", 10);
const LAND: Field = Field::new("Person/Land", 3);
const BORN: Field = Field::new("Person/Geburtsdatum", 12);
const BIRTH_PLACE: Field = Field::new("Person/Geburtsort", 60);

/// Key of how the accused took part. Who is both is a driver here; the line about the person says the rest.
pub(super) fn part_key(record: &CaseRecord) -> &'static str {
    match part(record) {
        Part::Driver | Part::DriverAndKeeper => "1",
        Part::Keeper => "2",
        Part::Pedestrian => "3",
        Part::Cyclist => "8",
    }
}

/// Persons whose names are known, and witnesses who may be named. Passengers and others go into the note.
pub(super) fn persons(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Vec<Element> {
    let Some(types) = handover.xowi.persons else {
        let known = accused(record).filter(|(_, person)| is_known(person));
        if let Some((at, _)) = known {
            sheet.refuse(&KIND, format!("persons[{at}]"), Rule::NoCounterpart);
        }
        return Vec::new();
    };
    let mut elements = Vec::new();
    for (at, person) in record.persons.iter().enumerate().filter(|(_, person)| is_known(person)) {
        elements.extend(kind(types, record, at, person).map(|kind| element(sheet, kind, at, person)));
    }
    for (at, one) in record.witnesses.iter().enumerate() {
        elements.extend(witness_kind(types, one).map(|kind| witness(sheet, kind, at, one)));
    }
    elements
}

/// The key of a person; none for those who go into the note.
fn kind(types: PersonTypes, record: &CaseRecord, at: usize, person: &Person) -> Option<u16> {
    let is_accused = accused(record).is_some_and(|(first, _)| first == at);
    match Part::of(person.role)? {
        _ if is_accused => Some(types.accused),
        Part::Keeper => types.keeper,
        _ => None,
    }
}

fn witness_kind(types: PersonTypes, witness: &Witness) -> Option<u16> {
    types.witness.filter(|_| witness.may_be_named && witness.name.is_some())
}

fn element(sheet: &mut Sheet, kind: u16, at: usize, person: &Person) -> Element {
    let member = |name: &str| format!("persons[{at}].{name}");
    let born = |day: NaiveDate| BORN.fixed(day.format("%Y-%m-%d").to_string());
    let element = Element::new("Person")
        .with(Some(KIND.fixed(kind.to_string())))
        .with(sheet.optional(&GIVEN, member("given_names"), person.given_names.as_ref()))
        .with(sheet.needed(&FAMILY, member("family_name"), person.family_name.as_deref()));
    address(sheet, &member("address"), person.address.as_ref(), element)
        .with(person.born.map(born))
        .with(sheet.optional(&BIRTH_PLACE, member("birth_place"), person.birth_place.as_ref()))
}

fn witness(sheet: &mut Sheet, kind: u16, at: usize, witness: &Witness) -> Element {
    let element = Element::new("Person").with(Some(KIND.fixed(kind.to_string()))).with(sheet.optional(
        &FAMILY,
        format!("witnesses[{at}].name"),
        witness.name.as_ref(),
    ));
    address(sheet, &format!("witnesses[{at}].address"), witness.address.as_ref(), element)
}

fn address(sheet: &mut Sheet, member: &str, address: Option<&PostalAddress>, element: Element) -> Element {
    let Some(address) = address else { return element };
    let (road, number) = street(address);
    let at = |name: &str| format!("{member}.{name}");
    element
        .with(sheet.optional(&POSTCODE, at("postcode"), address.postcode.as_ref()))
        .with(sheet.optional(&TOWN, at("town"), address.town.as_ref()))
        .with(road.and_then(|road| sheet.text(&STREET, at("street"), road)))
        .with(number.and_then(|number| sheet.text(&NUMBER, at("street"), number)))
        .with(sheet.optional(&LAND, at("nation"), address.nation.as_ref()))
}

/// What of persons and witnesses has no element.
pub(super) fn lines(handover: &Handover, record: &CaseRecord) -> Vec<Line> {
    let types = handover.xowi.persons;
    let placed = |at: usize| {
        let person = record.persons.get(at);
        types.zip(person).is_some_and(|(types, person)| kind(types, record, at, person).is_some())
    };
    let mut all = lines::statements(record, None);
    all.extend(lines::looks(record));
    all.extend(lines::identities(record, placed));
    for (at, one) in record.witnesses.iter().enumerate() {
        let named = types.is_some_and(|types| witness_kind(types, one).is_some());
        all.extend(if named { lines::witness_number(at, one) } else { Some(lines::witness(at, one)) });
    }
    all.extend(lines::witness_statements(record));
    all
}
