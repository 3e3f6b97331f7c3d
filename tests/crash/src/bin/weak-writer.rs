//! The positive control: `weak-writer ORDER FOLDER` stores objects in FOLDER until it is killed and tells standard output
//! what it has acknowledged. Orders: `correct`, `no-file-fsync`, `database-first`, `synchronous-normal`.

use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use streife_core::ports::{Entropy, OsEntropy};
use streife_crash::weak::{Order, Stopped, Writer};

/// Objects have up to 256 times as many bytes: writing them takes longer than the commit, as with photos.
const STEP: usize = 8192;

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
    let writer = Writer::begin(Path::new(&folder), order)?;
    // Nothing compresses random bytes, as nothing compresses ciphertext.
    let entropy: &dyn Entropy = &OsEntropy;
    let mut bytes = vec![0; 256 * STEP];
    entropy.fill(&mut bytes)?;
    let mut oracle = stdout();
    for number in 1.. {
        let [start] = entropy.array()?;
        let stored = writer.store(number, bytes.get(usize::from(start) * STEP..).unwrap_or_default())?;
        oracle.write_all(format!("{stored}\n").as_bytes())?;
        oracle.flush()?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the last words of a program belong there")]
fn complain(error: &Stopped) {
    eprintln!("weak-writer: {error}");
}
