//! A small storm, whole: real phones, real protocol, one box.

use streife_replay::Progress;
use streife_replay::storm::{Storm, storm};

struct Silent;

impl Progress for Silent {
    fn played(&self, _: usize, _: usize, _: &str) {}
}

#[test]
fn a_fleet_hands_over_everything_once() {
    let size =
        Storm { devices: 8, cases: 1, within_min: 5, speed: 60, threads: 4, at_once: None, seed: 3, folder: None };
    let outcome = storm(&size, &Silent).expect("plays");
    assert_eq!((outcome.failed(), outcome.devices), (0, 8), "{:#?}", outcome.checks);
    assert!(outcome.cases >= 8 && outcome.requests > 8 * 6, "{outcome:#?}");
    let bars: u64 = outcome.histogram.0.iter().sum();
    assert_eq!(bars, outcome.requests, "every request is in the histogram");
    assert!(outcome.lines().iter().any(|line| line.contains("in the fullest second")));
}

/// All shifts end in the same second before a box that does one thing at a time: it sends phones away, and they come again.
#[test]
fn a_box_that_is_too_small_sends_phones_away_and_loses_nothing() {
    let size =
        Storm { devices: 8, cases: 2, within_min: 0, speed: 60, threads: 8, at_once: Some(1), seed: 3, folder: None };
    let outcome = storm(&size, &Silent).expect("plays");
    assert_eq!((outcome.failed(), outcome.devices), (0, 8), "{:#?}", outcome.checks);
    let busy = outcome.answers.get(&503).copied().unwrap_or(0);
    assert!(busy > 0, "the control: somebody was sent away, {:?}", outcome.answers);
    assert!(busy < outcome.requests / 2, "and did not ask again and again: {:?}", outcome.answers);
    assert!(outcome.answers.keys().all(|status| *status < 500 || *status == 503), "{:?}", outcome.answers);
}
