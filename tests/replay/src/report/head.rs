//! Top of the page: what was played, when, and the verdict.

use super::clock::LocalClock;
use super::html::{Text, icon};
use super::verdict::Verdict;
use crate::model::{Outcome, RecordingInfo};

/// Title, agency, date, verdict and the links to the sections.
pub(super) fn section(outcome: &Outcome, clock: LocalClock<'_>, verdict: Verdict) -> String {
    let recording = &outcome.recording;
    let (headline, byline) = split_title(&recording.title);
    let byline = byline.map(|text| format!("<p class=\"byline\">{}</p>\n", Text(text))).unwrap_or_default();
    format!(
        "<header class=\"page-head\">\n<div>\n<p class=\"eyebrow\">Streife shift replay</p>\n<h1>{headline}</h1>\n\
         {byline}<p class=\"facts\"><span>{agency}</span> <time datetime=\"{iso}\">{date}</time> \
         <span>{from} to {to}{until} <span class=\"zone\">{zone}</span></span></p>\n</div>\n\
         <p class=\"verdict {tone}\">{mark}<span>{verdict}</span></p>\n</header>\n{NAVIGATION}",
        headline = Text(headline),
        agency = Text(&recording.agency),
        iso = clock.iso_date(recording.from_ms),
        date = clock.date(recording.from_ms),
        from = clock.hm(recording.from_ms),
        to = clock.hm(recording.to_ms),
        until = until(recording, clock),
        zone = clock.zone(),
        tone = verdict.tone(),
        mark = icon(verdict.mark()),
    )
}

/// The day on which it ended, if that is another one.
fn until(recording: &RecordingInfo, clock: LocalClock<'_>) -> String {
    let same = clock.same_day(recording.from_ms, recording.to_ms);
    if same { String::new() } else { format!(" on {}", clock.date(recording.to_ms)) }
}

/// Titles of recordings read `name: what is special about it`; the second half becomes the line below.
fn split_title(title: &str) -> (&str, Option<&str>) {
    match title.split_once(": ") {
        Some((name, rest)) if !name.trim().is_empty() && !rest.trim().is_empty() => (name, Some(rest)),
        _ => (title, None),
    }
}

const NAVIGATION: &str = "<nav aria-label=\"Sections\"><a href=\"#checks\">Checks</a> <a href=\"#timeline\">Timeline</a> \
    <a href=\"#cases\">Cases</a> <a href=\"#sync\">Sync</a> <a href=\"#timing\">Timing</a></nav>\n";
