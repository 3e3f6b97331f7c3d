//! Plates: hard cases as data, every class there and back, and the tables against public lists.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::Value;
use streife_core::domain::{
    Lettering, OcrError, OcrReading, Plate, PlateKind, PlateOverride, PlateReading, PlateTableError, PlateTables,
    PlateWarning, PrefixTable, PrefixUse, Season, SignStatus, Verdict, fold_plate, judge_plate, rank_plates,
};

const CASES: &str = include_str!("data/plates.json");
const NATIONS: &[u8] = include_bytes!("../data/nations-2026.json");
const PREFIXES: &[u8] = include_bytes!("../data/prefixes-2026.json");

fn tables() -> &'static PlateTables {
    PlateTables::built_in()
}

fn cases(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(CASES).expect("JSON");
    all.get(group).and_then(Value::as_array).expect("a list").clone()
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.map(|text| text.as_str().expect("text").to_owned()).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn code(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).expect("JSON").as_str().expect("a code").to_owned()
}

/// `MoreThanEight` as `more-than-eight`.
fn kebab(name: &str) -> String {
    let hyphen =
        |(at, c): (usize, char)| (at > 0 && c.is_uppercase()).then_some('-').into_iter().chain(c.to_lowercase());
    name.char_indices().flat_map(|pair| hyphen(pair).collect::<Vec<_>>()).collect()
}

// ---- hard cases ----

/// What a verdict says, in the words of the data file.
fn told(verdict: &Verdict) -> Value {
    let list = |warnings: &Vec<PlateWarning>| warnings.iter().map(code).collect::<Vec<_>>();
    match verdict {
        Verdict::Valid(reading) => serde_json::json!({"valid": code(&reading.kind), "is": reading.text()}),
        Verdict::Plausible(reading, warnings) => {
            serde_json::json!({"plausible": code(&reading.kind), "is": reading.text(), "warnings": list(warnings)})
        }
        Verdict::Ambiguous(readings) => {
            serde_json::json!({"ambiguous": readings.iter().map(PlateReading::text).collect::<Vec<_>>()})
        }
        Verdict::UnknownPrefix(reading) => serde_json::json!({"unknown": reading.text()}),
        Verdict::Malformed(rule) => serde_json::json!({"malformed": kebab(&format!("{rule:?}"))}),
    }
}

#[test]
fn the_table_of_hard_cases_holds() {
    let cases = cases("verdicts");
    assert!(cases.len() > 90, "only {} cases", cases.len());
    let mut faults = Vec::new();
    for mut case in cases {
        let text = case["text"].as_str().expect("text").to_owned();
        let nation = case["nation"].as_str().unwrap_or("D").to_owned();
        let told = told(&judge_plate(&text, &nation, tables()));
        let case = case.as_object_mut().expect("an object");
        ["text", "nation", "why"].into_iter().for_each(|key| drop(case.remove(key)));
        if told.get("is").is_some() {
            case.entry("is").or_insert_with(|| text.clone().into());
        }
        if Value::from(case.clone()) != told {
            faults.push(format!("{nation} {text:?}: {told}, not {}", Value::from(case.clone())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_table_of_camera_readings_holds() {
    let mut faults = Vec::new();
    for case in cases("ocr") {
        let sure = |index: usize| case["confidences"][index].as_array().cloned().unwrap_or(vec![800.into()]);
        let sure =
            |index| sure(index).iter().map(|c| u16::try_from(c.as_u64().expect("a number")).expect("small")).collect();
        let lines = texts(&case["read"]).into_iter().enumerate();
        let readings: Vec<_> = lines.map(|(at, text)| OcrReading { text, confidences: sure(at) }).collect();
        let ranked = rank_plates(&readings, tables()).expect("within the limits");
        let found: Vec<_> = ranked.iter().map(|candidate| candidate.reading.text()).collect();
        let first = case["first"].as_str().is_none_or(|first| found.first().is_some_and(|found| found == first));
        let also = texts(&case["also"]).iter().all(|text| found.contains(text));
        let never = texts(&case["never"]).iter().any(|text| found.contains(text));
        let raw = ranked.iter().all(|candidate| readings.iter().any(|reading| reading.text == candidate.raw));
        let none = case["none"].as_bool().is_none_or(|none| none == found.is_empty());
        if !(first && also && !never && raw && none) {
            faults.push(format!("{case}: {found:?} {ranked:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_recogniser_beyond_the_limits_is_refused() {
    let reading = |text: &str| OcrReading { text: text.to_owned(), confidences: Vec::new() };
    assert_eq!(rank_plates(&vec![reading("M AB 1"); 17], tables()), Err(OcrError::TooMany));
    let long = [reading("M AB 1"), reading(&"M".repeat(25))];
    assert_eq!(rank_plates(&long, tables()), Err(OcrError::TooLong { index: 1 }));
}

// ---- every class, there and back ----

fn prefix() -> impl Strategy<Value = String> {
    let all: Vec<String> = tables().prefixes.of_districts(PrefixUse::Current).map(str::to_owned).collect();
    proptest::sample::select(all)
}

fn authority() -> impl Strategy<Value = String> {
    let all: Vec<String> = tables().prefixes.of_authorities().map(str::to_owned).collect();
    proptest::sample::select(all)
}

fn months() -> impl Strategy<Value = String> {
    (1..=12_u8, 1..=11_u8).prop_map(|(from, more)| format!("{from:02}-{:02}", (from + more - 1) % 12 + 1))
}

fn expiry() -> impl Strategy<Value = String> {
    (0..36_500_i64).prop_map(|days| {
        let day = day("2000-01-01") + chrono::Duration::days(days);
        day.format(" %d.%m.%y").to_string()
    })
}

/// Canonical texts of every kind, with the kind.
fn plate() -> impl Strategy<Value = (String, PlateKind)> {
    let lettered = (prefix(), "[A-Z]{1,2}", "[1-9][0-9]{0,2}")
        .prop_filter("eight", |(p, l, d)| p.chars().count() + l.len() + d.len() <= 7);
    let lettered = lettered.prop_map(|(prefix, letters, digits)| format!("{prefix}-{letters} {digits}"));
    let ending = prop_oneof![
        Just((String::new(), PlateKind::Standard)),
        Just(("E".to_owned(), PlateKind::Electric)),
        Just(("H".to_owned(), PlateKind::Historic)),
        Just((" W".to_owned(), PlateKind::Interchangeable)),
        Just(("H W".to_owned(), PlateKind::Interchangeable)),
        months().prop_map(|months| (format!(" {months}"), PlateKind::Season)),
    ];
    let digits = prop_oneof![
        "05[0-9]{1,4}".prop_map(|digits| (digits, PlateKind::RedTest)),
        "06[0-9]{1,4}".prop_map(|digits| (digits, PlateKind::RedDealer)),
        "07[0-9]{1,4}".prop_map(|digits| (digits, PlateKind::RedHistoric)),
        ("0[34][0-9]{1,4}", proptest::option::of(expiry()))
            .prop_map(|(digits, last)| (digits + &last.unwrap_or_default(), PlateKind::ShortTerm)),
        ("[1-9][0-9]{0,3} [A-Z]", proptest::option::of(expiry()))
            .prop_map(|(digits, last)| (digits + &last.unwrap_or_default(), PlateKind::Export)),
    ];
    let official = (authority(), "[1-9][0-9]{0,5}").prop_map(|(prefix, digits)| {
        let kind = match prefix.as_str() {
            "Y" => PlateKind::ArmedForces,
            "X" => PlateKind::Nato,
            _ => PlateKind::Authority,
        };
        (format!("{prefix}-{digits}"), kind)
    });
    prop_oneof![
        6 => (lettered, ending).prop_map(|(text, (ending, kind))| (text + &ending, kind)),
        3 => (prefix(), digits).prop_map(|(prefix, (digits, kind))| (format!("{prefix}-{digits}"), kind)),
        1 => official,
        1 => "(0|B|BN)-[0-9]{1,3}-[0-9]{1,4}".prop_map(|text| (text, PlateKind::Diplomatic)),
        1 => "[0-9]{3} [A-Z]{3}".prop_map(|text| (text, PlateKind::Insurance)),
    ]
}

/// Without separators, diplomatic plates of Berlin and Bonn are those of authorities.
fn without_blocks((text, kind): (String, PlateKind)) -> Option<String> {
    (kind != PlateKind::Diplomatic || text.starts_with('0')).then_some(text)
}

/// What stands in one line of a plate: neither the sign of an interchangeable one nor a date.
fn in_one_line((text, kind): (String, PlateKind)) -> Option<String> {
    let whole = kind != PlateKind::Interchangeable && !text.contains('.');
    whole.then(|| without_blocks((text, kind))).flatten()
}

/// The readings a verdict offers.
fn offered(verdict: Verdict) -> Vec<PlateReading> {
    match verdict {
        Verdict::Valid(reading) | Verdict::Plausible(reading, _) | Verdict::UnknownPrefix(reading) => vec![reading],
        Verdict::Ambiguous(readings) => readings,
        Verdict::Malformed(_) => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_class_goes_there_and_back((text, kind) in plate()) {
        let reading = PlateReading::parse(&text, "D").expect("sound");
        prop_assert_eq!(reading.kind, kind);
        prop_assert_eq!(reading.text(), text.clone());
        let json = serde_json::to_string(&reading.plate).expect("writes");
        prop_assert_eq!(&serde_json::from_str::<Plate>(&json).expect("reads"), &reading.plate);
        prop_assert_eq!(Plate::parse(&reading.plate.text, "D"), Ok(reading.plate.clone()));
        let verdict = judge_plate(&text, "D", tables());
        let sure = matches!(&verdict, Verdict::Valid(found) | Verdict::Plausible(found, _) if *found == reading);
        prop_assert!(sure, "{}: {:?}", text, verdict);
    }

    #[test]
    fn without_separators_the_plate_is_among_the_readings(text in plate().prop_filter_map("blocks", without_blocks)) {
        let reading = PlateReading::parse(&text, "D").expect("sound");
        let (plate, date) = if reading.expires.is_some() { text.rsplit_once(' ').expect("a date") } else { (text.as_str(), "") };
        let compact: String = plate.chars().filter(|c| c.is_alphanumeric()).collect();
        let found = offered(judge_plate(format!("{compact} {date}").trim(), "D", tables()));
        prop_assert!(found.contains(&reading), "{}", text);
    }

    #[test]
    fn a_clean_camera_reading_offers_the_plate(text in plate().prop_filter_map("not in the line read", in_one_line)) {
        let reading = PlateReading::parse(&text, "D").expect("sound");
        let read = OcrReading { text: text.clone(), confidences: vec![950] };
        let ranked = rank_plates(&[read], tables()).expect("short");
        prop_assert!(ranked.iter().any(|candidate| candidate.reading == reading), "{}", text);
    }

    #[test]
    fn nothing_typed_makes_it_panic_and_what_is_read_is_stable(text in any::<String>(), nation in "[A-Za-z]{0,4}") {
        for nation in [nation.as_str(), "D"] {
            for reading in offered(judge_plate(&text, nation, tables())) {
                prop_assert_eq!(PlateReading::parse(&reading.text(), nation), Ok(reading.clone()));
            }
        }
        let short: String = text.chars().take(24).collect();
        let _ = rank_plates(&[OcrReading { text: short, confidences: vec![1, 2_000] }], tables()).expect("short");
    }

    #[test]
    fn near_plates_do_not_panic_and_only_sound_ones_are_read(text in "[A-ZÄÖÜ0-9EHW .\\-/]{0,20}") {
        for reading in offered(judge_plate(&text, "D", tables())) {
            prop_assert_eq!(PlateReading::parse(&reading.text(), "D"), Ok(reading.clone()));
            let kept: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
            let shown: String = reading.text().chars().filter(|c| c.is_alphanumeric()).collect();
            prop_assert!(reading.expires.is_some() || kept == shown, "{} became {}", text, reading.text());
        }
        let read = OcrReading { text, confidences: Vec::new() };
        let _ = rank_plates(&[read], tables()).expect("short");
    }
}

// ---- identity, time, override, stored form ----

#[test]
fn folding_finds_and_never_identifies() {
    let plate = |text| Plate::parse(text, "D").expect("sound");
    assert_eq!(plate("BÖ-A 1").folded(), plate("BO-A 1").folded());
    assert_ne!(plate("BÖ-A 1"), plate("BO-A 1"));
    assert_eq!(plate("B-NO 1").folded(), plate("BN-O 1").folded());
    assert_ne!(plate("B-NO 1"), plate("BN-O 1"));
    assert_eq!(fold_plate("é 1"), fold_plate("e\u{301} 1"), "a letter has one fold however it is encoded");
}

#[test]
fn the_insurance_colour_changes_on_the_first_of_march() {
    let colours = [
        ("2023-02-28", Lettering::Green),
        ("2023-03-01", Lettering::Black),
        ("2024-02-29", Lettering::Black),
        ("2024-03-01", Lettering::Blue),
        ("2025-03-01", Lettering::Green),
        ("2026-02-28", Lettering::Green),
        ("2026-03-01", Lettering::Black),
        ("2022-03-01", Lettering::Green),
    ];
    for (on, colour) in colours {
        assert_eq!(Lettering::of_insurance_on(day(on)), colour, "{on}");
    }
}

#[test]
fn what_is_out_of_date_on_a_day_is_told() {
    let warnings = |text, on, colour| PlateReading::parse(text, "D").expect("sound").warnings_on(day(on), colour);
    let cases = [
        ("M-XY 12 04-10", "2026-04-01", None, None),
        ("M-XY 12 04-10", "2026-11-01", None, Some(PlateWarning::OutOfSeason)),
        ("M-XY 12 11-02", "2026-01-31", None, None),
        ("M-XY 12 11-02", "2026-03-01", None, Some(PlateWarning::OutOfSeason)),
        ("M-04123 30.04.26", "2026-04-30", None, None),
        ("M-04123 30.04.26", "2026-05-01", None, Some(PlateWarning::Expired)),
        ("M-04123 30.04.26", "2026-04-26", None, None),
        ("M-04123 30.04.26", "2026-04-25", None, Some(PlateWarning::ExpiryTooFar)),
        ("M-123 A 30.04.26", "2026-01-01", None, None),
        ("M-123 A 30.04.26", "2026-06-01", None, Some(PlateWarning::Expired)),
        ("780 HGA", "2026-06-16", Some(Lettering::Black), None),
        ("780 HGA", "2026-06-16", Some(Lettering::Green), Some(PlateWarning::InsuranceColour)),
        ("780 HGA", "2026-06-16", Some(Lettering::Red), None),
        ("M-XY 12", "2026-06-16", Some(Lettering::Green), None),
    ];
    for (text, on, colour, expected) in cases {
        assert_eq!(warnings(text, on, colour), Vec::from_iter(expected), "{text} on {on}");
    }
    assert_eq!(Season { from: 11, to: 2 }.months(), 4);
}

#[test]
fn an_officer_can_stand_by_what_was_seen() {
    let verdict = judge_plate("M-ABC 12345", "D", tables());
    let kept = PlateOverride::new("m-abc 12345", "D", verdict.clone(), "handwritten plate").expect("kept");
    assert_eq!((kept.text.as_str(), kept.verdict), ("M-ABC 12345", verdict.clone()));
    let field = |text: &str, nation, reason| {
        PlateOverride::new(text, nation, verdict.clone(), reason).map_err(|error| error.field).err()
    };
    assert_eq!(field("M-1", "D", " "), Some("reason"));
    assert_eq!(field("", "D", "why"), Some("plate"));
    assert_eq!(field(&"M".repeat(25), "D", "why"), Some("plate"));
    assert_eq!(field("M-1", "DEUT", "why"), Some("nation"));
}

#[test]
fn records_of_earlier_versions_stay_readable() {
    for json in [
        r#"{"class":"standard","text":"M-AB 1234","nation":"D","prefix":"M","letters":"AB","digits":"1234"}"#,
        r#"{"class":"season","text":"M-AB 12H 04-10","nation":"D","prefix":"M","letters":"AB","digits":"12","suffix":"H","season":{"from":4,"to":10}}"#,
        r#"{"class":"authority","text":"Y-123456","nation":"D","prefix":"Y","digits":"123456"}"#,
        r#"{"class":"diplomatic","text":"0-17-1","nation":"D","prefix":"0","digits":"17-1"}"#,
        r#"{"class":"export","text":"M-123 A","nation":"D","prefix":"M","letters":"A","digits":"123"}"#,
        r#"{"class":"insurance","text":"780 HGA","nation":"D","letters":"HGA","digits":"780"}"#,
        r#"{"class":"foreign","text":"W 12345 X","nation":"A"}"#,
    ] {
        let plate: Plate = serde_json::from_str(json).expect("reads");
        assert_eq!(serde_json::to_string(&plate).expect("writes"), json);
        assert_eq!(Plate::parse(&plate.text, &plate.nation), Ok(plate));
    }
}

#[test]
fn nothing_shows_a_plate() {
    let reading = PlateReading::parse("M-XY 4711", "D").expect("sound");
    let verdict = judge_plate("M-XY 4711", "D", tables());
    let kept = PlateOverride::new("M-XY 4711", "D", verdict.clone(), "seen").expect("kept");
    let read = OcrReading { text: "M XY 4711".to_owned(), confidences: vec![900] };
    let ranked = rank_plates(std::slice::from_ref(&read), tables()).expect("short");
    let shown = format!("{reading:?} {verdict:?} {kept:?} {read:?} {ranked:?}");
    assert!(!shown.contains("4711") && !shown.contains("XY"), "{shown}");
}

// ---- the tables ----

#[test]
fn the_tables_can_be_replaced_and_a_faulty_one_is_refused_with_its_place() {
    let one = br#"{"format":"streife/1 prefixes","as_of":"2030-01-01","districts":[{"name":"X","prefixes":["QQ"]}],
        "former":[],"authorities":[],"diplomatic":[]}"#;
    let prefixes = PrefixTable::parse(one).expect("parses");
    let newer = PlateTables { prefixes, ..tables().clone() };
    assert!(matches!(judge_plate("QQ-A 1", "D", &newer), Verdict::Valid(_)));
    assert!(matches!(judge_plate("M-A 1", "D", &newer), Verdict::UnknownPrefix(_)));

    let text = String::from_utf8(PREFIXES.to_vec()).expect("text");
    let parse = |text: &str| PrefixTable::parse(text.as_bytes()).expect_err("is faulty");
    assert_eq!(parse(&text.replace("streife/1", "streife/9")), PlateTableError::UnknownFormat);
    assert!(matches!(parse(&text.replace("\"AIC\"", "\"aic\"")), PlateTableError::Content { line: 5, .. }));
    assert!(matches!(parse(&text[..text.len() / 2]), PlateTableError::Syntax { .. }));
    assert_eq!(parse(&" ".repeat((1 << 20) + 1)), PlateTableError::TooLarge);
    let twice = text.replace(r#""prefix": "BP""#, r#""prefix": "BD""#);
    assert_eq!(parse(&twice), PlateTableError::Twice { key: "BD".to_owned() });
}

#[test]
fn the_built_in_tables_have_their_day_and_their_size() {
    let PlateTables { prefixes, nations } = tables();
    assert_eq!(prefixes.as_of(), Some(day("2026-01-01")));
    assert_eq!(nations.as_of(), Some(day("2026-01-01")));
    assert_eq!(prefixes.of_districts(PrefixUse::Current).count(), 707);
    assert_eq!(prefixes.of_districts(PrefixUse::Former).count(), 63);
    assert_eq!(prefixes.of_authorities().count(), 23);
    assert_eq!(prefixes.districts("WS"), ["Mühldorf am Inn", "Rosenheim"]);
    assert_eq!(prefixes.districts("L"), ["Leipzig", "Leipzig (Kreis)", "Lahn-Dill-Kreis"]);
    let iso = |sign| nations.sign(sign).map(|nation| (nation.iso.as_str(), nation.now.as_deref()));
    assert_eq!(iso("GB"), Some(("GB", Some("UK"))));
    assert_eq!(iso("MK"), Some(("MK", Some("NMK"))));
    assert_eq!(iso("RKS"), Some(("XK", None)));
    let sign = |iso| nations.of_iso(iso).map(|nation| nation.sign.as_str());
    assert_eq!([sign("GB"), sign("MK"), sign("XK"), sign("DE"), sign("GN")], ["UK", "NMK", "RKS", "D", "RG"].map(Some));
    assert_eq!(sign("XX"), None);
    assert_eq!(std::str::from_utf8(NATIONS).expect("text").matches("\"sign\"").count(), nations.iter().count());
}

/// How often letters without separators split two ways: 3.0 %, and never more than two.
#[test]
fn prefix_and_letters_split_two_ways_at_most() {
    let prefixes: BTreeSet<&str> = tables().prefixes.of_districts(PrefixUse::Current).collect();
    let former = tables().prefixes.of_districts(PrefixUse::Former);
    let prefixes: BTreeSet<&str> = prefixes.into_iter().chain(former).collect();
    let mut splits = std::collections::HashMap::<String, u8>::new();
    let alphabet = || ('A'..='Z').map(String::from);
    let letters: Vec<String> =
        alphabet().chain(alphabet().flat_map(|a| alphabet().map(move |b| a.clone() + &b))).collect();
    for prefix in &prefixes {
        letters.iter().for_each(|letters| *splits.entry(format!("{prefix}{letters}")).or_default() += 1);
    }
    let twice = splits.values().filter(|count| **count > 1).count();
    assert_eq!((splits.len(), twice, splits.values().max()), (523_380, 15_756, Some(&2)));
}

/// Rows of a public list, if it lies beside the project.
fn public(name: &str) -> Option<Vec<Vec<String>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/plates").join(name);
    let text = std::fs::read_to_string(path).ok()?;
    let row = |line: &str| line.splitn(6, ',').map(|cell| cell.trim().to_owned()).collect();
    Some(text.lines().skip(1).map(row).collect())
}

fn second<'a>(rows: impl IntoIterator<Item = &'a Vec<String>>) -> BTreeSet<&'a str> {
    rows.into_iter().filter_map(|row| row.get(1).map(String::as_str)).collect()
}

#[test]
fn the_prefixes_are_those_of_the_public_lists() {
    let lists = ["kennzeichen.csv", "kennzeichen.auslaufend.csv", "sonderkennzeichen.csv"].map(public);
    let [Some(current), Some(former), Some(special)] = lists else {
        println!("SKIPPED: public lists of prefixes: the folder of test data is not beside the project");
        return;
    };
    let table = &tables().prefixes;
    assert_eq!(table.of_districts(PrefixUse::Current).collect::<BTreeSet<_>>(), second(&current));
    assert_eq!(table.of_districts(PrefixUse::Former).collect::<BTreeSet<_>>(), second(&former));
    let (diplomatic, authorities): (Vec<_>, Vec<_>) = special.iter().partition(|row| row[2] == "Diplo");
    assert_eq!(table.of_authorities().collect::<BTreeSet<_>>(), second(authorities));
    assert_eq!(second(diplomatic), BTreeSet::from(["0", "B", "BN"]));
    assert!(["0", "B", "BN"].into_iter().all(|prefix| table.is_diplomatic(prefix)));
}

#[test]
fn the_signs_are_those_of_the_public_list() {
    let Some(rows) = public("international.csv") else {
        println!("SKIPPED: public list of signs: the folder of test data is not beside the project");
        return;
    };
    let today = tables().nations.iter().filter(|nation| nation.status != SignStatus::Former);
    let own: BTreeSet<_> = today
        .map(|nation| (nation.sign.as_str(), nation.iso.as_str(), nation.status == SignStatus::Official))
        .collect();
    let theirs = rows.iter().map(|row| (row[0].as_str(), row[2].as_str(), row[4] == "Offiziell")).collect();
    assert_eq!(own, theirs);
}
