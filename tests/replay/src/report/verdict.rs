//! The one line everybody reads: does it hold or not.

use std::fmt::{self, Display, Formatter};

use super::format::counted;
use crate::model::{CaseOutcome, Outcome};

/// What the page says in one badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every check holds and no case has a finding.
    Holds,
    /// So many checks failed.
    Failed(usize),
    /// No check failed, and yet so many cases have a finding or a photo that differs.
    Findings(usize),
    /// Nothing was checked, so nothing is proved.
    Unchecked,
}

impl Verdict {
    /// The verdict of an outcome. The summary's count and the list of checks must both be clean.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let failed = outcome.checks.iter().filter(|check| !check.holds).count().max(outcome.summary.failed_checks);
        let noticed = outcome.cases.iter().filter(|case| is_noticed(case)).count();
        match (failed, noticed) {
            (0, 0) if outcome.checks.is_empty() => Self::Unchecked,
            (0, 0) => Self::Holds,
            (0, cases) => Self::Findings(cases),
            (checks, _) => Self::Failed(checks),
        }
    }

    /// Class of the badge.
    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Holds => "good",
            Self::Failed(_) | Self::Findings(_) => "bad",
            Self::Unchecked => "wait",
        }
    }

    /// Mark of the badge.
    pub(super) fn mark(self) -> &'static str {
        if self == Self::Holds { "m-ok" } else { "m-bad" }
    }
}

/// Whether something is wrong with a case.
pub(super) fn is_noticed(case: &CaseOutcome) -> bool {
    !case.findings.is_empty() || case.photos.iter().any(|photo| !photo.equal)
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("All holds"),
            Self::Failed(count) => f.write_str(&counted(*count, "check failed", "checks failed")),
            Self::Findings(count) => f.write_str(&counted(*count, "case with findings", "cases with findings")),
            Self::Unchecked => f.write_str("Nothing was checked"),
        }
    }
}
