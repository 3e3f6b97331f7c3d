//! The accused, what was said, and witnesses.

use super::super::element::Element;
use super::super::handover::Handover;
use super::super::lines::{self, Line};
use super::super::local::german_day;
use super::super::people::{accused, is_known, street};
use super::super::report::Reason;
use super::super::sheet::{Checked, Field, Rule, Sheet};
use super::case::LINES;
use crate::domain::{CaseRecord, Person, PostalAddress};

const FUNCTION: Field = Field::open("Beteiligter/Funktion");
const KIND: Field = Field::open("Beteiligter/Typ");
const GIVEN: Field = Field::open("Anschrift/Vorname");
const FAMILY: Field = Field::open("Anschrift/Name");
const STREET: Field = Field::open("Anschrift/Strasse");
const NUMBER: Field = Field::open("Anschrift/Hausnummer");
const NATION: Field = Field::open("Anschrift/Landeskennzeichen");
const POSTCODE: Field = Field::open("Anschrift/PLZ");
const TOWN: Field = Field::open("Anschrift/Ort");
const BIRTH_PLACE: Field = Field::open("Zusatzdaten/Geburtsort");
const BORN: Field = Field::open("Zusatzdaten/Geburtsdatum");
const HEARING: Field = Field::new("Falldaten/AnhoerungAussendienst", 2_000);
const WITNESS: Field = Field::new("Zeilen/Zeile", 70);

/// The accused, if the name is known. Others go into the note.
pub(super) fn persons(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let element = Element::new("Beteiligte");
    let Some((at, person)) = accused(record).filter(|(_, person)| is_known(person)) else { return element };
    let Some(words) = &handover.winowig.person else {
        sheet.refuse(&KIND, format!("persons[{at}]"), Rule::NoCounterpart);
        return element;
    };
    let contact = Element::new("Kontakt").child(address(sheet, at, person));
    let person = Element::new("Beteiligter")
        .with(sheet.needed(&FUNCTION, "handover.winowig.person.function", Some(&words.function)))
        .with(sheet.needed(&KIND, "handover.winowig.person.kind", Some(&words.kind)))
        .child(contact)
        .child(birth(sheet, at, person));
    element.child(person)
}

fn address(sheet: &mut Sheet, at: usize, person: &Person) -> Element {
    let member = |name: &str| format!("persons[{at}].{name}");
    let none = PostalAddress::default();
    let home = person.address.as_ref().unwrap_or(&none);
    let (road, number) = street(home);
    Element::new("Anschrift")
        .leaf(sheet.needed(&GIVEN, member("given_names"), person.given_names.as_deref()))
        .leaf(sheet.needed(&FAMILY, member("family_name"), person.family_name.as_deref()))
        .leaf(road.and_then(|road| sheet.text(&STREET, member("address.street"), road)))
        .leaf(number.and_then(|number| sheet.text(&NUMBER, member("address.street"), number)))
        .leaf(sheet.optional(&NATION, member("address.nation"), home.nation.as_ref()))
        .leaf(sheet.optional(&POSTCODE, member("address.postcode"), home.postcode.as_ref()))
        .leaf(sheet.optional(&TOWN, member("address.town"), home.town.as_ref()))
}

fn birth(sheet: &mut Sheet, at: usize, person: &Person) -> Element {
    let place = sheet.optional(&BIRTH_PLACE, format!("persons[{at}].birth_place"), person.birth_place.as_ref());
    Element::new("Zusatzdaten").leaf(place).leaf(person.born.map(|day| BORN.fixed(german_day(day))))
}

/// What the accused said.
pub(super) fn hearing(sheet: &mut Sheet, record: &CaseRecord) -> Option<Checked> {
    let (at, person) = accused(record)?;
    sheet.optional(&HEARING, format!("persons[{at}].statement"), person.statement.as_ref())
}

/// The officer, then witnesses who may be named, a line each.
pub(super) fn witnesses(sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let officer = &record.officer;
    let unit = officer.unit.as_ref().map_or_else(String::new, |unit| format!(", {unit}"));
    let first = sheet.text(&WITNESS, "officer", &format!("Dienstnummer {}{unit}", officer.id));
    let mut rows: Vec<_> = first.into_iter().collect();
    let named = record.witnesses.iter().enumerate().filter(|(at, _)| has_line(record, *at));
    for (at, witness) in named {
        rows.extend(sheet.text(&WITNESS, format!("witnesses[{at}]"), &lines::witness_text(witness)));
    }
    Element::new("Zeuge").child(Element::new("Zeilen").leaf(rows))
}

/// Whether a witness is one of those that have a line beside the officer's.
fn has_line(record: &CaseRecord, at: usize) -> bool {
    let named = record.witnesses.iter().enumerate().filter(|(_, witness)| witness.may_be_named);
    named.take(LINES - 1).any(|(other, _)| other == at)
}

/// What of persons and witnesses has no element.
pub(super) fn lines(handover: &Handover, record: &CaseRecord) -> Vec<Line> {
    let first = accused(record).map(|(at, _)| at);
    let placed = |at: usize| handover.winowig.person.is_some() && first == Some(at);
    let mut all = lines::statements(record, first);
    all.extend(lines::looks(record));
    all.extend(lines::identities(record, placed));
    for (at, witness) in record.witnesses.iter().enumerate().filter(|(at, _)| !has_line(record, *at)) {
        let reason = if witness.may_be_named { Reason::Full } else { Reason::Internal };
        all.push(lines::witness(at, witness).because(reason));
    }
    all.extend(lines::witness_statements(record));
    all
}
