//! The catalogue by its tables of hard cases (`data/catalogue`), by properties, and by the real catalogue of
//! `../shared/data` where that lies beside the project.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use proptest::prelude::*;
use serde::Deserialize;
use streife_core::catalogue::import::{self, Import, ImportError, Reason};
use streife_core::catalogue::{Catalogue, Details, Field, Index, Part, RowFault, Use, Wording, favourites};
use streife_core::domain::{BootId, Category, Moment, Money, OffenceNumber, OffenceRelation, Offences};

const STARTER: &[u8] = include_bytes!("../data/starter-catalogue.json");

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/catalogue");
    std::fs::read(folder.join(name)).expect("a readable file")
}

fn table<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let rows: Vec<T> = serde_json::from_slice(&data(name)).expect("a table of cases");
    assert!(!rows.is_empty());
    rows
}

fn starter() -> Catalogue {
    Catalogue::parse(STARTER).expect("the starter catalogue")
}

fn number(text: &str) -> OffenceNumber {
    text.parse().expect("a number")
}

fn numbers(texts: &[&str]) -> Vec<OffenceNumber> {
    texts.iter().map(|text| number(text)).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn moment(text: &str) -> Moment {
    let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
    Moment::new(time.timestamp_millis(), time.offset().local_minus_utc(), 0, BootId([0; 16])).expect("in the calendar")
}

/// The real catalogue of 9 November 2021, if it is there.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn real() -> Option<Vec<u8>> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/catalogue/tbnrs-2021-11-09.json");
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("SKIPPED: the real catalogue: {} is not there", path.display());
    }
    bytes
}

// ---- wordings ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingCase {
    name: String,
    wording: String,
    #[serde(default)]
    fill: Fill,
    sentence: Option<String>,
    refinement: Option<String>,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default)]
    refused: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Fill {
    digits: String,
    values: Vec<String>,
    specified: Option<String>,
    obstruction: Option<String>,
}

#[test]
fn wordings_are_filled_in_or_say_what_is_missing() {
    for case in table::<WordingCase>("wordings.json") {
        let Ok(wording) = case.wording.parse::<Wording>() else {
            assert!(case.refused, "{}", case.name);
            continue;
        };
        assert!(!case.refused, "{}", case.name);
        assert_eq!(wording.to_string(), case.wording, "{}", case.name);
        let Fill { digits, values, specified, obstruction } = case.fill;
        let details = Details { values, specified, obstruction, ..Details::of_digits(&digits) };
        match wording.fill(&details) {
            Ok(sentence) => assert_eq!(Some(sentence), case.sentence, "{}", case.name),
            Err(missing) => {
                let missing: Vec<_> = missing.iter().map(|missing| format!("{missing:?}")).collect();
                assert_eq!(missing, case.missing, "{}", case.name);
                assert_eq!(case.sentence, None, "{}", case.name);
            }
        }
        if case.refinement.is_some() {
            assert_eq!(details.refinement(), case.refinement, "{}", case.name);
        }
    }
}

// ---- look-up ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupCase {
    name: String,
    number: String,
    at: String,
    cents: Option<u32>,
    category: Option<Category>,
    points: Option<u8>,
}

#[test]
fn the_time_of_the_offence_picks_the_row() {
    let catalogue = starter();
    for case in table::<LookupCase>("lookups.json") {
        let entry = catalogue.at(number(&case.number), &moment(&case.at));
        assert_eq!(entry.map(|entry| entry.amount), case.cents.map(Money), "{}", case.name);
        if let Some(category) = case.category {
            assert_eq!(entry.map(|entry| entry.category()), Some(category), "{}", case.name);
        }
        if let Some(points) = case.points {
            assert_eq!(entry.map(|entry| entry.points), Some(points), "{}", case.name);
        }
    }
}

#[test]
fn every_row_of_the_starter_catalogue_is_charged_by_its_amount() {
    let catalogue = starter();
    assert!(catalogue.len() > 400, "{} rows", catalogue.len());
    for entry in catalogue.rows() {
        let details = Details {
            specified: Some("so".to_owned()).filter(|_| entry.needs_refinement && !entry.needs_obstruction),
            obstruction: Some("so".to_owned()).filter(|_| entry.needs_obstruction),
            ..Details::default()
        };
        let charged = entry.charge(&details).expect("nothing is missing");
        assert_eq!((charged.amount_cents, charged.points), (entry.amount, entry.points));
        assert_eq!(charged.category == Category::Warning, entry.amount <= Money(5_500), "{}", entry.number);
        assert!(entry.points == 0 || entry.amount >= Money(6_000), "{}: points begin at 60 euros", entry.number);
        assert_eq!(entry.needs_refinement, entry.charge(&Details::default()).is_err(), "{}", entry.number);
        assert_ne!(entry.label_de, entry.label_en, "{}", entry.number);
    }
}

#[test]
fn no_amount_lies_between_warning_and_fine() {
    for entry in starter().rows() {
        assert!(!(5_501..6_000).contains(&entry.amount.0), "{}", entry.number);
        assert_eq!(entry.amount.0 % 500, 0, "{}", entry.number);
    }
}

#[test]
fn several_offences_cost_the_dearest_in_one_act_and_the_sum_in_several() {
    let (catalogue, details) = (starter(), Details::default());
    let on = day("2026-06-16");
    let charged: Vec<_> = ["112454", "112262", "141312"]
        .iter()
        .map(|text| catalogue.lookup(number(text), on).expect("is there").charge(&details).expect("complete"))
        .collect();
    assert_eq!(Offences::new(OffenceRelation::OneAct, charged.clone()).amount_cents, Money(5_500));
    assert_eq!(Offences::new(OffenceRelation::SeveralActs, charged).amount_cents, Money(9_000));
}

#[test]
fn a_document_that_is_too_large_is_refused_before_it_is_parsed() {
    let large = vec![b' '; Catalogue::MAX_BYTES + 1];
    assert_eq!(Catalogue::parse(&large).map(|_| ()), Err(streife_core::catalogue::CatalogueError::TooLarge));
}

// ---- search ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchCase {
    query: String,
    first: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    only: bool,
    #[serde(default)]
    none: bool,
}

#[test]
fn the_right_offence_comes_first() {
    let index = Index::new(&starter(), day("2026-06-16"));
    for case in table::<SearchCase>("searches.json") {
        let found: Vec<_> = index.search(&case.query, 20).iter().map(ToString::to_string).collect();
        if let Some(first) = &case.first {
            assert_eq!(found.first(), Some(first), "{}: {found:?}", case.query);
        }
        for also in &case.also {
            assert!(found.contains(also), "{}: {found:?}", case.query);
        }
        assert!(!case.only || found.len() == 1, "{}: {found:?}", case.query);
        assert_eq!(case.none, found.is_empty(), "{}: {found:?}", case.query);
    }
}

#[test]
fn only_what_holds_on_the_day_is_found() {
    let catalogue = starter();
    assert!(Index::new(&catalogue, day("2020-01-01")).search("Gehweg", 9).is_empty());
    let index = Index::new(&catalogue, day("2024-08-22"));
    assert_eq!(index.search("112070", 9), numbers(&["112070"]), "one row of two");
}

/// Prints what the search costs among all real offences; a limit in time would judge the machine.
#[test]
#[expect(clippy::disallowed_methods, reason = "measures")]
fn search_among_three_thousand_offences_is_measured() {
    let Some(bytes) = real() else { return };
    let catalogue = import::json(&bytes).expect("a list").into_catalogue("real").expect("fits");
    let before = std::time::Instant::now();
    let index = Index::new(&catalogue, day("2021-12-01"));
    println!("index of {} offences, {} words: {:?}", catalogue.len(), index.vocabulary(), before.elapsed());
    for (query, first) in [("Gehweg 1 Stunde", "112656"), ("112656", "112656"), ("parken", ""), ("verbot", "")] {
        let times: Vec<_> = std::iter::repeat_with(|| {
            let before = std::time::Instant::now();
            let found = index.search(query, 20);
            (before.elapsed(), found)
        })
        .take(50)
        .collect();
        let (least, found) = times.into_iter().min().expect("fifty");
        println!("{query:?}: {least:?}, first {:?}", found.first());
        assert!(first.is_empty() || found.first() == Some(&number(first)), "{query}: {found:?}");
        assert!(!found.is_empty(), "{query}");
    }
}

// ---- favourites ----

#[test]
fn favourites_are_those_of_the_beat_and_of_lately() {
    let (catalogue, on) = (starter(), day("2026-06-16"));
    let used = |text: &str, count, last: &str| Use { number: number(text), count, last: day(last) };
    let beat = [used("112454", 3, "2026-06-15"), used("112464", 6, "2026-05-16"), used("141312", 0, "2026-06-15")];
    let agency = [used("113100", 20, "2026-06-10"), used("112454", 1, "2026-06-16"), used("999999", 90, "2026-06-16")];
    let ranked = favourites(&catalogue, on, &beat, &agency, 9);
    assert_eq!(ranked, numbers(&["113100", "112454", "112464"]));
    assert_eq!(favourites(&catalogue, on, &beat, &[], 1), numbers(&["112454"]), "half counts after 30 days");
    assert_eq!(favourites(&catalogue, on, &[used("112464", 1, "2026-06-17")], &[], 9), numbers(&["112464"]));
    assert!(favourites(&catalogue, on, &[], &[], 9).is_empty());
}

// ---- imports ----

/// Line and reason of every row that was rejected.
fn rejected(import: &Import) -> Vec<(usize, Reason)> {
    import.rejected().iter().map(|rejected| (rejected.line, rejected.reason)).collect()
}

fn taken(import: &Import) -> Vec<String> {
    import.rows().map(|entry| format!("{} {}", entry.number, entry.valid_from)).collect()
}

#[test]
fn the_list_of_the_community_is_read_row_by_row() {
    let import = import::json(&data("community.json")).expect("a list");
    let expected =
        ["112070 2021-11-09", "112070 2024-08-22", "112076 2021-11-09", "112454 2021-11-09", "112656 2021-11-09"];
    assert_eq!(taken(&import), expected);
    let expected = [
        (15, Reason::Number),
        (16, Reason::Amount),
        (17, Reason::Day),
        (18, Reason::Row(RowFault::Label)),
        (19, Reason::Row(RowFault::Wording)),
        (21, Reason::Row(RowFault::Overlap)),
        (23, Reason::Form),
        (24, Reason::Row(RowFault::Validity)),
        (25, Reason::Row(RowFault::Points)),
        (26, Reason::Topic),
        (27, Reason::Probation),
    ];
    assert_eq!(rejected(&import), expected);
    let one_way = import.rows().find(|entry| entry.number == number("112076")).expect("is there");
    assert!(one_way.needs_refinement, "the count says so, though the wording has no mark");
    let hour = import.rows().find(|entry| entry.number == number("112656")).expect("is there");
    assert_eq!((hour.min_minutes_exclusive, hour.points, hour.amount), (Some(60), 1, Money(7_000)));
}

#[test]
fn the_federal_dump_is_read_row_by_row() {
    let import = import::dump(&data("dump.txt")).expect("a dump");
    let expected = [
        "103637 2021-11-09",
        "112070 2021-11-09",
        "112070 2024-08-22",
        "112454 2021-11-09",
        "112655 2021-11-09",
        "112656 2021-11-09",
    ];
    assert_eq!(taken(&import), expected);
    let expected = [
        (6, Reason::Columns),
        (7, Reason::Columns),
        (8, Reason::Encoding),
        (9, Reason::Amount),
        (10, Reason::Day),
        (11, Reason::Row(RowFault::Overlap)),
    ];
    assert_eq!(rejected(&import), expected);
    let of = |text: &str| import.rows().find(|entry| entry.number == number(text)).expect("is there");
    assert_eq!(of("112454").label_de, "Auf dem Gehweg abgestellt – „so“");
    assert_eq!(of("112454").valid_to, None, "2099 means until further notice");
    assert_eq!(of("112454").bkat.as_deref(), Some("52a"));
    assert_eq!(of("112655").missing(&Details::default()).len(), 1);
    assert_eq!(of("103637").amount, Money(9_550));
    let speed = Field { kind: 'D', width: 3 };
    assert!(of("103637").wording.parts().contains(&Part::Field(speed)));
}

#[test]
fn a_table_is_read_row_by_row() {
    let import = import::csv(&data("table.csv")).expect("a table");
    assert_eq!(taken(&import), ["112262 2021-07-28", "112263 2021-07-28", "112273 2021-07-28", "112454 2021-11-09"]);
    let expected =
        [(7, Reason::Columns), (8, Reason::Number), (9, Reason::Amount), (10, Reason::Form), (11, Reason::Day)];
    assert_eq!(rejected(&import), expected);
    let of = |text: &str| import.rows().find(|entry| entry.number == number(text)).expect("is there");
    assert_eq!(of("112262").label_de, "Weniger als 5 m; vor einer \"Kreuzung\" abgestellt");
    assert_eq!(
        (of("112454").label_en.as_str(), of("112262").label_en.as_str()),
        ("Left on the footway", of("112262").label_de.as_str())
    );
    assert_eq!(of("112263").amount, Money(1_550));
    assert_eq!(of("112273").min_minutes_exclusive, Some(180));
    let english = import.clone().with_english_of(&starter());
    let corner = english.rows().find(|entry| entry.number == number("112262")).expect("is there");
    assert_eq!(corner.label_en, "Parked less than 5 m before a junction");
}

#[test]
fn a_file_that_is_no_list_is_refused_as_a_whole() {
    assert_eq!(import::json(b"{\"tbnr\": 1}"), Err(ImportError::NoList));
    assert_eq!(import::dump(b"no separator at all"), Err(ImportError::NoList));
    assert_eq!(import::csv(b""), Err(ImportError::NoList));
    assert_eq!(import::csv(b"tbnr,description,fine\n"), Err(ImportError::NoColumn { column: "from" }));
    let large = vec![b'^'; import::MAX_BYTES + 1];
    for import in [import::json, import::dump, import::csv] {
        assert_eq!(import(&large), Err(ImportError::TooLarge));
    }
}

#[test]
fn a_row_of_another_size_spoils_itself_alone() {
    let good = r#"{"tbnr":"112454","description":"a","fine":"55","valid_from":"2021-11-09"}"#;
    let long = format!(r#"{{"tbnr":"112455","description":"{}"}}"#, "a".repeat(import::MAX_ROW_BYTES));
    let open = r#"{"tbnr":"112456","description":"a"#;
    let text = format!("[\n{long},\n{open}\n{good}\n]");
    let import = import::json(text.as_bytes()).expect("a list");
    assert_eq!(taken(&import), ["112454 2021-11-09"]);
    assert_eq!(import.rejected().len(), 2, "{:?}", import.rejected());
}

#[test]
fn the_real_catalogue_is_imported_but_for_one_row() {
    let Some(bytes) = real() else { return };
    let import = import::json(&bytes).expect("a list");
    assert_eq!(import.rows().count(), 2_653);
    assert_eq!(import.rejected().len(), 1, "{:?}", import.rejected());
    assert_eq!(import.rejected().first().map(|row| row.reason), Some(Reason::Number), "000000 is no offence");
    let thresholds = |minutes| import.rows().filter(|entry| entry.min_minutes_exclusive == Some(minutes)).count();
    assert_eq!([15, 30, 60, 120, 180, 20_160].map(thresholds), [2, 16, 68, 16, 66, 1]);
    assert_eq!(import.rows().filter(|entry| entry.wording.choices().count() > 0).count(), 671);
    let catalogue = import.into_catalogue("real").expect("fits");
    assert_eq!(Catalogue::parse(&catalogue.to_json()), Ok(catalogue));
}

/// Numbers, amounts, points and thresholds are facts: where the real catalogue has the row, they are the same.
#[test]
fn the_starter_catalogue_agrees_with_the_real_one() {
    let Some(bytes) = real() else { return };
    let real = import::json(&bytes).expect("a list").into_catalogue("real").expect("fits");
    let on = day("2021-11-09");
    let facts = |catalogue: &Catalogue, text| {
        let entry = catalogue.lookup(text, on)?;
        Some((entry.amount, entry.points, entry.probation, entry.min_minutes_exclusive))
    };
    let starter = starter();
    for entry in starter.on(on) {
        assert_eq!(facts(&starter, entry.number), facts(&real, entry.number), "{}", entry.number);
    }
    let standing = real.on(on).filter(|entry| entry.topic == Some(streife_core::catalogue::Topic::StoppingParking));
    let lacking: Vec<_> = standing.filter(|entry| starter.lookup(entry.number, on).is_none()).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

// ---- properties ----

fn any_row() -> impl Strategy<Value = (u32, u32, u8, i64, Option<i64>)> {
    (100_000_u32..100_020, 0_u32..=1_000_000, 0_u8..=3, 0_i64..400, proptest::option::of(0_i64..400))
}

fn json_of(rows: &[(u32, u32, u8, i64, Option<i64>)]) -> String {
    let first = day("2021-01-01");
    let text = |after: i64| (first + chrono::Duration::days(after)).to_string();
    let rows: Vec<_> = rows
        .iter()
        .map(|(number, cents, points, from, length)| {
            let to = length.map_or(serde_json::Value::Null, |length| text(from + length).into());
            let fine = format!("{}.{:02}", cents / 100, cents % 100);
            serde_json::json!({"tbnr": number.to_string(), "description": "x", "fine": fine, "points": points,
                "valid_from": text(*from), "valid_to": to})
        })
        .collect();
    serde_json::Value::from(rows).to_string()
}

proptest! {
    /// Whatever is imported, no day of a number has two rows, every row is kept or rejected, and the document reads back.
    #[test]
    fn an_import_keeps_one_row_a_day(rows in proptest::collection::vec(any_row(), 0..40)) {
        let import = import::json(json_of(&rows).as_bytes()).expect("a list");
        prop_assert_eq!(import.rows().count() + import.rejected().len(), rows.len());
        let catalogue = import.into_catalogue("x").expect("fits");
        for after in 0..900 {
            let on = day("2021-01-01") + chrono::Duration::days(after);
            let all: Vec<_> = catalogue.on(on).map(|entry| entry.number).collect();
            let mut once = all.clone();
            once.dedup();
            prop_assert_eq!(&all, &once);
            for number in all {
                prop_assert!(catalogue.lookup(number, on).is_some_and(|entry| entry.holds_on(on)));
            }
        }
        prop_assert_eq!(Catalogue::parse(&catalogue.to_json()), Ok(catalogue));
    }

    /// No bytes whatever make an importer or the reader panic.
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut list = b"[".to_vec();
        list.extend(&bytes);
        let mut table = b"tbnr,description,fine,valid_from\n".to_vec();
        table.extend(&bytes);
        let _ = (import::json(&list), import::dump(&bytes), import::csv(&table), Catalogue::parse(&bytes));
    }

    /// Damage to one row never loses another one that stands on a line of its own.
    #[test]
    fn a_damaged_line_of_a_dump_loses_itself_alone(line in 0_usize..5, byte in any::<u8>(), at in 0_usize..200) {
        let text = data("dump.txt");
        let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').take(5).map(<[u8]>::to_vec).collect();
        let whole = import::dump(&lines.join(&b'\n')).expect("a dump");
        prop_assume!(byte != b'\n');
        let length = lines[line].len();
        lines[line][at % length] = byte;
        let damaged = import::dump(&lines.join(&b'\n')).expect("a dump");
        prop_assert!(damaged.rows().count() + 2 >= whole.rows().count(), "{:?}", damaged.rejected());
        prop_assert!(damaged.rejected().iter().all(|row| row.line == line + 1
            || row.reason == Reason::Row(RowFault::Overlap)), "{:?}", damaged.rejected());
    }

    /// A wording that is taken is written as it was read, and whatever is not missing can be filled in.
    #[test]
    fn a_wording_reads_back(text in "[a-c <>/#*+)G]{0,30}", digits in "[0-9]{0,3}") {
        if let Ok(wording) = text.parse::<Wording>() {
            let again = wording.to_string().parse::<Wording>();
            prop_assert_eq!(again.as_ref(), Ok(&wording));
            let details = Details::of_digits(&digits);
            prop_assert_eq!(wording.fill(&details).err().unwrap_or_default(), wording.missing(&details));
        }
    }

    /// No query panics, and every word of an entry's own label finds the entry.
    #[test]
    fn a_label_finds_its_entry(at in 0_usize..400, noise in "\\PC{0,40}") {
        let (catalogue, on) = (starter(), day("2026-06-16"));
        let index = Index::new(&catalogue, on);
        let _ = index.search(&noise, 5);
        let entry = catalogue.on(on).nth(at).expect("400 offences");
        prop_assert!(index.search(&entry.label_de, 500).contains(&entry.number), "{}", entry.label_de);
        prop_assert_eq!(index.search(&entry.number.to_string(), 1), vec![entry.number]);
    }

    /// Upper case and the other spelling of umlauts find the same.
    #[test]
    fn spelling_does_not_matter(at in 0_usize..400) {
        let (catalogue, on) = (starter(), day("2026-06-16"));
        let index = Index::new(&catalogue, on);
        let label = &catalogue.on(on).nth(at).expect("400 offences").label_de;
        let spelled = label.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
        prop_assert_eq!(index.search(&spelled.to_uppercase(), 20), index.search(label, 20));
    }
}
