//! The catalogue's JSON form.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entry::{Draft, Probation, Rows, Topic};
use super::{Catalogue, CatalogueError, Entry};
use crate::domain::{Money, OffenceNumber};

const FORMAT: &str = "streife/1 catalogue";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: String,
    entries: Vec<Row>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: OffenceNumber,
    label: Label,
    amount_cents: Money,
    points: u8,
    valid_from: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_minutes_exclusive: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requires: Vec<Requirement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bkat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probation: Option<Probation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<Topic>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Label {
    de: String,
    en: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Requirement {
    Refinement,
    Obstruction,
}

pub(super) fn parse(json: &[u8]) -> Result<Catalogue, CatalogueError> {
    if json.len() > Catalogue::MAX_BYTES {
        return Err(CatalogueError::TooLarge);
    }
    let document: Document = serde_json::from_slice(json)
        .map_err(|error| CatalogueError::Malformed { line: error.line(), column: error.column() })?;
    if document.format != FORMAT {
        return Err(CatalogueError::UnknownFormat);
    }
    if document.entries.len() > Catalogue::MAX_ROWS {
        return Err(CatalogueError::TooLarge);
    }
    let mut rows = Rows::default();
    for row in document.entries {
        let number = row.number;
        let entry = Draft::from(row).judge();
        let fault = entry.and_then(|entry| rows.insert(entry)).err();
        if let Some(fault) = fault {
            return Err(CatalogueError::Row { number, fault });
        }
    }
    Ok(Catalogue { version: document.version, rows })
}

pub(super) fn write(catalogue: &Catalogue) -> Vec<u8> {
    let entries = catalogue.rows.iter().map(Row::from).collect();
    let document = Document { format: FORMAT.to_owned(), version: catalogue.version.clone(), entries };
    serde_json::to_vec(&document).expect("strings, numbers and days have a JSON form")
}

impl From<Row> for Draft {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            label_de: row.label.de,
            label_en: row.label.en,
            amount: row.amount_cents,
            points: row.points,
            probation: row.probation,
            topic: row.topic,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            min_minutes_exclusive: row.min_minutes_exclusive,
            needs_refinement: !row.requires.is_empty(),
            needs_obstruction: row.requires.contains(&Requirement::Obstruction),
            bkat: row.bkat,
        }
    }
}

impl From<&Entry> for Row {
    fn from(entry: &Entry) -> Self {
        let requirement = match (entry.needs_refinement, entry.needs_obstruction) {
            (_, true) => vec![Requirement::Obstruction],
            (true, false) => vec![Requirement::Refinement],
            (false, false) => Vec::new(),
        };
        Self {
            number: entry.number,
            label: Label { de: entry.label_de.clone(), en: entry.label_en.clone() },
            amount_cents: entry.amount,
            points: entry.points,
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
            min_minutes_exclusive: entry.min_minutes_exclusive,
            requires: requirement,
            bkat: entry.bkat.clone(),
            probation: entry.probation,
            topic: entry.topic,
        }
    }
}
