//! The faults, each with the row of FAULTS it belongs to and what may come of it.

use streife_box::{Fault, Lie};
use streife_core::sync::protocol::ProblemType as P;
use streife_e2e::proxy::{Act, Way};

use crate::plan::{Life, Step, Strike};

/// What may be there when nothing is left to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is at the box.
    Heals,
    /// One case may be refused for good, with all its bytes kept; everything else is at the box.
    MayRefuse,
}

/// A fault that can strike at a step.
#[derive(Clone, Debug)]
pub struct Kind {
    pub row: &'static str,
    pub name: String,
    pub strike: Strike,
    pub outcome: Outcome,
}

impl Kind {
    fn box_(row: &'static str, name: impl Into<String>, fault: Fault) -> Self {
        Self { row, name: name.into(), strike: Strike::Box(fault), outcome: Outcome::Heals }
    }

    /// Whether it can strike there, or says anything there.
    pub fn fits(&self, step: Step) -> bool {
        match &self.strike {
            Strike::Box(Fault::DropInBody { .. }) => step.has_body(),
            Strike::Box(Fault::DropInAnswer | Fault::Trickle) => step.has_answer(),
            Strike::Box(Fault::Lie(lie)) => fits_lie(*lie, step),
            _ => true,
        }
    }
}

fn fits_lie(lie: Lie, step: Step) -> bool {
    match lie {
        Lie::ReceiptOfOtherCase | Lie::ReceiptByOtherKey | Lie::ReceiptWithOtherHash | Lie::ReceiptOfLess => {
            step == Step::Receipt
        }
        Lie::Half => step.has_answer(),
        // Who trusts a box's word for opening, seal and event is told by no receipt that it was none: only a manifest
        // shows a missing opening. What a box loses of the others is for the call that compares (F28).
        Lie::StoredNothing => !matches!(step, Step::Event | Step::Seal),
        Lie::Empty => !matches!(step, Step::Opening | Step::Event | Step::Seal | Step::SmallObject),
        Lie::EmptyObject | Lie::WrongObject => step != Step::SmallObject,
    }
}

/// Every fault a box can be told.
pub fn of_box() -> Vec<Kind> {
    let mut all = lost();
    all.extend(refusals());
    all.extend(busy());
    all.extend(strange());
    all
}

fn lost() -> Vec<Kind> {
    vec![
        Kind::box_("F13", "lost-before", Fault::DropBefore),
        Kind::box_("F13", "lost-in-body-at-0", Fault::DropInBody { after: 0 }),
        Kind::box_("F13", "lost-in-body-at-100", Fault::DropInBody { after: 100 }),
        Kind::box_("F13", "lost-in-body-at-200000", Fault::DropInBody { after: 200_000 }),
        Kind::box_("F13", "lost-after-commit", Fault::DropAfter),
        Kind::box_("F13", "lost-in-answer", Fault::DropInAnswer),
        Kind::box_("F13", "twice", Fault::Twice),
        Kind::box_("F13", "late", Fault::Late),
    ]
}

fn refusals() -> Vec<Kind> {
    let heals = [
        ("F8", "401-token-invalid", P::TokenInvalid),
        ("F8", "401-use-dpop-nonce", P::UseDpopNonce),
        ("F8", "401-clock-skew", P::ClockSkew),
        ("F8", "401-device-unknown", P::DeviceUnknown),
        ("F8", "403-device-revoked", P::DeviceRevoked),
        ("F9", "404-not-found", P::NotFound),
        ("F9", "404-shift-unknown", P::ShiftUnknown),
        ("F9", "404-case-unknown", P::CaseUnknown),
        ("F9", "404-case-incomplete", P::CaseIncomplete),
        ("F9", "404-object-unknown", P::ObjectUnknown),
        ("F9", "409-upload-offset", P::UploadOffset),
        ("F10", "410-upload-expired", P::UploadExpired),
        ("F10", "460-checksum-mismatch", P::ChecksumMismatch),
        ("F10", "400-digest-mismatch", P::DigestMismatch),
    ];
    let refuses = [
        ("F9", "409-case-conflict", P::CaseConflict),
        ("F9", "409-shift-conflict", P::ShiftConflict),
        ("F9", "409-object-conflict", P::ObjectConflict),
        ("F9", "409-event-conflict", P::EventConflict),
        ("F9", "409-device-conflict", P::DeviceConflict),
        ("F10", "400-malformed", P::Malformed),
        ("F10", "413-too-large", P::TooLarge),
        ("F10", "415-unsupported-media", P::UnsupportedMedia),
        ("F10", "422-signature-invalid", P::SignatureInvalid),
        ("F10", "422-object-digest-mismatch", P::ObjectDigestMismatch),
    ];
    let kind = |(row, name, kind)| Kind::box_(row, name, Fault::Problem { kind, retry_after: None });
    let refused = |kind: Kind| Kind { outcome: Outcome::MayRefuse, ..kind };
    heals.map(kind).into_iter().chain(refuses.map(kind).map(refused)).collect()
}

/// With every sense and nonsense of `Retry-After` that a box or a proxy of somebody else may send.
fn busy() -> Vec<Kind> {
    let mut all = Vec::new();
    for (status, retry_after_s) in [(423, None), (425, None), (429, Some(1)), (500, None), (502, None), (504, Some(3))]
    {
        all.push(Kind::box_("F11", format!("{status}"), Fault::Status { status, retry_after_s }));
    }
    for (name, value) in [
        ("none", None),
        ("0", Some("0")),
        ("5", Some("5")),
        ("10-years", Some("315360000")),
        ("negative", Some("-1")),
        ("date", Some("Wed, 17 Jun 2026 06:00:00 GMT")),
        ("garbage", Some("soon; maybe")),
        ("overflow", Some("99999999999999999999999999")),
    ] {
        let retry_after = value.map(str::to_owned);
        for (kind, status) in [(P::RateLimited, 429), (P::Maintenance, 503), (P::Busy, 503)] {
            let (kind_name, retry_after) = (if kind == P::Busy { "busy" } else { "plain" }, retry_after.clone());
            let name = format!("{status}-{kind_name}-retry-after-{name}");
            all.push(Kind::box_("F11", name, Fault::Problem { kind, retry_after }));
        }
    }
    all
}

fn strange() -> Vec<Kind> {
    let mut all = vec![
        Kind::box_("F12", "trickle", Fault::Trickle),
        Kind::box_("F14", "page-200", Fault::Html),
        Kind::box_("F14", "page-511", Fault::Portal),
        Kind::box_("F15", "huge", Fault::Huge),
        Kind::box_("F15", "header-flood", Fault::HeaderFlood),
    ];
    for status in [301, 302, 303, 307, 308] {
        let location = "https://portal.example/login".to_owned();
        all.push(Kind::box_("F14", format!("redirect-{status}"), Fault::Redirect { status, location }));
    }
    for (name, lie) in [
        ("empty", Lie::Empty),
        ("empty-object", Lie::EmptyObject),
        ("wrong-object", Lie::WrongObject),
        ("stored-nothing", Lie::StoredNothing),
        ("half", Lie::Half),
        ("receipt-of-other-case", Lie::ReceiptOfOtherCase),
        ("receipt-by-other-key", Lie::ReceiptByOtherKey),
        ("receipt-with-other-hash", Lie::ReceiptWithOtherHash),
        ("receipt-of-less", Lie::ReceiptOfLess),
    ] {
        all.push(Kind::box_("F15", format!("lie-{name}"), Fault::Lie(lie)));
    }
    all
}

/// Faults of the network below TLS, and of the phone's process and clock: they strike where they strike.
pub fn of_wire() -> Vec<Kind> {
    let wire = |name: String, act| Kind { row: "F13", name, strike: Strike::Wire(act), outcome: Outcome::Heals };
    let mut all = vec![
        wire("wire-refused".to_owned(), vec![Act::Refuse]),
        wire("wire-refused-five-times".to_owned(), vec![Act::Refuse; 5]),
        wire("wire-in-bytes".to_owned(), vec![Act::Split { size: 1_000 }]),
    ];
    // Within the handshake, within the first head, within bodies of manifests and objects.
    for after in [1, 200, 400, 1_500, 3_000, 5_000, 8_000, 12_000, 20_000, 60_000, 150_000, 300_000] {
        all.push(wire(format!("wire-cut-up-{after}"), vec![Act::Cut { way: Way::Up, after }]));
    }
    for after in [1, 500, 1_200, 2_000, 3_000, 4_000, 6_000] {
        all.push(wire(format!("wire-cut-down-{after}"), vec![Act::Cut { way: Way::Down, after }]));
    }
    all
}

pub fn of_life() -> Vec<Kind> {
    let life = |row, name: &str, life| Kind {
        row,
        name: name.to_owned(),
        strike: Strike::Life(life),
        outcome: Outcome::Heals,
    };
    let mut all = vec![
        life("F7", "clock-ten-years-ahead", Life::ClockBy(10 * YEAR_MS)),
        life("F7", "clock-ten-years-behind", Life::ClockBy(-10 * YEAR_MS)),
        life("F7", "clock-an-hour-back-in-a-retry", Life::ClockInRetry(-3_600_000)),
        life("F7", "clock-a-year-back-in-a-retry", Life::ClockInRetry(-YEAR_MS)),
        life("F7", "clock-a-year-ahead-in-a-retry", Life::ClockInRetry(YEAR_MS)),
        life("F7", "the-repeated-hour", Life::RepeatedHour),
        life("F7", "reboot-in-a-retry", Life::Reboot),
        life("F25", "one-failure-and-silence", Life::OneFailure),
    ];
    for after in 1..=16 {
        all.push(life("F17", &format!("killed-behind-request-{after}"), Life::KilledBehind(after)));
    }
    for bytes in [1_000, 6_000, 10_000, 40_000, 100_000, 250_000, 390_000] {
        all.push(life("F17", &format!("killed-within-byte-{bytes}"), Life::KilledAtByte(bytes)));
    }
    all
}

const YEAR_MS: i64 = 365 * 24 * 3_600_000;
