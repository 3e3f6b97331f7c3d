//! The checks: failures loud and first, then all of them.

use super::format::counted;
use super::html::{Text, icon};
use super::verdict::is_noticed;
use crate::model::{Check, Outcome};

/// What failed, before anything else; empty if nothing did.
pub(super) fn failures(outcome: &Outcome) -> String {
    let failed: Vec<&Check> = outcome.checks.iter().filter(|check| !check.holds).collect();
    let cases = noticed_cases(outcome);
    if failed.is_empty() && cases.is_empty() && outcome.summary.failed_checks == 0 {
        return String::new();
    }
    let listed: String = failed.iter().map(|check| failure(check)).collect();
    let list = if listed.is_empty() { String::new() } else { format!("<ul>\n{listed}</ul>\n") };
    format!(
        "<section class=\"alarm\" aria-labelledby=\"failed\">\n<h2 id=\"failed\">{}</h2>\n{list}{cases}</section>\n",
        headline(failed.len(), outcome)
    )
}

fn headline(listed: usize, outcome: &Outcome) -> String {
    match listed.max(outcome.summary.failed_checks) {
        0 => "Something is wrong with cases".to_owned(),
        failed => format!("{}, {} hold", counted(failed, "check failed", "checks failed"), holding(&outcome.checks)),
    }
}

fn holding(checks: &[Check]) -> usize {
    checks.iter().filter(|check| check.holds).count()
}

fn failure(check: &Check) -> String {
    format!(
        "<li>{}<div><strong>{}</strong><span class=\"detail\">{}</span></div></li>\n",
        icon("m-bad"),
        Text(&check.name),
        Text(&check.detail)
    )
}

/// Links to the cases that have findings.
fn noticed_cases(outcome: &Outcome) -> String {
    let noticed = outcome.cases.iter().enumerate().filter(|(_, case)| is_noticed(case));
    let links: Vec<String> =
        noticed.map(|(index, case)| format!("<a href=\"#case-{index}\">{}</a>", Text(&case.label))).collect();
    if links.is_empty() { String::new() } else { format!("<p>Cases with findings: {}</p>\n", links.join(", ")) }
}

/// Every check in the order it was made.
pub(super) fn section(checks: &[Check]) -> String {
    let list: String = checks.iter().map(line).collect();
    let body = if list.is_empty() {
        "<p class=\"empty\">No check was made.</p>\n".to_owned()
    } else {
        format!("<ol class=\"checks\">\n{list}</ol>\n")
    };
    format!(
        "<section id=\"checks\" aria-labelledby=\"checks-h\">\n<h2 id=\"checks-h\">Checks \
         <span class=\"count\">{} of {} hold</span></h2>\n{body}</section>\n",
        holding(checks),
        checks.len()
    )
}

fn line(check: &Check) -> String {
    let (tone, mark, word) = if check.holds { ("good", "m-ok", "Holds") } else { ("bad", "m-bad", "Failed") };
    format!(
        "<li class=\"{tone}\">{}<div><span class=\"hidden\">{word}: </span>{} \
         <span class=\"detail\">{}</span></div></li>\n",
        icon(mark),
        Text(&check.name),
        Text(&check.detail)
    )
}
