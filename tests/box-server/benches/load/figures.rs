//! Times of a run, and the processor time that the box spent on it.

use std::fmt::{Display, Formatter, Result};
use std::time::{Duration, Instant};

/// Processors of the machine that the figures are for.
const PROCESSORS: f64 = 2.0;

/// A measurement, under way or ended.
pub struct Run {
    begun: Instant,
    took: Duration,
    latencies: Vec<Duration>,
    /// Seconds of the box's processor time.
    processor: f64,
}

impl Run {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub fn begin() -> Self {
        Self { begun: Instant::now(), took: Duration::ZERO, latencies: Vec::new(), processor: 0.0 }
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Ends with what each case took and what the box spent on all of them, seconds.
    pub fn end(mut self, mut latencies: Vec<Duration>, processor: f64) -> Self {
        self.took = self.elapsed();
        self.processor = processor;
        latencies.sort_unstable();
        self.latencies = latencies;
        self
    }

    /// Cases a second that came through, phones and box on the same processors.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds of the box's processor time a case.
    pub fn each_ms(&self) -> f64 {
        self.processor * 1e3 / self.latencies.len() as f64
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (count, p50, p99, each) = (self.latencies.len(), self.percentile(50), self.percentile(99), self.each_ms());
        let capacity = PROCESSORS * 1e3 / each;
        write!(f, "wall {:>5.0}/s  p50 {p50:.1} ms  p99 {p99:.1} ms  ({count}); ", self.rate())?;
        write!(f, "box {each:.2} ms of processor each, so two take {capacity:.0}/s")
    }
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is started for")]
pub fn say(line: &dyn Display) {
    println!("{line}");
}
