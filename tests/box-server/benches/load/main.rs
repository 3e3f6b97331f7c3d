//! How much a box takes: cases declared, stored durably and receipted a second, and photos against the disk's own speed.
//!
//! ```text
//! cargo bench -p streife-box --bench load -- [--phones N] [--cases N] [--photos N] [--soak MINUTES] [--folder FOLDER]
//! ```
//!
//! The box is the program `streife-box`, a process of its own with the settings it has by default. The phones are this
//! process; they sign everything before the time begins, because each real one does that on a processor of its own. Then
//! each sends its requests one after the other, all phones at once, over TLS on loopback. A case counts when its receipt
//! has come and its signature is verified.
//!
//! Two figures stand side by side, and they say different things:
//!
//! - **wall**: cases a second that came through while phones and box shared this machine's processors. The phones' TLS and
//!   HTTP cost about as much as the box's, so this is the lower bound; other work on the machine lowers it further.
//! - **box**: processor time of the box's process a case (user and system, `/proc/PID/stat`), and the rate that two
//!   processors give by it. This is what a box has that shares its machine with nobody. It says nothing about the disk;
//!   whether that keeps up, the commits and the row of photos tell.
//!
//! The floor is what this machine can do at best: a case cannot cost less than its signatures. A declared case is two
//! verifications (proof, manifest), a receipted one four and the receipt's signature. Photos run in turns with a program that
//! writes, syncs and renames files of the same bytes from as many threads on the same disk, before and after each round.
//!
//! With `--soak` receipted cases are repeated for so many minutes, and the box's memory is printed after each round.

mod figures;
mod floor;
mod house;
mod phone;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use figures::{Run, say};
use house::House;
use phone::{Depth, Phone, PreparedCase};

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
    let load = Load::new(House::start(&folder.path().join("box")), options.phones);
    let start = load.house.memory_kb();
    if options.soak_minutes > 0 {
        load.soak(options.soak_minutes, options.cases);
    } else {
        load.cases(&options, folder.path());
        load.photos(&options, folder.path());
    }
    let end = load.house.memory_kb();
    say(&format_args!("memory of the box {} MB at the start, {} MB at the end", start / 1024, end / 1024));
}

/// A box and its phones.
struct Load {
    house: House,
    phones: Vec<Phone>,
    runtime: Runtime,
}

impl Load {
    fn new(house: House, phones: usize) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        let client = phone::client(&house.connection);
        let connection = Arc::new(house.connection.clone());
        let enrol = async {
            let mut enrolled = Vec::new();
            for _ in 0..phones {
                enrolled.push(Phone::enrolled(client.clone(), Arc::clone(&connection)).await);
            }
            enrolled
        };
        let phones = runtime.block_on(enrol);
        Self { house, phones, runtime }
    }

    fn cases(&self, options: &Options, folder: &Path) {
        let (verification, signature) = (floor::verification_us(), floor::signature_us());
        say(&format_args!(
            "floor             {:.0} proofs verified/s and {:.0} receipts signed/s by one processor; {:.0} syncs/s",
            1e6 / verification,
            1e6 / signature,
            floor::syncs_per_s(folder)
        ));
        let rows = [
            ("cases declared", Depth::Declared, 2.0 * verification),
            ("cases receipted", Depth::Receipted, 4.0 * verification + signature),
        ];
        for (what, depth, floor_us) in rows {
            let run = self.round(options.cases, depth);
            say(&format_args!("{what:<18}{run}; signatures {:.0} %", floor_us / 10.0 / run.each_ms()));
        }
    }

    /// All phones hand over their share of the cases, which have a record and nothing else.
    fn round(&self, cases: usize, depth: Depth) -> Run {
        self.runtime.block_on(async {
            for phone in &self.phones {
                phone.log_in().await; // a nonce lives for minutes, and signing for a round takes some of them
            }
        });
        let each = cases.div_ceil(self.phones.len());
        let prepared = self.phones.iter().map(|phone| phone.prepare(each, depth, &[])).collect();
        self.run(&self.phones, prepared)
    }

    /// Sends all at once; the phones one case after the other.
    fn run(&self, phones: &[Phone], prepared: Vec<Vec<PreparedCase>>) -> Run {
        let processor = self.house.processor_s();
        self.runtime.block_on(async {
            let run = Run::begin();
            let hand_over = |(phone, cases): (&Phone, _)| {
                let phone = phone.clone();
                tokio::spawn(async move { phone.hand_over(cases).await })
            };
            let tasks: Vec<_> = phones.iter().zip(prepared).map(hand_over).collect();
            let mut latencies = Vec::new();
            for task in tasks {
                latencies.extend(task.await.expect("ends"));
            }
            run.end(latencies, self.house.processor_s() - processor)
        })
    }

    /// Three rounds, each between two of the disk alone.
    fn photos(&self, options: &Options, folder: &Path) {
        const PHOTO: usize = 4 << 20;
        const ROUNDS: usize = 3;
        let phones = self.phones.get(..8).unwrap_or(&self.phones);
        let alone = || floor::files(&folder.join("floor"), options.photos, PHOTO, phones.len());
        let mut before = alone();
        for _ in 0..ROUNDS {
            let each = options.photos.div_ceil(phones.len());
            self.runtime.block_on(async {
                for phone in phones {
                    phone.log_in().await;
                }
            });
            let prepared = phones.iter().map(|phone| phone.prepare(each, Depth::Receipted, &[PHOTO])).collect();
            let run = self.run(phones, prepared);
            let after = alone();
            let (ours, floor) = (run.rate() * PHOTO as f64 / 1e6, f64::midpoint(before, after));
            before = after;
            say(&format_args!("photos of 4 MiB   {run}"));
            say(&format_args!(
                "                  {ours:.0} MB/s; the disk alone {floor:.0} MB/s; ratio {:.2}",
                ours / floor
            ));
        }
    }

    fn soak(&self, minutes: u64, cases: usize) {
        let begun = Run::begin();
        while begun.elapsed().as_secs() < minutes * 60 {
            let run = self.round(cases, Depth::Receipted);
            say(&format_args!("{:>6} s  {run}; {} MB", begun.elapsed().as_secs(), self.house.memory_kb() / 1024));
        }
    }
}
