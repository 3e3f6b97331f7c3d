//! The shift as a drawing: network, capture, sync and every case over one time axis.
//!
//! Two SVGs stand side by side: lane names, which stay in place when a phone scrolls sideways, and the lanes. All
//! that the drawing says stands in a table below it as well.

use super::axis::Axis;
use super::rows::Rows;
use super::{lanes, rows, tables};
use crate::model::Outcome;

/// Drawing, legend and table.
pub(super) fn section(outcome: &Outcome, axis: Axis<'_>) -> String {
    let rows = Rows::of(outcome.cases.len());
    format!(
        "<section id=\"timeline\" aria-labelledby=\"timeline-h\">\n<h2 id=\"timeline-h\">Timeline \
         <span class=\"count\">local time, {}</span></h2>\n\
         <div class=\"plot\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline, scrolls sideways\">\n{}{}</div>\n\
         {LEGEND}{}</section>\n",
        axis.clock.zone(),
        names(outcome, rows),
        drawing(outcome, axis, rows),
        tables::timeline_table(outcome, axis.clock)
    )
}

/// The names of the lanes.
fn names(outcome: &Outcome, rows: Rows) -> String {
    let lanes = [
        (lanes::NETWORK_Y + 10.0, "Network"),
        (lanes::SEAL_Y + 4.0, "Capture"),
        (lanes::SYNC_BASE_Y - 16.0, "Sync"),
        (rows::TOP - 6.0, "Case"),
    ];
    let texts: String =
        lanes.iter().map(|(y, name)| format!("<text x=\"0\" y=\"{y}\" class=\"lane\">{name}</text>\n")).collect();
    format!(
        "<svg class=\"plot-names\" width=\"76\" height=\"{}\" aria-hidden=\"true\">\n{texts}\
<text x=\"70\" y=\"{}\" class=\"row-seq\">no.</text>\n{}{}</svg>\n",
        rows.height(),
        rows::TOP - 6.0,
        lanes::sync_scale_names(outcome),
        rows.names(&outcome.cases)
    )
}

/// The lanes.
fn drawing(outcome: &Outcome, axis: Axis<'_>, rows: Rows) -> String {
    let parts = [
        grid(axis, rows),
        lanes::network(outcome, axis, rows.height()),
        lanes::capture(outcome, axis, rows.height()),
        lanes::sync(outcome, axis),
        rows.bars(outcome, axis),
    ];
    format!(
        "<svg class=\"plot-area\" width=\"100%\" height=\"{}\" role=\"img\" aria-labelledby=\"plot-title plot-desc\">\n\
         <title id=\"plot-title\">Timeline of the shift</title>\n<desc id=\"plot-desc\">{}</desc>\n{}</svg>\n",
        rows.height(),
        description(outcome, axis),
        parts.concat()
    )
}

fn description(outcome: &Outcome, axis: Axis<'_>) -> String {
    let offline = outcome.network.iter().filter(|span| span.state == "offline").count();
    format!(
        "From {} to {}: {} network states, {offline} of them offline; {} calls of sync; {} cases, each as a bar from \
         begun to sealed to receipted. The same as a table below.",
        axis.clock.hm(outcome.recording.from_ms),
        axis.clock.hm(outcome.recording.to_ms),
        outcome.network.len(),
        outcome.syncs.len(),
        outcome.cases.len()
    )
}

/// Labelled lines at round times.
fn grid(axis: Axis<'_>, rows: Rows) -> String {
    axis.ticks().into_iter().map(|at| tick(axis, rows, at)).collect()
}

fn tick(axis: Axis<'_>, rows: Rows, at: i64) -> String {
    let (x, label) = (axis.x(at), axis.clock.hm(at));
    let bottom = rows.height() - 18.0;
    format!(
        "<line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"20\" y2=\"{bottom}\" class=\"grid\"/>\
         <text x=\"{x:.3}%\" y=\"13\" class=\"tick\">{label}</text>\
         <text x=\"{x:.3}%\" y=\"{:.1}\" class=\"tick\">{label}</text>\n",
        bottom + 14.0
    )
}

const LEGEND: &str = r##"<ul class="legend" aria-hidden="true">
<li><svg width="22" height="12"><rect width="22" height="12" rx="2" class="net-unmetered"/></svg>unmetered</li>
<li><svg width="22" height="12"><rect width="22" height="12" rx="2" class="net-metered"/></svg>metered</li>
<li><svg width="22" height="12"><rect width="22" height="12" rx="2" class="net-offline"/></svg>offline</li>
<li><svg width="8" height="12"><rect x="3" width="2" height="12" class="photo-tick"/></svg>photo</li>
<li><svg width="12" height="12"><circle cx="6" cy="6" r="4.5" class="seal"/></svg>seal with its number</li>
<li><svg width="12" height="12"><use href="#m-cross" x="6" y="6" class="void"/></svg>void</li>
<li><svg width="12" height="12"><use href="#m-kill" x="6" y="6" class="kill"/></svg>app killed</li>
<li><svg width="12" height="12"><use href="#m-start" x="6" y="6" class="start"/></svg>app started</li>
<li><svg width="8" height="12"><rect x="2" y="2" width="4" height="10" class="sync-idle"/></svg>sync, height: bytes</li>
<li><svg width="22" height="12"><rect y="3" width="22" height="6" class="waits"/></svg>waiting, with the reason</li>
<li><svg width="26" height="12"><rect y="2" width="26" height="8" rx="2" class="case-work"/></svg>begun to sealed</li>
<li><svg width="26" height="12"><rect y="2" width="26" height="8" rx="2" class="case-wait"/></svg>sealed to receipt</li>
<li><svg width="8" height="12"><rect x="2.5" width="3" height="12" class="receipt"/></svg>receipt</li>
</ul>
"##;
