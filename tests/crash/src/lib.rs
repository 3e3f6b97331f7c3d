//! Kills the core while it works, fills its disk, and checks that nothing acknowledged is lost.
//!
//! This is the first version: thin, but real processes and real kills. Power cuts, torn writes, bit rot, error
//! injection and killed migrations (FAULTS F2-F6, F20) are not here yet; the exhaustive suites come with a later issue.
//! What is covered and what was measured stands in `tests/crash/README.md`.
//!
//! **The oracle is a pipe, never the vault's own word.** The program `patrol` records cases and writes one line to its
//! standard output *after* each call of the core has returned ([`Line`]). The test reads these lines, kills the program
//! in the middle of whatever it does, opens the vault itself and compares ([`check()`]). What was not acknowledged may be
//! there or not; what is there must be whole.
//!
//! **The checker is itself checked:** a writer that acknowledges too early must be caught by it.

pub mod chance;
pub mod check;
pub mod disk;
mod evidence;
pub mod figures;
pub mod oracle;
pub mod patrol;
pub mod phone;
pub mod settings;
pub mod strace;
pub mod victim;

pub use check::{Verdict, check};
pub use figures::Figures;
pub use oracle::{Acknowledged, Line};
pub use phone::{Link, Phone};
pub use victim::{Mode, Victim};
