//! The cases as the case worker opened them: a table that turns into cards on a phone.

use super::clock::LocalClock;
use super::format::{counted, euros, grouped, span};
use super::html::{Text, icon, or_dash};
use super::verdict::is_noticed;
use super::{facts, photos};
use crate::model::{CaseOutcome, OffenceOutcome, Outcome};

const HEAD: &str = "<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">No.</th>\
    <th role=\"columnheader\" scope=\"col\">Vehicle</th><th role=\"columnheader\" scope=\"col\">Offence and place</th>\
    <th role=\"columnheader\" scope=\"col\">Times</th><th role=\"columnheader\" scope=\"col\">State</th>\
    <th role=\"columnheader\" scope=\"col\">Photos</th></tr></thead>\n";

/// Nations whose plates carry the blue band.
const EUROPEAN: [&str; 27] = [
    "A", "B", "BG", "CY", "CZ", "D", "DK", "E", "EST", "F", "FIN", "GR", "H", "HR", "I", "IRL", "L", "LT", "LV", "M",
    "NL", "P", "PL", "RO", "S", "SK", "SLO",
];

/// All cases.
pub(super) fn section(outcome: &Outcome, clock: LocalClock<'_>) -> String {
    let rows: String = outcome.cases.iter().enumerate().map(|(index, case)| row(index, case, clock)).collect();
    let body = if rows.is_empty() {
        "<p class=\"empty\">No case was begun.</p>\n".to_owned()
    } else {
        format!("<table class=\"cases\" role=\"table\" aria-labelledby=\"cases-h\">\n{HEAD}{rows}</table>\n")
    };
    let photos = outcome.cases.iter().map(|case| case.photos.len()).sum();
    format!(
        "<section id=\"cases\" aria-labelledby=\"cases-h\">\n<h2 id=\"cases-h\">Cases <span class=\"count\">{}, {}, \
         as the case worker opened them</span></h2>\n{body}</section>\n",
        counted(outcome.cases.len(), "case", "cases"),
        counted(photos, "photo", "photos")
    )
}

/// One case: a group of rows, the second one for further facts, the last one for findings.
fn row(index: usize, case: &CaseOutcome, clock: LocalClock<'_>) -> String {
    let class = if is_noticed(case) { " class=\"bad\"" } else { "" };
    let columns = [
        cell("number", &number(case)),
        cell("vehicle", &vehicle(case)),
        cell("offence", &charge(case)),
        cell("times", &times(case, clock)),
        cell("state", &state(case)),
        cell("photos", &photos::strip(case)),
    ];
    format!(
        "<tbody role=\"rowgroup\" id=\"case-{index}\"{class}>\n<tr role=\"row\">{}</tr>\n{}{}</tbody>\n",
        columns.concat(),
        facts::row(case, clock),
        findings(case)
    )
}

fn cell(class: &'static str, content: &str) -> String {
    format!("<td role=\"cell\" class=\"{class}\">{content}</td>\n")
}

fn number(case: &CaseOutcome) -> String {
    let seq = case.seq.map_or_else(|| or_dash(None), |seq| grouped(seq.into()));
    format!(
        "<strong class=\"seq\">{seq}</strong><span class=\"label\" title=\"{}\">{}</span>",
        Text(&case.case),
        Text(&case.label)
    )
}

fn vehicle(case: &CaseOutcome) -> String {
    let slip = case.slip.as_deref().map(|slip| format!("<p class=\"small\">Slip {}</p>", Text(slip)));
    let number = case.number.as_deref().map(|number| format!("<p class=\"small\">Case {}</p>", Text(number)));
    let vehicle = or_dash(case.vehicle.as_deref());
    format!("{}<p>{vehicle}</p>{}{}", plate(case), slip.unwrap_or_default(), number.unwrap_or_default())
}

/// A plate that looks like one. `plate_class` begins with the nation sign.
fn plate(case: &CaseOutcome) -> String {
    let Some(text) = case.plate.as_deref() else {
        return "<p class=\"small\">no plate</p>".to_owned();
    };
    let class = case.plate_class.as_deref().unwrap_or_default();
    let (nation, kind) = class.split_once(' ').unwrap_or((class, ""));
    let band = if EUROPEAN.contains(&nation) { "nation" } else { "nation other" };
    let digits = if kind == "red" { "digits red" } else { "digits" };
    format!(
        "<div class=\"plate-line\"><span class=\"plate\"><span class=\"{band}\">{}</span>\
         <span class=\"{digits}\">{}</span></span>\
         {}</div>",
        Text(nation),
        Text(text),
        facts::plate_notes(case)
    )
}

fn charge(case: &CaseOutcome) -> String {
    let list: String = case.offences.iter().map(offence).collect();
    let list = if list.is_empty() { String::new() } else { format!("<ul class=\"offences\">{list}</ul>") };
    let plain = matches!(case.offences.as_slice(), [only] if only.amount_cents == case.amount_cents);
    let total = if plain || case.offences.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"total\"><span>Charged</span> <span class=\"amount\">{}</span></p>",
            euros(case.amount_cents)
        )
    };
    format!("{list}{total}<p class=\"place\">{}</p>", or_dash(case.place.as_deref()))
}

fn offence(offence: &OffenceOutcome) -> String {
    format!(
        "<li><span class=\"wording\" lang=\"de\"><span class=\"code\">{}</span> {}</span> <span class=\"amount\">{}</span></li>",
        Text(&offence.number.to_string()),
        Text(&offence.label),
        euros(offence.amount_cents)
    )
}

fn times(case: &CaseOutcome, clock: LocalClock<'_>) -> String {
    let stamp = |at: Option<i64>| at.map_or_else(|| or_dash(None), |at| clock.hms(at));
    let after = match (case.sealed_ms, case.receipted_ms) {
        (Some(from), Some(at)) => format!("<dd class=\"small\">after {}</dd>", span(at.saturating_sub(from))),
        _ => String::new(),
    };
    let observed = match i64::try_from(case.duration_s) {
        Ok(seconds) if seconds > 0 => {
            format!("<div><dt>observed</dt><dd>{}</dd></div>", span(seconds.saturating_mul(1000)))
        }
        _ => String::new(),
    };
    format!(
        "<dl><div><dt>begun</dt><dd>{}</dd></div><div><dt>sealed</dt><dd>{}</dd></div>\
         <div><dt>receipt</dt><dd>{}</dd>{after}</div>{observed}</dl>",
        stamp(Some(case.begun_ms)),
        stamp(case.sealed_ms),
        stamp(case.receipted_ms)
    )
}

fn state(case: &CaseOutcome) -> String {
    let voided = case.voided.as_deref().map(|reason| format!("<p class=\"small\">void: {}</p>", Text(reason)));
    format!(
        "<p><span class=\"where\">box</span> {}</p><p><span class=\"where\">phone</span> {}</p>{}",
        pill(&case.box_state, box_tone(case)),
        pill(&case.phone_state, phone_tone(case)),
        voided.unwrap_or_default()
    )
}

fn pill(state: &str, tone: &'static str) -> String {
    if state.is_empty() { or_dash(None) } else { format!("<span class=\"pill {tone}\">{}</span>", Text(state)) }
}

/// A draft that was never sealed is rightly absent.
fn box_tone(case: &CaseOutcome) -> &'static str {
    match case.box_state.as_str() {
        "complete" | "accepted" => "good",
        "declared" => "wait",
        "absent" if case.seq.is_some() => "bad",
        _ => "quiet",
    }
}

fn phone_tone(case: &CaseOutcome) -> &'static str {
    match case.phone_state.as_str() {
        "receipted" => "good",
        "draft" | "unsigned" | "sealed" => "wait",
        "quarantined" => "bad",
        _ => "quiet",
    }
}

/// What was found; where that says nothing, at least which photo differs.
fn findings(case: &CaseOutcome) -> String {
    if !is_noticed(case) {
        return String::new();
    }
    let mut lines: String = case.findings.iter().map(|text| format!("<li>{}</li>", Text(text))).collect();
    if lines.is_empty() {
        let differing = case.photos.iter().filter(|photo| !photo.equal);
        lines
            .extend(differing.map(|photo| format!("<li>Photo {} differs from its original.</li>", Text(&photo.label))));
    }
    format!(
        "<tr role=\"row\" class=\"findings\"><td role=\"cell\" colspan=\"6\">{}<ul>{lines}</ul></td></tr>\n",
        icon("m-bad")
    )
}
