//! What a handover waited for: a band below the bars of sync, and the sums in words.
//!
//! A call that leaves something behind says why. That reason holds until the next call; between them nobody asks.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::format::{counted, short_span};
use super::html::Text;
use super::lanes::SYNC_BASE_Y;
use crate::model::{Outcome, SyncCall};

/// Top and height of the band.
const BAND: (f64, f64) = (SYNC_BASE_Y + 4.0, 6.0);

/// A stretch with one reason.
struct Wait<'a> {
    from_ms: i64,
    to_ms: i64,
    reason: &'a str,
}

/// Stretches of waiting, oldest first; neighbours with one reason are one stretch.
fn waits(outcome: &Outcome) -> Vec<Wait<'_>> {
    let ends = outcome.syncs.iter().skip(1).map(|call| call.at_ms).chain([outcome.recording.to_ms]);
    let mut waits: Vec<Wait<'_>> = Vec::new();
    for (call, to_ms) in outcome.syncs.iter().zip(ends) {
        let Some(reason) = call.waiting.as_deref() else { continue };
        match waits.last_mut().filter(|last| last.reason == reason && last.to_ms == call.at_ms) {
            Some(last) => last.to_ms = to_ms,
            None => waits.push(Wait { from_ms: call.at_ms, to_ms, reason }),
        }
    }
    waits
}

/// The band.
pub(super) fn band(outcome: &Outcome, axis: Axis<'_>) -> String {
    waits(outcome).iter().map(|wait| piece(wait, axis)).collect()
}

fn piece(wait: &Wait<'_>, axis: Axis<'_>) -> String {
    let ((y, height), span) = (BAND, wait.to_ms.saturating_sub(wait.from_ms));
    format!(
        "<rect x=\"{x:.3}%\" y=\"{y}\" width=\"{width:.3}%\" height=\"{height}\" class=\"waits\">\
         <title>{from} to {to}: {reason}, {span}</title></rect>\n",
        x = axis.x(wait.from_ms),
        width = axis.width(wait.from_ms, wait.to_ms),
        from = axis.clock.hms(wait.from_ms),
        to = axis.clock.hms(wait.to_ms),
        reason = Text(wait.reason),
        span = short_span(span)
    )
}

/// How long it waited for what; nothing if it never did.
pub(super) fn summary(outcome: &Outcome) -> String {
    let mut sums: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    for wait in waits(outcome) {
        let (ms, times) = sums.entry(wait.reason).or_default();
        *ms = ms.saturating_add(wait.to_ms.saturating_sub(wait.from_ms));
        *times += 1;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (ms, _))| std::cmp::Reverse(*ms));
    let rows: String = sums.into_iter().map(|(reason, sum)| row(reason, sum)).collect();
    if rows.is_empty() { rows } else { format!("<dl class=\"waiting\">\n{rows}</dl>\n") }
}

fn row(reason: &str, (ms, times): (i64, usize)) -> String {
    let times = counted(times, "time", "times");
    format!("<div><dt>{}</dt><dd>{} <span class=\"small\">{times}</span></dd></div>\n", Text(reason), short_span(ms))
}

/// The reason of one call, or a dash.
pub(super) fn of(call: &SyncCall) -> String {
    super::html::or_dash(call.waiting.as_deref())
}
