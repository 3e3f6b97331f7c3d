//! A phone whose memory is looked into: `memory-image FOLDER` records, seals and reads back, says `first epoch`, and waits
//! for a line; erases that epoch, goes on under the second, says `open`, and waits; locks, says `locked`, and waits; unlocks
//! and reads, says `open`, and waits; locks again, says `locked`, and waits.
//!
//! It tells nobody a key: whoever looks takes them from the vault's folder and the key store's.

use std::io::{BufRead, Write, sink, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use streife_core::client::{CaseState, Client};
use streife_core::ports::NeverCancel;
use streife_crash::Phone;
use streife_crash::patrol::{Patrol, Stopped};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Stopped> {
    let folder = std::env::args_os().nth(1).ok_or("usage: memory-image FOLDER")?;
    let phone = Phone::at(Path::new(&folder));
    let client = phone.open()?;
    works(&phone, &client)?;
    wait("first epoch")?;
    client.rotate_keys()?;
    works(&phone, &client)?;
    for _ in 0..2 {
        wait("open")?;
        client.lock();
        wait("locked")?;
        client.unlock()?;
        reads(&client)?;
    }
    Ok(())
}

/// Two cases sealed, one of them voided with a note, and a draft that stays.
fn works(phone: &Phone, client: &Client) -> Result<(), Stopped> {
    let mut patrol = Patrol::begin(phone, client, sink())?;
    patrol.case()?;
    let voided = patrol.case()?;
    patrol.void(voided)?;
    let draft = patrol.draft()?;
    client.make_thumbnails(draft, &NeverCancel)?;
    reads(client)
}

/// Opens whatever a key opens.
fn reads(client: &Client) -> Result<(), Stopped> {
    for row in client.cases()?.iter().filter(|row| row.state == CaseState::Draft) {
        for photo in client.draft(row.case)?.photos {
            client.read_photo(row.case, &photo)?;
        }
    }
    client.journal()?.verify()?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the parent listens")]
fn wait(state: &str) -> Result<(), Stopped> {
    println!("{state}");
    stdout().flush()?;
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the last words of a program belong there")]
fn complain(error: &Stopped) {
    eprintln!("memory-image: {error}");
}
