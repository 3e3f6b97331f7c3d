//! The two tables a verdict asks. Both are documents that a newer one replaces at run time.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::{NationTable, PrefixTable};

/// Longest document, in bytes.
const MAX_DOCUMENT: usize = 1 << 20;
const PREFIXES: &[u8] = include_bytes!("../../../data/prefixes-2026.json");
const NATIONS: &[u8] = include_bytes!("../../../data/nations-2026.json");

/// Why a table was not taken. The one in use stays in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlateTableError {
    /// Longer than 1 MiB.
    #[error("the table is longer than 1 MiB")]
    TooLarge,
    /// Not JSON.
    #[error("the table is not JSON at line {line}, column {column}")]
    Syntax {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
    },
    /// A member is missing, unknown or not of its form.
    #[error("the table has a member that is not of its form at line {line}, column {column}")]
    Content {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
    },
    /// Another format or version than this build reads.
    #[error("the table's format is not known to this version")]
    UnknownFormat,
    /// Nothing in it: it would make every plate unknown.
    #[error("the table is empty")]
    Empty,
    /// The same key stands in it twice with different meanings.
    #[error("{key} stands in the table twice")]
    Twice {
        /// The prefix or sign.
        key: String,
    },
}

/// The tables a verdict asks.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PlateTables {
    /// German prefixes.
    pub prefixes: PrefixTable,
    /// Nationality signs.
    pub nations: NationTable,
}

impl PlateTables {
    /// Those this build came with.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLES: OnceLock<PlateTables> = OnceLock::new();
        // A test parses both, so the default is never met.
        TABLES.get_or_init(|| Self {
            prefixes: PrefixTable::parse(PREFIXES).unwrap_or_default(),
            nations: NationTable::parse(NATIONS).unwrap_or_default(),
        })
    }
}

/// Reads a document of bounded length.
pub(super) fn document<T: DeserializeOwned>(json: &[u8]) -> Result<T, PlateTableError> {
    if json.len() > MAX_DOCUMENT {
        return Err(PlateTableError::TooLarge);
    }
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            PlateTableError::Content { line, column }
        } else {
            PlateTableError::Syntax { line, column }
        }
    })
}
