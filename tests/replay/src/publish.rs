//! What an agency gives its phones: catalogue, rule set and map, checked, compiled and signed with its root key.
//!
//! A source is taken row by row where its format has rows; what is not taken is named with its line. Nothing that a phone
//! would refuse is signed.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use streife_core::catalogue::{Catalogue, import};
use streife_core::domain::{NationTable, PrefixTable, PrefixUse, from_hex};
use streife_core::geo::compile::{About, Addresses, Boundaries, Properties, compile};
use streife_core::rules::Rules;
use streife_core::seal::{Namespace, SoftwareKey, sign_payload};

use crate::ReplayError;

/// Form of an offence catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `schemas/catalogue.schema.json`.
    Native,
    /// The app community's list, JSON.
    Community,
    /// The federal dump: fields between `^`, Windows-1252.
    Dump,
    /// A table, CSV.
    Table,
}

/// What to publish.
#[derive(Clone, Debug)]
pub enum Source {
    /// An offence catalogue.
    Catalogue {
        /// Its file.
        file: PathBuf,
        /// The file's form.
        form: Form,
        /// Version of what comes of it; a native one has its own.
        version: String,
    },
    /// A rule set, `schemas/rules.schema.json`.
    Rules {
        /// Its file.
        file: PathBuf,
    },
    /// A table of prefixes or of nationality signs, in the form of those in `core/data`.
    Plates {
        /// Its file.
        file: PathBuf,
    },
    /// A map.
    Map {
        /// Municipalities as GeoJSON in WGS 84.
        boundaries: Option<PathBuf>,
        /// Names of the properties that hold key and name.
        properties: (String, String),
        /// Addresses, fields between semicolons.
        addresses: Option<PathBuf>,
        /// Day that the data stand for.
        date: NaiveDate,
        /// How far the map may be from the ground, metres.
        tolerance_m: u16,
        /// What the licence of the data wants said.
        note: String,
    },
}

/// What became of it.
#[derive(Debug)]
pub struct Published {
    /// The signed document.
    pub signed: Vec<u8>,
    /// A line on what is in it.
    pub summary: String,
    /// Rows that were left out, each with its line.
    pub left_out: Vec<String>,
}

/// Checks or compiles a source and signs it with the agency's root key, 64 hex digits in a file.
///
/// # Errors
/// [`ReplayError`] naming the file, or the first fault of a source that a phone would refuse.
pub fn publish(source: &Source, root: &Path) -> Result<Published, ReplayError> {
    let text = String::from_utf8(read(root)?).unwrap_or_default();
    let scalar: [u8; 32] = from_hex(text.trim()).map_err(|_| fault("--root", "not 64 hex digits"))?;
    let key = SoftwareKey::from_bytes(&scalar).map_err(|error| fault("--root", error))?;
    let (namespace, payload, summary, left_out) = match source {
        Source::Catalogue { file, form, version } => catalogue(&read(file)?, *form, version)?,
        Source::Rules { file } => rules(read(file)?)?,
        Source::Plates { file } => plates(read(file)?)?,
        Source::Map { .. } => map(source)?,
    };
    let signed = sign_payload(namespace, payload, &key).map_err(|error| fault("signature", error))?;
    Ok(Published { signed, summary, left_out })
}

/// Reads a catalogue of another form.
type Importer = fn(&[u8]) -> Result<import::Import, import::ImportError>;
/// Purpose, payload, what is in it, and what was left out.
type Draft = (Namespace, Vec<u8>, String, Vec<String>);

fn catalogue(bytes: &[u8], form: Form, version: &str) -> Result<Draft, ReplayError> {
    let broken = |error: &dyn std::fmt::Display| fault("catalogue", error);
    let importer: Option<Importer> = match form {
        Form::Native => None,
        Form::Community => Some(import::json),
        Form::Dump => Some(import::dump),
        Form::Table => Some(import::csv),
    };
    let (catalogue, left_out) = match importer {
        None => (Catalogue::parse(bytes).map_err(|error| broken(&error))?, Vec::new()),
        Some(importer) => {
            let taken = importer(bytes).map_err(|error| broken(&error))?;
            let left_out = taken.rejected().iter().map(ToString::to_string).collect();
            (taken.into_catalogue(version).map_err(|error| broken(&error))?, left_out)
        }
    };
    let summary = format!("catalogue {}: {} rows", catalogue.version(), catalogue.len());
    Ok((Namespace::Catalogue, catalogue.to_json(), summary, left_out))
}

fn rules(bytes: Vec<u8>) -> Result<Draft, ReplayError> {
    let rules = Rules::parse(&bytes).map_err(|error| fault("rule set", error))?;
    Ok((Namespace::Rules, bytes, format!("rule set {}", rules.version()), Vec::new()))
}

fn plates(bytes: Vec<u8>) -> Result<Draft, ReplayError> {
    let summary = match NationTable::parse(&bytes) {
        Ok(nations) => format!("{} nationality signs", nations.iter().count()),
        Err(_) => {
            let prefixes = PrefixTable::parse(&bytes).map_err(|error| fault("plate table", error))?;
            format!("{} prefixes of districts", prefixes.of_districts(PrefixUse::Current).count())
        }
    };
    Ok((Namespace::PlateTable, bytes, summary, Vec::new()))
}

fn map(source: &Source) -> Result<Draft, ReplayError> {
    let Source::Map { boundaries, properties, addresses, date, tolerance_m, note } = source else {
        return Err(fault("map", "not a map"));
    };
    let broken = |error| fault("map", error);
    let properties = Properties { key: &properties.0, name: &properties.1 };
    let zones = boundaries.as_ref().map(|file| read(file)).transpose()?;
    let zones = zones.map(|bytes| Boundaries::from_geojson(&bytes, &properties)).transpose().map_err(broken)?;
    let houses = addresses.as_ref().map(|file| read(file)).transpose()?;
    let houses = houses.map(|bytes| Addresses::from_table(&bytes)).transpose().map_err(broken)?;
    let (houses, rejected) = houses.map_or((None, Vec::new()), |(houses, rejected)| (Some(houses), rejected));
    let about = About { date: *date, tolerance_m: *tolerance_m, source: note.clone() };
    let pack = compile(&about, zones.as_ref(), houses.as_ref()).map_err(broken)?;
    let count = |count: Option<usize>| count.unwrap_or(0);
    let (zones, houses) = (count(zones.map(|zones| zones.len())), count(houses.map(|houses| houses.len())));
    let summary = format!("map of {date}: {zones} municipalities, {houses} addresses, {} bytes", pack.len());
    let left_out = rejected.iter().map(|row| format!("line {}: {}", row.line, row.fault)).collect();
    Ok((Namespace::GeoPack, pack, summary, left_out))
}

fn read(file: &Path) -> Result<Vec<u8>, ReplayError> {
    std::fs::read(file).map_err(|error| ReplayError::File { what: file.display().to_string(), error })
}

fn fault(what: &'static str, reason: impl ToString) -> ReplayError {
    ReplayError::Setup { what, reason: reason.to_string() }
}
