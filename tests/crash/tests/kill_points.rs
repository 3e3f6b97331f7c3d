//! The victim is killed at chosen system calls, from the first file of a new vault to the void of its case.

use std::collections::BTreeMap;
use std::path::Path;

use streife_crash::patrol::Patrol;
use streife_crash::settings::{points, say, skipped};
use streife_crash::strace::{self, KillPoint};
use streife_crash::{Acknowledged, Figures, Line, Phone, check};

const PROGRAM: &str = env!("CARGO_BIN_EXE_patrol");

#[test]
fn nothing_acknowledged_is_lost_by_a_kill_at_any_system_call() {
    if let Err(why) = strace::is_usable() {
        return skipped("strace kill points", &why);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let counts = strace::counts(Path::new(PROGRAM), &Phone::new(folder.path()));
    let chosen = strace::points(&counts, points());
    let mut figures = Figures::default();
    for point in &chosen {
        let killed = try_point(point, &mut figures, |phone| strace::kill_at(Path::new(PROGRAM), phone, point));
        figures.kills += u32::from(killed);
    }
    let all: u32 = counts.values().sum();
    say(&format_args!("kill points: {} of {all} in {counts:?}\nkill points: {figures}", chosen.len()));
    assert!(figures.kills * 10 >= figures.runs * 9, "strace hardly killed");
}

/// A call that fails is refused whole. Of the large suite of errors (FAULTS F6) only a sample.
#[test]
fn nothing_acknowledged_is_lost_by_a_system_call_that_fails() {
    if let Err(why) = strace::is_usable() {
        return skipped("strace errors", &why);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let counts = strace::counts(Path::new(PROGRAM), &Phone::new(folder.path()));
    let mut figures = Figures::default();
    let mut gave_up = 0;
    let sample = points().map(|most| most.div_ceil(4));
    // Every openat: only the few that open a folder behind a commit tell whether a committed row keeps its file.
    for (call, error, at_most) in [("openat", "EMFILE", None), ("fsync", "EIO", sample), ("pwrite64", "ENOSPC", sample)]
    {
        let count = BTreeMap::from([(call.to_owned(), counts.get(call).copied().unwrap_or_default())]);
        for point in strace::points(&count, at_most) {
            let fault = |phone: &Phone| strace::fail_at(Path::new(PROGRAM), phone, &point, error);
            gave_up += u32::from(try_point(&point, &mut figures, fault));
        }
    }
    say(&format_args!("failing calls: {gave_up} refused; {figures}"));
    assert!(gave_up > 0, "no call failed");
}

fn try_point(point: &KillPoint, figures: &mut Figures, fault: impl FnOnce(&Phone) -> (Vec<Line>, bool)) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let phone = Phone::new(folder.path());
    let mut oracle = Acknowledged::default();
    let (lines, ended) = fault(&phone);
    oracle.extend(lines);
    figures.runs += 1;
    let verdict = check(&phone, &oracle);
    figures.add(&verdict);
    verdict.assert_sound(&format!("{point:?}"));
    go_on(&phone, &mut oracle);
    check(&phone, &oracle).assert_sound(&format!("{point:?}, and one case more"));
    figures.add_oracle(&oracle);
    ended
}

/// The same vault goes on being used.
fn go_on(phone: &Phone, oracle: &mut Acknowledged) {
    let mut lines = Vec::new();
    let client = phone.open().expect("opens again");
    let mut patrol = Patrol::begin(phone, &client, &mut lines).expect("goes on");
    let case = patrol.case().expect("seals a case");
    patrol.void(case).expect("voids it");
    drop(patrol);
    let text = String::from_utf8(lines).expect("the oracle's lines");
    oracle.extend(text.lines().map(|line| line.parse().expect("a line of the oracle")));
}
