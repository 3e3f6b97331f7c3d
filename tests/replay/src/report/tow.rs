//! The tow of a case: when what happened, how it ended, and what the vehicle looked like before.

use streife_core::domain::{Damage, Moment, Tow, TowOutcome};

use super::clock::LocalClock;
use super::format::short_span;
use super::html::Text;
use super::words::{framed, line, pill, set, words, yes};
use crate::model::{CaseOutcome, PhotoOutcome};

/// The tow, if there was one.
pub(super) fn block(case: &CaseOutcome, clock: LocalClock<'_>) -> String {
    let Some(tow) = &case.facts.tow else { return String::new() };
    let lines = [
        line("why", Some(&tow.reason)),
        line("firm", tow.firm.as_deref()),
        line("truck driver", tow.operator.as_deref()),
        line("went to", tow.destination.as_deref()),
        line("state", tow.condition.as_deref()),
        damages(&tow.damage, &case.photos),
        set("note left", yes(tow.note_left)),
    ];
    let content = format!("{}{}<dl>{}</dl>", outcome(tow), steps(tow, clock), lines.concat());
    framed("tow", "Tow", &content)
}

fn outcome(tow: &Tow) -> String {
    let (tone, word) = match tow.outcome {
        None => ("wait", "still awaited".to_owned()),
        Some(TowOutcome::Towed | TowOutcome::Moved) => ("good", words(tow.outcome)),
        Some(TowOutcome::EmptyRun | TowOutcome::Cancelled) => ("quiet", words(tow.outcome)),
    };
    format!("<p class=\"outcome\">{}</p>", pill(tone, &word))
}

/// Ordered, arrived, over: each with the time since the order.
fn steps(tow: &Tow, clock: LocalClock<'_>) -> String {
    let end = tow.outcome.map_or_else(|| "over".to_owned(), words);
    let later = [("truck there".to_owned(), tow.arrived), (end, tow.finished)];
    let first = step("ordered", &tow.requested, "", clock);
    let rest = later.into_iter().filter_map(|(name, at)| {
        let at = at?;
        let since = format!("after {}", short_span(at.since_ms(&tow.requested)));
        Some(step(&name, &at, &since, clock))
    });
    format!("<ol class=\"steps\">{first}{}</ol>", rest.collect::<String>())
}

fn step(name: &str, at: &Moment, since: &str, clock: LocalClock<'_>) -> String {
    let time = clock.hms(at.unix_ms());
    format!("<li><time>{time}</time> <strong>{}</strong> <span class=\"small\">{since}</span></li>", Text(name))
}

fn damages(damage: &[Damage], photos: &[PhotoOutcome]) -> String {
    let items: String = damage.iter().map(|one| item(one, photos)).collect();
    if items.is_empty() { String::new() } else { set("damage before", &format!("<ul>{items}</ul>")) }
}

fn item(damage: &Damage, photos: &[PhotoOutcome]) -> String {
    let object = damage.photo.map(|object| object.to_string());
    let photo = object.and_then(|object| photos.iter().find(|photo| photo.object == object));
    let shown = photo.map(|photo| format!(" <span class=\"small\">photo {}</span>", Text(&photo.label)));
    format!("<li>{}{}</li>", Text(&damage.text), shown.unwrap_or_default())
}
