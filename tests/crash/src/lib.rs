//! Kills the core while it works, cuts its power, tears its files, fills its disk, and checks that nothing acknowledged
//! is lost.
//!
//! Real processes, real kills, real file systems. What is covered, what is not yet, and what was measured stands in
//! `tests/crash/README.md`.
//!
//! **The oracle is a pipe, never the vault's own word.** The program `patrol` records cases and writes one line to its
//! standard output *after* each call of the core has returned ([`Line`]). The test reads these lines, kills the program
//! in the middle of whatever it does, opens the vault itself and compares ([`check()`]). What was not acknowledged may be
//! there or not; what is there must be whole.
//!
//! **The checkers are themselves checked:** a writer that acknowledges too early must be caught, and so must writers
//! that forget an fsync, commit before they write, or do not wait for the database's log.

pub mod chance;
pub mod check;
pub mod disk;
pub mod epochs;
pub mod evidence;
pub mod figures;
pub mod golden;
pub mod oracle;
pub mod patrol;
pub mod phone;
pub mod power;
pub mod scenario;
pub mod settings;
pub mod strace;
pub mod torn;
pub mod victim;
pub mod weak;

pub use check::{Verdict, check};
pub use figures::{Figures, Times};
pub use oracle::{Acknowledged, Line};
pub use phone::{Link, Phone};
pub use victim::{Mode, Victim};
