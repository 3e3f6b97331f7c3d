//! What the environment sets.

/// Whether every cell runs, and pairs of faults until there are [`crate::pick::FULL_RUNS`] runs.
pub fn is_full() -> bool {
    variable("STREIFE_MATRIX").is_some_and(|value| value == "full")
}

/// What pairs of faults are drawn from.
pub fn seed() -> u64 {
    variable("STREIFE_MATRIX_SEED").map_or(1, |text| text.parse().expect("STREIFE_MATRIX_SEED is a number"))
}

#[expect(clippy::disallowed_methods, reason = "a test's host is its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
