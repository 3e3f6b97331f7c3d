//! What the timeline draws, as tables for readers of tables, and every call of sync.

use super::clock::LocalClock;
use super::format::{bytes, counted, grouped};
use super::html::{Text, or_dash};
use super::waits;
use crate::model::{Moment, NetworkSpan, Outcome, SyncCall};

/// Everything of the timeline except sync, folded away.
pub(super) fn timeline_table(outcome: &Outcome, clock: LocalClock<'_>) -> String {
    let spans: String = outcome.network.iter().map(|span| network_row(span, clock)).collect();
    let moments: String = outcome.timeline.iter().map(|moment| moment_row(moment, clock)).collect();
    format!(
        "<details class=\"fold\"><summary>Timeline as a table <span class=\"count\">{}</span></summary>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline as a table\">\
         <table class=\"list\"><caption>Network</caption>\n\
         <thead><tr><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">State</th></tr></thead>\n\
         <tbody>\n{spans}</tbody></table>\n<table class=\"list\"><caption>What happened</caption>\n<thead><tr>\
         <th scope=\"col\">Time</th><th scope=\"col\">Kind</th><th scope=\"col\">Case</th><th scope=\"col\">What</th>\
         </tr></thead>\n<tbody>\n{moments}</tbody></table></div></details>\n",
        counted(outcome.timeline.len(), "moment", "moments")
    )
}

fn network_row(span: &NetworkSpan, clock: LocalClock<'_>) -> String {
    let (from, to) = (clock.hms(span.from_ms), clock.hms(span.to_ms));
    format!("<tr><td>{from}</td><td>{to}</td><td>{}</td></tr>\n", Text(&span.state))
}

fn moment_row(moment: &Moment, clock: LocalClock<'_>) -> String {
    format!(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"wide\">{}</td></tr>\n",
        clock.hms(moment.at_ms),
        Text(&moment.kind),
        or_dash(moment.case.as_deref()),
        Text(&moment.text)
    )
}

/// Every call of sync, folded away.
pub(super) fn sync_section(outcome: &Outcome, clock: LocalClock<'_>) -> String {
    let rows: String = outcome.syncs.iter().map(|call| sync_row(call, clock)).collect();
    format!(
        "<section id=\"sync\" aria-labelledby=\"sync-h\">\n<h2 id=\"sync-h\">Sync <span class=\"count\">{}</span></h2>\n\
         {}<details class=\"fold\"><summary>Every call of sync</summary>\n<div class=\"scroll\" tabindex=\"0\" \
         role=\"region\" aria-label=\"Every call of sync\"><table class=\"list\">\n\
         <thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Network</th>\
         <th scope=\"col\" class=\"number\">Requests</th><th scope=\"col\" class=\"number\">Tried again</th>\
         <th scope=\"col\" class=\"number\">Sent</th><th scope=\"col\" class=\"number\">Needed</th>\
         <th scope=\"col\" class=\"number\">Receipts</th><th scope=\"col\" class=\"number\">Decisions</th>\
         <th scope=\"col\" class=\"number\">Refused</th><th scope=\"col\">End</th><th scope=\"col\">Waits for</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div></details>\n</section>\n",
        resume(&outcome.syncs),
        waits::summary(outcome)
    )
}

fn resume(calls: &[SyncCall]) -> String {
    let busy = calls.iter().filter(|call| call.receipts > 0).count();
    format!("{}, {} with receipts", counted(calls.len(), "call", "calls"), grouped(busy as u64))
}

fn sync_row(call: &SyncCall, clock: LocalClock<'_>) -> String {
    let class = if call.quarantined > 0 { " class=\"bad\"" } else { "" };
    let figures = [
        soft_zero(call.requests.into()),
        soft_zero(call.retries.into()),
        soft_bytes(call.bytes),
        soft_bytes(call.bytes_needed),
        soft_zero(call.receipts.into()),
        soft_zero(call.decisions.into()),
        soft_zero(call.quarantined.into()),
    ]
    .map(|figure| format!("<td class=\"number\">{figure}</td>"));
    format!(
        "<tr{class}><td>{}</td><td>{}</td>{}<td>{}</td><td>{}</td></tr>\n",
        clock.hms(call.at_ms),
        Text(&call.network),
        figures.concat(),
        Text(&call.end),
        waits::of(call)
    )
}

/// Zeros would drown what happened.
fn soft_zero(number: u64) -> String {
    if number == 0 { "<span class=\"none\">0</span>".to_owned() } else { grouped(number) }
}

fn soft_bytes(count: u64) -> String {
    if count == 0 { soft_zero(0) } else { bytes(count) }
}
