//! The counts as tiles.

use super::format::{bytes, counted, euros, grouped, percent, seconds, span};
use crate::model::{Outcome, Summary};

/// All tiles.
pub(super) fn section(outcome: &Outcome) -> String {
    let sum = &outcome.summary;
    let recording = &outcome.recording;
    let shift_ms = recording.to_ms.saturating_sub(recording.from_ms);
    let tiles = [
        tile("", "Cases", &grouped(sum.cases), "complete at the box"),
        tile("", "Photos", &grouped(sum.photos), "originals at the box"),
        tile("", "Voided", &grouped(sum.voided), "void events at the box"),
        tile("", "Purged", &grouped(sum.purged), "tombstones on the phone"),
        tile(if sum.queued > 0 { " wait" } else { "" }, "Queued", &grouped(sum.queued), "on the phone without receipt"),
        tile("", "Requests", &grouped(sum.requests), &calls(outcome)),
        traffic(sum),
        tile("", "Charged", &euros(sum.amount_cents), "void cases left out"),
        tile("", "Shift", &span(shift_ms), &format!("replayed in {}", seconds(outcome.timing.total_s))),
    ];
    format!(
        "<section aria-labelledby=\"counts\">\n<h2 id=\"counts\" class=\"hidden\">Counts</h2>\n\
         <dl class=\"tiles\">\n{}</dl>\n</section>\n",
        tiles.concat()
    )
}

fn calls(outcome: &Outcome) -> String {
    let calls = counted(outcome.syncs.len(), "call of sync", "calls of sync");
    let (retries, receipts) = (grouped(outcome.summary.retries), grouped(outcome.summary.receipts));
    format!("in {calls}; {retries} tried again, {receipts} receipts")
}

/// `value` and `note` are numbers and fixed words only.
fn tile(tone: &'static str, name: &str, value: &str, note: &str) -> String {
    format!(
        "<div class=\"tile{tone}\"><dt>{name}</dt><dd class=\"value\">{value}</dd><dd class=\"note\">{note}</dd></div>\n"
    )
}

/// Sent against needed: the dark part of the bar had to be sent, the rest is the price of the way.
fn traffic(sum: &Summary) -> String {
    let most = sum.bytes_sent.max(sum.bytes_needed) as f64;
    let needed = percent(sum.bytes_needed as f64, most);
    format!(
        "<div class=\"tile wide\"><dt>Bytes sent</dt><dd class=\"value\">{sent} <span class=\"ratio\">{ratio}</span></dd>\
         <dd class=\"note\"><span class=\"bar\" aria-hidden=\"true\"><span style=\"width:{needed:.2}%\"></span></span>\
         {need} had to arrive</dd></div>\n",
        sent = bytes(sum.bytes_sent),
        ratio = ratio(sum.bytes_sent, sum.bytes_needed),
        need = bytes(sum.bytes_needed),
    )
}

/// `1.02 × needed`.
fn ratio(sent: u64, needed: u64) -> String {
    if needed == 0 {
        return "nothing needed".to_owned();
    }
    format!("{:.3} × needed", sent as f64 / needed as f64)
}
