//! What preview and thumbnail of a photo cost, as ratios to other libraries that run in turn on the same photo.
//!
//! ```text
//! cargo bench -p streife-core --bench derive -- [--rounds N] [--turbojpeg PROGRAM] [--pillow "PROGRAM SCRIPT"] [--photo FILE]...
//! ```
//!
//! The peers are processes of their own (see `tests/peers/turbojpeg`) that have the photo in memory and take their own time.
//! A ratio is that of the fastest rounds: on a machine with other work the fastest round is the steadiest. Memory is the
//! resident high-water mark of a process that reads one photo and derives from it, once.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use streife_core::evidence::{JpegScan, PREVIEW_PIXELS, Wanted, derive};
use streife_core::testing::photo::{PhotoSpec, make};

/// Rounds that come before those that count.
const WARM_UP: usize = 2;
const WANTED: Wanted<'static> = Wanted { preview: true, thumbnail: true, masked: None };

struct Options {
    rounds: usize,
    turbojpeg: Option<String>,
    pillow: Option<String>,
    photos: Vec<PathBuf>,
    /// Derives from this photo, prints the high-water mark in KiB and ends.
    once: Option<PathBuf>,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { rounds: 21, turbojpeg: None, pillow: None, photos: Vec::new(), once: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value behind the option");
            match word.as_str() {
                "--rounds" => options.rounds = value().parse().expect("a number"),
                "--turbojpeg" => options.turbojpeg = Some(value()),
                "--pillow" => options.pillow = Some(value()),
                "--photo" => options.photos.push(value().into()),
                "--once" => options.once = Some(value().into()),
                "--bench" => {} // cargo's own
                other => panic!("unknown option {other}"),
            }
        }
        options
    }
}

fn main() {
    let options = Options::read();
    if let Some(photo) = &options.once {
        return once(photo);
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder that can be written to");
    let drawn = [(12, 4_000, 3_000), (48, 8_000, 6_000)].map(|(megapixels, width, height)| {
        let path = folder.path().join(format!("drawn, {megapixels} MP"));
        std::fs::write(&path, make(&PhotoSpec { width, height, ..PhotoSpec::default() })).expect("writes");
        path
    });
    print("Fastest of rounds in turn, ms.");
    print(&format!("{:<22} {:<12} {:>8} {:>8} {:>7} {:>7}  limit", "", "", "ours", "theirs", "ratio", "CPU"));
    for photo in drawn.iter().take(1).chain(&options.photos).chain(drawn.get(1)) {
        against_peers(photo, &options);
    }
    for (photo, limit) in drawn.iter().zip([60, 120]) {
        memory(photo, limit);
    }
}

/// Milliseconds: elapsed, of the processor.
type Run = (f64, f64);

fn against_peers(photo: &Path, options: &Options) {
    let bytes = std::fs::read(photo).expect("reads");
    let frame = JpegScan::of(&bytes).frame;
    let is_large = frame.width.max(frame.height) > 5_000; // the limits are for 12 megapixels
    let named = [("turbojpeg", &options.turbojpeg, 1.6), ("Pillow draft", &options.pillow, 1.0)];
    let mut peers: Vec<_> = named
        .into_iter()
        .filter_map(|(name, program, limit)| Some((name, Peer::start(program.as_ref()?, photo), limit)))
        .collect();
    let mut ours = Vec::new();
    let mut theirs = vec![Vec::new(); peers.len()];
    for round in 0..WARM_UP + options.rounds {
        let run = own(&bytes);
        let runs: Vec<Run> = peers.iter_mut().map(|(_, peer, _)| peer.run()).collect();
        if round >= WARM_UP {
            ours.push(run);
            theirs.iter_mut().zip(runs).for_each(|(all, run)| all.push(run));
        }
    }
    let name = photo.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if peers.is_empty() {
        print(&format!("{name:<22} {:<12} {:>8.1}", "no peer", fastest(&ours).0));
    }
    for ((peer, _, limit), runs) in peers.iter().zip(&theirs) {
        let (ours, theirs) = (fastest(&ours), fastest(runs));
        let (ratio, cpu) = (ours.0 / theirs.0, ours.1 / theirs.1);
        let verdict = if ratio <= *limit { "within" } else { "BEYOND" };
        let verdict = if is_large { String::new() } else { format!("<= {limit:.1} {verdict}") };
        print(&format!("{name:<22} {peer:<12} {:>8.1} {:>8.1} {ratio:>7.2} {cpu:>7.2}  {verdict}", ours.0, theirs.0));
    }
}

fn fastest(runs: &[Run]) -> Run {
    runs.iter().fold((f64::MAX, f64::MAX), |best, run| (best.0.min(run.0), best.1.min(run.1)))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn own(photo: &[u8]) -> Run {
    let (cpu, start) = (cpu_time(), Instant::now());
    let made = derive(photo, 1, &WANTED).expect("derives");
    let (wall, cpu) = (start.elapsed(), cpu_time() - cpu);
    let frame = JpegScan::of(&made.preview.expect("wanted")).frame;
    assert_eq!(frame.width.max(frame.height), PREVIEW_PIXELS);
    (wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3)
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.expect("since the process began"), nanos.expect("below a second"))
}

/// A process that derives from one photo for each line it reads.
struct Peer {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(program: &str, photo: &Path) -> Self {
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).arg(photo).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the peer's program, see tests/peers/turbojpeg");
        let (orders, answers) = (child.stdin.take(), child.stdout.take().expect("piped"));
        Self { child, orders, answers: BufReader::new(answers) }
    }

    fn run(&mut self) -> Run {
        let mut line = String::new();
        self.orders.as_mut().expect("running").write_all(b"\n").expect("takes orders");
        self.answers.read_line(&mut line).expect("answers");
        let told: Vec<f64> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let [wall, cpu, width, height] = *told.as_slice() else { panic!("an answer of four numbers: {line:?}") };
        assert!((width.max(height) - f64::from(PREVIEW_PIXELS)).abs() < 0.5, "the same preview");
        (wall, cpu)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.orders = None; // at the end of its orders it ends
        let _ = self.child.wait();
    }
}

fn memory(photo: &Path, limit: u64) {
    let own = std::env::current_exe().expect("the benchmark's program");
    let output = Command::new(own).arg("--once").arg(photo).output().expect("runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let Ok(kib) = told.trim().parse::<u64>() else { return print("memory: not told on this system") };
    let name = photo.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let verdict = if kib <= limit * 1_024 { "within" } else { "BEYOND" };
    print(&format!(
        "{name:<22} high-water mark {:>6.1} MiB  <= {limit} {verdict}",
        f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1_024.0
    ));
}

fn once(photo: &Path) {
    let bytes = std::fs::read(photo).expect("reads");
    derive(&bytes, 1, &WANTED).expect("derives");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    print(line.trim().trim_end_matches("kB").trim());
}

#[expect(clippy::print_stdout, reason = "the table is the benchmark's result")]
fn print(line: &str) {
    println!("{line}");
}
