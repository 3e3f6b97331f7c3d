//! Where the seconds of the replay went.

use super::format::{percent, seconds};
use crate::model::{Outcome, Timing};

/// Horizontal bars, each against the whole.
pub(super) fn section(outcome: &Outcome) -> String {
    let timing = &outcome.timing;
    let parts = [
        ("", "Capture", "drafts, photos, thumbnails, sealing", timing.capture_s),
        ("", "Sync", "calls of sync, TLS and box included", timing.sync_s),
        ("", "Checking", "opening and checking what the box has", timing.check_s),
        ("", "Waiting for photos", "the next photo was not drawn yet", timing.photo_waiting_s),
        ("", "Other", "reading the recording, starting box and phone", rest(timing)),
        (" beside", "Drawing photos", "on its own thread, beside the rest", timing.photo_making_s),
    ];
    let whole = parts.iter().map(|part| part.3).filter(|s| s.is_finite()).fold(timing.total_s, f64::max);
    let bars: String = parts.iter().map(|part| bar(part, whole)).collect();
    format!(
        "<section id=\"timing\" aria-labelledby=\"timing-h\">\n<h2 id=\"timing-h\">Where the seconds went \
         <span class=\"count\">{} in all</span></h2>\n<dl class=\"timing\">\n{bars}</dl>\n</section>\n",
        seconds(timing.total_s)
    )
}

/// What none of the measured parts accounts for; drawing runs beside and does not count.
fn rest(timing: &Timing) -> f64 {
    (timing.total_s - timing.capture_s - timing.sync_s - timing.check_s - timing.photo_waiting_s).max(0.0)
}

fn bar((tone, name, what, value): &(&str, &str, &str, f64), whole: f64) -> String {
    format!(
        "<div class=\"share{tone}\"><dt>{name}<span class=\"detail\">{what}</span></dt><dd>\
         <span class=\"bar\" aria-hidden=\"true\"><span style=\"width:{:.2}%\"></span></span>\
         <span class=\"figure\">{}</span></dd></div>\n",
        percent(*value, whole),
        seconds(*value)
    )
}
