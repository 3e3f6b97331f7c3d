//! The fault matrix: every fault of FAULTS F7-F17 and F25-F27 at every step of a handover, against the same oracle.
//!
//! A cell is a fault at a step for a phone of some shape, and a test of its own: `F13/lost-after-commit/last-chunk/three`.
//! Its run is always the same: a new phone enrols, records and closes its shift over a good link, then the fault is
//! scripted and the phone hands over as a scheduler would let it, until nothing is left. What then counts is the box's
//! ledger against what the phone had sealed, hashed before the fault; see [`oracle`].
//!
//! Phones share a box, because a box costs more than a run: scripts of a box name no phone, so a box serves one phone at
//! a time, and the oracle looks at this phone's rows alone. Everything lies in memory where that is to be had: what is
//! tried here are sequences, not disks.
//!
//! `STREIFE_MATRIX=full` runs every cell and pairs of faults from as many seeds as make 5,000 runs; otherwise a sample
//! that meets every fault and every step. `STREIFE_MATRIX_SEED` repeats the pairs of a run.

mod bench;
mod cells;
mod control;
mod drain;
mod faults;
mod flow;
mod oracle;
mod phone;
mod pick;
mod plan;
mod settings;
mod special;

use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() {
        drop(tempfile::env::override_temp_dir(memory)); // set already: as good
    }
    let arguments = Arguments::from_args();
    let house = Arc::new(bench::House::default());
    let mut trials: Vec<Trial> = pick::chosen(settings::is_full(), settings::seed())
        .into_iter()
        .map(|cell| {
            let house = Arc::clone(&house);
            Trial::test(cell.name(), move || house.run(&cell).map_err(Into::into))
        })
        .collect();
    trials.extend(special::trials());
    trials.extend(control::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    house.say_figures();
    conclusion.exit();
}
