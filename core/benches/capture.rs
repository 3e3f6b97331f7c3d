//! What the vault costs, as ratios of contestants that run in turn in one process on one disk.
//!
//! ```text
//! cargo bench -p streife-core --bench capture -- [--queue CASES] [--rounds ROUNDS] [--folder FOLDER]
//! ```
//!
//! A case with three photos of about 4 MB, each durable on its own, against the bundled floor; the same behind a long
//! queue against behind a short one; opening and listing a long queue. One table at the end gives every ratio and the
//! limit it is held against.

mod floor;
mod phone;
mod queue;
mod rounds;

use std::path::{Path, PathBuf};

use streife_core::domain::{CaseId, PhotoClass};

use floor::Floor;
use phone::{Phone, capture, draw};
use queue::Queues;
use rounds::{Limit, Table, in_turn, timed};

/// The command line.
struct Options {
    queue: u32,
    rounds: usize,
    /// On the disk that is to be measured.
    folder: PathBuf,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { queue: 10_000, rounds: 60, folder: env!("CARGO_TARGET_TMPDIR").into() };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value behind the option");
            match word.as_str() {
                "--queue" => options.queue = value().parse().expect("a number"),
                "--rounds" => options.rounds = value().parse().expect("a number"),
                "--folder" => options.folder = value().into(),
                "--bench" => {} // cargo's own
                other => panic!("unknown option {other}"),
            }
        }
        options
    }
}

fn main() {
    let (options, mut table) = (Options::read(), Table::default());
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder that can be written to");
    let photos: Vec<_> = (0..3).map(|seed| draw(folder.path(), seed, 4_000, 3_000)).collect();
    against_the_floor(folder.path(), &photos, options.rounds, &mut table);
    if options.queue > 0 {
        let (queues, clients) = Queues::build(folder.path(), options.queue);
        queues.capturing(clients.each_ref(), &photos, options.rounds, &mut table);
        queues.listing(clients.each_ref(), options.rounds, &mut table);
        queues.opening(clients, options.rounds / 3, &mut table);
    }
    table.print();
}

/// One photo and one case, as they become durable.
fn against_the_floor(folder: &Path, photos: &[PathBuf], rounds: usize, table: &mut Table) {
    let client = Phone::new(&folder.join("vault")).begin();
    let floor = std::cell::RefCell::new(Floor::new(&folder.join("floor")));
    let photo = photos.first().expect("three photos");
    let begin = || -> CaseId { client.begin_case().expect("begins") };
    let add = |case| client.add_photo(case, photo, PhotoClass::Overview).expect("adds");
    let [ours, plain] = in_turn(
        rounds,
        [
            &mut || {
                let case = begin();
                timed(|| add(case))
            },
            &mut || timed(|| floor.borrow_mut().photo(photo)),
        ],
    );
    table.add("a photo of 4 MB : floor", &ours, &plain, Limit::AtMost(1.15));
    let [ours, five, nine] = in_turn(
        rounds,
        [&mut || timed(|| capture(&client, photos)), &mut || timed(|| floor.borrow_mut().capture(photos)), &mut || {
            timed(|| floor.borrow_mut().capture_with_edits(photos))
        }],
    );
    table.add("a case of three : floor of 5 commits", &ours, &five, Limit::AtMost(1.15));
    table.add("a case of three : floor of as many acknowledgements (9)", &ours, &nine, Limit::AtMost(1.15));
}
