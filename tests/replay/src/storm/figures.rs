//! What a storm has come to: the box's ledger against what the phones have acknowledged, and when requests arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use streife_box::{LedgerCase, RunningBox};
use streife_core::domain::CaseId;

use super::arrivals::{Counted, Load};
use super::fleet::Slept;
use crate::ReplayError;
use crate::model::Check;

/// Width of the widest bar.
const BAR: u64 = 48;
/// Bars of a histogram, at most.
const ROWS: i64 = 30;

/// Result of a storm.
#[derive(Clone, Debug, Serialize)]
pub struct StormOutcome {
    /// Phones.
    pub devices: usize,
    /// Cases that the phones have acknowledged.
    pub cases: usize,
    /// What was checked.
    pub checks: Vec<Check>,
    /// Requests that left the phones.
    pub requests: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Answers by status; 0 stands for none.
    pub answers: BTreeMap<u16, u64>,
    /// Most requests in a second of the fleet's clock.
    pub peak_per_s: u64,
    /// Mean of the seconds from the first request to the last.
    pub mean_per_s: f64,
    /// Most manifests, openings, events and seals in a second.
    pub signed_peak_per_s: u64,
    /// How often phones were woken.
    pub wakes: u64,
    /// When half of the phones were done, and when the last was, seconds of the fleet's clock.
    pub done_s: (i64, i64),
    /// Requests in each stretch of the fleet's clock, and how long a stretch is, seconds.
    pub histogram: (Vec<u64>, i64),
    /// Real seconds for preparing and for playing.
    pub real_s: (f64, f64),
    /// Most memory of this process, box and phones together, kibibytes; 0 where the system does not tell.
    pub peak_kib: u64,
}

/// Compares ledger and phones.
pub fn judge(
    slept: &[Slept],
    server: &RunningBox,
    counted: &Counted,
    real: (Duration, Duration),
) -> Result<StormOutcome, ReplayError> {
    let stored = server.ledger().cases().map_err(|error| ReplayError::setup("box")(&error))?;
    let acknowledged: Vec<CaseId> = slept.iter().flat_map(|slept| slept.phone.cases.iter().copied()).collect();
    let checks = checks(slept, &acknowledged, &stored);
    let by_second = totals(counted, |_| true);
    let (first, last) = span(&by_second);
    let requests: u64 = by_second.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "for people, to one decimal")]
    let mean_per_s = requests as f64 / (last - first + 1).max(1) as f64;
    Ok(StormOutcome {
        devices: slept.len(),
        cases: acknowledged.len(),
        checks,
        requests,
        bytes: counted.bytes,
        answers: counted.answers.clone(),
        peak_per_s: peak(&by_second),
        mean_per_s,
        signed_peak_per_s: peak(&totals(counted, |load| load == Load::Signed)),
        wakes: slept.iter().map(|slept| u64::from(slept.phone.wakes)).sum(),
        done_s: done(slept),
        histogram: histogram(&by_second, first, last),
        real_s: (real.0.as_secs_f64(), real.1.as_secs_f64()),
        peak_kib: peak_kib(),
    })
}

fn checks(slept: &[Slept], acknowledged: &[CaseId], stored: &[LedgerCase]) -> Vec<Check> {
    let at_box: BTreeMap<CaseId, &LedgerCase> = stored.iter().map(|case| (case.case, case)).collect();
    let known: BTreeSet<CaseId> = acknowledged.iter().copied().collect();
    let is_whole =
        |case: &&LedgerCase| case.receipt.is_some() && case.objects.iter().all(|object| object.file.is_some());
    let lost = acknowledged.iter().filter(|case| !at_box.get(case).is_some_and(is_whole)).count();
    let places: BTreeSet<_> = stored.iter().map(|case| (case.shift, case.seq)).collect();
    let awake = slept.iter().filter(|slept| slept.done_ms.is_none()).count();
    let errors: BTreeSet<String> = slept.iter().filter_map(|slept| Some(slept.error.as_ref()?.to_string())).collect();
    let errors: Vec<_> = errors.into_iter().collect();
    let check = |name: &str, bad: usize, what: &str| Check {
        name: name.to_owned(),
        holds: bad == 0,
        detail: if bad == 0 { String::new() } else { format!("{bad} {what}") },
    };
    vec![
        check("every acknowledged case is at the box, whole and receipted", lost, "are not"),
        check(
            "no case is at the box that no phone has acknowledged",
            at_box.keys().filter(|case| !known.contains(case)).count(),
            "are",
        ),
        check("no case is there twice", stored.len() - places.len(), "are"),
        check("every phone has handed over everything", awake, &format!("have not {}", errors.join("; "))),
    ]
}

fn totals(counted: &Counted, wanted: impl Fn(Load) -> bool) -> BTreeMap<i64, u64> {
    let mut totals = BTreeMap::new();
    for ((second, _), count) in counted.by_second.iter().filter(|((_, load), _)| wanted(*load)) {
        *totals.entry(*second).or_default() += count;
    }
    totals
}

fn peak(by_second: &BTreeMap<i64, u64>) -> u64 {
    by_second.values().copied().max().unwrap_or(0)
}

fn span(by_second: &BTreeMap<i64, u64>) -> (i64, i64) {
    let ends = by_second.first_key_value().zip(by_second.last_key_value());
    ends.map_or((0, 0), |((first, _), (last, _))| (*first, *last))
}

fn histogram(by_second: &BTreeMap<i64, u64>, first: i64, last: i64) -> (Vec<u64>, i64) {
    let step = ((last - first) / ROWS + 1).max(1);
    let mut bars = vec![0; usize::try_from((last - first) / step + 1).unwrap_or(1)];
    for (second, count) in by_second {
        let bar = usize::try_from((second - first) / step).ok().and_then(|index| bars.get_mut(index));
        bar.into_iter().for_each(|bar| *bar += count);
    }
    (bars, step)
}

fn done(slept: &[Slept]) -> (i64, i64) {
    let mut done: Vec<i64> = slept.iter().filter_map(|slept| Some(slept.done_ms? / 1_000)).collect();
    done.sort_unstable();
    (done.get(done.len() / 2).copied().unwrap_or(0), done.last().copied().unwrap_or(0))
}

/// `VmHWM` of this process.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

impl StormOutcome {
    /// How many checks failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|check| !check.holds).count()
    }

    /// For people, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let (half, last) = self.done_s;
        let busy = self.answers.get(&503).copied().unwrap_or(0);
        let answers: Vec<String> =
            self.answers.iter().map(|(status, count)| format!("{count} x {}", named(*status))).collect();
        #[expect(clippy::cast_precision_loss, reason = "for people, to one decimal")]
        let (megabytes, herd) = (self.bytes as f64 / 1e6, self.peak_per_s as f64 / self.mean_per_s.max(0.001));
        let mut lines = vec![format!(
            "{} phones, {} cases: {} requests, {megabytes:.1} MB",
            self.devices, self.cases, self.requests
        )];
        lines.extend(self.bars());
        lines.push(format!(
            "arrivals: {} in the fullest second, {:.1} in the mean second ({herd:.1} times); {} signed structures at most",
            self.peak_per_s, self.mean_per_s, self.signed_peak_per_s
        ));
        lines.push(format!("answers: {}; busy {busy} times", answers.join(", ")));
        lines.push(format!(
            "half of the phones were done after {}, the last after {}; woken {} times",
            clock(half),
            clock(last),
            self.wakes
        ));
        let (prepared, played) = self.real_s;
        lines.push(format!(
            "{prepared:.1} s to prepare, {played:.1} s to play; {} MiB for box and phones at most",
            self.peak_kib / 1_024
        ));
        lines
    }

    fn bars(&self) -> Vec<String> {
        let (bars, step) = &self.histogram;
        let most = bars.iter().copied().max().unwrap_or(0).max(1);
        let bar = |(row, count): (i64, &u64)| {
            let width = usize::try_from((count * BAR).div_ceil(most)).unwrap_or(0);
            format!("  {:>8} {count:>7} {}", clock(row * step), "#".repeat(width))
        };
        (0..).zip(bars).map(bar).collect()
    }
}

fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn named(status: u16) -> String {
    if status == 0 { "no answer".to_owned() } else { status.to_string() }
}

#[cfg(test)]
mod tests {
    use streife_box::SequenceFlag;
    use streife_core::domain::{DeviceId, ShiftId};
    use streife_core::sync::protocol::BoxCaseState;

    use super::*;

    fn stored(case: u8, seq: u32, receipt: Option<Vec<u8>>) -> LedgerCase {
        LedgerCase {
            case: CaseId::new([case; 16]),
            device: DeviceId::new([1; 16]),
            shift: ShiftId::new([1; 16]),
            seq,
            sequence: SequenceFlag::Fits,
            index: seq.into(),
            state: BoxCaseState::Complete,
            manifest: Vec::new(),
            receipt,
            objects: Vec::new(),
            events: Vec::new(),
        }
    }

    fn holds(acknowledged: &[CaseId], stored: &[LedgerCase]) -> Vec<bool> {
        checks(&[], acknowledged, stored).iter().map(|check| check.holds).collect()
    }

    #[test]
    fn what_is_lost_strange_or_doubled_is_found() {
        let (one, two) = (CaseId::new([1; 16]), CaseId::new([2; 16]));
        let receipt = || Some(vec![0]);
        assert_eq!(holds(&[one, two], &[stored(1, 1, receipt()), stored(2, 2, receipt())]), [true; 4]);
        assert_eq!(holds(&[one, two], &[stored(1, 1, receipt())]), [false, true, true, true], "lost");
        assert_eq!(holds(&[one], &[stored(1, 1, None)]), [false, true, true, true], "no receipt");
        let strange = [stored(1, 1, receipt()), stored(3, 2, receipt())];
        assert_eq!(holds(&[one], &strange), [true, false, true, true], "strange");
        let doubled = [stored(1, 1, receipt()), stored(2, 1, receipt())];
        assert_eq!(holds(&[one, two], &doubled), [true, true, false, true], "doubled");
    }

    #[test]
    fn a_histogram_has_at_most_thirty_bars_and_loses_nothing() {
        let by_second: BTreeMap<i64, u64> = (100..1_000).map(|second| (second, 2)).collect();
        let (bars, step) = histogram(&by_second, 100, 999);
        assert_eq!((bars.len(), step, bars.iter().sum::<u64>()), (30, 30, 1_800));
        assert_eq!(histogram(&BTreeMap::from([(7, 1)]), 7, 7), (vec![1], 1));
    }
}
