//! A small storm, whole: real phones, real protocol, one box.

use streife_replay::Progress;
use streife_replay::storm::{Storm, storm};

struct Silent;

impl Progress for Silent {
    fn played(&self, _: usize, _: usize, _: &str) {}
}

#[test]
fn a_fleet_hands_over_everything_once() {
    let size = Storm { devices: 8, cases: 1, within_min: 5, speed: 60, threads: 4, seed: 3, folder: None };
    let outcome = storm(&size, &Silent).expect("plays");
    assert_eq!((outcome.failed(), outcome.devices), (0, 8), "{:#?}", outcome.checks);
    assert!(outcome.cases >= 8 && outcome.requests > 8 * 6, "{outcome:#?}");
    let bars: u64 = outcome.histogram.0.iter().sum();
    assert_eq!(bars, outcome.requests, "every request is in the histogram");
    assert!(outcome.lines().iter().any(|line| line.contains("in the fullest second")));
}
