//! What was done about it: repeats, the talk with the driver, the tow.

use super::{Subject, found};
use crate::domain::{Category, ChargedOffence, FindingCode, Money, Offences};
use crate::rules::Repeat;

pub(super) fn check(subject: &Subject<'_>) -> Vec<FindingCode> {
    let repeat = subject.memory.repeat(subject.facts, &subject.rules.repeats);
    let mut codes = found([
        (matches!(repeat, Some(Repeat::Duplicate(_))), FindingCode::Duplicate),
        (matches!(repeat, Some(Repeat::Continues(_))), FindingCode::ContinuingOffence),
        (subject.facts.tow.as_ref().is_some_and(|tow| tow.outcome.is_none()), FindingCode::TowOpen),
    ]);
    codes.extend(about_payment(subject));
    codes
}

/// A fine cannot be settled on the spot, and a warning is settled by its whole amount.
fn about_payment(subject: &Subject<'_>) -> Vec<FindingCode> {
    let Some(payment) = subject.facts.talk.as_ref().and_then(|talk| talk.payment.as_ref()) else { return Vec::new() };
    let charged = charged(subject);
    let is_fine = charged.items.iter().any(|item| item.category == Category::Fine);
    let differs = charged.amount_cents != Money::default() && payment.amount_cents != charged.amount_cents;
    found([(is_fine, FindingCode::PaidFine), (differs, FindingCode::PaymentDiffers)])
}

fn charged(subject: &Subject<'_>) -> Offences {
    let charge = |offence| subject.catalogue.charge(offence, subject.day()?);
    let items: Vec<ChargedOffence> = subject.facts.offences.iter().filter_map(charge).collect();
    Offences::new(subject.facts.relation, items)
}
