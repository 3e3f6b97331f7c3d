//! The client's law: what each answer of a box means, and how long to wait. One pure function each.

use super::protocol::ProblemType;
use crate::vault::ItemKind;

/// First wait. Below it a phone that moves between cells would hammer; the mean of the first wait is half of it.
const BASE_MS: u64 = 2_000;
/// Longest wait: a box that comes back is used within a quarter of an hour.
pub(super) const CAP_MS: u64 = 15 * 60 * 1_000;
/// A `Retry-After` beyond this is a mistake of the box or an attack; a day's work must not wait longer.
const MAX_RETRY_AFTER_MS: u64 = 60 * 60 * 1_000;
/// No wait is longer.
pub(super) const LONGEST_MS: u64 = MAX_RETRY_AFTER_MS + MAX_RETRY_AFTER_MS / 2;

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived.
    Done,
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
    /// Refused for good: keep it and let others pass.
    Quarantine,
    /// The device may not send any more; keep everything.
    Revoked,
}

/// What an answer to an item means. `problem` is the type of the problem document, if the body was one.
#[must_use]
pub fn judge(kind: ItemKind, status: u16, problem: Option<ProblemType>) -> Verdict {
    use {ItemKind as Kind, ProblemType as P};
    match (status, problem, kind) {
        (200 | 201 | 204, _, _) => Verdict::Done,
        (401, Some(P::ClockSkew), _) => Verdict::AskTime,
        (401, _, _) => Verdict::Reauthenticate,
        (403, Some(P::DeviceRevoked), _) => Verdict::Revoked,
        // The box lost the upload, or the object, or believes the case incomplete: declaring again tells what is missing.
        (
            404,
            Some(P::CaseIncomplete | P::CaseUnknown | P::ObjectUnknown),
            Kind::Object | Kind::Receipt | Kind::Event,
        ) => Verdict::Redeclare,
        (404, Some(P::ShiftUnknown), Kind::Manifest | Kind::ShiftSeal) => Verdict::Reopen,
        (404 | 410, _, Kind::Object) => Verdict::Redeclare,
        (409, Some(P::UploadOffset), _) | (460, _, _) => Verdict::Resume,
        // Bytes were damaged on the way, not at the source: hashes are checked before a file is named.
        (400, Some(P::DigestMismatch), _) => Verdict::BackOff,
        (422, Some(P::ObjectDigestMismatch), Kind::Object) => Verdict::Resume,
        // Other bytes under the same id: a bug or an attack. Never overwritten, always looked at by a person.
        (409, Some(P::CaseConflict | P::ShiftConflict | P::EventConflict | P::ObjectConflict), _) => {
            Verdict::Quarantine
        }
        (400 | 413 | 415 | 422, Some(_), _) => Verdict::Quarantine,
        // Anything a box would not say (no problem document, a portal's page) is the network's fault.
        _ => Verdict::BackOff,
    }
}

/// What an answer to a request for case numbers means, if it did not bring any. It is never held against the queue.
pub(super) const fn judge_numbers(status: u16, problem: Option<ProblemType>) -> Verdict {
    match (status, problem) {
        (401, Some(ProblemType::ClockSkew)) => Verdict::AskTime,
        (401, _) => Verdict::Reauthenticate,
        (403, Some(ProblemType::DeviceRevoked)) => Verdict::Revoked,
        _ => Verdict::BackOff,
    }
}

/// Milliseconds to wait after `attempts` failures: a random part of a doubling span, so that phones which failed
/// together do not come back together. `Retry-After` is a minimum, with up to half of it on top.
#[must_use]
pub fn wait_ms(attempts: u32, random: u32, retry_after_s: Option<u64>) -> u64 {
    let span = BASE_MS.saturating_mul(1 << attempts.min(20)).min(CAP_MS);
    match retry_after_s {
        None => part(span, random),
        Some(seconds) => {
            let minimum = seconds.saturating_mul(1_000).min(MAX_RETRY_AFTER_MS);
            minimum + part(minimum / 2, random)
        }
    }
}

fn part(span: u64, random: u32) -> u64 {
    (span * u64::from(random)) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProblemType as P;

    #[test]
    fn every_row_of_the_law() {
        let table = [
            (ItemKind::Manifest, 201, None, Verdict::Done),
            (ItemKind::Object, 204, None, Verdict::Done),
            (ItemKind::Manifest, 400, Some(P::Malformed), Verdict::Quarantine),
            (ItemKind::Manifest, 400, None, Verdict::BackOff),
            (ItemKind::Manifest, 413, Some(P::TooLarge), Verdict::Quarantine),
            (ItemKind::Manifest, 422, Some(P::SignatureInvalid), Verdict::Quarantine),
            (ItemKind::Object, 422, Some(P::ObjectDigestMismatch), Verdict::Resume),
            (ItemKind::Object, 415, Some(P::UnsupportedMedia), Verdict::Quarantine),
            (ItemKind::Object, 401, Some(P::TokenInvalid), Verdict::Reauthenticate),
            (ItemKind::Object, 401, Some(P::ClockSkew), Verdict::AskTime),
            (ItemKind::Manifest, 403, Some(P::DeviceRevoked), Verdict::Revoked),
            (ItemKind::Manifest, 403, None, Verdict::BackOff),
            (ItemKind::Object, 404, None, Verdict::Redeclare),
            (ItemKind::Object, 410, None, Verdict::Redeclare),
            (ItemKind::Receipt, 404, Some(P::CaseIncomplete), Verdict::Redeclare),
            (ItemKind::Manifest, 404, Some(P::ShiftUnknown), Verdict::Reopen),
            (ItemKind::Object, 409, Some(P::UploadOffset), Verdict::Resume),
            (ItemKind::Manifest, 409, Some(P::CaseConflict), Verdict::Quarantine),
            (ItemKind::Object, 423, None, Verdict::BackOff),
            (ItemKind::Manifest, 429, Some(P::RateLimited), Verdict::BackOff),
            (ItemKind::Manifest, 503, Some(P::Maintenance), Verdict::BackOff),
            (ItemKind::Manifest, 302, None, Verdict::BackOff),
        ];
        for (kind, status, problem, verdict) in table {
            assert_eq!(judge(kind, status, problem), verdict, "{kind:?} {status} {problem:?}");
        }
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_spread_over_their_span() {
        assert_eq!(wait_ms(0, 0, None), 0);
        assert_eq!(wait_ms(0, u32::MAX, None), 1_999);
        assert_eq!(wait_ms(3, u32::MAX, None), 15_999);
        assert_eq!(wait_ms(u32::MAX, u32::MAX, None), CAP_MS - 1);
    }

    #[test]
    fn retry_after_is_a_minimum_and_an_absurd_one_is_capped() {
        assert_eq!(wait_ms(0, 0, Some(10)), 10_000);
        assert_eq!(wait_ms(0, u32::MAX, Some(10)), 14_999);
        assert_eq!(wait_ms(0, 0, Some(u64::MAX)), MAX_RETRY_AFTER_MS);
    }
}
