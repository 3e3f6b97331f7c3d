//! The table of German prefixes (Unterscheidungszeichen): what each stands for, as of a day.
//!
//! A document lists registration districts with their prefixes, districts that are gone while their plates still
//! drive, authorities, and the prefixes of diplomatic plates.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::PlateTableError;
use super::table::document;
use super::text::is_prefix_letter;

const FORMAT: &str = "streife/1 prefixes";

/// What a prefix is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixUse {
    /// A registration district gives plates with it.
    Current,
    /// No longer given; plates with it still drive.
    Former,
}

/// Prefixes and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PrefixTable {
    as_of: Option<NaiveDate>,
    current: BTreeMap<String, Vec<String>>,
    former: BTreeMap<String, Vec<String>>,
    authorities: BTreeMap<String, String>,
    diplomatic: BTreeSet<String>,
}

impl PrefixTable {
    /// Reads a table of prefixes.
    ///
    /// # Errors
    /// [`PlateTableError`] naming the first fault.
    pub fn parse(json: &[u8]) -> Result<Self, PlateTableError> {
        let Document { format, as_of, districts, former, authorities, diplomatic } = document(json)?;
        if format != FORMAT {
            return Err(PlateTableError::UnknownFormat);
        }
        let current = by_prefix(districts);
        if current.is_empty() {
            return Err(PlateTableError::Empty);
        }
        let former = by_prefix(former);
        let diplomatic = diplomatic.into_iter().map(|prefix| prefix.0).collect();
        Ok(Self { as_of: Some(as_of), current, former, authorities: by_authority(authorities)?, diplomatic })
    }

    /// The day whose state the table shows.
    #[must_use]
    pub const fn as_of(&self) -> Option<NaiveDate> {
        self.as_of
    }

    /// Whether districts give or gave plates with a prefix.
    #[must_use]
    pub fn usage(&self, prefix: &str) -> Option<PrefixUse> {
        let former = || self.former.contains_key(prefix).then_some(PrefixUse::Former);
        if self.current.contains_key(prefix) { Some(PrefixUse::Current) } else { former() }
    }

    /// The districts of a prefix, those of today before those of the past.
    #[must_use]
    pub fn districts(&self, prefix: &str) -> Vec<&str> {
        let of = |table| BTreeMap::get(table, prefix).into_iter().flatten().map(String::as_str);
        of(&self.current).chain(of(&self.former)).collect()
    }

    /// The authority behind a prefix.
    #[must_use]
    pub fn authority(&self, prefix: &str) -> Option<&str> {
        self.authorities.get(prefix).map(String::as_str)
    }

    /// Whether diplomatic plates have the prefix.
    #[must_use]
    pub fn is_diplomatic(&self, prefix: &str) -> bool {
        self.diplomatic.contains(prefix)
    }

    /// All prefixes of districts, today's or former ones.
    pub fn of_districts(&self, usage: PrefixUse) -> impl Iterator<Item = &str> {
        let table = if usage == PrefixUse::Current { &self.current } else { &self.former };
        table.keys().map(String::as_str)
    }

    /// All prefixes of authorities.
    pub fn of_authorities(&self) -> impl Iterator<Item = &str> {
        self.authorities.keys().map(String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    as_of: NaiveDate,
    districts: Vec<District>,
    former: Vec<District>,
    authorities: Vec<Authority>,
    diplomatic: Vec<Prefix>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct District {
    name: String,
    /// Federal state, two letters; kept for people, not used.
    #[serde(rename = "state")]
    _state: Option<String>,
    prefixes: Vec<Prefix>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    prefix: Prefix,
    name: String,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Prefix(String);

impl TryFrom<String> for Prefix {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let letters = (1..=3).contains(&text.chars().count()) && text.chars().all(is_prefix_letter);
        if letters || text == "0" { Ok(Self(text)) } else { Err("not a prefix") }
    }
}

fn by_prefix(districts: Vec<District>) -> BTreeMap<String, Vec<String>> {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for District { name, prefixes, .. } in districts {
        for Prefix(prefix) in prefixes {
            table.entry(prefix).or_default().push(name.clone());
        }
    }
    table
}

fn by_authority(authorities: Vec<Authority>) -> Result<BTreeMap<String, String>, PlateTableError> {
    let mut table = BTreeMap::new();
    for Authority { prefix: Prefix(key), name } in authorities {
        if table.insert(key.clone(), name).is_some() {
            return Err(PlateTableError::Twice { key });
        }
    }
    Ok(table)
}
