//! The case itself: who, where, when, what, and the notes.

use super::super::batch::{HandedCase, Target};
use super::super::element::Element;
use super::super::handover::Handover;
use super::super::lines::{self, Line};
use super::super::local::{Local, period, repeated_hour};
use super::super::photos::file_name;
use super::super::report::Reason;
use super::super::sheet::{Charset, Checked, Field, Rule, Sheet};
use super::{Xowi, people, vehicle};
use crate::domain::{
    CaseId, CaseRecord, ChargedOffence, OffenceRelation, PhotoClass, PhotoRecord, TalkOutcome, to_hex,
};

const CLIENT: Field = Field::new("Bestand/GMK", 8);
const USER: Field = Field::new("Bestand/AnwenderNr", 4);
const FILE_NUMBER: Field = Field::new("Bestand/AZ", 12);
const SUBJECT: Field = Field::open("Bestand/Sachgebiet_Schluessel");
const SOURCE: Field = Field::new("Bestand/Datenquelle", 255);
const DISTRICT: Field = Field::new("Bestand/Gemarkung", 50);
const PLACE: Field = Field::new("Bestand/Tatort", 200);
const DAY: Field = Field::open("Bestand/Tattag");
const TIME: Field = Field::open("Bestand/Tatzeit");
const TIME_TEXT: Field = Field::new("Bestand/Tatzeit_Angaben", 60);
const TIME_END: Field = Field::open("Bestand/Tatzeit_Ende");
const AMOUNT: Field = Field::open("Bestand/Busse");
const RELATION: Field = Field::new("Bestand/Tatmehrheit", 1);
const EVIDENCE: [Field; 3] = [
    Field::open("Bestand/Beweis_Schluessel_1"),
    Field::open("Bestand/Beweis_Schluessel_2"),
    Field::open("Bestand/Beweis_Schluessel_3"),
];
const OTHER_EVIDENCE: Field = Field::new("Bestand/Beweis_Sonstige", 100);
const NO_MONEY: Field = Field::new("Bestand/ohne_Verwarnungsgeld", 1);
const NOTE: Field = Field::new("Bestand/Bemerkung", 2_000);
const ACT_NOTE: Field = Field::new("Bestand/Bemerkung_Zur_Tat", 2_000);
const OFFENCE: Field = Field::new("Tatbestand/TBNr", 6);
const REFINEMENT: Field = Field::new("Tatbestand/Konkretisierung", 2_000);
const OFFENCE_AMOUNT: Field = Field::open("Tatbestand/Tatbestand_Busse");
const POINTS: Field = Field::open("Tatbestand/Tatbestand_Punkte");
const VALVES: Field = Field::new("Tatbestand/Ventilstand", 50);
const REFERENCE_KIND: Field = Field::new("Referenzzeichen/Ident", 8);
const REFERENCE: Field = Field::new("Referenzzeichen/Value", 36);
const PAID_KEY: Field = Field::new("Zuweisung/Schluessel", 1);
const PAID_KIND: Field = Field::new("Zuweisung/Typ", 3);
const PAID: Field = Field::open("Zuweisung/Betrag");
const PAID_ON: Field = Field::open("Zuweisung/Wertstellung_Datum");
const PAID_FOR: Field = Field::new("Zuweisung/Verwendungszweck", 400);
const DOCUMENTS_KEY: Field = Field::new("Dokumente/Schluessel", 1);
const DOCUMENTS_KIND: Field = Field::new("Dokumente/Typ", 8);
const TITLE: Field = Field::open("Dokument/Titel");
const MEDIA_TYPE: Field = Field::open("Dokument/Format");
const FILE: Field = Field::open("Dokument/Datei");
const HASH: Field = Field::open("Dokument/Hashcode");
const STAMP: Field = Field::open("Dokument/Zeitstempel");
const DECISION: Field = Field::new("Entscheidung/Schluessel", 5);
const DECISION_KIND: Field = Field::new("Entscheidung/Typ", 8);
const DECIDED_ON: Field = Field::open("Entscheidung/Datum");

/// A key of evidence, its words, and when it holds.
type Proof = (&'static str, &'static str, fn(&CaseRecord) -> bool);

/// Keys of evidence with their words. The first three that hold have a key each; the words of the rest stand beside.
const PROOFS: [Proof; 5] = [
    ("1", "Zeuge", |_| true),
    ("4", "Foto", |record| !record.photos.is_empty()),
    ("V", "Abschleppprotokoll", |record| record.tow.is_some()),
    ("3", "eigene Angaben", |record| record.persons.iter().any(|person| person.statement.is_some())),
    ("Z", "weiterer Zeuge", |record| record.witnesses.iter().any(|witness| !witness.may_be_named)),
];

/// One case. The decision stands last, as the format wants it.
pub(super) fn bestand(handover: &Handover, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
    let record = case.record;
    let element = heading(handover, sheet, case, Element::new("Bestand"));
    let element = place(handover, sheet, record, element);
    let element = times(sheet, record, element);
    let element = charge(sheet, record, element);
    let element = vehicle::attributes(handover, sheet, record, element);
    let element = notes(handover, sheet, record, element);
    element
        .children(offences(sheet, record))
        .children(people::persons(handover, sheet, record))
        .child(number(handover, sheet, record))
        .child(slip(handover, sheet, record))
        .child(payment(handover, sheet, record))
        .child(documents(handover, sheet, case))
        .child(decision(handover, record))
}

fn heading(handover: &Handover, sheet: &mut Sheet, case: &HandedCase<'_>, element: Element) -> Element {
    let record = case.record;
    let of_place = record.place.as_ref().and_then(|place| place.municipality.as_ref());
    let client = handover.client.as_ref().or(of_place).map(|key| CLIENT.fixed(key.as_str()));
    let officer = &record.officer.id;
    let user = handover.xowi.users.get(officer).unwrap_or(officer);
    element
        .with(Some(Xowi::CASE.fixed(guid(record.case))))
        .with(client)
        .with(sheet.needed(&USER, "officer.id", Some(user)))
        .with(file_number(sheet, case))
        .with(handover.xowi.subject.map(|key| SUBJECT.fixed(key.to_string())))
        .with(Some(SOURCE.fixed(record.device.to_string())))
}

/// The case's id in the form of a GUID.
fn guid(case: CaseId) -> String {
    let hex = case.to_string();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Eight to twelve digits and dots. The weights of its check digit are not known to us, so it is not checked.
fn file_number(sheet: &mut Sheet, case: &HandedCase<'_>) -> Option<Checked> {
    let number = case.file_number?;
    let (_, text) = sheet.text(&FILE_NUMBER, "file_number", number)?;
    if text.len() < 8 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        sheet.refuse(&FILE_NUMBER, "file_number", Rule::Form);
        return None;
    }
    Some(FILE_NUMBER.fixed(text))
}

fn place(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    let place = record.place.as_ref();
    let key = place.and_then(|place| place.municipality.as_ref());
    let district = key.and_then(|key| handover.xowi.places.get(key.as_str()));
    element.with(sheet.optional(&DISTRICT, "place.municipality", district)).with(sheet.needed(
        &PLACE,
        "place.text",
        place.map(|place| place.text.as_str()),
    ))
}

fn times(sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    let Some((begin, end)) = period(sheet, &TIME, record) else { return element };
    let element = element.with(Some(DAY.fixed(begin.iso_day()))).with(Some(TIME.fixed(begin.time())));
    match end {
        Some(end) if end.date() == begin.date() => element.with(Some(TIME_END.fixed(end.time()))),
        Some(end) => element.with(Some(TIME_TEXT.fixed(format!("bis {} {} Uhr", end.day(), end.time())))),
        None => element,
    }
}

fn charge(sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    let offences = record.offences.as_ref();
    let several = offences.filter(|offences| offences.items.len() > 1);
    let relation = several.map(|offences| if offences.relation == OffenceRelation::OneAct { "0" } else { "1" });
    let without = record.talk.as_ref().is_some_and(|talk| talk.outcome == TalkOutcome::WithoutMoney);
    let element = element
        .with(offences.map(|offences| AMOUNT.fixed(lines::euros(offences.amount_cents))))
        .with(relation.map(|key| RELATION.fixed(key)))
        .with(Some(people::PART.fixed(people::part_key(record))))
        .with(without.then(|| NO_MONEY.fixed("1")));
    evidence(sheet, record, element)
}

fn evidence(sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    let held: Vec<_> = PROOFS.iter().filter(|(_, _, holds)| holds(record)).collect();
    let keyed = held.iter().zip(&EVIDENCE).map(|((key, _, _), field)| field.fixed(*key));
    let rest: Vec<_> = held.iter().skip(EVIDENCE.len()).map(|(_, words, _)| *words).collect();
    let element = keyed.fold(element, |element, key| element.with(Some(key)));
    element.with(sheet.text(&OTHER_EVIDENCE, "evidence", &rest.join(", ")))
}

fn notes(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord, element: Element) -> Element {
    if record.place.as_ref().and_then(|place| place.fix.as_ref()).is_some_and(|fix| fix.mocked) {
        sheet.leave("place.fix", Reason::Unsound, None);
    }
    let internal = record.notes.internal.as_deref().unwrap_or_default();
    let note = sheet.note(&NOTE, "notes.internal", internal, note_lines(handover, record));
    let citizen = record.notes.citizen.clone();
    let act = [time_note(record), citizen].into_iter().flatten().collect::<Vec<_>>().join("\n");
    element.with(note).with(sheet.text(&ACT_NOTE, "notes.citizen", &act))
}

fn time_note(record: &CaseRecord) -> Option<String> {
    let (begin, end) = period(&mut Sheet::new(Charset::Utf8), &TIME, record)?;
    repeated_hour(&begin, end.as_ref())
}

fn note_lines(handover: &Handover, record: &CaseRecord) -> Vec<Line> {
    let mut all = people::lines(handover, record);
    all.extend(lines::talk(record));
    if handover.xowi.payment.is_none() {
        all.extend(lines::payment(record).map(|line| line.because(Reason::NoKey)));
    }
    if handover.xowi.slip.is_none() {
        all.extend(lines::slip(record).map(|line| line.because(Reason::NoKey)));
    }
    if handover.xowi.number.is_none() {
        all.extend(lines::number(record).map(|line| line.because(Reason::NoKey)));
    }
    all.extend(lines::tow(record));
    all.extend(lines::checks(record));
    let single: [fn(&CaseRecord) -> Option<Line>; 10] = [
        lines::driver,
        lines::coordinates,
        lines::parts,
        lines::built_up,
        lines::remaining_width,
        lines::meter,
        lines::permit,
        lines::trailer,
        lines::gross_mass,
        lines::flags,
    ];
    all.extend(single.iter().filter_map(|line| line(record)));
    all.extend(municipality(handover, record));
    all.extend(lines::plate(record));
    all.extend(lines::unit(record));
    all.extend(lines::confirmed(record));
    all.extend(lines::photo_flags(record));
    all
}

/// The place's municipality is told as a line unless it is the client's key or has a name.
fn municipality(handover: &Handover, record: &CaseRecord) -> Option<Line> {
    let key = record.place.as_ref()?.municipality.as_ref()?;
    let told = handover.client.as_ref().is_none_or(|client| client == key);
    let named = handover.xowi.places.contains_key(key.as_str());
    lines::municipality(record).filter(|_| !told && !named)
}

fn offences(sheet: &mut Sheet, record: &CaseRecord) -> Vec<Element> {
    let items = record.offences.as_ref().map_or(&[][..], |offences| &offences.items);
    if items.is_empty() {
        sheet.refuse(&OFFENCE, "offences", Rule::Missing);
    }
    items.iter().enumerate().map(|(at, item)| offence(sheet, record, at, item)).collect()
}

fn offence(sheet: &mut Sheet, record: &CaseRecord, at: usize, item: &ChargedOffence) -> Element {
    let noted = record.observation.checks.iter().find_map(|check| lines::valves(&check.valves));
    let refinement = item.refinement.as_ref();
    Element::new("Tatbestand")
        .with(Some(OFFENCE.fixed(item.number.to_string())))
        .with(sheet.optional(&REFINEMENT, format!("offences.items[{at}].refinement"), refinement))
        .with(Some(OFFENCE_AMOUNT.fixed(lines::euros(item.amount_cents))))
        .with(Some(POINTS.fixed(item.points.to_string())))
        .with(sheet.optional(&VALVES, "observation.checks.valves", noted.filter(|_| at == 0).as_ref()))
}

fn number(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let element = Element::new("Referenzzeichen");
    let (Some(ident), Some(number)) = (&handover.xowi.number, record.number) else { return element };
    element.with(sheet.needed(&REFERENCE_KIND, "handover.xowi.number", Some(ident))).with(sheet.text(
        &REFERENCE,
        "number",
        &number.to_string(),
    ))
}

fn slip(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let element = Element::new("Referenzzeichen");
    let (Some(ident), Some(slip)) = (&handover.xowi.slip, &record.slip) else { return element };
    element.with(sheet.needed(&REFERENCE_KIND, "handover.xowi.slip", Some(ident))).with(sheet.text(
        &REFERENCE,
        "slip.number",
        &slip.number,
    ))
}

fn payment(handover: &Handover, sheet: &mut Sheet, record: &CaseRecord) -> Element {
    let element = Element::new("Zuweisung");
    let Some(keys) = &handover.xowi.payment else { return element };
    let Some((talk, payment)) = record.talk.as_ref().and_then(|talk| Some((talk, talk.payment.as_ref()?))) else {
        return element;
    };
    element
        .with(sheet.needed(&PAID_KEY, "handover.xowi.payment.key", Some(&keys.key)))
        .with(sheet.needed(&PAID_KIND, "handover.xowi.payment.kind", Some(&keys.kind)))
        .with(Some(PAID.fixed(lines::euros(payment.amount_cents))))
        .with(Local::of(&talk.at).map(|at| PAID_ON.fixed(at.iso_day())))
        .with(lines::payment(record).and_then(|line| sheet.text(&PAID_FOR, line.member, &line.text)))
}

fn documents(handover: &Handover, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
    let element = Element::new("Dokumente");
    if case.record.photos.is_empty() {
        return element;
    }
    let keys = &handover.xowi.documents;
    if !matches!(keys.key.as_str(), "5" | "7") {
        sheet.refuse(&DOCUMENTS_KEY, "handover.xowi.documents.key", Rule::Form);
    }
    let photos = case.record.photos.iter().enumerate();
    let photos: Vec<_> = photos.map(|(at, photo)| document(sheet, case, at, photo)).collect();
    element
        .with(sheet.needed(&DOCUMENTS_KIND, "handover.xowi.documents.kind", Some(&keys.kind)))
        .with(Some(DOCUMENTS_KEY.fixed(keys.key.clone())))
        .children(photos)
}

fn document(sheet: &mut Sheet, case: &HandedCase<'_>, at: usize, photo: &PhotoRecord) -> Element {
    let title = match photo.class {
        PhotoClass::Overview => "Übersicht",
        PhotoClass::Plate => "Kennzeichen",
        PhotoClass::Sign => "Verkehrszeichen",
        PhotoClass::Valve => "Ventilstellung",
        PhotoClass::Detail => "Detail",
        PhotoClass::Driver => "Fahrer",
    };
    let proof = case.proof(photo.object);
    if proof.is_some() {
        sheet.leave(format!("photos[{at}].signed"), Reason::NoElement, None);
    }
    let hash = proof.map(|proof| HASH.fixed(to_hex(&proof.sha256)));
    Element::new("Dokument")
        .with(Some(TITLE.fixed(title)))
        .with(sheet.text(&MEDIA_TYPE, "photos.media_type", &photo.media_type))
        .with(Some(FILE.fixed(file_name(photo))))
        .with(hash)
        .with(Some(STAMP.fixed(photo.imported_at.to_rfc3339())))
}

/// Mandatory. The day is the one on which the officer closed the case.
fn decision(handover: &Handover, record: &CaseRecord) -> Element {
    let (key, kind) = handover.xowi.decision.keys();
    Element::new("Entscheidung")
        .with(Some(DECISION.fixed(key)))
        .with(Some(DECISION_KIND.fixed(kind)))
        .with(Local::of(&record.sealed_at).map(|at| DECIDED_ON.fixed(at.iso_day())))
}
