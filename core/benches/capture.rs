//! What the vault costs, as ratios of contestants that run in turn in one process on one disk.
//!
//! ```text
//! cargo bench -p streife-core --bench capture -- [--queue CASES] [--rounds ROUNDS] [--folder FOLDER] [--sqlcipher PROGRAM]
//! ```
//!
//! A case with three photos of about 4 MB, each durable on its own, against the bundled floor; the same behind a long
//! queue against behind a short one; opening and listing a long queue; a SQLCipher queue with photos as blobs, if its
//! program is given (see `tests/peers`). One table at the end gives every ratio and the limit it is held against.

mod floor;
mod peer;
mod phone;
mod queue;
mod rounds;

use std::path::{Path, PathBuf};

use streife_core::domain::{CaseId, PhotoClass};

use floor::Floor;
use peer::Peer;
use phone::{Phone, capture, draw};
use queue::Queues;
use rounds::{Limit, Run, Table, in_turn, timed};

/// The command line.
struct Options {
    queue: u32,
    rounds: usize,
    /// On the disk that is to be measured.
    folder: PathBuf,
    sqlcipher: Option<PathBuf>,
}

impl Options {
    fn read() -> Self {
        let mut options =
            Self { queue: 10_000, rounds: 60, folder: env!("CARGO_TARGET_TMPDIR").into(), sqlcipher: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value behind the option");
            match word.as_str() {
                "--queue" => options.queue = value().parse().expect("a number"),
                "--rounds" => options.rounds = value().parse().expect("a number"),
                "--folder" => options.folder = value().into(),
                "--sqlcipher" => options.sqlcipher = Some(value().into()),
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
    match &options.sqlcipher {
        Some(program) => against_sqlcipher(program, folder.path(), &photos, options.rounds, &mut table),
        None => table.say("SQLCipher: not run; tests/run bench builds and runs it"),
    }
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

/// The same cases in a database that is encrypted as a whole, and one flipped bit in each.
fn against_sqlcipher(program: &Path, folder: &Path, photos: &[PathBuf], rounds: usize, table: &mut Table) {
    let folder = folder.join("sqlcipher");
    std::fs::create_dir(&folder).expect("a folder");
    let client = Phone::new(&folder.join("vault")).begin();
    let mut peer = Peer::start(program, &folder, photos);
    let contestants: [&mut dyn FnMut() -> Run; 2] =
        [&mut || timed(|| capture(&client, photos)), &mut || peer.capture()];
    let [ours, theirs] = in_turn(rounds, contestants);
    table.add("SQLCipher with photos as blobs : a case of three", &ours, &theirs, Limit::AtLeast(2.0));
    drop((peer, client));
    peer::tampering(program, &folder.join("tampered"), photos.first().expect("three photos"), table);
}
