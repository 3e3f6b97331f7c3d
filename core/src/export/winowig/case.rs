//! The case itself: where, when, photos, evidence and the notes.

use super::super::batch::{HandedCase, PhotoProof};
use super::super::element::Element;
use super::super::handover::Handover;
use super::super::lines::{self, Line};
use super::super::local::{period, repeated_hour};
use super::super::photos::file_name;
use super::super::report::Reason;
use super::super::sheet::{Charset, Checked, Field, Rule, Sheet};
use super::{offence, people, vehicle};
use crate::domain::{CaseRecord, Category, PhotoClass, PhotoRecord};

const KIND: Field = Field::open("Fall/FallArt");
const GPS: Field = Field::open("Fall/GPS");
const REMARK: Field = Field::new("Bemerkungen/Bemerkung", 254);
const FILE_NUMBER: Field = Field::open("Falldaten/Aktenzeichen");
const DECISION: Field = Field::open("Falldaten/Bescheidart");
const NOTE: Field = Field::new("Falldaten/NotizAussendienst", 2_000);
const HINT_LEFT: Field = Field::open("Falldaten/HinweisHinterlassen");
const DAY: Field = Field::open("Tattag/Von");
const DAY_END: Field = Field::open("Tattag/Bis");
const TIME: Field = Field::open("Tatzeit/Von");
const TIME_END: Field = Field::open("Tatzeit/Bis");
const SHOWS: Field = Field::open("Bild/Inhalt");
const FILE: Field = Field::open("Bild/Dateiname");
const SIGNED: Field = Field::open("Bild/Signiert");
const EVIDENCE: Field = Field::open("Beweise/Beweis");
const PLACE: Field = Field::new("Tatorte/Tatort", 70);
/// Lines of a place, and of witnesses.
pub(super) const LINES: usize = 3;

/// One case.
pub(super) fn fall(handover: &Handover, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
    let record = case.record;
    let element = Element::new("Fall").with(Some(KIND.fixed("VOWI"))).with(position(sheet, record));
    element
        .child(people::persons(handover, sheet, record))
        .child(Element::new("Bemerkungen").leaf(remarks(sheet, record)))
        .child(facts(handover, sheet, case))
        .child(offence::offences(sheet, record))
        .child(Element::new("Bilder").children(photos(sheet, case)))
        .child(Element::new("Beweise").leaf(evidence(record)))
        .child(people::witnesses(sheet, record))
        .child(Element::new("Tatorte").leaf(place(sheet, record)))
}

/// `48.1379200;11.5822800`: latitude, then longitude. A simulated fix is none.
fn position(sheet: &mut Sheet, record: &CaseRecord) -> Option<Checked> {
    let fix = record.place.as_ref()?.fix.as_ref()?;
    if fix.mocked {
        sheet.leave("place.fix", Reason::Unsound, None);
        return None;
    }
    let (lat, lon) = fix.degrees();
    Some(GPS.fixed(format!("{lat:.7};{lon:.7}")))
}

/// The officer's note for the citizen, and what must be said about the time.
fn remarks(sheet: &mut Sheet, record: &CaseRecord) -> Vec<Checked> {
    let times = period(&mut Sheet::new(Charset::Latin1), &TIME, record);
    let doubled = times.and_then(|(begin, end)| repeated_hour(&begin, end.as_ref())).map(|text| REMARK.fixed(text));
    let citizen = sheet.optional(&REMARK, "notes.citizen", record.notes.citizen.as_ref());
    doubled.into_iter().chain(citizen).collect()
}

fn facts(handover: &Handover, sheet: &mut Sheet, case: &HandedCase<'_>) -> Element {
    let record = case.record;
    let file_number = case.file_number.and_then(|number| sheet.text(&FILE_NUMBER, "file_number", number));
    let internal = record.notes.internal.as_deref().unwrap_or_default();
    let note = sheet.note(&NOTE, "notes.internal", internal, note_lines(handover, record));
    let (day, time) = times(sheet, record);
    Element::new("Falldaten")
        .child(vehicle::vehicle(handover, sheet, record))
        .leaf(file_number)
        .leaf(decision(record))
        .leaf(note)
        .leaf(people::hearing(sheet, record))
        .leaf(record.slip.as_ref().map(|_| HINT_LEFT.fixed("Ja")))
        .child(day)
        .child(time)
        .child(offence::valves(record))
}

/// 1 warning, 2 fine. The dearest offence of the case decides.
fn decision(record: &CaseRecord) -> Option<Checked> {
    let category = record.offences.as_ref()?.items.iter().map(|item| item.category).max()?;
    Some(DECISION.fixed(if category == Category::Warning { "1" } else { "2" }))
}

fn times(sheet: &mut Sheet, record: &CaseRecord) -> (Element, Element) {
    let (day, time) = (Element::new("Tattag"), Element::new("Tatzeit"));
    let Some((begin, end)) = period(sheet, &TIME, record) else { return (day, time) };
    let later = end.filter(|end| end.date() != begin.date());
    let day = day.leaf([DAY.fixed(begin.day())]).leaf(later.map(|end| DAY_END.fixed(end.day())));
    let time = time.leaf([TIME.fixed(begin.time())]).leaf(end.map(|end| TIME_END.fixed(end.time())));
    (day, time)
}

/// Each content once. What has no word of its own, or whose word is taken, is an additional picture.
fn photos(sheet: &mut Sheet, case: &HandedCase<'_>) -> Vec<Element> {
    let mut free = vec!["Gesamtbild", "KFZKennzeichenbild", "Fahrerbild", "Gesamtbild2"];
    free.extend(["Zusatzbild1", "Zusatzbild2", "Zusatzbild3", "Zusatzbild4"]);
    let mut elements = Vec::new();
    for (at, photo) in case.record.photos.iter().enumerate() {
        let content = contents(photo.class).iter().find_map(|word| free.iter().position(|other| other == word));
        match content {
            Some(place) => {
                let proof = case.proof(photo.object);
                elements.push(picture(sheet, proof, at, photo, free.remove(place)));
            }
            None => sheet.leave(format!("photos[{at}]"), Reason::Full, None),
        }
    }
    elements
}

/// Contents that a photo can go by, the best first.
const fn contents(class: PhotoClass) -> &'static [&'static str] {
    match class {
        PhotoClass::Overview => {
            &["Gesamtbild", "Gesamtbild2", "Zusatzbild1", "Zusatzbild2", "Zusatzbild3", "Zusatzbild4"]
        }
        PhotoClass::Plate => &["KFZKennzeichenbild", "Zusatzbild1", "Zusatzbild2", "Zusatzbild3", "Zusatzbild4"],
        PhotoClass::Driver => &["Fahrerbild", "Zusatzbild1", "Zusatzbild2", "Zusatzbild3", "Zusatzbild4"],
        PhotoClass::Sign | PhotoClass::Valve | PhotoClass::Detail => {
            &["Zusatzbild1", "Zusatzbild2", "Zusatzbild3", "Zusatzbild4"]
        }
    }
}

fn picture(sheet: &mut Sheet, proof: Option<&PhotoProof>, at: usize, photo: &PhotoRecord, content: &str) -> Element {
    if proof.is_some() {
        sheet.leave(format!("photos[{at}].sha256"), Reason::NoElement, None);
    }
    let signed = proof.map(|proof| SIGNED.fixed(if proof.signed { "1" } else { "0" }));
    Element::new("Bild").with(Some(SHOWS.fixed(content))).with(Some(FILE.fixed(file_name(photo)))).with(signed)
}

fn evidence(record: &CaseRecord) -> Vec<Checked> {
    let photo = (!record.photos.is_empty()).then(|| EVIDENCE.fixed("Foto"));
    [Some(EVIDENCE.fixed("Zeuge")), photo].into_iter().flatten().collect()
}

/// The officer's words in lines that the format takes, broken at blanks only.
fn place(sheet: &mut Sheet, record: &CaseRecord) -> Vec<Checked> {
    let words = record.place.as_ref().map(|place| place.text.as_str());
    let Some((_, text)) = sheet.needed(&Field::open(PLACE.path()), "place.text", words) else { return Vec::new() };
    let lines = wrapped(&text, PLACE.limit());
    let fits = lines.len() <= LINES && lines.iter().all(|line| line.chars().count() <= PLACE.limit());
    if !fits {
        let (length, limit) = (text.chars().count(), PLACE.limit());
        let limit = if lines.len() > LINES { limit * LINES } else { limit };
        sheet.refuse(&PLACE, "place.text", Rule::TooLong { length, limit });
        return Vec::new();
    }
    lines.into_iter().map(|line| PLACE.fixed(line)).collect()
}

/// Fills lines up to a width; a word that is longer stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn note_lines(handover: &Handover, record: &CaseRecord) -> Vec<Line> {
    let mut all = people::lines(handover, record);
    all.extend(lines::talk(record));
    all.extend(lines::payment(record).map(|line| line.because(Reason::NameUnknown)));
    all.extend(lines::slip(record));
    all.extend(lines::tow(record).into_iter().map(|line| line.because(Reason::NameUnknown)));
    all.extend(lines::relation(record));
    all.extend(lines::checks(record));
    let single: [fn(&CaseRecord) -> Option<Line>; 9] = [
        lines::driver,
        lines::parts,
        lines::built_up,
        lines::permit,
        lines::model,
        lines::vin,
        lines::gross_mass,
        lines::flags,
        lines::accuracy,
    ];
    all.extend(single.iter().filter_map(|line| line(record)));
    let of_client = |key: &crate::domain::Municipality| handover.client.as_ref() == Some(key);
    let elsewhere =
        record.place.as_ref().and_then(|place| place.municipality.as_ref()).is_some_and(|key| !of_client(key));
    all.extend(lines::municipality(record).filter(|_| elsewhere));
    all.extend(lines::plate(record));
    all.extend(vehicle::lines(record));
    all.extend(lines::confirmed(record));
    all.extend(lines::photo_flags(record));
    all.extend(lines::number(record));
    all.push(lines::case(record));
    all
}
