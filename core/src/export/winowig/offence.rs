//! Offences, with the check, the valves and the meter at each.

use super::super::element::Element;
use super::super::local::Local;
use super::super::sheet::{Checked, Field, Rule, Sheet};
use crate::domain::{Axle, CaseRecord, ChargedOffence, Side, Valve};

const TEXT_KIND: Field = Field::open("Tatbestand/Texttyp");
const NUMBER: Field = Field::new("Tatbestand/Tatbestandsnummer", 6);
const REFINEMENT: Field = Field::open("Tatbestand/Konkretisierungen");
const FIRST_CHECK: Field = Field::open("Tatdaten/ErsteKontrollzeit");
const WHEELS: [Field; 2] = [Field::open("Ventilstellung/Vorne"), Field::open("Ventilstellung/Hinten")];
const SIDE: Field = Field::open("Tatdaten/Wagenseite");
const METER: Field = Field::open("Tatdaten/ParkuhrNummer");
const WIDTH: Field = Field::open("Tatdaten/Restbreite");
const VALVES: Field = Field::open("Ventilstellung/Text");

pub(super) fn offences(sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let items = record.offences.as_ref().map_or(&[][..], |offences| &offences.items);
    if items.is_empty() {
        sheet.refuse(&NUMBER, "offences", Rule::Missing);
    }
    let elements: Vec<_> = items.iter().enumerate().map(|(at, item)| offence(sheet, record, at, item)).collect();
    Element::new("Tatbestaende").children(elements)
}

/// Text kind 9 is the federal catalogue: the wording follows from the number.
fn offence(sheet: &mut Sheet, record: &CaseRecord, at: usize, item: &ChargedOffence) -> Element {
    let member = format!("offences.items[{at}].refinement");
    Element::new("Tatbestand")
        .leaf([TEXT_KIND.fixed("9"), NUMBER.fixed(item.number.to_string())])
        .leaf(item.refinement.as_ref().and_then(|text| refinement(sheet, member, text)))
        .child(details(sheet, record))
}

/// Between semicolons; one inside would begin another refinement.
fn refinement(sheet: &mut Sheet, member: String, text: &str) -> Option<Checked> {
    let (_, text) = sheet.text(&REFINEMENT, member.clone(), text)?;
    if let Some(at) = text.chars().position(|sign| sign == ';') {
        sheet.refuse(&REFINEMENT, member, Rule::Character { code: u32::from(';'), at: at + 1 });
        return None;
    }
    Some(REFINEMENT.fixed(format!(";{text};")))
}

fn details(sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let checks = &record.observation.checks;
    let several = checks.first().filter(|_| checks.len() > 1);
    let first = several.and_then(|check| Local::of(&check.at)).map(|at| FIRST_CHECK.fixed(at.time()));
    let (side, wheels) = noted(record).and_then(wheels).unzip();
    let [front, rear] = wheels.unwrap_or_default();
    let wheels = Element::new("Ventilstellung").leaf(front).leaf(rear);
    let width = record.scene.remaining_width_cm;
    Element::new("Tatdaten")
        .leaf(first)
        .child(wheels)
        .leaf(side.map(|side| SIDE.fixed(side)))
        .leaf(sheet.optional(&METER, "scene.meter", record.scene.meter.as_ref()))
        .leaf(width.map(|cm| WIDTH.fixed(format!("{}.{:02}", cm / 100, cm % 100))))
}

/// Valves of the first check that has some.
fn noted(record: &CaseRecord) -> Option<&[Valve]> {
    record.observation.checks.iter().map(|check| check.valves.as_slice()).find(|valves| !valves.is_empty())
}

/// Two wheels at most: those of one side, front and rear; else those of one axle, and then left stands as front and
/// right as rear. Two wheels across have no place but the text.
fn wheels(valves: &[Valve]) -> Option<(&'static str, [Option<Checked>; 2])> {
    let clock = |side, axle| {
        let of_wheel = valves.iter().find(|valve| valve.side == side && valve.axle == axle);
        of_wheel.map(|valve| u8::from(valve.clock).to_string())
    };
    let pair = |front: Option<String>, rear: Option<String>| {
        let [one, other] = &WHEELS;
        [front.map(|clock| one.fixed(clock)), rear.map(|clock| other.fixed(clock))]
    };
    let [left, right] = [Side::Left, Side::Right].map(|side| (clock(side, Axle::Front), clock(side, Axle::Rear)));
    let [front, rear] = [Axle::Front, Axle::Rear].map(|axle| (clock(Side::Left, axle), clock(Side::Right, axle)));
    let whole = |(one, other): &(Option<String>, Option<String>)| one.is_some() && other.is_some();
    let any = |(one, other): &(Option<String>, Option<String>)| one.is_some() || other.is_some();
    let sides = [("links", &left), ("rechts", &right), ("links/rechts", &front), ("links/rechts", &rear)];
    let (word, (one, other)) = match sides.iter().find(|(_, wheels)| whole(wheels)) {
        Some(found) => *found,
        None if any(&left) && any(&right) => return None,
        None => *sides.iter().find(|(_, wheels)| any(wheels))?,
    };
    Some((word, pair(one.clone(), other.clone())))
}

/// All wheels in words: `links V8/H7`.
pub(super) fn valves(record: &CaseRecord) -> Element {
    let element = Element::new("Ventilstellung");
    let Some(valves) = noted(record) else { return element };
    let sides = [("links", Side::Left), ("rechts", Side::Right)];
    let text: Vec<_> = sides.into_iter().filter_map(|(word, side)| side_text(word, side, valves)).collect();
    element.leaf([VALVES.fixed(text.join(", "))])
}

fn side_text(word: &str, side: Side, valves: &[Valve]) -> Option<String> {
    let axle = |valve: &Valve| if valve.axle == Axle::Front { "V" } else { "H" };
    let of_side = valves.iter().filter(|valve| valve.side == side);
    let wheels: Vec<_> = of_side.map(|valve| format!("{}{}", axle(valve), u8::from(valve.clock))).collect();
    (!wheels.is_empty()).then(|| format!("{word} {}", wheels.join("/")))
}
