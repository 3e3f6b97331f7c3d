//! Lines for the internal note: German words for facts that a format has no element for.

use super::local::{german_day, said};
use super::people;
use super::report::Reason;
use super::sheet::Member;
use crate::domain::{
    Axle, CaseRecord, Check, DoubtedVerdict, DriverPresence, Fix, FixProvider, Money, OffenceRelation, PaymentMethod,
    Person, PersonRole, PhotoRecord, PlateDoubt, PlateKind, PostalAddress, Sex, Side, TalkOutcome, Tow, TowOutcome,
    Valve, VehicleFlag, Witness,
};
use crate::geo::Utm32;

/// One line and the member it tells of.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) member: Member,
    pub(super) reason: Reason,
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(member: impl Into<Member>, text: String) -> Self {
        Self { member: member.into(), reason: Reason::NoElement, text }
    }

    pub(super) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }
}

fn one(member: &'static str, label: &str, value: Option<&String>) -> Option<Line> {
    value.map(|value| Line::new(member, format!("{label}: {value}")))
}

/// Joins what is there, if anything is.
fn joined(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `55.00`.
pub(super) fn euros(money: Money) -> String {
    format!("{}.{:02}", money.0 / 100, money.0 % 100)
}

// ---- the offence ----

/// How several offences belong together, and what they cost.
pub(super) fn relation(record: &CaseRecord) -> Vec<Line> {
    let Some(offences) = record.offences.as_ref().filter(|offences| offences.items.len() > 1) else {
        return Vec::new();
    };
    let text = match offences.relation {
        OffenceRelation::OneAct => "Tateinheit",
        OffenceRelation::SeveralActs => "Tatmehrheit",
    };
    vec![Line::new("offences.relation", format!("{text}, zusammen {} EUR", euros(offences.amount_cents)))]
}

/// Every check with what was noted at it, and the time between them.
pub(super) fn checks(record: &CaseRecord) -> Vec<Line> {
    let checks = &record.observation.checks;
    let told = checks.len() > 1 || checks.iter().any(|check| check.disc.is_some() || !check.valves.is_empty());
    if !told {
        return Vec::new();
    }
    let mut lines: Vec<_> = checks.iter().enumerate().map(|(at, check)| check_line(at, check)).collect();
    if checks.len() > 1 {
        let seconds = record.observation.duration_s;
        let text = format!("Beobachtet: {} min {} s", seconds / 60, seconds % 60);
        lines.push(Line::new("observation.duration_s", text));
    }
    lines
}

fn check_line(at: usize, check: &Check) -> Line {
    let disc = check.disc.map(|disc| format!("Parkscheibe {}", String::from(disc)));
    let text = joined([Some(format!("Kontrolle {}", said(&check.at))), valves(&check.valves), disc]);
    Line::new(format!("observation.checks[{at}]"), text.unwrap_or_default())
}

/// Valve positions, `VL 5, HL 10`.
pub(super) fn valves(valves: &[Valve]) -> Option<String> {
    joined(valves.iter().map(|valve| {
        let axle = if valve.axle == Axle::Front { "V" } else { "H" };
        let side = if valve.side == Side::Left { "L" } else { "R" };
        Some(format!("{axle}{side} {}", u8::from(valve.clock)))
    }))
}

// ---- the vehicle ----

pub(super) fn model(record: &CaseRecord) -> Option<Line> {
    one("vehicle.model", "Modell", record.vehicle.as_ref()?.model.as_ref())
}

pub(super) fn vin(record: &CaseRecord) -> Option<Line> {
    one("vehicle.vin", "FIN", record.vehicle.as_ref()?.vin.as_ref())
}

pub(super) fn trailer(record: &CaseRecord) -> Option<Line> {
    let trailer = record.vehicle.as_ref()?.trailer.as_ref()?;
    Some(Line::new("vehicle.trailer", format!("Anhänger: {} ({})", trailer.text, trailer.nation)))
}

pub(super) fn gross_mass(record: &CaseRecord) -> Option<Line> {
    let mass = record.vehicle.as_ref()?.gross_kg?;
    Some(Line::new("vehicle.gross_kg", format!("Zulässige Gesamtmasse: {mass} kg")))
}

pub(super) fn flags(record: &CaseRecord) -> Option<Line> {
    let words = |flag: &VehicleFlag| match flag {
        VehicleFlag::Empty => "verlassen",
        VehicleFlag::HazardLights => "Warnblinker an",
        VehicleFlag::InspectionOverdue => "Hauptuntersuchung abgelaufen",
        VehicleFlag::EcoBadgeMissing => "Umweltplakette fehlt",
        VehicleFlag::Over2800Kg => "über 2,8 t",
    };
    let text = joined(record.vehicle.as_ref()?.flags.iter().map(|flag| Some(words(flag).to_owned())))?;
    Some(Line::new("vehicle.flags", format!("Fahrzeug: {text}")))
}

/// What was noted of the plate and is no part of its number.
pub(super) fn plate(record: &CaseRecord) -> Vec<Line> {
    let Some(marks) = record.vehicle.as_ref().and_then(|vehicle| vehicle.marks.as_ref()) else { return Vec::new() };
    let exchanged = marks.kind == Some(PlateKind::Interchangeable);
    let kind = exchanged.then(|| Line::new("vehicle.marks.kind", "Wechselkennzeichen".to_owned()));
    let raw = one("vehicle.marks.raw", "Kennzeichen laut Kamera", marks.raw.as_ref());
    [kind, raw, marks.doubt.as_ref().map(doubt)].into_iter().flatten().collect()
}

fn doubt(doubt: &PlateDoubt) -> Line {
    let verdict = match doubt.verdict {
        DoubtedVerdict::Ambiguous => "mehrdeutig",
        DoubtedVerdict::UnknownPrefix => "Unterscheidungszeichen unbekannt",
        DoubtedVerdict::Malformed => "keine bekannte Form",
    };
    Line::new("vehicle.marks.doubt", format!("Kennzeichen wie gesehen ({verdict}): {}", doubt.reason))
}

// ---- the place ----

/// Coordinates in UTM zone 32 for formats without an element for them. A simulated fix tells nothing.
pub(super) fn coordinates(record: &CaseRecord) -> Option<Line> {
    let fix = record.place.as_ref()?.fix.as_ref()?;
    if fix.mocked {
        return None;
    }
    let (lat, lon) = fix.degrees();
    let place = Utm32::from_degrees((lat, lon)).map_or_else(
        || format!("WGS84 {lat:.7} {lon:.7}"),
        |utm| format!("UTM32 E {:.0} N {:.0}", utm.east_m, utm.north_m),
    );
    Some(Line::new("place.fix", format!("Position {place}, {}", quality(fix))))
}

/// How good a fix is, for formats that take coordinates alone.
pub(super) fn accuracy(record: &CaseRecord) -> Option<Line> {
    let fix = record.place.as_ref()?.fix.as_ref().filter(|fix| !fix.mocked)?;
    Some(Line::new("place.fix.accuracy_mm", format!("Position {}", quality(fix))))
}

fn quality(fix: &Fix) -> String {
    let provider = match fix.provider {
        FixProvider::Gnss => "Satellit",
        FixProvider::Network => "Netz",
        FixProvider::Fused => "Satellit und Netz",
        FixProvider::Manual => "von Hand",
    };
    format!("+-{} m, {provider}, {}", fix.accuracy_mm.div_ceil(1_000), said(&fix.at))
}

/// Parts of the place that the officer's words do not have.
pub(super) fn parts(record: &CaseRecord) -> Option<Line> {
    let place = record.place.as_ref()?;
    let known = [("street", &place.street), ("house_number", &place.house_number), ("postcode", &place.postcode)];
    let mut missing = known.into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?)));
    missing.find(|(_, part)| !place.text.contains(part.as_str())).and_then(|(name, _)| {
        let text = joined([place.street.clone(), place.house_number.clone(), place.postcode.clone()])?;
        Some(Line::new(format!("place.{name}"), format!("Ort im Verzeichnis: {text}")))
    })
}

pub(super) fn built_up(record: &CaseRecord) -> Option<Line> {
    let words = if record.place.as_ref()?.built_up? { "innerhalb" } else { "außerhalb" };
    Some(Line::new("place.built_up", format!("{words} geschlossener Ortschaft")))
}

pub(super) fn municipality(record: &CaseRecord) -> Option<Line> {
    let key = record.place.as_ref()?.municipality.as_ref()?;
    Some(Line::new("place.municipality", format!("Gemeindeschlüssel des Tatorts: {}", key.as_str())))
}

// ---- the scene ----

pub(super) fn driver(record: &CaseRecord) -> Option<Line> {
    let words = match record.scene.driver? {
        DriverPresence::Absent => "nicht angetroffen",
        DriverPresence::Present => "angetroffen",
        DriverPresence::Left => "hat sich entfernt",
    };
    Some(Line::new("scene.driver", format!("Fahrer: {words}")))
}

pub(super) fn remaining_width(record: &CaseRecord) -> Option<Line> {
    let width = record.scene.remaining_width_cm?;
    Some(Line::new("scene.remaining_width_cm", format!("Restbreite: {}.{:02} m", width / 100, width % 100)))
}

pub(super) fn meter(record: &CaseRecord) -> Option<Line> {
    one("scene.meter", "Parkuhr", record.scene.meter.as_ref())
}

pub(super) fn permit(record: &CaseRecord) -> Option<Line> {
    one("scene.permit", "Berechtigung im Fahrzeug", record.scene.permit.as_ref())
}

// ---- people ----

const fn role(role: PersonRole) -> &'static str {
    match role {
        PersonRole::Driver => "Fahrer",
        PersonRole::Keeper => "Halter",
        PersonRole::DriverAndKeeper => "Fahrer und Halter",
        PersonRole::Passenger => "Mitfahrer",
        PersonRole::Pedestrian => "Fußgänger",
        PersonRole::Cyclist => "Radfahrer",
    }
}

/// Looks of a person: role, sex, estimated age, licence.
pub(super) fn looks(record: &CaseRecord) -> Vec<Line> {
    record
        .persons
        .iter()
        .enumerate()
        .map(|(at, person)| Line::new(format!("persons[{at}].role"), look(person)))
        .collect()
}

fn look(person: &Person) -> String {
    let sex = person.sex.map(|sex| match sex {
        Sex::Female => "weiblich".to_owned(),
        Sex::Male => "männlich".to_owned(),
        Sex::Diverse => "divers".to_owned(),
    });
    let age = person.age.map(|age| format!("etwa {} bis {} Jahre", age.from, age.to));
    let licence = person.licence.as_ref().map(|number| format!("Führerschein {number}"));
    joined([Some(role(person.role).to_owned()), sex, age, licence]).unwrap_or_default()
}

/// A person with name, birth and address in words, for one who has no element.
pub(super) fn identity(at: usize, person: &Person) -> Option<Line> {
    let birth = joined([person.born.map(german_day), person.birth_place.clone()]).map(|birth| format!("geb. {birth}"));
    let home = person.address.as_ref().and_then(address);
    let text = joined([person.family_name.clone(), person.given_names.clone(), birth, home])?;
    Some(Line::new(format!("persons[{at}].family_name"), format!("{}: {text}", role(person.role))))
}

/// What persons said. One of them may have an element.
pub(super) fn statements(record: &CaseRecord, placed: Option<usize>) -> Vec<Line> {
    let told = record.persons.iter().enumerate().filter(|(at, _)| Some(*at) != placed);
    let line = |(at, person): (usize, &Person)| {
        let statement = person.statement.as_ref()?;
        Some(Line::new(format!("persons[{at}].statement"), format!("{} gibt an: {statement}", role(person.role))))
    };
    told.filter_map(line).collect()
}

fn address(address: &PostalAddress) -> Option<String> {
    joined([address.street.clone(), address.postcode.clone(), address.town.clone(), address.nation.clone()])
}

/// A witness in words, with address; the statement is a line of its own.
pub(super) fn witness_text(witness: &Witness) -> String {
    let officer = witness.officer.as_ref().map(|number| format!("Dienstnummer {number}"));
    let home = witness.address.as_ref().and_then(address);
    joined([officer, witness.name.clone(), home]).unwrap_or_default()
}

/// A witness for the internal note.
pub(super) fn witness(at: usize, witness: &Witness) -> Line {
    let named = if witness.may_be_named { "" } else { " (nicht zu nennen)" };
    Line::new(format!("witnesses[{at}]"), format!("Zeuge{named}: {}", witness_text(witness)))
}

/// The service number of a witness whose name has an element.
pub(super) fn witness_number(at: usize, witness: &Witness) -> Option<Line> {
    let number = witness.officer.as_ref()?;
    Some(Line::new(format!("witnesses[{at}].officer"), format!("Zeuge {}: Dienstnummer {number}", at + 1)))
}

pub(super) fn witness_statements(record: &CaseRecord) -> Vec<Line> {
    let told = record.witnesses.iter().enumerate().filter_map(|(at, witness)| {
        let statement = witness.statement.as_ref()?;
        Some(Line::new(format!("witnesses[{at}].statement"), format!("Zeuge {} gibt an: {statement}", at + 1)))
    });
    told.collect()
}

/// The talk; how it ended in money is said by [`payment`].
pub(super) fn talk(record: &CaseRecord) -> Option<Line> {
    let talk = record.talk.as_ref()?;
    let told = if talk.instructed { "belehrt" } else { "nicht belehrt" };
    let outcome = match talk.outcome {
        TalkOutcome::Agreed => "einverstanden",
        TalkOutcome::Refused => "lehnt ab",
        TalkOutcome::Open => "offen",
        TalkOutcome::WithoutMoney => "ohne Verwarnungsgeld",
    };
    Some(Line::new("talk", format!("Verwarnungsgespräch {}: {told}, {outcome}", said(&talk.at))))
}

pub(super) fn payment(record: &CaseRecord) -> Option<Line> {
    let payment = record.talk.as_ref()?.payment.as_ref()?;
    let method = if payment.method == PaymentMethod::Cash { "bar" } else { "mit Karte" };
    let receipt = payment.receipt.as_ref().map_or_else(String::new, |number| format!(", Quittung {number}"));
    let text = format!("Vor Ort {method} bezahlt: {} EUR{receipt}", euros(payment.amount_cents));
    Some(Line::new("talk.payment", text))
}

// ---- the tow ----

/// The tow block, a line for each of its facts.
pub(super) fn tow(record: &CaseRecord) -> Vec<Line> {
    let Some(tow) = &record.tow else { return Vec::new() };
    let mut lines = vec![
        Line::new("tow.requested", tow_times(tow)),
        Line::new("tow.reason", format!("Abschleppgrund: {}", tow.reason)),
        Line::new("tow.note_left", format!("Hinweis auf Verbleib: {}", if tow.note_left { "ja" } else { "nein" })),
    ];
    lines.extend(one("tow.firm", "Abschleppfirma", tow.firm.as_ref()));
    lines.extend(one("tow.operator", "Fahrer des Abschleppwagens", tow.operator.as_ref()));
    lines.extend(one("tow.destination", "Verbringungsort", tow.destination.as_ref()));
    lines.extend(one("tow.condition", "Zustand", tow.condition.as_ref()));
    lines.extend(tow.damage.iter().enumerate().map(|(at, damage)| {
        let photo = damage.photo.map_or_else(String::new, |photo| format!(" (Foto {photo})"));
        Line::new(format!("tow.damage[{at}]"), format!("Vorschaden: {}{photo}", damage.text))
    }));
    lines
}

fn tow_times(tow: &Tow) -> String {
    let outcome = match tow.outcome {
        Some(TowOutcome::Towed) => "abgeschleppt",
        Some(TowOutcome::Moved) => "umgesetzt",
        Some(TowOutcome::EmptyRun) => "Leerfahrt",
        Some(TowOutcome::Cancelled) => "storniert",
        None => "noch nicht beendet",
    };
    let arrived = tow.arrived.map(|at| format!("eingetroffen {}", said(&at)));
    let finished = tow.finished.map(|at| format!("beendet {}", said(&at)));
    let times = joined([Some(format!("angefordert {}", said(&tow.requested))), arrived, finished]);
    format!("Abschleppen: {outcome}, {}", times.unwrap_or_default())
}

// ---- the case ----

pub(super) fn unit(record: &CaseRecord) -> Option<Line> {
    one("officer.unit", "Dienststelle", record.officer.unit.as_ref())
}

pub(super) fn slip(record: &CaseRecord) -> Option<Line> {
    one("slip.number", "Verwarnungszettel", record.slip.as_ref().map(|slip| &slip.number))
}

pub(super) fn case(record: &CaseRecord) -> Line {
    Line::new("case", format!("Streife-Vorgang {}", record.case))
}

pub(super) fn number(record: &CaseRecord) -> Option<Line> {
    Some(Line::new("number", format!("Vorgangsnummer {}", record.number?)))
}

/// What is unusual about photo files, by the codes of the record.
pub(super) fn photo_flags(record: &CaseRecord) -> Vec<Line> {
    let line = |(at, photo): (usize, &PhotoRecord)| {
        let flags = joined(photo.flags.iter().map(|flag| Some(flag.to_string())))?;
        Some(Line::new(format!("photos[{at}].flags"), format!("Foto {}: {flags}", photo.object)))
    };
    record.photos.iter().enumerate().filter_map(line).collect()
}

/// Findings that the officer confirmed, with the reason.
pub(super) fn confirmed(record: &CaseRecord) -> Vec<Line> {
    let line = |(at, confirmed): (usize, &crate::domain::Confirmation)| {
        Line::new(format!("confirmed[{at}]"), format!("Bestätigt ({}): {}", confirmed.finding, confirmed.reason))
    };
    record.confirmed.iter().enumerate().map(line).collect()
}

/// Persons of whom more is known than looks, but who have no element: passengers, or all where the format takes one.
pub(super) fn identities(record: &CaseRecord, placed: impl Fn(usize) -> bool) -> Vec<Line> {
    let rest = record.persons.iter().enumerate().filter(|(at, person)| people::is_known(person) && !placed(*at));
    rest.filter_map(|(at, person)| identity(at, person)).collect()
}
