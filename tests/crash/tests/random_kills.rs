//! The victim is killed at random moments while it captures, and goes on with the same vault.

use std::path::Path;

use streife_crash::chance::{Chance, spin};
use streife_crash::scenario::copy_of;
use streife_crash::settings::{Alone, kills, say};
use streife_crash::{Acknowledged, Figures, Line, Mode, Phone, Times, Victim, check};

const PROGRAM: &str = env!("CARGO_BIN_EXE_patrol");
const KILLS_A_VAULT: u32 = 10;
/// Lines heard before a kill: from none, which is within opening and recovery, to some three cases.
const LINES: u32 = 24;
/// Longest work between the last line heard and the kill, KiB of hashing.
const SPIN_KIB: u32 = 30_000;

#[test]
fn nothing_acknowledged_is_lost_by_kills_at_random_moments() {
    let _alone = Alone::wait();
    let mut chance = Chance::announced("random kills");
    let (mut figures, mut times) = (Figures::default(), Times::default());
    while figures.kills < kills() {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = Phone::new(folder.path());
        let mut oracle = Acknowledged::default();
        for _ in 0..KILLS_A_VAULT.min(kills() - figures.kills) {
            let mode = if chance.below(2) == 0 { Mode::Capture } else { Mode::Shifts };
            let mut victim = Victim::start(Path::new(PROGRAM), mode, &phone);
            victim.hear_until(chance.below(LINES), |_| true);
            spin(chance.below(SPIN_KIB));
            oracle.extend(victim.kill());
            figures.runs += 1;
            figures.kills += 1;
            // A copy, so that what the opening mends is still there for the check.
            let copy = tempfile::tempdir().expect("a folder");
            times.add(Victim::time_opening(Path::new(PROGRAM), &copy_of(&phone, copy.path())));
            let verdict = check(&phone, &oracle);
            figures.add(&verdict);
            verdict.assert_sound(&format!("kill {}", figures.kills));
        }
        figures.add_oracle(&oracle);
    }
    say(&format_args!("random kills: {figures}\nopening behind a kill, from the start of the process: {times}"));
    assert!(figures.acknowledged > figures.kills, "the victim hardly worked");
}

/// The positive control: who acknowledges before the commit is caught by the same checker.
#[test]
fn a_writer_that_acknowledges_too_early_is_caught() {
    let _alone = Alone::wait();
    const TRIES: u32 = 20;
    for attempt in 1..=TRIES {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = Phone::new(folder.path());
        let mut victim = Victim::start(Path::new(PROGRAM), Mode::AckEarly, &phone);
        victim.hear_until(1 + attempt % 3, |line| matches!(line, Line::Photo(..)));
        let mut oracle = Acknowledged::default();
        oracle.extend(victim.kill());
        let verdict = check(&phone, &oracle);
        assert_eq!(verdict.broken, Vec::<String>::new(), "a liar breaks nothing");
        if verdict.lost.iter().any(|what| what.contains("photo")) {
            say(&format_args!("positive control: caught at kill {attempt} of at most {TRIES}"));
            return;
        }
    }
    panic!("the checker believes a writer that lies");
}
