//! Bottom of the page: where it came from and what it proves.

use super::format::grouped;
use super::html::Text;
use super::verdict::Verdict;
use crate::model::Outcome;

/// Source of the numbers and one honest sentence.
pub(super) fn section(outcome: &Outcome, verdict: Verdict) -> String {
    let recording = &outcome.recording;
    format!(
        "<footer>\n<p class=\"proof\">{proof}</p>\n<dl>\n<div><dt>Recording</dt><dd>{file}</dd></div>\n\
         <div><dt>Catalogue</dt><dd>{catalogue}</dd></div>\n<div><dt>Seed</dt><dd>{seed}</dd></div>\n\
         <div><dt>Events</dt><dd>{events}</dd></div>\n<div><dt>Target</dt><dd>{target}</dd></div>\n</dl>\n</footer>\n",
        proof = proof(verdict),
        file = Text(&recording.file),
        catalogue = Text(&recording.catalogue),
        seed = recording.seed,
        events = grouped(recording.events as u64),
        target = Text(&recording.target),
    )
}

fn proof(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => {
            "This page proves that the recorded shift went through the real core, the real protocol over TLS and the \
             box, and that what the case worker opened there equals what the officer captured, photo by photo; the \
             phone’s clock, keys and camera were simulated."
        }
        Verdict::Failed(_) | Verdict::Findings(_) => {
            "This page proves that something does not hold: the recorded shift was played through the real core, the \
             real protocol over TLS and the box, and what arrived is not what it should be; see the red entries above."
        }
        Verdict::Unchecked => "This page proves nothing, because nothing was checked.",
    }
}
