//! What people review: three records as files, and the page with the mapping tables. Both are written anew when
//! `STREIFE_WRITE` is set, and compared otherwise.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use streife_core::export::{Format, Reason, To};

use super::common::{example, export, text};

const REVIEWED: [&str; 3] = ["duration-with-valves", "stopped-driver-pays", "tow"];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn compare(file: &Path, now: &str) {
    if std::env::var_os("STREIFE_WRITE").is_some() {
        std::fs::write(file, now).expect("a file to write");
    }
    let then = std::fs::read_to_string(file).unwrap_or_default();
    assert!(then == now, "{} differs from:\n{now}", file.display());
}

/// Documents as UTF-8, whatever encoding they are sent in, and the report below.
#[test]
fn the_reviewed_files_are_what_the_exporters_write() {
    for name in REVIEWED {
        for (format, ending) in [(Format::Xowi, "xowi"), (Format::Winowig, "winowig")] {
            let batch = export(format, &example(name));
            let mut report = String::new();
            for one in &batch.accepted[0].unmapped {
                let carried = one.carried.unwrap_or("left out");
                writeln!(report, "{}: {:?}, {carried}", one.member, one.reason).expect("memory");
            }
            let folder = top().join("tests/data/export");
            compare(&folder.join(format!("{name}.{ending}.xml")), &text(format, batch.file.expect("a file")));
            compare(&folder.join(format!("{name}.{ending}.report.txt")), &report);
        }
    }
}

// ---- the tables ----

fn covers(row: &str, path: &str) -> bool {
    path.strip_prefix(row).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn the_tables_name_every_member_of_the_schema() {
    let schema = std::fs::read(top().join("../schemas/case-record.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let mut paths = BTreeSet::new();
    members(&schema, &schema, "", &mut paths);
    assert!(paths.len() > 80 && paths.contains("tow.damage.text"), "the schema was not read: {paths:?}");
    for format in Format::ALL {
        let rows: Vec<_> = format.table().iter().map(|row| row.member).collect();
        let missing: Vec<_> = paths.iter().filter(|path| !rows.iter().any(|row| covers(row, path))).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{format:?} says nothing of them");
        let idle: Vec<_> = rows.iter().filter(|row| !paths.iter().any(|path| covers(row, path))).collect();
        assert_eq!(idle, Vec::<&&str>::new(), "{format:?} has rows for what the schema does not have");
    }
}

/// Paths of all members without members of their own.
fn members(root: &Value, part: &Value, path: &str, paths: &mut BTreeSet<String>) {
    if let Some(target) = part.get("$ref").and_then(Value::as_str) {
        let found = root.pointer(target.trim_start_matches('#')).expect("a definition");
        return members(root, found, path, paths);
    }
    if let Some(items) = part.get("items") {
        return members(root, items, path, paths);
    }
    match part.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            for (name, value) in properties {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                members(root, value, &below, paths);
            }
        }
        None => {
            paths.insert(path.to_owned());
        }
    }
}

fn cell(to: To) -> String {
    let why = |reason: Reason| match reason {
        Reason::NoElement => "no element",
        Reason::NameUnknown => "name unknown",
        other => panic!("{other:?} is no reason for a table"),
    };
    match to {
        To::Element(element) => format!("`{element}`"),
        To::Note(reason) => format!("line in the note ({})", why(reason)),
        To::Nowhere(reason) => format!("left out, reported ({})", why(reason)),
        To::Implied => "implied".to_owned(),
        To::Own => "own book-keeping".to_owned(),
    }
}

const BEGIN: &str = "<!-- table of members -->\n";
const END: &str = "<!-- end of the table -->\n";

#[test]
fn the_page_shows_the_tables_as_they_are() {
    let file = top().join("docs/hand-over.md");
    let page = std::fs::read_to_string(&file).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (_, tail) = rest.split_once(END).expect("where the table ends");
    let mut table = "| Member | xOWi-Bestand | WiNOWiG XMLMDE |\n|---|---|---|\n".to_owned();
    let mut rows: Vec<_> = Format::Winowig.table().iter().map(|row| row.member).collect();
    rows.extend(
        Format::Xowi.table().iter().map(|row| row.member).filter(|member| !rows.contains(member)).collect::<Vec<_>>(),
    );
    for member in rows {
        let to = |format: Format| {
            let found =
                format.table().iter().filter(|row| covers(row.member, member)).max_by_key(|row| row.member.len());
            found.map_or_else(|| "-".to_owned(), |row| cell(row.to))
        };
        writeln!(table, "| `{member}` | {} | {} |", to(Format::Xowi), to(Format::Winowig)).expect("memory");
    }
    compare(&file, &format!("{head}{BEGIN}{table}{END}{tail}"));
}

#[test]
fn the_settings_that_the_page_shows_are_read() {
    let page = std::fs::read_to_string(top().join("docs/hand-over.md")).expect("the page");
    let shown: String =
        page.lines().skip_while(|line| !line.starts_with("    {")).take_while(|line| !line.is_empty()).collect();
    let settings: streife_core::export::Handover = serde_json::from_str(&shown).expect("settings");
    assert!(settings.client.is_some() && settings.xowi.persons.is_some() && settings.winowig.person.is_some());
}
