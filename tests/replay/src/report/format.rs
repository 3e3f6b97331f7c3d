//! Numbers as people read them.

/// Thousands set apart: `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Euro cents as `€1,205.00`.
pub(super) fn euros(cents: u64) -> String {
    format!("€{}.{:02}", grouped(cents / 100), cents % 100)
}

/// Bytes in decimal units: `812 B`, `3.4 MB`.
pub(super) fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut name = "B";
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        value /= 1000.0;
        name = unit;
        if value < 999.5 {
            break;
        }
    }
    if value < 99.95 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
}

/// A stretch of time in two units at most: `8 h 03 min`, `2 min 08 s`, `35 s`, `under 1 s`.
pub(super) fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) if rest == 0 => "under 1 s".to_owned(),
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest:02} s"),
        _ => format!("{} h {minutes:02} min", grouped(hours.unsigned_abs())),
    }
}

/// Like [`span`], cut to the unit that matters: `1 h 05 min`, `41 min`, `35 s`.
pub(super) fn short_span(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    if (1..60).contains(&minutes) { format!("{minutes} min") } else { span(ms) }
}

/// Seconds of the machine: `41.2 s`, `0.034 s`.
pub(super) fn seconds(value: f64) -> String {
    match value {
        v if !v.is_finite() => "–".to_owned(),
        v if v >= 60.0 => format!("{:.0} min {:02.0} s", (v.round() / 60.0).floor(), v.round() % 60.0),
        v if v >= 10.0 => format!("{v:.1} s"),
        v if v >= 1.0 => format!("{v:.2} s"),
        v => format!("{:.0} ms", v.max(0.0) * 1000.0),
    }
}

/// Part of a whole in percent between 0 and 100; 0 if there is no whole.
pub(super) fn percent(part: f64, whole: f64) -> f64 {
    let share = part / whole * 100.0;
    if share.is_finite() { share.clamp(0.0, 100.0) } else { 0.0 }
}

/// `1 photo`, `2 photos`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number as u64), if number == 1 { one } else { many })
}
