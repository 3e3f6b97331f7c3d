//! Times, processor time and memory of a run.

use std::fmt::{Display, Formatter, Result};
use std::time::{Duration, Instant};

/// Clock ticks a second in `/proc`, on every Linux there is.
const TICKS: f64 = 100.0;

/// A measurement, under way or ended.
pub struct Run {
    begun: Instant,
    processor: f64,
    took: Duration,
    latencies: Vec<Duration>,
}

impl Run {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub fn begin() -> Self {
        Self { begun: Instant::now(), processor: processor_s(), took: Duration::ZERO, latencies: Vec::new() }
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn end(mut self, mut latencies: Vec<Duration>) -> Self {
        self.took = self.elapsed();
        self.processor = processor_s() - self.processor;
        latencies.sort_unstable();
        self.latencies = latencies;
        self
    }

    /// Cases a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (count, p50, p99) = (self.latencies.len(), self.percentile(50), self.percentile(99));
        let each = self.processor * 1e3 / count as f64;
        write!(f, "{:>7.0}/s  p50 {p50:.1} ms  p99 {p99:.1} ms  processor {each:.2} ms each  ({count})", self.rate())
    }
}

/// Memory of this process, KiB.
pub fn memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Processor time of this process so far, seconds.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = behind_name.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    ticks as f64 / TICKS
}

#[expect(clippy::print_stdout, reason = "this is what a benchmark is started for")]
pub fn say(line: &dyn Display) {
    println!("{line}");
}
