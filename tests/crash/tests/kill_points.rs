//! The victim is killed at chosen system calls, from the first file of a new vault to the void of its case.

use std::path::Path;

use streife_crash::patrol::Patrol;
use streife_crash::settings::{points, say, skipped};
use streife_crash::strace::{self, KillPoint};
use streife_crash::{Acknowledged, Figures, Phone, check};

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
        try_point(point, &mut figures);
    }
    let all: u32 = counts.values().sum();
    say(&format_args!("kill points: {} of {all} in {counts:?}\nkill points: {figures}", chosen.len()));
    assert!(figures.kills * 10 >= figures.runs * 9, "strace hardly killed");
}

fn try_point(point: &KillPoint, figures: &mut Figures) {
    let folder = tempfile::tempdir().expect("a folder");
    let phone = Phone::new(folder.path());
    let mut oracle = Acknowledged::default();
    let (lines, killed) = strace::kill_at(Path::new(PROGRAM), &phone, point);
    oracle.extend(lines);
    figures.runs += 1;
    figures.kills += u32::from(killed);
    let verdict = check(&phone, &oracle);
    figures.add(&verdict);
    verdict.assert_sound(&format!("{point:?}"));
    go_on(&phone, &mut oracle);
    check(&phone, &oracle).assert_sound(&format!("{point:?}, and one case more"));
    figures.add_oracle(&oracle);
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
