//! What the environment sets, and what a run says on standard output.

use std::fmt::Display;

/// Kills in the random suites unless `STREIFE_CRASH_KILLS` says otherwise; a release runs 500.
const KILLS: u32 = 40;
/// Kill points of the strace suite unless `STREIFE_CRASH_POINTS` says otherwise, as a number or `all`.
const POINTS: u32 = 60;
/// Power cuts on each file system unless `STREIFE_CRASH_CUTS` says otherwise; a release runs 100.
const CUTS: u32 = 10;
/// Offsets that a file is torn at unless `STREIFE_CRASH_OFFSETS` says otherwise, as a number or `all`.
const OFFSETS: u32 = 12;

/// How many random kills to make.
#[must_use]
pub fn kills() -> u32 {
    variable("STREIFE_CRASH_KILLS").map_or(KILLS, |text| text.parse().expect("STREIFE_CRASH_KILLS is a number"))
}

/// How many kill points to try; nothing means every one.
#[must_use]
pub fn points() -> Option<u32> {
    number_or_all("STREIFE_CRASH_POINTS", POINTS)
}

/// How many power cuts to make on each file system.
#[must_use]
pub fn cuts() -> u32 {
    variable("STREIFE_CRASH_CUTS").map_or(CUTS, |text| text.parse().expect("STREIFE_CRASH_CUTS is a number"))
}

/// At how many offsets to tear each file; nothing means all that can differ.
#[must_use]
pub fn offsets() -> Option<u32> {
    number_or_all("STREIFE_CRASH_OFFSETS", OFFSETS)
}

fn number_or_all(name: &str, otherwise: u32) -> Option<u32> {
    match variable(name).as_deref() {
        None => Some(otherwise),
        Some("all") => None,
        Some(text) => Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number or `all`"))),
    }
}

/// A folder in memory, where there is one, for tests that fsync often and lose no power.
///
/// # Panics
/// If there is no folder at all.
#[must_use]
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// The seed that a run is to repeat.
#[must_use]
pub fn seed() -> Option<u64> {
    variable("STREIFE_CRASH_SEED").map(|text| text.parse().expect("STREIFE_CRASH_SEED is a number"))
}

#[expect(clippy::disallowed_methods, reason = "a test's settings come from the environment, as its README says")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Says that a test could not be made here. `tests/run` counts these lines; one a test.
pub fn skipped(what: &str, why: &str) {
    say(&format_args!("SKIPPED: {what}: {why}"));
}

/// Prints on a line of its own, also behind the `test name ...` of a test runner with one thread.
#[expect(clippy::print_stdout, reason = "figures and skips belong into the log of a run")]
pub fn say(text: &dyn Display) {
    println!("\n{text}");
}
