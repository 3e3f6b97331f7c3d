//! Contestants that run in turn, and the table of their ratios.
//!
//! A machine that slows down slows all of them, so a ratio says more than its milliseconds, which belong to one machine.
//! Each round begins with another contestant, so that nobody always runs behind the same one. CPU time is that of all
//! threads of the process, kernel included; on a machine with other work it is steadier than the clock.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Rounds that come before those that count.
const WARM_UP: usize = 3;

/// One run of one contestant.
#[derive(Clone, Copy)]
pub struct Run {
    wall: f64,
    cpu: f64,
}

impl Run {
    /// A run whose time another process has taken.
    #[must_use]
    pub const fn elsewhere(wall_ms: f64, cpu_ms: f64) -> Self {
        Self { wall: wall_ms, cpu: cpu_ms }
    }
}

/// Times the part of a contestant that counts; letting go of what it gives does not.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn timed<T>(work: impl FnOnce() -> T) -> Run {
    let (cpu, start) = (cpu_time(), Instant::now());
    let given = work();
    let (wall, cpu) = (start.elapsed(), cpu_time() - cpu);
    drop(given);
    Run { wall: wall.as_secs_f64() * 1e3, cpu: cpu.as_secs_f64() * 1e3 }
}

fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(tv_sec), u32::try_from(tv_nsec));
    Duration::new(seconds.expect("since the process began"), nanos.expect("below a second"))
}

/// All runs of one contestant that count.
pub struct Series {
    runs: Vec<Run>,
}

impl Series {
    fn median(&self, part: impl Fn(&Run) -> f64) -> f64 {
        quantile(self.runs.iter().map(part).collect(), 0.5)
    }

    /// Median of the elapsed time, milliseconds.
    #[must_use]
    pub fn ms(&self) -> f64 {
        self.median(|run| run.wall)
    }

    fn cpu_ms(&self) -> f64 {
        self.median(|run| run.cpu)
    }
}

fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = (part * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// Lets the contestants run in turn.
pub fn in_turn<const N: usize>(rounds: usize, mut contestants: [&mut dyn FnMut() -> Run; N]) -> [Series; N] {
    let mut all = [(); N].map(|()| Series { runs: Vec::with_capacity(rounds) });
    for round in 0..WARM_UP + rounds {
        for place in 0..N {
            let next = (round + place) % N;
            let (Some(contestant), Some(series)) = (contestants.get_mut(next), all.get_mut(next)) else { continue };
            let run = contestant();
            if round >= WARM_UP {
                series.runs.push(run);
            }
        }
    }
    all
}

/// What a ratio is held against.
#[derive(Clone, Copy)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// Shown, not judged.
    None,
}

/// Ratios of one run.
#[derive(Default)]
pub struct Table {
    rows: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    /// Adds the ratio of `ours` to `theirs`; for [`Limit::AtLeast`] it is that of `theirs` to `ours`.
    pub fn add(&mut self, what: &str, ours: &Series, theirs: &Series, limit: Limit) {
        let turned = matches!(limit, Limit::AtLeast(_));
        let of = |ours: f64, theirs: f64| if turned { theirs / ours } else { ours / theirs };
        let each = ours.runs.iter().zip(&theirs.runs).map(|(ours, theirs)| of(ours.wall, theirs.wall));
        let each: Vec<_> = each.collect();
        let (low, high) = (quantile(each.clone(), 0.25), quantile(each, 0.75));
        let (ratio, cpu) = (of(ours.ms(), theirs.ms()), of(ours.cpu_ms(), theirs.cpu_ms()));
        let verdict = match limit {
            Limit::AtMost(limit) => format!("<= {limit:.2} {}", verdict(ratio <= limit)),
            Limit::AtLeast(limit) => format!(">= {limit:.2} {}", verdict(ratio >= limit)),
            Limit::None => String::new(),
        };
        self.rows.push(format!(
            "{what:<58} {:>9.2} {:>9.2} {ratio:>6.2} {low:>6.2}-{high:<6.2} {cpu:>6.2}  {verdict}",
            ours.ms(),
            theirs.ms()
        ));
    }

    /// Adds a line below the table.
    pub fn say(&mut self, line: &str) {
        self.notes.push(line.to_owned());
    }

    #[expect(clippy::print_stdout, reason = "the table is the benchmark's result")]
    pub fn print(&self) {
        println!("\nMedians of rounds in turn, ms. \"middle\" is the middle half of the rounds' own ratios.\n");
        let head = ["ratio", "middle", "CPU"];
        println!("{:<58} {:>9} {:>9} {:>6} {:^13} {:>6}  limit", "", "ours", "theirs", head[0], head[1], head[2]);
        self.rows.iter().for_each(|row| println!("{row}"));
        println!();
        self.notes.iter().for_each(|note| println!("{note}"));
    }
}

const fn verdict(holds: bool) -> &'static str {
    if holds { "within" } else { "BEYOND" }
}
