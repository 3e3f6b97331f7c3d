//! How much a box takes: cases declared, stored durably and receipted a second, and photos against the disk's own speed.
//!
//! ```text
//! cargo bench -p streife-box --bench load -- [--phones N] [--cases N] [--photos N] [--soak MINUTES] [--folder FOLDER]
//! ```
//!
//! Box and phones share one process and one machine. The phones sign everything before the time begins, because each real
//! one does that on a processor of its own; then each sends its requests one after the other, all phones at once. A case
//! counts when its receipt has come and its signature is verified. The rows: cases that are declared, and cases with a tiny
//! record until the receipt, over TLS on loopback and through the box's addresses without a network; photos over TLS, next to a program
//! that writes, syncs and renames files of the same bytes from as many threads, in turn, on the same disk.
//!
//! Other work on the machine lowers the rates; the processor time a case costs, box and phones together, stays. With
//! `--soak` the first row is repeated for so many minutes and memory is printed after each round.

mod disk;
mod figures;
mod phone;

use std::path::PathBuf;
use std::sync::Arc;

use streife_box::{BoxConfig, RunningBox};
use tokio::runtime::Runtime;

use figures::{Run, memory_kb, say};
use phone::{Depth, Phone, PreparedCase, Way};

struct Options {
    phones: usize,
    cases: usize,
    photos: usize,
    soak_minutes: u64,
    /// On the disk that is to be measured.
    folder: PathBuf,
}

impl Options {
    fn read() -> Self {
        let folder = env!("CARGO_TARGET_TMPDIR").into();
        let mut options = Self { phones: 64, cases: 6_400, photos: 128, soak_minutes: 0, folder };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value behind the option");
            match word.as_str() {
                "--phones" => options.phones = value().parse().expect("a number"),
                "--cases" => options.cases = value().parse().expect("a number"),
                "--photos" => options.photos = value().parse().expect("a number"),
                "--soak" => options.soak_minutes = value().parse().expect("a number"),
                "--folder" => options.folder = value().into(),
                "--bench" => {} // cargo's own
                other => panic!("unknown option {other}"),
            }
        }
        options
    }
}

fn main() {
    let options = Options::read();
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder that can be written to");
    let running = RunningBox::start(BoxConfig::local(folder.path().join("box"))).expect("starts");
    let load = Load::new(running, options.phones);
    let start = memory_kb();
    if options.soak_minutes > 0 {
        load.soak(options.soak_minutes, options.cases);
    } else {
        load.cases(&options);
        load.photos(&options, folder.path());
    }
    say(&format_args!("memory            {} MB at the start, {} MB at the end", start / 1024, memory_kb() / 1024));
}

/// A box and its phones.
struct Load {
    running: Arc<RunningBox>,
    phones: Vec<Phone>,
    runtime: Runtime,
}

impl Load {
    fn new(running: RunningBox, phones: usize) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        let running = Arc::new(running);
        let client = phone::client(running.connection());
        let enrol = async {
            let mut enrolled = Vec::new();
            for _ in 0..phones {
                enrolled.push(Phone::enrolled(client.clone(), Arc::clone(&running)).await);
            }
            enrolled
        };
        let phones = runtime.block_on(enrol);
        Self { running, phones, runtime }
    }

    fn cases(&self, options: &Options) {
        for way in [Way::Tls, Way::InProcess] {
            for (what, depth) in [("cases declared", Depth::Declared), ("cases receipted", Depth::Receipted)] {
                let run = self.round(way, options.cases, depth);
                say(&format_args!("{what:<18}{way:<11}{run}"));
            }
        }
        let (commits, requests) = self.running.commits();
        say(&format_args!("commits           {commits} for {requests} requests that write"));
    }

    /// All phones hand over their share of the cases, which have a record and nothing else.
    fn round(&self, way: Way, cases: usize, depth: Depth) -> Run {
        let each = cases.div_ceil(self.phones.len());
        let prepared = self.phones.iter().map(|phone| phone.prepare(each, depth, &[])).collect();
        self.run(way, &self.phones, prepared)
    }

    /// Sends all at once; the phones one case after the other.
    fn run(&self, way: Way, phones: &[Phone], prepared: Vec<Vec<PreparedCase>>) -> Run {
        self.runtime.block_on(async {
            let run = Run::begin();
            let hand_over = |(phone, cases): (&Phone, _)| {
                let phone = phone.clone();
                tokio::spawn(async move { phone.hand_over(way, cases).await })
            };
            let tasks: Vec<_> = phones.iter().zip(prepared).map(hand_over).collect();
            let mut latencies = Vec::new();
            for task in tasks {
                latencies.extend(task.await.expect("ends"));
            }
            run.end(latencies)
        })
    }

    fn photos(&self, options: &Options, folder: &std::path::Path) {
        const PHOTO: usize = 4 << 20;
        let floor = disk::floor(&folder.join("floor"), options.photos, PHOTO, 8);
        let phones = self.phones.get(..8).unwrap_or(&self.phones);
        let each = options.photos.div_ceil(phones.len());
        let prepared = phones.iter().map(|phone| phone.prepare(each, Depth::Receipted, &[PHOTO])).collect();
        let run = self.run(Way::Tls, phones, prepared);
        let again = disk::floor(&folder.join("floor"), options.photos, PHOTO, 8);
        let (ours, floor) = (run.rate() * PHOTO as f64 / 1e6, f64::midpoint(floor, again));
        say(&format_args!("photos of 4 MiB   {:<11}{run}", Way::Tls));
        say(&format_args!(
            "photos            {ours:.0} MB/s; the disk alone {floor:.0} MB/s; ratio {:.2}",
            ours / floor
        ));
    }

    fn soak(&self, minutes: u64, cases: usize) {
        let begun = Run::begin();
        while begun.elapsed().as_secs() < minutes * 60 {
            for phone in &self.phones {
                self.runtime.block_on(phone.log_in());
            }
            let run = self.round(Way::Tls, cases, Depth::Receipted);
            say(&format_args!("{:>6} s  {run}; {} MB", begun.elapsed().as_secs(), memory_kb() / 1024));
        }
    }
}
