//! Escaping. Nothing that comes from a recording, a box or a case reaches the page without passing here.

use std::fmt::{self, Display, Formatter, Write};

/// Text for element content and for quoted attributes.
///
/// Besides the five characters of HTML it replaces control characters and those that turn the writing direction,
/// because they could make a plate or a finding read as something else.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\t' => f.write_char(' '),
            c if c.is_control() || turns_direction(c) => f.write_char('\u{fffd}'),
            c => f.write_char(c),
        })
    }
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text, or a dash that screen readers pass over.
pub(super) fn or_dash(text: Option<&str>) -> String {
    match text {
        Some(text) if !text.trim().is_empty() => Text(text).to_string(),
        _ => "<span class=\"none\" aria-hidden=\"true\">–</span>".to_owned(),
    }
}

/// The first `count` characters, with an ellipsis if something was cut. Not escaped yet.
pub(super) fn shorten(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(count.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// One of a pre-drawn set of marks, see `sprite` in the page.
pub(super) fn icon(id: &'static str) -> String {
    format!("<svg class=\"icon\" viewBox=\"-8 -8 16 16\" aria-hidden=\"true\"><use href=\"#{id}\"/></svg>")
}
