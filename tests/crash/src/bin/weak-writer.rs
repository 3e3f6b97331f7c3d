//! The positive control: `weak-writer ORDER FOLDER` stores objects in FOLDER until it is killed and tells standard output
//! what it has acknowledged. Orders: `correct`, `no-file-fsync`, `database-first`, `synchronous-normal`.

use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use streife_core::ports::{Entropy, OsEntropy};
use streife_crash::weak::{Object, Order, Stopped, Writer};

/// Bytes of an object, and how many different ones there are: writing them takes longer than the commit, as with photos.
const LENGTH: usize = 1 << 20;
const OBJECTS: usize = 8;
const OBJECTS_A_CASE: usize = 3;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Ends when nobody reads any more.
fn run() -> Result<(), Stopped> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(order), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: weak-writer ORDER FOLDER".into());
    };
    let order: Order = order.to_str().unwrap_or_default().parse()?;
    // Nothing compresses random bytes, as nothing compresses ciphertext.
    let mut bytes = vec![0; LENGTH * OBJECTS];
    OsEntropy.fill(&mut bytes)?;
    let objects: Vec<_> = bytes.chunks(LENGTH).map(Object::new).collect();
    let mut writer = Writer::begin(Path::new(&folder), order)?;
    let mut oracle = stdout();
    for (first, case) in (1..).step_by(OBJECTS_A_CASE).zip(objects.windows(OBJECTS_A_CASE).cycle()) {
        for stored in writer.store(first, case)? {
            oracle.write_all(format!("{stored}\n").as_bytes())?;
        }
        oracle.flush()?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the last words of a program belong there")]
fn complain(error: &Stopped) {
    eprintln!("weak-writer: {error}");
}
