//! Opens the vault of a phone that does not open any more, with the agency's recovery key alone (FORMATS 16).
//!
//! The folder is only read: the database and its write-ahead log are copied to a folder of its own and opened there, and
//! nothing else is touched. What is damaged does not keep the rest from being opened. What was opened is written as plain
//! files that only the caller may read, and nothing that is there already is overwritten. The report names by id what did
//! not open and why; it holds no fact of a case and no key.
//!
//! Keys and ciphers are those of `streife_core::seal`; there is no second way to open anything here.

mod case;
mod journal;
mod keys;
mod report;
mod rows;
pub(crate) mod sink;
mod source;

use std::path::{Path, PathBuf};

pub use report::{CaseReport, EpochReport, Fault, JournalReport, KeyFrom, Report};

use crate::ReplayError;
use case::Cases;
use keys::Keys;
use sink::Sink;
use source::Source;

/// What to open, and where to put it.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The vault's folder. Never written to.
    pub vault: PathBuf,
    /// File with a private recovery key: 64 hex digits.
    pub key: PathBuf,
    /// A folder that is new or empty.
    pub out: PathBuf,
}

/// Opens everything that the key opens, and writes it together with `report.json`.
///
/// # Errors
/// [`ReplayError`] if there is no vault, the key is none or opens nothing here, or the folder to write to is not empty. Then
/// nothing was written. What does not open is no error: the report names it.
pub fn recover(recovery: &Recovery) -> Result<Report, ReplayError> {
    let private = keys::read(&recovery.key)?;
    apart(&recovery.vault, &recovery.out)?;
    let source = Source::read(&recovery.vault)?;
    let mut report = Report { database: source.database.clone(), ..Report::default() };
    report.not_opened.clone_from(&source.faults);
    let keys = Keys::open(private, &source, &mut report);
    if keys.opens_nothing(&source) {
        return Err(ReplayError::ForeignKey);
    }
    let sink = Sink::new(&recovery.out)?;
    let told = journal::open(&source, &keys, &sink, &mut report)?;
    Cases { source: &source, keys: &keys, sink: &sink, told: &told }.open(&mut report)?;
    case::officers(&source, &keys, &sink, &mut report)?;
    sink.json("report.json", &report)?;
    Ok(report)
}

/// A plain file must not come to lie in the vault.
fn apart(vault: &Path, out: &Path) -> Result<(), ReplayError> {
    let vault = vault.canonicalize().map_err(ReplayError::file("--vault"))?;
    let mut place = std::path::absolute(out).map_err(ReplayError::file("--out"))?;
    while !place.exists() && place.pop() {}
    let place = place.canonicalize().map_err(ReplayError::file("--out"))?;
    if place.starts_with(&vault) {
        return Err(ReplayError::setup("--out")(&"lies in the vault's folder"));
    }
    Ok(())
}
