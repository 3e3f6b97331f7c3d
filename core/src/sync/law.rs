//! The client's law: what each answer of a box means, and how long to wait.
//!
//! [`LAW`] is a table and [`judge`] takes its first row that fits, so that the law can be read, shown and tested row by
//! row (`core/docs/sync-law.md` is made of it). Every number of the engine stands in [`TIMES`] with its reason. Both are
//! pure: the engine applies them, and no other place knows what a status means.

use super::protocol::ProblemType;
use super::protocol::ProblemType as P;
use crate::vault::ItemKind;
use crate::vault::ItemKind::{Event, Manifest, Object, Receipt, ShiftOpening, ShiftSeal};

/// Every number by which the engine waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// First wait, milliseconds. Below it a phone that moves between cells would hammer.
    pub first_ms: u64,
    /// Longest wait that the phone chooses: a box that comes back is used within this long, and a day without it costs no
    /// more than a hundred attempts.
    pub cap_ms: u64,
    /// A `Retry-After` beyond this is a mistake of the box or an attack; a day's work must not wait longer.
    pub retry_after_most_ms: u64,
    /// So many failures of the network or the box in a row stop all items but one probe: fewer would let one bad item stop
    /// the others, more would try every item of a long queue against a box that is down.
    pub breaker: u32,
    /// After so many refusals of a busy box in a row its own word is no longer enough and the phone waits this exponent of
    /// the first wait besides: half a minute, which no crowd outlasts and no attacker can turn into a loop.
    pub busy_exponent: u32,
    /// The box's time is asked again after this long: a phone's clock drifts by less than a second an hour.
    pub time_fresh_ms: i64,
    /// A nonce of the box is good for three minutes at least; an older one is not risked on a large body, which the box
    /// would refuse behind its last byte.
    pub nonce_fresh_ms: i64,
    /// What a large body is, bytes: asking for a new nonce costs a few hundred.
    pub risked_bytes: u64,
    /// The box's hints are asked for at most this often; they change by the day.
    pub hints_ms: i64,
    /// The phone compares with the box at most this often by itself: once a shift, and a dozen times before the default
    /// retention has run out, so that a loss at the box is found while the phone still has the payload.
    pub compare_ms: i64,
}

/// The engine's numbers.
pub const TIMES: Times = Times {
    first_ms: 2_000,
    cap_ms: 20 * 60 * 1_000,
    retry_after_most_ms: 60 * 60 * 1_000,
    breaker: 5,
    busy_exponent: 4,
    time_fresh_ms: 60 * 60 * 1_000,
    nonce_fresh_ms: 150 * 1_000,
    risked_bytes: 16 * 1_024,
    hints_ms: 60 * 60 * 1_000,
    compare_ms: 6 * 60 * 60 * 1_000,
};

/// No wait is longer, unless the clock was set back.
pub(super) const LONGEST_MS: u64 = TIMES.retry_after_most_ms + TIMES.retry_after_most_ms / 2;

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived.
    Done,
    /// Prove the next request with the nonce of this answer; the same again.
    Nonce,
    /// Get a new token, then the same again.
    Reauthenticate,
    /// Ask the box for the time, then the same again.
    AskTime,
    /// Ask where the upload stands, then go on from there.
    Resume,
    /// Send the manifest again for fresh uploads.
    Redeclare,
    /// Send the shift's opening again.
    Reopen,
    /// Wait and try again.
    BackOff,
    /// Wait as long as the box says; it is not broken.
    Busy,
    /// Refused for good: keep it and let others pass.
    Quarantine,
    /// The device may not send any more; keep everything.
    Revoked,
}

/// One row of the law. Nothing where it does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Status codes.
    pub status: &'static [u16],
    /// Types of the problem document; nothing for any, an empty list for "there is none".
    pub problem: Option<&'static [ProblemType]>,
    /// What was sent.
    pub kinds: Option<&'static [ItemKind]>,
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub why: &'static str,
}

const fn row(status: &'static [u16], verdict: Verdict, why: &'static str) -> Row {
    Row { status, problem: None, kinds: None, verdict, why }
}

impl Row {
    const fn told(self, problem: &'static [ProblemType]) -> Self {
        Self { problem: Some(problem), ..self }
    }

    const fn of(self, kinds: &'static [ItemKind]) -> Self {
        Self { kinds: Some(kinds), ..self }
    }

    fn fits(&self, kind: Option<ItemKind>, status: u16, problem: Option<ProblemType>) -> bool {
        let problem = |wanted: &[ProblemType]| problem.map_or(wanted.is_empty(), |problem| wanted.contains(&problem));
        self.status.contains(&status)
            && self.problem.is_none_or(problem)
            && self.kinds.is_none_or(|kinds| kind.is_some_and(|kind| kinds.contains(&kind)))
    }
}

/// The law, first row that fits.
pub static LAW: [Row; 19] = [
    row(&[200, 201, 204], Verdict::Done, "the box says so, in its own form"),
    row(&[401], Verdict::Nonce, "the proof lacks the box's nonce, which this answer brings").told(&[P::UseDpopNonce]),
    row(&[401], Verdict::AskTime, "the proof's time is not the box's").told(&[P::ClockSkew]),
    row(&[401], Verdict::Reauthenticate, "the token has ended or is not known"),
    row(&[403], Verdict::Revoked, "the device was revoked; only a person can change that").told(&[P::DeviceRevoked]),
    row(&[404], Verdict::Redeclare, "the box lacks case or object; declaring again tells what is missing")
        .told(&[P::CaseIncomplete, P::CaseUnknown, P::ObjectUnknown])
        .of(&[Object, Receipt, Event]),
    row(&[404], Verdict::Reopen, "the box has lost the shift's opening")
        .told(&[P::ShiftUnknown])
        .of(&[Manifest, ShiftSeal]),
    row(&[404, 410], Verdict::Redeclare, "the upload is gone or has expired").of(&[Object]),
    row(&[409], Verdict::Resume, "the upload stands elsewhere than believed").told(&[P::UploadOffset]),
    row(&[460], Verdict::Resume, "the chunk was damaged on the way; what the box kept stands"),
    row(&[400], Verdict::BackOff, "bytes were damaged on the way: hashes are checked before a file is named")
        .told(&[P::DigestMismatch]),
    row(&[422], Verdict::Resume, "the object's bytes were mixed up at the box, which begins anew")
        .told(&[P::ObjectDigestMismatch])
        .of(&[Object]),
    row(
        &[400, 409, 413, 415, 422],
        Verdict::BackOff,
        "nothing of a shift goes before its opening: it is offered until somebody has mended the box",
    )
    .of(&[ShiftOpening]),
    row(
        &[409],
        Verdict::Quarantine,
        "other bytes stand under the same id: a bug or an attack, for a person to look at",
    )
    .told(&[P::CaseConflict, P::ShiftConflict, P::EventConflict, P::ObjectConflict]),
    row(&[400, 413, 415, 422], Verdict::BackOff, "a refusal that no box has written is the network's fault").told(&[]),
    row(&[400, 413, 415, 422], Verdict::Quarantine, "the box will never take it; others pass"),
    row(&[423], Verdict::BackOff, "another request holds the upload; it ends"),
    row(&[503], Verdict::Busy, "the box is well and has too much to do").told(&[P::Busy]),
    row(&[429], Verdict::Busy, "this device has asked too often; the box says when").told(&[P::RateLimited, P::Busy]),
];

/// What holds where no row does: a redirect, a portal's page, a 5xx, a status that no box gives.
pub static ELSE: Row =
    row(&[], Verdict::BackOff, "no box says this, or a broken one: the network's fault until proved otherwise");

/// What an answer means. `kind` is what was sent, if it was an item of the queue; `problem` is the type of the problem
/// document, if the body was one.
#[must_use]
pub fn judge(kind: Option<ItemKind>, status: u16, problem: Option<ProblemType>) -> &'static Row {
    LAW.iter().find(|row| row.fits(kind, status, problem)).unwrap_or(&ELSE)
}

/// Milliseconds to wait after `attempts` failures: the second half of a doubling span, of which a random part, so that
/// phones which failed together do not come back together. `Retry-After` is a minimum, with up to half of it on top, and
/// no way round the phone's own wait: a box that says 0 each time makes no loop.
#[must_use]
pub fn wait_ms(attempts: u32, random: u32, retry_after_s: Option<u64>) -> u64 {
    let half = TIMES.first_ms.saturating_mul(1 << attempts.min(20)).min(TIMES.cap_ms) / 2;
    let told = retry_after_s.map_or(0, |seconds| {
        let minimum = seconds.saturating_mul(1_000).min(TIMES.retry_after_most_ms);
        minimum + part(minimum / 2, random)
    });
    told.max(half + part(half, random))
}

/// Milliseconds to wait for a busy box, which was so `refusals` times in a row before: what it says, and little more.
#[must_use]
pub fn busy_ms(refusals: u32, random: u32, retry_after_s: Option<u64>) -> u64 {
    wait_ms(refusals.min(TIMES.busy_exponent), random, retry_after_s)
}

fn part(span: u64, random: u32) -> u64 {
    (span * u64::from(random)) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_law() {
        let table = [
            (Manifest, 201, None, Verdict::Done),
            (Object, 204, None, Verdict::Done),
            (Manifest, 400, Some(P::Malformed), Verdict::Quarantine),
            (ShiftOpening, 422, Some(P::SignatureInvalid), Verdict::BackOff),
            (ShiftOpening, 409, Some(P::ShiftConflict), Verdict::BackOff),
            (ShiftSeal, 409, Some(P::ShiftConflict), Verdict::Quarantine),
            (Manifest, 400, None, Verdict::BackOff),
            (Manifest, 400, Some(P::DigestMismatch), Verdict::BackOff),
            (Manifest, 413, Some(P::TooLarge), Verdict::Quarantine),
            (Manifest, 422, Some(P::SignatureInvalid), Verdict::Quarantine),
            (Object, 422, Some(P::ObjectDigestMismatch), Verdict::Resume),
            (Manifest, 422, Some(P::ObjectDigestMismatch), Verdict::Quarantine),
            (Object, 415, Some(P::UnsupportedMedia), Verdict::Quarantine),
            (Object, 401, Some(P::TokenInvalid), Verdict::Reauthenticate),
            (Object, 401, None, Verdict::Reauthenticate),
            (Object, 401, Some(P::ClockSkew), Verdict::AskTime),
            (Object, 401, Some(P::UseDpopNonce), Verdict::Nonce),
            (Manifest, 403, Some(P::DeviceRevoked), Verdict::Revoked),
            (Manifest, 403, None, Verdict::BackOff),
            (Object, 404, None, Verdict::Redeclare),
            (Object, 410, None, Verdict::Redeclare),
            (Object, 410, Some(P::UploadExpired), Verdict::Redeclare),
            (Receipt, 404, Some(P::CaseIncomplete), Verdict::Redeclare),
            (Receipt, 404, None, Verdict::BackOff),
            (Manifest, 404, Some(P::ShiftUnknown), Verdict::Reopen),
            (Object, 409, Some(P::UploadOffset), Verdict::Resume),
            (Object, 460, Some(P::ChecksumMismatch), Verdict::Resume),
            (Manifest, 409, Some(P::CaseConflict), Verdict::Quarantine),
            (Manifest, 409, None, Verdict::BackOff),
            (Object, 423, None, Verdict::BackOff),
            (Manifest, 429, Some(P::RateLimited), Verdict::Busy),
            (Object, 503, Some(P::Busy), Verdict::Busy),
            (Manifest, 503, Some(P::Maintenance), Verdict::BackOff),
            (Manifest, 302, None, Verdict::BackOff),
        ];
        for (kind, status, problem, verdict) in table {
            assert_eq!(judge(Some(kind), status, problem).verdict, verdict, "{kind:?} {status} {problem:?}");
        }
    }

    #[test]
    fn every_row_has_an_answer_that_no_row_before_it_takes() {
        for (place, row) in LAW.iter().enumerate() {
            let problems = match row.problem {
                None => vec![None, Some(P::Internal)],
                Some([]) => vec![None],
                Some(some) => some.iter().copied().map(Some).collect(),
            };
            let kinds = row.kinds.unwrap_or(&[Manifest]).iter().copied().map(Some);
            let reached =
                kinds.flat_map(|kind| problems.iter().map(move |problem| (kind, *problem))).any(|(kind, problem)| {
                    row.status.iter().any(|status| std::ptr::eq(judge(kind, *status, problem), row))
                });
            assert!(reached, "row {place} ({}) is never taken", row.why);
        }
    }

    #[test]
    fn waits_double_up_to_twenty_minutes_and_spread_over_the_second_half_of_their_span() {
        assert_eq!(wait_ms(0, 0, None), 1_000);
        assert_eq!(wait_ms(0, u32::MAX, None), 1_999);
        assert_eq!(wait_ms(3, u32::MAX, None), 15_999);
        assert_eq!(wait_ms(u32::MAX, u32::MAX, None), TIMES.cap_ms - 1);
        assert_eq!(wait_ms(u32::MAX, 0, None), TIMES.cap_ms / 2);
    }

    #[test]
    fn retry_after_is_a_minimum_an_absurd_one_is_capped_and_none_at_all_is_no_loop() {
        assert_eq!(wait_ms(0, 0, Some(10)), 10_000);
        assert_eq!(wait_ms(0, u32::MAX, Some(10)), 14_999);
        assert_eq!(wait_ms(0, 0, Some(u64::MAX)), TIMES.retry_after_most_ms);
        assert_eq!(wait_ms(3, 0, Some(0)), 8_000);
    }

    #[test]
    fn a_busy_box_is_waited_for_as_long_as_it_says_however_often_it_says_so() {
        assert_eq!(busy_ms(1_000, 0, Some(120)), 120_000);
        assert_eq!(busy_ms(0, 0, Some(0)), 1_000);
        assert_eq!(busy_ms(1_000, 0, Some(0)), 16_000);
    }

    /// The page of the law, as `docs/sync-law.md` has it.
    fn page() -> String {
        let slug = |kind: &P| serde_json::to_value(kind).ok().and_then(|slug| slug.as_str().map(str::to_owned));
        let lines = LAW.iter().chain([&ELSE]).map(|row| {
            let status: Vec<_> = row.status.iter().map(u16::to_string).collect();
            let problem = match row.problem {
                None => "any".to_owned(),
                Some([]) => "none".to_owned(),
                Some(some) => some.iter().filter_map(slug).collect::<Vec<_>>().join(", "),
            };
            let kinds = row.kinds.map_or("any".to_owned(), |kinds| {
                kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect::<Vec<_>>().join(", ")
            });
            let status = if status.is_empty() { "any other".to_owned() } else { status.join(", ") };
            format!("| {status} | {problem} | {kinds} | {:?} | {} |\n", row.verdict, row.why)
        });
        let head = "# The client's law\n\nWhat an answer of a box means to the phone: the first row that fits. Made from \
                    `core/src/sync/law.rs`, which a test\nholds against this page.\n\n\
                    | Status | Problem | What was sent | Verdict | Why |\n|---|---|---|---|---|\n";
        head.to_owned() + &lines.collect::<String>()
    }

    #[test]
    fn the_page_of_the_law_is_the_law() {
        assert_eq!(include_str!("../../docs/sync-law.md"), page(), "write this page:\n{}", page());
    }
}
