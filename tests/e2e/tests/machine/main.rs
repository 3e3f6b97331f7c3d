//! The random machine (FAULTS F30): sequences of everything an app, an officer and the world can do, with faults in
//! between, against a model of what was acknowledged.
//!
//! Phone and box are real; kills, lost answers and failing hardware are made in the ports, so that a sequence takes
//! milliseconds. What only a process or a disk can show (power cuts, torn pages, locks of other processes) is the crash
//! suite's.
//!
//! A sequence that fails is made as short as it will be, and its seed is written to `regressions.txt`; seeds that stand
//! there are played first, in every run. A seed means the same sequence only while the generator is the same: a sequence
//! that has found something is therefore also written out in [`kept`].

mod acts;
mod asleep;
mod check;
mod damage;
mod desk;
mod disk;
mod edits;
mod fate;
mod figures;
mod finish;
mod hands;
mod journal;
mod kept;
mod keys;
mod model;
mod patience;
mod play;
mod ports;
mod settle;
mod steps;
mod world;

use std::sync::Mutex;

use figures::Figures;
use hands::{DeletesEarly, ForgetsEdits, ForgetsVoids, Hands, Honest, KeepsNoPhoto, LosesTheLog};
use play::{Checked, Machine};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};
use steps::Sequence;

/// Sequences of a run unless `STREIFE_MACHINE_CASES` says otherwise; a release plays 2,000.
const CASES: u32 = 100;
const SEED: u64 = 20_260_616;
/// Attempts to make a failing sequence shorter; each costs as much as a case.
const SHRINKS: u32 = 600;
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machine/regressions.txt");

#[test]
fn no_sequence_of_calls_and_faults_loses_doubles_or_changes_anything() {
    let figures = Mutex::new(Figures::default());
    let config = Config {
        cases: setting("STREIFE_MACHINE_CASES").map_or(CASES, |cases| cases.parse().expect("a number")),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        max_shrink_iters: SHRINKS,
        ..seeded()
    };
    let found = TestRunner::new(config).run(&steps::sequences(), |sequence| {
        let (mut played, result) = play(&sequence, &Honest);
        played.losses = u32::from(result.is_err());
        figures.lock().expect("no holder panics").add(&played);
        result.map_err(TestCaseError::fail)
    });
    say(&format!("machine: {}", figures.into_inner().expect("no holder panics")));
    if !disk::Disk::new().can_be_full() {
        say("SKIPPED: full disks in random sequences: mounting one needs root");
    }
    match found {
        Ok(()) => {}
        Err(TestError::Fail(reason, sequence)) => panic!("{reason}\n{sequence:?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Each positive control breaks one promise, and a run of the usual length must find it.
#[test]
fn an_app_that_forgets_an_edit_is_found() {
    must_find("a forgotten edit", "I1", || Box::new(ForgetsEdits::default()));
}

#[test]
fn an_app_that_acknowledges_a_photo_it_has_not_kept_is_found() {
    must_find("a photo not kept", "I1", || Box::new(KeepsNoPhoto::default()));
}

#[test]
fn an_app_that_forgets_a_void_is_found() {
    must_find("a forgotten void", "I1", || Box::new(ForgetsVoids));
}

#[test]
fn an_app_that_deletes_before_the_receipt_is_found() {
    must_find("a photo deleted early", "I8", || Box::new(DeletesEarly));
}

#[test]
fn a_disk_that_loses_the_log_in_a_kill_is_found() {
    must_find("a lost log", "I", || Box::new(LosesTheLog));
}

fn must_find(what: &str, invariant: &str, hands: impl Fn() -> Box<dyn Hands>) {
    let tries = Mutex::new(0);
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 0, ..seeded() };
    let found = TestRunner::new(config).run(&steps::sequences(), |sequence| {
        *tries.lock().expect("no holder panics") += 1;
        play(&sequence, &*hands()).1.map_err(TestCaseError::fail)
    });
    let Err(TestError::Fail(reason, _)) = found else { panic!("the machine believes it: {found:?}") };
    let (reason, tries) = (reason.message(), tries.into_inner().expect("no holder panics"));
    say(&format!("machine: {what} was found by sequence {tries} of {CASES}"));
    let broken = reason.split(": ").nth(1).unwrap_or_default();
    assert!(broken.starts_with(invariant), "found by accident: {reason}");
}

/// Plays one sequence.
fn play(sequence: &Sequence, hands: &dyn Hands) -> (Figures, Checked) {
    let mut machine = Machine::new(sequence.seed, hands);
    let result = machine.play(&sequence.steps);
    (machine.figures, result)
}

/// The same sequences in each run, so that a change is judged by what it does and not by what is drawn; those that follow
/// from another `STREIFE_MACHINE_SEED`, or new ones each time if it is `random`, as a release plays them.
fn seeded() -> Config {
    let rng_seed = match setting("STREIFE_MACHINE_SEED").as_deref() {
        Some("random") => RngSeed::Random,
        Some(seed) => RngSeed::Fixed(seed.parse().expect("a number, or `random`")),
        None => RngSeed::Fixed(SEED),
    };
    Config { rng_seed, ..Config::default() }
}

#[expect(clippy::disallowed_methods, reason = "a test's settings come from the environment")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Prints on a line of its own, also behind the `test name ...` of a test runner with one thread.
#[expect(clippy::print_stdout, reason = "figures belong into the log of a run")]
fn say(text: &str) {
    println!("\n{text}");
}
