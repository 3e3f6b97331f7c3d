//! The lowest lane: one row for each case, from begun over sealed to its receipt.

use super::axis::Axis;
use super::format::{short_span, span};
use super::html::{Text, shorten};
use super::verdict::is_noticed;
use crate::model::{CaseOutcome, Moment, Outcome};

/// Where the rows begin.
pub(super) const TOP: f64 = 204.0;
/// Waiting at least this long is written beside the bar.
const WORTH_WRITING_MS: i64 = 60_000;
/// Height of a label; names of rows closer than this are thinned out.
const NAME_H: f64 = 13.0;

/// How the rows are laid out: the more cases, the thinner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    count: usize,
    pitch: f64,
}

impl Rows {
    /// Layout for so many cases.
    pub(super) fn of(count: usize) -> Self {
        let pitch = match count {
            0..=40 => 16.0,
            41..=120 => 9.0,
            _ => 4.0,
        };
        Self { count, pitch }
    }

    /// Height of the whole drawing.
    pub(super) fn height(self) -> f64 {
        TOP + self.pitch * self.count as f64 + 26.0
    }

    fn y(self, index: usize) -> f64 {
        TOP + self.pitch * index as f64
    }

    fn is_named(self, index: usize) -> bool {
        self.pitch >= NAME_H || (self.y(index) / NAME_H).floor() > ((self.y(index) - self.pitch) / NAME_H).floor()
    }

    /// Names of the rows, linked to the cases.
    pub(super) fn names(self, cases: &[CaseOutcome]) -> String {
        let named = cases.iter().enumerate().filter(|(index, _)| self.is_named(*index));
        named.map(|(index, case)| self.name(index, case)).collect()
    }

    fn name(self, index: usize, case: &CaseOutcome) -> String {
        let y = self.y(index) + self.pitch / 2.0 + 4.0;
        let class = if is_noticed(case) { "row-name bad" } else { "row-name" };
        let seq = case.seq.map(|seq| format!("<tspan x=\"70\" class=\"row-seq\">{seq}</tspan>")).unwrap_or_default();
        format!(
            "<a href=\"#case-{index}\" tabindex=\"-1\"><text x=\"0\" y=\"{y:.1}\" class=\"{class}\">{}{seq}</text></a>\n",
            Text(&shorten(&case.label, 6))
        )
    }

    /// The bars.
    pub(super) fn bars(self, outcome: &Outcome, axis: Axis<'_>) -> String {
        outcome.cases.iter().enumerate().map(|(index, case)| self.bar(index, case, outcome, axis)).collect()
    }

    fn bar(self, index: usize, case: &CaseOutcome, outcome: &Outcome, axis: Axis<'_>) -> String {
        let height = (self.pitch - 5.0).clamp(2.0, 9.0);
        let (top, middle) = (self.y(index) + (self.pitch - height) / 2.0, self.y(index) + self.pitch / 2.0);
        let end = case.receipted_ms.unwrap_or(axis.end_ms());
        let wait = case.sealed_ms.map(|sealed| piece(axis, sealed, end, top, height, wait_class(case)));
        let receipt = case.receipted_ms.map(|at| cap(axis, at, top, height));
        let voided_ms = void_of(outcome, case);
        format!(
            "<g class=\"row\"><title>{}</title>{}{}{}{}{}</g>\n",
            story(case, axis),
            wait.unwrap_or_default(),
            work(axis, case, top, height),
            receipt.unwrap_or_default(),
            voided_ms.map(|at| cross(axis, at, middle)).unwrap_or_default(),
            self.note(case, voided_ms, axis, middle)
        )
    }

    /// Beside the bar: how long the case waited, or why its bar has no end.
    fn note(self, case: &CaseOutcome, voided_ms: Option<i64>, axis: Axis<'_>, middle: f64) -> String {
        let text = match (case.sealed_ms, case.receipted_ms) {
            _ if self.pitch < NAME_H => return String::new(),
            (Some(sealed), Some(at)) if at.saturating_sub(sealed) >= WORTH_WRITING_MS => {
                short_span(at.saturating_sub(sealed))
            }
            (Some(_), Some(_)) => return String::new(),
            (Some(_), None) => "no receipt".to_owned(),
            (None, _) => "never sealed".to_owned(),
        };
        let open = case.sealed_ms.is_some() && case.receipted_ms.is_none();
        let at = case.receipted_ms.max(voided_ms.filter(|_| !open)).unwrap_or(case.begun_ms);
        let (x, y) = (axis.x(at), middle + 3.5);
        let (class, dx) = if open || x > 88.0 { ("wait-note before", -10) } else { ("wait-note", 9) };
        format!("<text x=\"{x:.3}%\" dx=\"{dx}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>")
    }
}

fn wait_class(case: &CaseOutcome) -> &'static str {
    if case.receipted_ms.is_some() { "case-wait" } else { "case-open" }
}

/// From begun to sealed; a ring where a case was begun and never sealed.
fn work(axis: Axis<'_>, case: &CaseOutcome, top: f64, height: f64) -> String {
    if let Some(sealed_ms) = case.sealed_ms {
        return piece(axis, case.begun_ms, sealed_ms, top, height, "case-work");
    }
    let (x, middle, radius) = (axis.x(case.begun_ms), top + height / 2.0, height / 2.0 - 1.0);
    format!("<circle cx=\"{x:.3}%\" cy=\"{middle:.1}\" r=\"{:.1}\" class=\"case-draft\"/>", radius.max(1.0))
}

fn piece(axis: Axis<'_>, from_ms: i64, to_ms: i64, top: f64, height: f64, class: &str) -> String {
    format!(
        "<rect x=\"{:.3}%\" y=\"{top:.1}\" width=\"{:.3}%\" height=\"{height}\" class=\"{class}\"/>",
        axis.x(from_ms),
        axis.width(from_ms, to_ms)
    )
}

fn cap(axis: Axis<'_>, at_ms: i64, top: f64, height: f64) -> String {
    let (x, top, height) = (axis.x(at_ms), top - 1.0, height + 2.0);
    format!("<rect x=\"{x:.3}%\" y=\"{top:.1}\" width=\"3\" height=\"{height}\" class=\"receipt\"/>")
}

fn void_of(outcome: &Outcome, case: &CaseOutcome) -> Option<i64> {
    let of_case = |moment: &&Moment| moment.kind == "void" && moment.case.as_deref() == Some(case.label.as_str());
    outcome.timeline.iter().find(of_case).map(|moment| moment.at_ms)
}

fn cross(axis: Axis<'_>, at_ms: i64, middle: f64) -> String {
    format!("<use href=\"#m-cross\" x=\"{:.3}%\" y=\"{middle:.1}\" class=\"void\"/>", axis.x(at_ms))
}

/// The row in words.
fn story(case: &CaseOutcome, axis: Axis<'_>) -> String {
    let clock = axis.clock;
    let sealed = case.sealed_ms.map(|at| format!(", sealed {}", clock.hms(at))).unwrap_or(", never sealed".to_owned());
    let receipt = match (case.sealed_ms, case.receipted_ms) {
        (Some(from), Some(at)) => format!(", receipt {} after {}", clock.hms(at), span(at.saturating_sub(from))),
        (_, Some(at)) => format!(", receipt {}", clock.hms(at)),
        (_, None) => ", no receipt".to_owned(),
    };
    format!("{}: begun {}{sealed}{receipt}", Text(&case.label), clock.hms(case.begun_ms))
}
