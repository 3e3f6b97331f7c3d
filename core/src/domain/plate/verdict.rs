//! What to think of a plate as typed: the verdict the officer sees.

use super::splits::readings;
use super::text::MAX_INPUT;
use super::{NationTable, PlateError, PlateKind, PlateReading, PlateTables, PrefixTable, PrefixUse, SignStatus};
use crate::domain::DoubtedVerdict;

/// Why a plate deserves a second look. None forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlateWarning {
    /// The prefix is no longer given; plates with it still drive.
    FormerPrefix,
    /// Digits only behind a district's prefix: an older plate of a local authority, or letters are missing.
    LocalAuthority,
    /// Digits only behind a prefix that diplomatic plates have, too.
    MayBeDiplomatic,
    /// The season is the whole year.
    WholeYear,
    /// A red or short-term number with nothing behind its first two digits.
    FewDigits,
    /// The nationality sign has been replaced; [`super::Nation::now`] has the new one.
    FormerSign,
    /// The nationality sign is in use without being official.
    UnofficialSign,
    /// The nationality sign is an ISO code; [`NationTable::of_iso`] has the sign.
    IsoForSign,
    /// The nationality sign is not known.
    UnknownSign,
    /// The day lies outside the season.
    OutOfSeason,
    /// The plate has expired.
    Expired,
    /// A short-term plate's expiry lies further ahead than such a plate holds.
    ExpiryTooFar,
    /// The insurance plate's colour is that of another year.
    InsuranceColour,
}

/// What to think of a plate. An officer may override any of them with a reason ([`super::PlateOverride`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Sound, and its prefix or sign is known. The reading has its kind.
    Valid(PlateReading),
    /// Can be, but look again.
    Plausible(PlateReading, Vec<PlateWarning>),
    /// More than one plate can be meant; the officer chooses. The more common classes come first.
    Ambiguous(Vec<PlateReading>),
    /// Of sound form, but nobody gives plates with that prefix.
    UnknownPrefix(PlateReading),
    /// Of no plate's form.
    Malformed(PlateError),
}

/// Judges a plate as typed, with or without separators. `nation` is the sign on the vehicle.
#[must_use]
pub fn judge(text: &str, nation: &str, tables: &PlateTables) -> Verdict {
    let strict = PlateReading::parse(text, nation);
    if !nation.trim().eq_ignore_ascii_case("D") {
        return strict.map_or_else(Verdict::Malformed, |reading| one(reading, tables));
    }
    match strict {
        Ok(reading) if is_settled(&reading, tables) => one(reading, tables),
        Ok(reading) => several(known(text, tables), tables).unwrap_or(Verdict::UnknownPrefix(reading)),
        Err(rule) => several(known(text, tables), tables).unwrap_or_else(|| unknown(text, rule)),
    }
}

impl Verdict {
    /// What an officer stands against by keeping the plate; nothing if the verdict is for it.
    #[must_use]
    pub const fn doubted(&self) -> Option<DoubtedVerdict> {
        match self {
            Self::Valid(_) | Self::Plausible(..) => None,
            Self::Ambiguous(_) => Some(DoubtedVerdict::Ambiguous),
            Self::UnknownPrefix(_) => Some(DoubtedVerdict::UnknownPrefix),
            Self::Malformed(_) => Some(DoubtedVerdict::Malformed),
        }
    }
}

/// Warnings about a reading, or nothing if its prefix is in no table.
pub(super) fn look_up(reading: &PlateReading, tables: &PlateTables) -> Option<Vec<PlateWarning>> {
    let mut warnings = match reading.kind {
        PlateKind::Foreign => sign_warnings(&reading.plate.nation, &tables.nations),
        PlateKind::Insurance | PlateKind::AsSeen => Vec::new(),
        _ => prefix_warnings(reading, &tables.prefixes)?,
    };
    let whole_year = reading.plate.season.is_some_and(|season| season.months() == 12);
    warnings.extend(whole_year.then_some(PlateWarning::WholeYear));
    let red = matches!(reading.kind, PlateKind::RedTest | PlateKind::RedDealer | PlateKind::RedHistoric);
    let bare = reading.plate.digits.as_deref().is_some_and(|digits| digits.len() < 3);
    let few = bare && (red || reading.kind == PlateKind::ShortTerm);
    warnings.extend(few.then_some(PlateWarning::FewDigits));
    Some(warnings)
}

fn prefix_warnings(reading: &PlateReading, table: &PrefixTable) -> Option<Vec<PlateWarning>> {
    let prefix = reading.plate.prefix.as_deref()?;
    match reading.kind {
        PlateKind::Diplomatic => table.is_diplomatic(prefix).then(Vec::new),
        PlateKind::Authority | PlateKind::ArmedForces | PlateKind::Nato if table.authority(prefix).is_some() => {
            Some(Vec::new())
        }
        PlateKind::Authority if table.is_diplomatic(prefix) => Some(vec![PlateWarning::MayBeDiplomatic]),
        PlateKind::Authority => table.usage(prefix).map(|_| vec![PlateWarning::LocalAuthority]),
        _ => match table.usage(prefix)? {
            PrefixUse::Current => Some(Vec::new()),
            PrefixUse::Former => Some(vec![PlateWarning::FormerPrefix]),
        },
    }
}

fn sign_warnings(sign: &str, table: &NationTable) -> Vec<PlateWarning> {
    match table.sign(sign).map(|nation| nation.status) {
        Some(SignStatus::Official) => Vec::new(),
        Some(SignStatus::Unofficial) => vec![PlateWarning::UnofficialSign],
        Some(SignStatus::Former) => vec![PlateWarning::FormerSign],
        None if table.of_iso(sign).is_some() => vec![PlateWarning::IsoForSign],
        None => vec![PlateWarning::UnknownSign],
    }
}

/// Whether the separators as written leave no doubt: a local authority's plate may be a hyphen in the wrong place.
fn is_settled(reading: &PlateReading, tables: &PlateTables) -> bool {
    look_up(reading, tables).is_some_and(|warnings| !warnings.contains(&PlateWarning::LocalAuthority))
}

fn one(reading: PlateReading, tables: &PlateTables) -> Verdict {
    match look_up(&reading, tables) {
        None => Verdict::UnknownPrefix(reading),
        Some(warnings) if warnings.is_empty() => Verdict::Valid(reading),
        Some(warnings) => Verdict::Plausible(reading, warnings),
    }
}

fn known(text: &str, tables: &PlateTables) -> Vec<PlateReading> {
    readings(text).into_iter().filter(|reading| look_up(reading, tables).is_some()).collect()
}

fn several(mut readings: Vec<PlateReading>, tables: &PlateTables) -> Option<Verdict> {
    match readings.len() {
        0 => None,
        1 => readings.pop().map(|reading| one(reading, tables)),
        _ => Some(Verdict::Ambiguous(readings)),
    }
}

/// No reading has a known prefix. A blank behind the prefix is read as its hyphen to name the rule.
fn unknown(text: &str, rule: PlateError) -> Verdict {
    if let Some(reading) = readings(text).into_iter().next() {
        return Verdict::UnknownPrefix(reading);
    }
    if rule != PlateError::Separator || text.len() > MAX_INPUT {
        return Verdict::Malformed(rule);
    }
    let hyphenated = text.trim().replacen(' ', "-", 1);
    Verdict::Malformed(PlateReading::parse(&hyphenated, "D").err().unwrap_or(rule))
}
