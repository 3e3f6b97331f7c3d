//! The victim: `patrol MODE FOLDER HARDWARE` works on the phone in FOLDER and tells standard output what was acknowledged.
//!
//! - `capture` records cases until it is killed, and voids every third.
//! - `ack-early` does the same and lies: it acknowledges photos before they are taken over.
//! - `purge` records and hands over to the box that the folder's link names.
//! - `once` records and seals one case on a new phone.
//! - `void` voids a sealed case and a draft.
//! - `close` closes the shift.
//! - `rotate` begins a new key epoch.
//! - `shifts` records shifts of one case each until it is killed; with the end of a shift its keys change.
//! - `reopen` opens a phone that a kill has left, salvaging it if it is damaged, lets it mend itself, and signs what waits.
//! - `sync` hands everything over to the box and lets it go.
//! - `suspend` suspends and resumes between the photos of a draft, and seals it.
//! - `salvage` builds a damaged database again.

use std::io::{Stdout, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use streife_core::client::{CaseState, Client, SyncEnd};
use streife_core::domain::PhotoClass;
use streife_crash::check::open_or_salvage;
use streife_crash::patrol::{Patrol, Stopped};
use streife_crash::{Line, Mode, Phone};

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
        return Err("usage: patrol MODE FOLDER HARDWARE".into());
    };
    let mode: Mode = mode.to_str().unwrap_or_default().parse()?;
    let phone = Phone::with_hardware(Path::new(&folder), Path::new(&hardware));
    if mode == Mode::Reopen {
        let client = open_or_salvage(&phone)?;
        writeln!(stdout(), "{}", Line::Opened)?;
        return Ok(client.sign_pending()?);
    }
    if mode == Mode::Salvage {
        return Ok(phone.salvage()?.0.sign_pending()?);
    }
    // What follows a prepared phone has the agency's documents already: fewer calls to be killed at.
    let is_prepared = matches!(mode, Mode::Void | Mode::Close | Mode::Rotate | Mode::Sync | Mode::Suspend);
    let client = if is_prepared { phone.try_open()? } else { phone.open()? };
    let mut patrol = Patrol::begin(&phone, &client, stdout())?;
    patrol.acknowledges_early = mode == Mode::AckEarly;
    match mode {
        Mode::Once => patrol.case().map(drop),
        Mode::Capture | Mode::AckEarly => capture(&mut patrol),
        Mode::Purge => purge(&client, &mut patrol),
        Mode::Void => void(&client, &mut patrol),
        Mode::Close => patrol.close_shift(),
        Mode::Rotate => Ok(client.rotate_keys()?),
        Mode::Shifts => shifts(&phone, &client),
        Mode::Sync => sync(&mut patrol),
        Mode::Suspend => suspend(&client, &mut patrol),
        Mode::Reopen | Mode::Salvage => Ok(()),
    }
}

fn sync(patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    match patrol.sync()?.end {
        SyncEnd::Idle => Ok(()),
        other => Err(format!("the handover ends with {other:?}").into()),
    }
}

/// Twice: a vault that was resumed is suspended like any other.
fn suspend(client: &Client, patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    let drafts = client.cases()?.into_iter().filter(|row| row.state == CaseState::Draft);
    for case in drafts.map(|row| row.case) {
        for number in 2..4 {
            client.suspend()?;
            client.resume()?;
            patrol.photo(case, PhotoClass::Detail, 0)?;
            patrol.place(case, number)?;
        }
        client.suspend()?;
        client.resume()?;
        patrol.seal(case)?;
    }
    Ok(client.suspend()?)
}

fn void(client: &Client, patrol: &mut Patrol<'_, Stdout>) -> Result<(), Stopped> {
    client.cases()?.iter().try_for_each(|row| patrol.void(row.case))
}

/// A draft that a kill has left keeps its shift open, so it is voided.
fn shifts(phone: &Phone, client: &Client) -> Result<(), Stopped> {
    loop {
        let mut patrol = Patrol::begin(phone, client, stdout())?;
        patrol.case()?;
        let drafts = client.cases()?.into_iter().filter(|row| row.state == CaseState::Draft);
        drafts.map(|row| row.case).try_for_each(|case| patrol.void(case))?;
        patrol.close_shift()?;
    }
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
