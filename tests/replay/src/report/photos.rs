//! Photos of a case: thumbnails that open to what is known about them, without a script.

use super::format::bytes;
use super::html::{Text, shorten};
use crate::model::{CaseOutcome, PhotoOutcome};

/// All photos of a case in their order.
pub(super) fn strip(case: &CaseOutcome) -> String {
    if case.photos.is_empty() {
        return "<p class=\"small\">no photo</p>".to_owned();
    }
    let photos: String = case.photos.iter().map(photo).collect();
    format!("<div class=\"strip\">{photos}</div>")
}

fn photo(photo: &PhotoOutcome) -> String {
    let (class, verdict) = if photo.equal { ("photo", "equal") } else { ("photo bad", "differs") };
    let prefix: String = photo.sha256.chars().take(12).collect();
    let caption = if photo.equal { String::new() } else { "<strong>differs</strong> ".to_owned() };
    format!(
        "<details class=\"{class}\"><summary title=\"{kind}, {size}, SHA-256 {prefix}…, {verdict}\">{picture}\
         <span class=\"caption\">{caption}{kind}</span></summary>\n<p class=\"small\">{label}, {size}, {outcome}<br>\
         SHA-256 <span class=\"hash\">{hash}</span></p></details>\n",
        kind = Text(&photo.class),
        size = bytes(photo.bytes),
        prefix = Text(&prefix),
        picture = picture(photo),
        label = Text(&photo.label),
        outcome = if photo.equal { "equals the original" } else { "does not equal the original" },
        hash = Text(&photo.sha256),
    )
}

fn picture(photo: &PhotoOutcome) -> String {
    if !is_base64(&photo.thumbnail) {
        return "<span class=\"no-picture\">no picture</span>".to_owned();
    }
    format!(
        "<img loading=\"lazy\" decoding=\"async\" width=\"72\" height=\"54\" alt=\"{} of {}\" \
         src=\"data:image/jpeg;base64,{}\">",
        Text(&photo.class),
        Text(&shorten(&photo.label, 40)),
        photo.thumbnail
    )
}

/// Only what base64 consists of is put into the page as it stands.
fn is_base64(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}
