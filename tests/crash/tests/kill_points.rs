//! The victim is killed at chosen system calls of each way of working, and once more while the phone mends itself.

use std::collections::BTreeMap;
use std::path::Path;

use streife_crash::patrol::undisturbed;
use streife_crash::scenario::{Residue, SCENARIOS, Scenario, copy_of};
use streife_crash::settings::{Alone, points, say, scratch, skipped};
use streife_crash::strace::{self, KillPoint};
use streife_crash::{Acknowledged, Figures, Line, Mode, Phone, check};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_patrol");
/// Phones that the recovery is killed on, for each thing that a first kill can leave.
const PHONES_A_RESIDUE: u32 = 3;

/// A phone as it lies there before the victim begins. It is copied for each fault.
struct Start {
    _folder: TempDir,
    phone: Phone,
    before: Vec<Line>,
    mode: Mode,
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill_at_any_system_call() {
    let _alone = Alone::wait();
    if let Err(why) = strace::is_usable() {
        return skipped("strace kill points", &why);
    }
    for scenario in SCENARIOS {
        let start = Start::of(&scenario);
        let counts = start.counts();
        let (mut figures, chosen) = (Figures::default(), strace::points(&counts, points()));
        for point in &chosen {
            start.kill(point, scenario.name, &mut figures);
        }
        let (name, all): (_, u32) = (scenario.name, counts.values().sum());
        say(&format_args!(
            "kill points, {name}: {} of {all} in {counts:?}\nkill points, {name}: {figures}",
            chosen.len()
        ));
        assert!(figures.kills * 10 >= figures.runs * 9, "strace hardly killed");
    }
}

/// A double kill: a phone that a kill has left is opened, and killed again while it mends itself.
#[test]
fn nothing_acknowledged_is_lost_by_a_second_kill_within_the_recovery() {
    let _alone = Alone::wait();
    if let Err(why) = strace::is_usable() {
        return skipped("strace kill points of the recovery", &why);
    }
    let (mut figures, mut all) = (Figures::default(), 0);
    let mut phones = BTreeMap::<Residue, u32>::new();
    for (residue, start) in SCENARIOS.iter().flat_map(killed_once) {
        let count = phones.entry(residue.clone()).or_default();
        if *count == points().map_or(PHONES_A_RESIDUE, |_| 1) {
            continue;
        }
        *count += 1;
        let counts = start.counts();
        all += counts.values().sum::<u32>();
        for point in strace::points(&counts, points().map(|most| most.div_ceil(6))) {
            start.kill(&point, &format!("behind {residue}"), &mut figures);
        }
    }
    for (residue, count) in &phones {
        say(&format_args!("recovery kill points: {count} phones left with {residue}"));
    }
    say(&format_args!("recovery kill points: {} of {all}\nrecovery kill points: {figures}", figures.runs));
    let is_worth_it =
        |residue: &Residue| residue.adopted > 0 || points().is_some() && residue.deleted + residue.set_aside > 0;
    assert!(phones.keys().any(is_worth_it), "the first kills left nothing to mend");
    assert!(figures.kills * 10 >= figures.runs * 9, "strace hardly killed");
}

/// A call that fails is refused whole. Of the large suite of errors (FAULTS F6) only a sample.
#[test]
fn nothing_acknowledged_is_lost_by_a_system_call_that_fails() {
    let _alone = Alone::wait();
    if let Err(why) = strace::is_usable() {
        return skipped("strace errors", &why);
    }
    let mut figures = Figures::default();
    let mut gave_up = 0;
    let sample = points().map(|most| most.div_ceil(4));
    // A salvage meets errors in tests of its own: one that cannot ask the anchor does not know how far the journal had come.
    for start in SCENARIOS.iter().filter(|scenario| scenario.mode != Mode::Salvage).map(Start::of) {
        let counts = start.counts();
        // Every openat: only the few that open a folder behind a commit tell whether a committed row keeps its file.
        let faults = [
            ("openat", "EMFILE", None),
            ("fsync", "EIO", sample),
            ("fdatasync", "EIO", sample),
            ("pwrite64", "ENOSPC", sample),
        ];
        for (call, error, at_most) in faults {
            let count = BTreeMap::from([(call.to_owned(), counts.get(call).copied().unwrap_or_default())]);
            for point in strace::points(&count, at_most) {
                let fault = |phone: &Phone| strace::fail_at(Path::new(PROGRAM), start.mode, phone, &point, error);
                gave_up += u32::from(start.try_fault(&format!("{error} at {point:?}"), &mut figures, fault));
            }
        }
    }
    say(&format_args!("failing calls: {gave_up} refused; {figures}"));
    assert!(gave_up > 0, "no call failed");
}

/// Phones that a kill in this way of working has left, ready to be opened.
fn killed_once(scenario: &Scenario) -> impl Iterator<Item = (Residue, Start)> + use<> {
    let start = Start::of(scenario);
    let chosen = strace::points(&start.counts(), points());
    chosen.into_iter().map(move |point| {
        let start = &start; // whole: its folder goes with it
        let (folder, other) = (scratch(), scratch());
        let phone = copy_of(&start.phone, folder.path());
        let (lines, _) = strace::kill_at(Path::new(PROGRAM), start.mode, &phone, &point);
        let before = start.before.iter().copied().chain(lines).collect();
        let residue = Residue::of(&copy_of(&phone, other.path()));
        (residue, Start { _folder: folder, phone, before, mode: Mode::Reopen })
    })
}

impl Start {
    fn of(scenario: &Scenario) -> Self {
        let folder = scratch();
        let phone = Phone::new(folder.path());
        let before = (scenario.prepare)(&phone);
        Self { _folder: folder, phone, before, mode: scenario.mode }
    }

    fn counts(&self) -> BTreeMap<String, u32> {
        let folder = scratch();
        strace::counts(Path::new(PROGRAM), self.mode, &copy_of(&self.phone, folder.path()))
    }

    fn kill(&self, point: &KillPoint, context: &str, figures: &mut Figures) {
        let fault = |phone: &Phone| strace::kill_at(Path::new(PROGRAM), self.mode, phone, point);
        let killed = self.try_fault(&format!("{context}: {point:?}"), figures, fault);
        figures.kills += u32::from(killed);
    }

    /// Lets something happen to a copy of the phone, checks it, goes on with the same vault and checks again; says
    /// whether the victim came to a bad end.
    fn try_fault(&self, context: &str, figures: &mut Figures, fault: impl FnOnce(&Phone) -> (Vec<Line>, bool)) -> bool {
        let folder = scratch();
        let phone = copy_of(&self.phone, folder.path());
        let mut oracle = Acknowledged::default();
        oracle.extend(self.before.iter().copied());
        let (lines, ended) = fault(&phone);
        oracle.extend(lines);
        figures.runs += 1;
        let verdict = check(&phone, &oracle);
        figures.add(&verdict);
        verdict.assert_sound(context);
        let one_more = undisturbed(&phone, |patrol| {
            let case = patrol.case()?;
            patrol.void(case)
        });
        oracle.extend(one_more);
        check(&phone, &oracle).assert_sound(&format!("{context}, and one case more"));
        figures.add_oracle(&oracle);
        ended
    }
}
