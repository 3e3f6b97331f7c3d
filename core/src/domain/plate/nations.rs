//! Nationality signs on vehicles and their ISO 3166-1 codes, which are not the same: `UK` is GB, `NMK` is MK, `RKS` is XK.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::PlateTableError;
use super::table::document;

const FORMAT: &str = "streife/1 nations";

/// How a sign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignStatus {
    /// Notified to the United Nations.
    Official,
    /// In use without notification.
    Unofficial,
    /// Replaced; old plates and stickers still show it.
    Former,
}

/// A sign and its country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nation {
    /// Sign on the vehicle.
    pub sign: String,
    /// ISO 3166-1 alpha-2 code; `XK`, which ISO leaves to its users, for Kosovo.
    pub iso: String,
    /// How the sign stands.
    pub status: SignStatus,
    /// The sign that replaced it.
    pub now: Option<String>,
}

/// Nationality signs as of a day.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NationTable {
    as_of: Option<NaiveDate>,
    signs: BTreeMap<String, Nation>,
}

impl NationTable {
    /// Reads a table of signs.
    ///
    /// # Errors
    /// [`PlateTableError`] naming the first fault.
    pub fn parse(json: &[u8]) -> Result<Self, PlateTableError> {
        let Document { format, as_of, signs: rows } = document(json)?;
        if format != FORMAT {
            return Err(PlateTableError::UnknownFormat);
        }
        let mut signs = BTreeMap::new();
        for row in rows {
            let nation = row.into_nation();
            if let Some(Nation { sign: key, .. }) = signs.insert(nation.sign.clone(), nation) {
                return Err(PlateTableError::Twice { key });
            }
        }
        if signs.is_empty() { Err(PlateTableError::Empty) } else { Ok(Self { as_of: Some(as_of), signs }) }
    }

    /// The day whose state the table shows.
    #[must_use]
    pub const fn as_of(&self) -> Option<NaiveDate> {
        self.as_of
    }

    /// What a sign stands for.
    #[must_use]
    pub fn sign(&self, sign: &str) -> Option<&Nation> {
        self.signs.get(sign)
    }

    /// The sign that a country's vehicles show today, official before unofficial. Some countries have several.
    #[must_use]
    pub fn of_iso(&self, iso: &str) -> Option<&Nation> {
        let rank = |nation: &&Nation| (nation.status != SignStatus::Official, nation.sign.clone());
        self.iter().filter(|nation| nation.iso == iso && nation.status != SignStatus::Former).min_by_key(rank)
    }

    /// All signs, by sign.
    pub fn iter(&self) -> impl Iterator<Item = &Nation> {
        self.signs.values()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    as_of: NaiveDate,
    signs: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    sign: Letters<3>,
    iso: Letters<2>,
    #[serde(default = "yes")]
    official: bool,
    now: Option<Letters<3>>,
}

const fn yes() -> bool {
    true
}

impl Row {
    fn into_nation(self) -> Nation {
        let status = match (&self.now, self.official) {
            (Some(_), _) => SignStatus::Former,
            (None, true) => SignStatus::Official,
            (None, false) => SignStatus::Unofficial,
        };
        Nation { sign: self.sign.0, iso: self.iso.0, status, now: self.now.map(|sign| sign.0) }
    }
}

/// One to `MAX` letters.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Letters<const MAX: usize>(String);

impl<const MAX: usize> TryFrom<String> for Letters<MAX> {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let sound = (1..=MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if sound { Ok(Self(text)) } else { Err("not letters") }
    }
}
