//! The victim: `patrol MODE FOLDER HARDWARE` works on the phone in FOLDER and tells standard output what was acknowledged.
//!
//! - `capture` records cases until it is killed, and voids every third.
//! - `ack-early` does the same and lies: it acknowledges photos before they are taken over.
//! - `purge` records and hands over to the box that the folder's link names.
//! - `once` records and seals one case on a new phone.
//! - `void` voids a sealed case and a draft.
//! - `close` closes the shift.
//! - `reopen` opens a phone that a kill has left, lets it mend itself, and signs what waits.

use std::io::{Stdout, stdout};
use std::path::Path;
use std::process::ExitCode;

use streife_core::client::Client;
use streife_crash::patrol::{Patrol, Stopped};
use streife_crash::{Mode, Phone};

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
    let mut arguments = std::env::args_os().skip(1);
    let (Some(mode), Some(folder), Some(hardware)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: patrol capture|ack-early|purge|once|void|close|reopen FOLDER HARDWARE".into());
    };
    let mode: Mode = mode.to_str().unwrap_or_default().parse()?;
    let phone = Phone::with_hardware(Path::new(&folder), Path::new(&hardware));
    if mode == Mode::Reopen {
        return Ok(phone.try_open()?.sign_pending()?);
    }
    // What follows a prepared phone has the agency's documents already: fewer calls to be killed at.
    let client = if matches!(mode, Mode::Void | Mode::Close) { phone.try_open()? } else { phone.open()? };
    let mut patrol = Patrol::begin(&phone, &client, stdout())?;
    patrol.acknowledges_early = mode == Mode::AckEarly;
    match mode {
        Mode::Once => patrol.case().map(drop),
        Mode::Capture | Mode::AckEarly => capture(&mut patrol),
        Mode::Purge => purge(&client, &mut patrol),
        Mode::Void => void(&client, &mut patrol),
        Mode::Close => patrol.close_shift(),
        Mode::Reopen => Ok(()),
    }
}

fn void(client: &Client, patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    client.cases()?.iter().try_for_each(|row| patrol.void(row.case))
}

/// Ends when nobody reads any more.
fn capture(patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    for number in 0_u64.. {
        let case = patrol.case()?;
        if number % 3 == 1 {
            patrol.void(case)?;
        }
        if number % 5 == 2 {
            let draft = patrol.draft()?;
            patrol.void(draft)?;
        }
    }
    Ok(())
}

fn purge(client: &Client, patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    while client.status()?.quarantined == 0 {
        let case = patrol.case()?;
        patrol.sync()?;
        patrol.void(case)?;
    }
    Err("the box has refused a case".into())
}

#[expect(clippy::print_stderr, reason = "the last words of a program belong there")]
fn complain(error: &Stopped) {
    eprintln!("patrol: {error}");
}
