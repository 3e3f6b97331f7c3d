//! The rule set: what an agency asks of a case before it is sealed, and how much each finding weighs.
//!
//! A rule set is a signed document; without one, [`Rules::default`] holds. [`check`](check()) is a pure function of the
//! facts, the catalogue, the map and the [`Memory`] of the cases just recorded. It answers with [`Finding`]s and changes
//! nothing: whether a case may be sealed is decided by whoever asks.
//!
//! What a record cannot be without - vehicle, offence, check, place, photo - blocks under every rule set.
//!
//! [`Finding`]: crate::domain::Finding

mod check;
mod document;
mod memory;

use std::collections::BTreeMap;

pub use check::{Subject, check};
pub use memory::{MAX_CASES as MAX_REMEMBERED, Memory, Repeat};

use crate::domain::{FindingCode, PhotoClass, Severity};
use crate::geo::{AgencyArea, Gates};

/// What is wrong with a rule set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Longer than [`Rules::MAX_BYTES`].
    #[error("the rule set is longer than {} bytes", Rules::MAX_BYTES)]
    TooLarge,
    /// Not JSON of this form.
    #[error("the rule set is malformed at line {line}, column {column}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Another format or version.
    #[error("not a rule set of this version")]
    UnknownFormat,
    /// No such finding.
    #[error("there is no finding of that name")]
    UnknownFinding,
    /// A finding that no agency can make lighter.
    #[error("finding {0} always blocks")]
    Fixed(FindingCode),
    /// A number or list is out of its range.
    #[error("{0} is out of range")]
    Range(&'static str),
}

/// When the same vehicle counts as recorded twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Within so many minutes the same offence of the same vehicle at the same place is a duplicate; later it may
    /// continue.
    pub duplicate_min: u32,
    /// The same place is one within so many metres, beyond the accuracy of both fixes.
    pub distance_m: u32,
    /// A recorded case is remembered so many hours, and not longer than [`Rules::MAX_KEPT_H`].
    pub kept_h: u32,
}

/// What an agency asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    version: String,
    weights: BTreeMap<FindingCode, Option<Severity>>,
    /// Up to where a fix is good for what.
    pub gates: Gates,
    /// Faster than a patrol gets from case to case, kilometres an hour.
    pub way_kmh: u16,
    /// A camera's clock that differs more than so many seconds is a finding.
    pub photo_time_s: u32,
    /// A photo taken farther than so many metres from the fix is a finding.
    pub photo_distance_m: u32,
    /// Classes of which each case needs a photo.
    pub photo_classes: Vec<PhotoClass>,
    /// The municipalities that the agency answers for; none: everywhere.
    pub area: Option<AgencyArea>,
    /// When a vehicle counts as recorded twice.
    pub repeats: Repeats,
    /// A pre-note that has become no case goes after so many hours.
    pub prenote_h: u32,
    /// An offence that lies so many days back is near its limitation (Verjährung).
    pub late_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            version: "built in".to_owned(),
            weights: BTreeMap::new(),
            gates: Gates::default(),
            way_kmh: 90,
            photo_time_s: 600,
            photo_distance_m: 250,
            photo_classes: Vec::new(),
            area: None,
            repeats: Repeats { duplicate_min: 60, distance_m: 50, kept_h: 24 },
            prenote_h: 12,
            late_days: 60,
        }
    }
}

impl Rules {
    /// Longest document.
    pub const MAX_BYTES: usize = 64 << 10;
    /// A list of earlier cases must expire: the longest that an agency can keep it, hours.
    pub const MAX_KEPT_H: u32 = 72;

    /// Reads a rule set (`schemas/rules.schema.json`). What it leaves out is as in [`Self::default`].
    ///
    /// # Errors
    /// [`RulesError`] naming the first fault.
    pub fn parse(json: &[u8]) -> Result<Self, RulesError> {
        document::parse(json)
    }

    /// Its version, to be shown.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How much a finding weighs; nothing if the agency does not want to know.
    #[must_use]
    pub fn severity(&self, code: FindingCode) -> Option<Severity> {
        self.weights.get(&code).copied().unwrap_or_else(|| code.severity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(members: &str) -> Result<Rules, RulesError> {
        let comma = if members.is_empty() { "" } else { "," };
        Rules::parse(format!(r#"{{"format":"streife/1 rules","version":"7"{comma}{members}}}"#).as_bytes())
    }

    #[test]
    fn what_a_rule_set_leaves_out_is_built_in() {
        assert_eq!(parsed("").expect("sound"), Rules { version: "7".to_owned(), ..Rules::default() });
    }

    #[test]
    fn an_agency_weighs_what_may_be_weighed() {
        let rules = parsed(r#""findings":{"fix-weak":"confirm","slip-missing":"block","photo-gps-redacted":"off"}"#)
            .expect("sound");
        assert_eq!(rules.severity(FindingCode::FixWeak), Some(Severity::Confirm));
        assert_eq!(rules.severity(FindingCode::SlipMissing), Some(Severity::Block));
        assert_eq!(rules.severity(FindingCode::PhotoGpsRedacted), None);
        assert_eq!(rules.severity(FindingCode::FixMocked), Some(Severity::Confirm), "as built in");
        for weight in ["off", "note", "confirm"] {
            let refused = parsed(&format!(r#""findings":{{"vehicle-missing":"{weight}"}}"#));
            assert_eq!(refused, Err(RulesError::Fixed(FindingCode::VehicleMissing)), "{weight}");
        }
    }

    #[test]
    fn a_fault_is_named() {
        assert_eq!(parsed(r#""findings":{"no-such":"note"}"#), Err(RulesError::UnknownFinding));
        assert_eq!(
            parsed(r#""repeats":{"duplicate_min":60,"distance_m":50,"kept_h":73}"#),
            Err(RulesError::Range("repeats"))
        );
        assert_eq!(parsed(r#""area":[]"#), Err(RulesError::Range("area")));
        assert_eq!(parsed(r#""way_kmh":0"#), Err(RulesError::Range("way_kmh")));
        assert!(matches!(parsed(r#""fast":1"#), Err(RulesError::Malformed { line: 1, .. })));
        let other = br#"{"format":"streife/2 rules","version":"7"}"#;
        assert_eq!(Rules::parse(other), Err(RulesError::UnknownFormat));
        assert_eq!(Rules::parse(&vec![b' '; Rules::MAX_BYTES + 1]), Err(RulesError::TooLarge));
    }
}
