//! The report: one HTML page that shows what a replay has found out.
//!
//! The page is self-contained and has no script. Its content security policy allows inline style and inline pictures
//! and nothing else, so it can be mailed, archived and opened offline; it loads nothing and tells nobody that it was
//! opened. Every value passes `html::Text`, and class names and ids are never made of values.

mod axis;
mod cases;
mod checks;
mod clock;
mod facts;
mod footer;
mod format;
mod head;
mod html;
mod lanes;
mod photos;
mod rows;
mod tables;
mod tiles;
mod timeline;
mod timing;
mod tow;
mod verdict;
mod waits;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use crate::model::Outcome;
use axis::Axis;
use html::Text;
use verdict::Verdict;

const STYLE: &str = include_str!("page.css");
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The marks that lists and the timeline use, drawn around the origin.
const SPRITE: &str = r#"<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<g id="m-ok"><circle r="7" class="disc"/><path d="M-3.2 .2L-.9 2.6L3.4-2.4" class="stroke"/></g>
<g id="m-bad"><circle r="7" class="disc"/><path d="M-2.6-2.6L2.6 2.6M2.6-2.6L-2.6 2.6" class="stroke"/></g>
<g id="m-cross"><path d="M-4-4L4 4M4-4L-4 4"/></g>
<g id="m-kill"><path d="M-4.5-4h9L0 4.5z"/></g>
<g id="m-start"><path d="M-4.5 4h9L0-4.5z"/></g>
<g id="m-shift"><path d="M0-4.5L4.5 0L0 4.5L-4.5 0z"/></g>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" class="hatch-ground"/><rect width="2" height="6" class="hatch-line"/></pattern>
<pattern id="hatch-faint" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="1.5" height="6" class="hatch-faint"/></pattern>
</defs></svg>"#;

/// The whole page.
#[must_use]
pub fn render(outcome: &Outcome) -> String {
    let axis = Axis::of(&outcome.recording);
    let verdict = Verdict::of(outcome);
    let sections = [
        head::section(outcome, axis.clock, verdict),
        "<main id=\"content\">\n".to_owned(),
        checks::failures(outcome),
        tiles::section(outcome),
        checks::section(&outcome.checks),
        timeline::section(outcome, axis),
        cases::section(outcome, axis.clock),
        tables::sync_section(outcome, axis.clock),
        timing::section(outcome),
        "</main>\n".to_owned(),
        footer::section(outcome, verdict),
    ];
    document(outcome, verdict, &sections.concat())
}

fn document(outcome: &Outcome, verdict: Verdict, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{verdict} – {title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n{SPRITE}\n{body}</body>\n</html>\n",
        title = Text(&outcome.recording.title),
    )
}
