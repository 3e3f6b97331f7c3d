//! The lanes above the cases: network, capture, sync.

use std::collections::HashMap;

use super::axis::Axis;
use super::format::{bytes, counted, short_span};
use super::html::Text;
use super::waits;
use crate::model::{Moment, NetworkSpan, Outcome, SyncCall};

/// Top of the network lane.
pub(super) const NETWORK_Y: f64 = 28.0;
/// Height of the network lane.
const NETWORK_H: f64 = 12.0;
/// Middle of the seals.
pub(super) const SEAL_Y: f64 = 74.0;
/// Top of the photo ticks.
const PHOTO_Y: f64 = 84.0;
/// Middle of voids and kills; a start follows soon after a kill and stands below.
const EVENT_Y: f64 = 102.0;
/// Foot of the bars of sync.
pub(super) const SYNC_BASE_Y: f64 = 172.0;
/// Height of the highest bar of sync.
const SYNC_H: f64 = 46.0;
/// Numbers of seals nearer to each other than this, in percent, would overlap.
const NUMBER_GAP: f64 = 1.4;

/// Spans of one network state, and behind all lanes a tint where the link was not free.
pub(super) fn network(outcome: &Outcome, axis: Axis<'_>, height: f64) -> String {
    outcome.network.iter().map(|span| network_span(span, axis, height)).collect()
}

fn network_span(span: &NetworkSpan, axis: Axis<'_>, height: f64) -> String {
    let (class, tint) = match span.state.as_str() {
        "offline" => ("net-offline", Some("tint-offline")),
        "metered" => ("net-metered", Some("tint-metered")),
        "unmetered" => ("net-unmetered", None),
        _ => ("net-other", None),
    };
    let (x, width) = (axis.x(span.from_ms), axis.width(span.from_ms, span.to_ms));
    let (top, below) = (NETWORK_Y + NETWORK_H, height - 18.0 - NETWORK_Y - NETWORK_H);
    let tint = tint.map(|class| {
        format!("<rect x=\"{x:.3}%\" y=\"{top}\" width=\"{width:.3}%\" height=\"{below}\" class=\"{class}\"/>")
    });
    let title = format!(
        "{} to {}: {}, {}",
        axis.clock.hms(span.from_ms),
        axis.clock.hms(span.to_ms),
        Text(&span.state),
        short_span(span.to_ms.saturating_sub(span.from_ms))
    );
    format!(
        "{}<rect x=\"{x:.3}%\" y=\"{NETWORK_Y}\" width=\"{width:.3}%\" height=\"{NETWORK_H}\" class=\"{class}\">\
         <title>{title}</title></rect>\n",
        tint.unwrap_or_default()
    )
}

/// Photos, seals, voids, kills and starts.
pub(super) fn capture(outcome: &Outcome, axis: Axis<'_>, height: f64) -> String {
    let marks: String = outcome.timeline.iter().map(|moment| mark(moment, axis, height)).collect();
    format!("{marks}{}", seal_numbers(outcome, axis))
}

fn mark(moment: &Moment, axis: Axis<'_>, height: f64) -> String {
    let x = axis.x(moment.at_ms);
    let title = format!("<title>{} {}</title>", axis.clock.hms(moment.at_ms), Text(&moment.text));
    let symbol = |id: &str, class: &str, y: f64| {
        format!("<use href=\"#{id}\" x=\"{x:.3}%\" y=\"{y}\" class=\"{class}\">{title}</use>\n")
    };
    match moment.kind.as_str() {
        "photo" => format!(
            "<rect x=\"{x:.3}%\" y=\"{PHOTO_Y}\" width=\"1.5\" height=\"9\" class=\"photo-tick\">{title}</rect>\n"
        ),
        "seal" => format!("<circle cx=\"{x:.3}%\" cy=\"{SEAL_Y}\" r=\"4\" class=\"seal\">{title}</circle>\n"),
        "void" => symbol("m-cross", "void", EVENT_Y),
        "kill" => format!("{}{}", dashed(x, height), symbol("m-kill", "kill", EVENT_Y)),
        "start" => symbol("m-start", "start", EVENT_Y + 11.0),
        "shift" => symbol("m-shift", "shift", SEAL_Y),
        _ => String::new(),
    }
}

fn dashed(x: f64, height: f64) -> String {
    let bottom = height - 18.0;
    format!("<line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"{EVENT_Y}\" y2=\"{bottom}\" class=\"kill-line\"/>")
}

/// Numbers above the seals, left out where they would overlap.
fn seal_numbers(outcome: &Outcome, axis: Axis<'_>) -> String {
    let numbers: HashMap<&str, u32> =
        outcome.cases.iter().filter_map(|case| Some((case.label.as_str(), case.seq?))).collect();
    let mut free_from = f64::MIN;
    let mut texts = String::new();
    for moment in outcome.timeline.iter().filter(|moment| moment.kind == "seal") {
        let x = axis.x(moment.at_ms);
        let number = moment.case.as_deref().and_then(|label| numbers.get(label));
        if let Some(number) = number.filter(|_| x >= free_from) {
            texts.push_str(&format!("<text x=\"{x:.3}%\" y=\"65\" class=\"seal-number\">{number}</text>\n"));
            free_from = x + NUMBER_GAP;
        }
    }
    texts
}

/// Calls of sync as bars over a logarithmic scale.
pub(super) fn sync(outcome: &Outcome, axis: Axis<'_>) -> String {
    let top = top_decade(&outcome.syncs);
    let lines = scale_lines(top)
        .into_iter()
        .map(|(y, _)| format!("<line x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"scale\"/>\n"));
    let base = format!("<line x1=\"0\" x2=\"100%\" y1=\"{SYNC_BASE_Y}\" y2=\"{SYNC_BASE_Y}\" class=\"base\"/>\n");
    let bars = outcome.syncs.iter().map(|call| sync_bar(call, axis, top));
    lines.chain([base, waits::band(outcome, axis)]).chain(bars).collect()
}

fn sync_bar(call: &SyncCall, axis: Axis<'_>, top: f64) -> String {
    let class = match call.end.as_str() {
        _ if call.bytes == 0 && call.requests == 0 && call.end == "idle" => "sync-nothing",
        _ if call.quarantined > 0 => "sync-error",
        "idle" => "sync-idle",
        "waits" | "deadline" | "cancelled" => "sync-waits",
        _ => "sync-error",
    };
    let height = (bar_share(call.bytes, top) * SYNC_H).max(3.0);
    format!(
        "<rect x=\"{x:.3}%\" y=\"{y:.1}\" width=\"3.5\" height=\"{height:.1}\" class=\"sync-bar {class}\">\
         <title>{title}</title></rect>\n",
        x = axis.x(call.at_ms),
        y = SYNC_BASE_Y - height,
        title = sync_title(call, axis)
    )
}

fn sync_title(call: &SyncCall, axis: Axis<'_>) -> String {
    let some = |count: u32, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
    let refused = some(call.retries, "tried again") + &some(call.quarantined, "refused");
    let waits = call.waiting.as_deref().map(|reason| format!(", {}", Text(reason)));
    format!(
        "{} {}: {}, {}, {}{refused}, end: {}{}",
        axis.clock.hms(call.at_ms),
        Text(&call.network),
        counted(call.requests as usize, "request", "requests"),
        bytes(call.bytes),
        counted(call.receipts as usize, "receipt", "receipts"),
        Text(&call.end),
        waits.unwrap_or_default()
    )
}

/// The scale begins at 100 bytes and ends at a full power of ten, 10 kB at least.
fn top_decade(calls: &[SyncCall]) -> f64 {
    let most = calls.iter().map(|call| call.bytes).max().unwrap_or(0).max(10_000);
    (most as f64).log10().ceil()
}

fn bar_share(count: u64, top: f64) -> f64 {
    if count == 0 { 0.0 } else { (((count as f64).log10() - 2.0) / (top - 2.0)).clamp(0.0, 1.0) }
}

fn scale_lines(top: f64) -> Vec<(f64, &'static str)> {
    let marks = [(1000_u64, "1 kB"), (1_000_000, "1 MB"), (1_000_000_000, "1 GB")];
    let inside = marks.into_iter().filter(|(count, _)| (*count as f64).log10() <= top);
    inside.map(|(count, name)| (SYNC_BASE_Y - bar_share(count, top) * SYNC_H, name)).collect()
}

/// Names of the scale's lines, for the column of lane names.
pub(super) fn sync_scale_names(outcome: &Outcome) -> String {
    let lines = scale_lines(top_decade(&outcome.syncs)).into_iter();
    lines.map(|(y, name)| format!("<text x=\"70\" y=\"{:.1}\" class=\"scale-name\">{name}</text>\n", y + 3.0)).collect()
}
