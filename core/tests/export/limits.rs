//! Every text of the record at its limit and one beyond, and with signs that a format cannot hold.

use streife_core::domain::CaseRecord;
use streife_core::export::{Format, HandedCase, Rule};

use super::common::{export, foreign, full, handover, refused, taken, text, values};

/// A text of the record: what an error calls it in each format, and how to set it.
pub struct Text {
    name: &'static str,
    xowi: &'static str,
    winowig: &'static str,
    set: fn(&mut CaseRecord, String),
}

impl Text {
    const fn new(name: &'static str, set: fn(&mut CaseRecord, String)) -> Self {
        Self { name, xowi: name, winowig: name, set }
    }

    const fn called(self, xowi: &'static str, winowig: &'static str) -> Self {
        Self { xowi, winowig, ..self }
    }

    pub fn set(&self, record: &mut CaseRecord, text: String) {
        (self.set)(record, text);
    }

    fn member(&self, format: Format) -> &'static str {
        if format == Format::Xowi { self.xowi } else { self.winowig }
    }

    fn in_full(&self, text: String) -> CaseRecord {
        let mut record = full();
        self.set(&mut record, text);
        record
    }
}

macro_rules! at {
    ($record:ident, $member:ident) => {
        $record.$member.as_mut().expect("set in the full record")
    };
}

pub const TEXTS: [Text; 36] = [
    Text::new("officer.id", |r, t| r.officer.id = t).called("officer.id", "officer"),
    Text::new("officer.unit", |r, t| r.officer.unit = Some(t)).called("officer.unit", "officer"),
    Text::new("vehicle.plate.text", |r, t| at!(r, vehicle).plate = foreign(t)),
    Text::new("vehicle.make", |r, t| at!(r, vehicle).make = Some(t)),
    Text::new("vehicle.model", |r, t| at!(r, vehicle).model = Some(t)),
    Text::new("vehicle.colour", |r, t| at!(r, vehicle).colour = Some(t)),
    Text::new("vehicle.vin", |r, t| at!(r, vehicle).vin = Some(t)),
    Text::new("vehicle.trailer.text", |r, t| at!(r, vehicle).trailer = Some(foreign(t)))
        .called("vehicle.trailer", "vehicle.trailer.text"),
    Text::new("vehicle.marks.raw", |r, t| {
        if let Some(marks) = &mut at!(r, vehicle).marks {
            marks.raw = Some(t);
        }
    }),
    Text::new("vehicle.marks.doubt", |r, t| {
        if let Some(doubt) = at!(r, vehicle).marks.as_mut().and_then(|marks| marks.doubt.as_mut()) {
            doubt.reason = t;
        }
    }),
    Text::new("offences.items[0].refinement", |r, t| at!(r, offences).items[0].refinement = Some(t)),
    Text::new("place.text", |r, t| at!(r, place).text = t),
    Text::new("place.street", |r, t| at!(r, place).street = Some(t)),
    Text::new("scene.meter", |r, t| r.scene.meter = Some(t)),
    Text::new("scene.permit", |r, t| r.scene.permit = Some(t)),
    Text::new("persons[0].family_name", |r, t| r.persons[0].family_name = Some(t)),
    Text::new("persons[0].given_names", |r, t| r.persons[0].given_names = Some(t)),
    Text::new("persons[0].birth_place", |r, t| r.persons[0].birth_place = Some(t)),
    Text::new("persons[0].address.street", |r, t| home(r).street = Some(t)),
    Text::new("persons[0].address.postcode", |r, t| home(r).postcode = Some(t)),
    Text::new("persons[0].address.town", |r, t| home(r).town = Some(t)),
    Text::new("persons[0].licence", |r, t| r.persons[0].licence = Some(t)).called("persons[0].role", "persons[0].role"),
    Text::new("persons[0].statement", |r, t| r.persons[0].statement = Some(t)),
    Text::new("witnesses[0].name", |r, t| r.witnesses[0].name = Some(t)).called("witnesses[0].name", "witnesses[0]"),
    Text::new("witnesses[1].name", |r, t| r.witnesses[1].name = Some(t)).called("witnesses[1]", "witnesses[1]"),
    Text::new("witnesses[0].statement", |r, t| r.witnesses[0].statement = Some(t)),
    Text::new("talk.payment.receipt", |r, t| at!(r, talk).payment.as_mut().expect("paid").receipt = Some(t))
        .called("talk.payment", "talk.payment"),
    Text::new("tow.reason", |r, t| at!(r, tow).reason = t),
    Text::new("tow.firm", |r, t| at!(r, tow).firm = Some(t)),
    Text::new("tow.operator", |r, t| at!(r, tow).operator = Some(t)),
    Text::new("tow.destination", |r, t| at!(r, tow).destination = Some(t)),
    Text::new("tow.condition", |r, t| at!(r, tow).condition = Some(t)),
    Text::new("tow.damage[0]", |r, t| at!(r, tow).damage[0].text = t),
    Text::new("notes.citizen", |r, t| r.notes.citizen = Some(t)),
    Text::new("notes.internal", |r, t| r.notes.internal = Some(t)),
    Text::new("confirmed[0]", |r, t| r.confirmed[0].reason = t),
];

fn home(record: &mut CaseRecord) -> &mut streife_core::domain::PostalAddress {
    record.persons[0].address.get_or_insert_default()
}

/// Greatest lengths, in characters.
const LIMITS: [(Format, &str, usize); 27] = [
    (Format::Xowi, "officer.id", 4),
    (Format::Xowi, "vehicle.plate.text", 12),
    (Format::Xowi, "vehicle.make", 24),
    (Format::Xowi, "vehicle.model", 24),
    (Format::Xowi, "vehicle.colour", 24),
    (Format::Xowi, "vehicle.vin", 30),
    (Format::Xowi, "offences.items[0].refinement", 2_000),
    (Format::Xowi, "place.text", 200),
    (Format::Xowi, "persons[0].family_name", 100),
    (Format::Xowi, "persons[0].given_names", 50),
    (Format::Xowi, "persons[0].birth_place", 60),
    (Format::Xowi, "persons[0].address.street", 60),
    (Format::Xowi, "persons[0].address.postcode", 12),
    (Format::Xowi, "persons[0].address.town", 60),
    (Format::Xowi, "witnesses[0].name", 100),
    (Format::Xowi, "notes.citizen", 2_000),
    (Format::Xowi, "notes.internal", 2_000),
    (Format::Winowig, "vehicle.plate.text", 15),
    (Format::Winowig, "vehicle.trailer.text", 15),
    (Format::Winowig, "vehicle.make", 30),
    (Format::Winowig, "vehicle.colour", 12),
    (Format::Winowig, "place.text", 70),
    (Format::Winowig, "persons[0].statement", 2_000),
    (Format::Winowig, "witnesses[0].name", 70),
    (Format::Winowig, "notes.citizen", 254),
    (Format::Winowig, "notes.internal", 2_000),
    // "Dienstnummer ", the number, ", ", the unit of 23 characters.
    (Format::Winowig, "officer.id", 70 - 38),
];

fn named(name: &str) -> &'static Text {
    TEXTS.iter().find(|text| text.name == name).expect("a text of the table")
}

#[test]
fn a_text_at_its_limit_is_taken_whole_and_one_character_more_is_refused_by_name() {
    for (format, name, limit) in LIMITS {
        let text = named(name);
        let whole = "ö".repeat(limit);
        let xml = taken(format, &text.in_full(whole.clone()));
        assert!(xml.contains(&whole), "{name} was cut in {format:?}");
        let refusal = refused(format, &text.in_full("ö".repeat(limit + 1)));
        let [error] = refusal.errors.as_slice() else { panic!("{name} in {format:?}: {:?}", refusal.errors) };
        assert_eq!(error.member, text.member(format), "{name} in {format:?}");
        let Rule::TooLong { length, limit: known } = error.rule else { panic!("{name}: {error}") };
        let beside = if (format, name) == (Format::Winowig, "officer.id") { 38 } else { 0 };
        assert_eq!((length, known), (limit + 1 + beside, limit + beside), "{name} in {format:?}");
    }
}

#[test]
fn a_text_without_a_limit_of_its_own_is_taken_whole_or_reported() {
    for text in &TEXTS {
        for format in Format::ALL {
            if LIMITS.iter().any(|(of, name, _)| *of == format && *name == text.name) {
                continue;
            }
            let batch = export(format, &text.in_full("ö".repeat(45)));
            if let [refusal] = batch.refused.as_slice() {
                let error = &refusal.errors[0];
                assert!(error.member == text.member(format), "{} in {format:?}: {error}", text.name);
                continue;
            }
            let xml = super::common::text(format, batch.file.expect("a file"));
            assert!(xml.contains(&"ö".repeat(45)), "{} is lost in {format:?}", text.name);
        }
    }
}

#[test]
fn a_sign_that_a_format_cannot_hold_is_refused_by_name_and_never_replaced() {
    for text in &TEXTS {
        for (sign, code) in [('š', 0x161), ('😀', 0x1F600), ('€', 0x20AC), ('\u{80}', 0x80)] {
            let refusal = refused(Format::Winowig, &text.in_full(format!("a{sign}")));
            let error = &refusal.errors[0];
            assert_eq!(error.member, text.member(Format::Winowig), "{}: {error}", text.name);
            assert!(
                matches!(error.rule, Rule::Character { code: found, .. } if found == code),
                "{}: {error}",
                text.name
            );
        }
        for sign in ['\u{0}', '\u{1B}', '\u{FFFF}'] {
            let refusal = refused(Format::Xowi, &text.in_full(format!("a{sign}")));
            assert_eq!(refusal.errors[0].member, text.member(Format::Xowi), "{}", text.name);
        }
    }
    let colour = named("vehicle.colour");
    assert_eq!(values(&taken(Format::Xowi, &colour.in_full("š😀".to_owned())), "KFZ_Farbe"), ["š😀"]);
}

#[test]
fn a_decomposed_umlaut_is_one_sign() {
    let colour = named("vehicle.colour");
    let record = colour.in_full("gru\u{308}n".to_owned());
    assert_eq!(values(&taken(Format::Winowig, &record), "Farbe"), ["grün"]);
    let bytes = export(Format::Winowig, &record).file.expect("a file");
    assert!(bytes.windows(4).any(|four| four == b"gr\xFCn"));
    assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"));
}

#[test]
fn line_ends_survive_in_attributes() {
    let record = named("notes.citizen").in_full("eins\nzwei".to_owned());
    assert_eq!(values(&taken(Format::Xowi, &record), "Bemerkung_Zur_Tat"), ["eins\nzwei"]);
}

#[test]
fn a_place_is_broken_at_blanks_into_three_lines_at_most() {
    let place = named("place.text");
    let word = "ö".repeat(70);
    let lines = |words: usize| place.in_full(vec![word.clone(); words].join(" "));
    assert_eq!(values(&taken(Format::Winowig, &lines(3)), "Tatort"), vec![word.clone(); 3]);
    let refusal = refused(Format::Winowig, &lines(4));
    assert_eq!(refusal.errors[0].member, "place.text");
    assert!(matches!(refusal.errors[0].rule, Rule::TooLong { limit: 210, .. }));
}

#[test]
fn a_file_number_is_eight_to_twelve_digits_and_dots_in_xowi() {
    let record = full();
    let file_number = |number: &'static str| {
        let case = HandedCase { file_number: Some(number), ..HandedCase::new(&record) };
        Format::Xowi.export(&[case], &handover()).expect("settings that fit")
    };
    for sound in ["12345678", "123.456789.1"] {
        let xml = text(Format::Xowi, file_number(sound).file.expect("a file"));
        assert_eq!(values(&xml, "AZ"), [sound]);
    }
    for (wrong, rule) in
        [("1234567", Rule::Form), ("12345678a", Rule::Form), ("1234567890123", Rule::TooLong { length: 13, limit: 12 })]
    {
        assert_eq!(file_number(wrong).refused[0].errors[0].rule, rule, "{wrong}");
    }
}
