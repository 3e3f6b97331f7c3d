//! The catalogue's JSON form.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Catalogue, CatalogueError, Entry};
use crate::domain::{Money, OffenceNumber};

const FORMAT: &str = "streife/1 catalogue";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: String,
    entries: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: OffenceNumber,
    label: Label,
    amount_cents: Money,
    points: u8,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    min_minutes_exclusive: Option<u32>,
    #[serde(default)]
    requires: Vec<Requirement>,
    /// Position in the federal table of fines; kept for people, not used.
    #[serde(rename = "bkat")]
    _bkat: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    de: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Requirement {
    Refinement,
    Obstruction,
}

pub(super) fn parse(json: &[u8]) -> Result<Catalogue, CatalogueError> {
    let document: Document = serde_json::from_slice(json)
        .map_err(|error| CatalogueError::Malformed { line: error.line(), column: error.column() })?;
    if document.format != FORMAT {
        return Err(CatalogueError::UnknownFormat);
    }
    let mut entries: BTreeMap<OffenceNumber, Vec<Entry>> = BTreeMap::new();
    for row in document.entries {
        let number = row.number;
        let rows = entries.entry(number).or_default();
        let entry = row.into_entry();
        if rows.iter().any(|other| overlap(other, &entry)) {
            return Err(CatalogueError::Overlap { number });
        }
        rows.push(entry);
    }
    Ok(Catalogue { version: document.version, entries })
}

fn overlap(one: &Entry, other: &Entry) -> bool {
    let ends_before = |first: &Entry, second: &Entry| first.valid_to.is_some_and(|last| last < second.valid_from);
    !ends_before(one, other) && !ends_before(other, one)
}

impl Row {
    fn into_entry(self) -> Entry {
        Entry {
            number: self.number,
            label_de: self.label.de,
            label_en: self.label.en,
            amount: self.amount_cents,
            points: self.points,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            min_minutes_exclusive: self.min_minutes_exclusive,
            needs_refinement: self
                .requires
                .iter()
                .any(|requirement| matches!(requirement, Requirement::Refinement | Requirement::Obstruction)),
        }
    }
}
