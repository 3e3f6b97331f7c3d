//! Hand-over by tables of fields, by the examples of the record's schema, by properties, and by files that are reviewed
//! (`data/export`). Every document is read again by a parser of another hand.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

#[path = "export/common.rs"]
mod common;
#[path = "export/limits.rs"]
mod limits;
#[path = "export/pages.rs"]
mod pages;
#[path = "export/tables.rs"]
mod tables;

use common::{example, examples, export, full, handover, refused, says_nothing, taken, text, values};
use proptest::prelude::*;
use streife_core::domain::{BootId, CaseRecord, Check, Moment, Observation};
use streife_core::export::{ExportError, Format, HandedCase, Handover, PhotoProof, Reason, Rule};

fn moment(text: &str) -> Moment {
    let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
    Moment::new(time.timestamp_millis(), time.offset().local_minus_utc(), 0, BootId([0; 16])).expect("in the calendar")
}

fn seen(times: &[&str]) -> CaseRecord {
    let check = |time: &&str| Check { at: moment(time), valves: Vec::new(), disc: None };
    CaseRecord { observation: Observation::new(times.iter().map(check).collect()), ..example("tow") }
}

// ---- records ----

#[test]
fn every_valid_example_goes_through_both_formats_unless_it_is_void() {
    let mut count = 0;
    for entry in std::fs::read_dir(examples()).expect("examples") {
        let name = entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned();
        let record = example(&name);
        for format in Format::ALL {
            if record.voided.is_some() {
                assert_eq!(refused(format, &record).errors[0].rule, Rule::Voided, "{name}");
                continue;
            }
            assert!(!says_nothing(&taken(format, &record)), "{name} in {format:?}");
            let unmapped = &export(format, &record).accepted[0].unmapped;
            assert!(unmapped.iter().all(|one| one.reason != Reason::NotInTable), "{name} in {format:?}: {unmapped:?}");
        }
        count += 1;
    }
    assert!(count >= 20, "only {count} examples were found");
}

#[test]
fn a_bad_record_is_refused_alone_and_names_all_its_fields() {
    let (good, mut bad, mut other) = (full(), full(), full());
    bad.case = "00000000000000000000000000000001".parse().expect("an id");
    other.case = "00000000000000000000000000000002".parse().expect("an id");
    bad.vehicle.as_mut().expect("a vehicle").colour = Some("x".repeat(40));
    bad.place = None;
    let cases = [HandedCase::new(&good), HandedCase::new(&bad), HandedCase::new(&good), HandedCase::new(&other)];
    for format in Format::ALL {
        let batch = format.export(&cases, &handover()).expect("settings that fit");
        let accepted: Vec<_> = batch.accepted.iter().map(|one| one.case).collect();
        assert_eq!(accepted, [good.case, other.case]);
        let [first, second] = batch.refused.as_slice() else { panic!("{:?}", batch.refused) };
        let mut members: Vec<_> = first.errors.iter().map(|error| error.member.as_ref()).collect();
        members.sort_unstable();
        assert_eq!(members, ["place.text", "vehicle.colour"]);
        assert_eq!((second.case, second.errors[0].rule), (good.case, Rule::Duplicate));
        let xml = text(format, batch.file.expect("a file"));
        let name = if format == Format::Xowi { "TBNr" } else { "Tatbestandsnummer" };
        assert_eq!(values(&xml, name).len(), 2 * good.offences.as_ref().expect("offences").items.len());
    }
}

#[test]
fn a_case_that_became_void_is_not_handed_over_and_an_empty_batch_has_no_file() {
    let record = full();
    for format in Format::ALL {
        let void = HandedCase { voided: true, ..HandedCase::new(&record) };
        let batch = format.export(&[void], &handover()).expect("settings that fit");
        assert!(batch.file.is_none() && batch.refused[0].errors[0].rule == Rule::Voided);
        let none = format.export(&[], &handover()).expect("settings that fit");
        assert!(none.file.is_none() && none.refused.is_empty());
    }
}

#[test]
fn settings_that_do_not_fit_are_no_fault_of_a_record() {
    let record = full();
    let nobody = Handover { clerk: " ".to_owned(), ..handover() };
    let result = Format::Winowig.export(&[HandedCase::new(&record)], &nobody);
    assert!(matches!(result, Err(ExportError::Settings(error)) if error.member == "handover.clerk"));
    let unset = Handover::new("Streife", "Übergabe");
    for format in Format::ALL {
        let batch = format.export(&[HandedCase::new(&record)], &unset).expect("settings that fit");
        assert_eq!(batch.refused[0].errors[0].rule, Rule::NoCounterpart, "an accused without a key");
        assert_eq!(batch.refused[0].errors[0].member, "persons[0]");
    }
}

#[test]
fn settings_are_read_from_json_and_give_the_keys() {
    let settings = r#"{
        "origin": "PI 14", "clerk": "Muster",
        "xowi": {"users": {"4827": "A7"}, "subject": 12, "decision": "delayed", "persons": {"accused": 10}}
    }"#;
    let settings: Handover = serde_json::from_str(settings).expect("settings");
    let batch = Format::Xowi.export(&[HandedCase::new(&full())], &settings).expect("settings that fit");
    let xml = text(Format::Xowi, batch.file.expect("a file"));
    for (name, value) in [("AnwenderNr", "A7"), ("Sachgebiet_Schluessel", "12"), ("PersonenTypId", "10")] {
        assert_eq!(values(&xml, name), [value]);
    }
    assert_eq!(values(&xml, "Schluessel"), ["7", "110"], "documents and decision, no payment");
    assert!(values(&xml, "Ident").is_empty() && values(&xml, "Bemerkung")[0].contains("Verwarnungszettel"));
    assert!(serde_json::from_str::<Handover>(r#"{"origin": "a", "clerk": "b", "clark": "c"}"#).is_err());
}

#[test]
fn a_case_number_is_a_reference_number_or_a_line() {
    let names = std::fs::read_dir(examples()).expect("examples");
    let names =
        names.map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned());
    let record = names.map(|name| example(&name)).find(|record| record.number.is_some()).expect("a numbered example");
    let number = record.number.expect("a number").to_string();
    let mut keyed = handover();
    keyed.xowi.number = Some("VORGANG".to_owned());
    let file = |format: Format, settings: &Handover| {
        text(format, format.export(&[HandedCase::new(&record)], settings).expect("fits").file.expect("a file"))
    };
    assert!(values(&file(Format::Xowi, &keyed), "Value").contains(&number));
    assert!(values(&file(Format::Xowi, &handover()), "Bemerkung")[0].contains(&number));
    assert!(values(&file(Format::Winowig, &handover()), "NotizAussendienst")[0].contains(&number));
}

#[test]
fn what_is_internal_stands_in_the_internal_note_alone() {
    let mut record = full();
    record.notes.internal = Some("GEHEIM eins".to_owned());
    record.confirmed[0].reason = "GEHEIM zwei".to_owned();
    record.witnesses[1].name = Some("GEHEIM drei".to_owned());
    for (format, note) in [(Format::Xowi, "Bemerkung"), (Format::Winowig, "NotizAussendienst")] {
        let xml = taken(format, &record);
        let inside: usize = values(&xml, note).iter().map(|text| text.matches("GEHEIM").count()).sum();
        assert_eq!((inside, xml.matches("GEHEIM").count()), (3, 3), "{format:?}");
    }
}

#[test]
fn a_note_that_is_full_drops_whole_lines_and_says_so() {
    let mut record = full();
    record.notes.internal = Some("y".repeat(2_000));
    for (format, note) in [(Format::Xowi, "Bemerkung"), (Format::Winowig, "NotizAussendienst")] {
        assert_eq!(values(&taken(format, &record), note), ["y".repeat(2_000)]);
        let unmapped = export(format, &record).accepted.remove(0).unmapped;
        let lost = unmapped.iter().find(|one| one.member == "tow.reason").expect("a report of the tow");
        assert_eq!((lost.reason, lost.carried), (Reason::Full, None));
    }
}

#[test]
fn hash_and_signed_flag_come_with_the_proof_of_a_photo() {
    let record = full();
    let proof = PhotoProof { photo: record.photos[1].object, sha256: [0xAB; 32], signed: true };
    let case = HandedCase { photos: &[proof], file_number: Some("123456789"), ..HandedCase::new(&record) };
    let file = |format: Format| text(format, format.export(&[case], &handover()).expect("fits").file.expect("a file"));
    let (xowi, winowig) = (file(Format::Xowi), file(Format::Winowig));
    assert_eq!(values(&xowi, "Hashcode"), ["ab".repeat(32)]);
    assert_eq!(values(&xowi, "Datei").len(), record.photos.len());
    assert_eq!(values(&winowig, "Signiert"), ["1"]);
    for (format, left) in [(Format::Xowi, "photos[1].signed"), (Format::Winowig, "photos[1].sha256")] {
        let batch = format.export(&[case], &handover()).expect("settings that fit");
        assert!(batch.accepted[0].unmapped.iter().any(|one| one.member == left), "{format:?} hides {left}");
    }
    assert_eq!(
        (values(&xowi, "AZ"), values(&winowig, "Aktenzeichen")),
        (vec!["123456789".into()], vec!["123456789".into()])
    );
}

// ---- times ----

#[test]
fn a_time_in_the_repeated_hour_carries_a_note() {
    let zone = |record: &CaseRecord, format, note| values(&taken(format, record), note).join(" ");
    for (format, note) in [(Format::Xowi, "Bemerkung_Zur_Tat"), (Format::Winowig, "Bemerkung")] {
        let summer = seen(&["2026-10-25T02:30:00+02:00"]);
        let winter = seen(&["2026-10-25T02:30:00+01:00"]);
        assert!(zone(&summer, format, note).contains("02:30 Uhr MESZ (UTC+2)"));
        assert!(zone(&winter, format, note).contains("02:30 Uhr MEZ (UTC+1)"));
        let across = seen(&["2026-10-25T02:50:00+02:00", "2026-10-25T02:10:00+01:00"]);
        assert!(zone(&across, format, note).contains("02:50 Uhr MESZ (UTC+2), bis 02:10 Uhr MEZ (UTC+1)"));
        assert!(!zone(&seen(&["2026-10-25T03:30:00+01:00"]), format, note).contains("Uhr"));
    }
}

#[test]
fn an_end_on_another_day_is_said_with_its_day() {
    let record = seen(&["2026-06-16T23:50:00+02:00", "2026-06-17T00:20:00+02:00"]);
    let xowi = taken(Format::Xowi, &record);
    assert_eq!((values(&xowi, "Tattag"), values(&xowi, "Tatzeit")), (vec!["2026-06-16".into()], vec!["23:50".into()]));
    assert_eq!(values(&xowi, "Tatzeit_Angaben"), ["bis 17.06.2026 00:20 Uhr"]);
    assert!(values(&xowi, "Tatzeit_Ende").is_empty());
    let winowig = taken(Format::Winowig, &record);
    assert_eq!(values(&winowig, "Von"), ["16.06.2026", "23:50"]);
    assert_eq!(values(&winowig, "Bis"), ["17.06.2026", "00:20"]);
}

#[test]
fn times_are_german_whatever_zone_the_phone_showed() {
    let record = seen(&["2026-06-16T22:30:00+00:00"]);
    assert_eq!(values(&taken(Format::Xowi, &record), "Tattag"), ["2026-06-17"]);
    assert_eq!(values(&taken(Format::Winowig, &record), "Von"), ["17.06.2026", "00:30"]);
}

#[test]
fn a_case_that_ends_before_it_begins_is_refused() {
    for format in Format::ALL {
        let refusal = refused(format, &seen(&["2026-06-16T10:00:00+02:00", "2026-06-16T09:00:00+02:00"]));
        assert_eq!(refusal.errors[0].rule, Rule::EndsBeforeBegin);
        assert_eq!(refused(format, &seen(&[])).errors[0].rule, Rule::Missing);
    }
}

// ---- properties ----

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,40}", "[a-zäöüß ;,.<&>\"']{1,300}", "\\PC{1,80}", Just("\u{1}\u{FFFF}\r\n\t".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_record_of_any_texts_gives_well_formed_xml_or_typed_errors(
        texts in prop::collection::vec((0..limits::TEXTS.len(), any_text()), 1..6),
    ) {
        let mut record = full();
        for (at, text) in texts {
            limits::TEXTS[at].set(&mut record, text);
        }
        for format in Format::ALL {
            let batch = export(format, &record);
            match batch.file {
                Some(file) => prop_assert!(!says_nothing(&text(format, file))),
                None => prop_assert!(!batch.refused[0].errors.is_empty()),
            }
        }
    }

    #[test]
    fn a_record_of_any_times_is_taken_or_refused_for_its_end(
        times in prop::collection::vec((-62_000_000_000_000_i64..253_000_000_000_000, -86_000_i32..86_000), 0..4),
    ) {
        let boot = BootId([0; 16]);
        let at = |(unix_ms, offset)| Moment::new(unix_ms, offset, 0, boot).expect("in the calendar");
        let check = |time| Check { at: at(time), valves: Vec::new(), disc: None };
        let ends = times.iter().map(|(unix_ms, _)| *unix_ms).collect::<Vec<_>>();
        let sound = !ends.is_empty() && ends.first() <= ends.last();
        let record = CaseRecord { observation: Observation::new(times.into_iter().map(check).collect()), ..full() };
        for format in Format::ALL {
            let batch = export(format, &record);
            prop_assert_eq!(batch.file.is_some(), sound, "{:?}", batch.refused);
            if let Some(file) = batch.file {
                prop_assert!(!says_nothing(&text(format, file)));
            }
        }
    }

    #[test]
    fn what_goes_in_is_read_back(place in "[a-zA-ZäöüßÄÖÜ0-9<>&\"' .,-]{1,60}") {
        prop_assume!(!place.trim().is_empty());
        let mut record = full();
        record.place.as_mut().expect("a place").text = place.clone();
        let place = place.trim();
        prop_assert_eq!(values(&taken(Format::Xowi, &record), "Tatort"), [place]);
        let lines = values(&taken(Format::Winowig, &record), "Tatort");
        prop_assert_eq!(lines.join(" "), place.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
