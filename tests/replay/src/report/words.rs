//! Closed lists in words, and the small pieces that facts are set in.

use serde::Serialize;

use super::html::Text;

/// The name of a value of a closed list, as people write it: `empty-run` is `empty run`.
pub(super) fn words(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().replace('-', " ")
}

/// `yes` or `no`.
pub(super) const fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

/// One line of a block: a name of ours and a text of theirs. Nothing if there is no text.
pub(super) fn line(name: &'static str, text: Option<&str>) -> String {
    text.map(|text| set(name, &Text(text).to_string())).unwrap_or_default()
}

/// One line of a block whose content is escaped already.
pub(super) fn set(name: &'static str, content: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{content}</dd></div>")
}

/// A block of lines under a title; nothing without lines.
pub(super) fn block(class: &'static str, title: &'static str, lines: &str) -> String {
    framed(class, title, &if lines.is_empty() { String::new() } else { format!("<dl>{lines}</dl>") })
}

/// A block of anything under a title; nothing if it is empty.
pub(super) fn framed(class: &'static str, title: &'static str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!("<div class=\"block {class}\"><h3>{title}</h3>{content}</div>\n")
}

/// A word in a pill.
pub(super) fn pill(tone: &'static str, word: &str) -> String {
    format!("<span class=\"pill {tone}\">{}</span>", Text(word))
}
