//! The rule set's JSON form.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Repeats, Rules, RulesError};
use crate::domain::{FindingCode, Municipality, PhotoClass, Severity};
use crate::geo::Gates;

const FORMAT: &str = "streife/1 rules";
/// Municipalities of an area: more than any state has.
const MAX_AREA: usize = 5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: String,
    #[serde(default)]
    findings: BTreeMap<String, Weight>,
    fix: Option<Gates>,
    way_kmh: Option<u16>,
    photos: Option<Photos>,
    area: Option<Vec<Municipality>>,
    repeats: Option<Wire>,
    prenote_h: Option<u32>,
    late_days: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Weight {
    Off,
    Note,
    Confirm,
    Block,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Photos {
    classes: Vec<PhotoClass>,
    time_s: u32,
    distance_m: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    duplicate_min: u32,
    distance_m: u32,
    kept_h: u32,
}

pub(super) fn parse(json: &[u8]) -> Result<Rules, RulesError> {
    if json.len() > Rules::MAX_BYTES {
        return Err(RulesError::TooLarge);
    }
    let document: Document = serde_json::from_slice(json)
        .map_err(|error| RulesError::Malformed { line: error.line(), column: error.column() })?;
    if document.format != FORMAT {
        return Err(RulesError::UnknownFormat);
    }
    document.judge()
}

impl Document {
    fn judge(self) -> Result<Rules, RulesError> {
        let built_in = Rules::default();
        let weights = self.findings.iter().map(|(code, weight)| weigh(code, *weight)).collect::<Result<_, _>>()?;
        let photos = self.photos.unwrap_or(Photos {
            classes: built_in.photo_classes,
            time_s: built_in.photo_time_s,
            distance_m: built_in.photo_distance_m,
        });
        let rules = Rules {
            version: self.version,
            weights,
            gates: self.fix.unwrap_or(built_in.gates),
            way_kmh: self.way_kmh.unwrap_or(built_in.way_kmh),
            photo_time_s: photos.time_s,
            photo_distance_m: photos.distance_m,
            photo_classes: photos.classes,
            area: self.area.as_ref().map(|keys| keys.iter().cloned().collect()),
            repeats: self.repeats.map_or(built_in.repeats, Repeats::from),
            prenote_h: self.prenote_h.unwrap_or(built_in.prenote_h),
            late_days: self.late_days.unwrap_or(built_in.late_days),
        };
        let area = self.area.as_ref().map_or(1, Vec::len);
        limits(&rules, area)
            .into_iter()
            .find(|(holds, _)| !holds)
            .map_or(Ok(rules), |(_, name)| Err(RulesError::Range(name)))
    }
}

fn limits(rules: &Rules, area: usize) -> [(bool, &'static str); 6] {
    let Repeats { duplicate_min, distance_m, kept_h } = rules.repeats;
    let keeps = (1..=Rules::MAX_KEPT_H).contains(&kept_h) && duplicate_min <= kept_h * 60 && distance_m <= 10_000;
    let version = (1..=64).contains(&rules.version.chars().count());
    [
        (version, "version"),
        ((1..=1_000).contains(&rules.way_kmh), "way_kmh"),
        ((1..=MAX_AREA).contains(&area), "area"),
        (keeps, "repeats"),
        ((1..=Rules::MAX_KEPT_H).contains(&rules.prenote_h), "prenote_h"),
        ((1..=366).contains(&rules.late_days), "late_days"),
    ]
}

fn weigh(code: &str, weight: Weight) -> Result<(FindingCode, Option<Severity>), RulesError> {
    let code = FindingCode::from_code(code).ok_or(RulesError::UnknownFinding)?;
    let severity = match weight {
        Weight::Off => None,
        Weight::Note => Some(Severity::Note),
        Weight::Confirm => Some(Severity::Confirm),
        Weight::Block => Some(Severity::Block),
    };
    if code.is_fixed() && severity != Some(Severity::Block) {
        Err(RulesError::Fixed(code))
    } else {
        Ok((code, severity))
    }
}

impl From<Wire> for Repeats {
    fn from(Wire { duplicate_min, distance_m, kept_h }: Wire) -> Self {
        Self { duplicate_min, distance_m, kept_h }
    }
}
