//! A disk that does not confirm: EIO at one fsync. What was being written is written anew, to another file; nothing that
//! was refused comes back.
//!
//! This program runs itself under strace as `the_recorder`: one case, each call tried once more if it was refused.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use streife_core::client::{Client, VaultError};
use streife_core::domain::{CaseId, PhotoClass};
use streife_core::error::Error;
use streife_core::ports::NeverCancel;
use streife_crash::check::object_files;
use streife_crash::patrol::Patrol;
use streife_crash::settings::{points, say, skipped};
use streife_crash::{Acknowledged, Line, Phone, check, strace};

const PANICKED: i32 = 101;
/// What the recorder says when a photo's source was read in vain.
const IN_VAIN: &str = "read in vain";

// ---- the program that is disturbed ----

#[test]
#[ignore = "is started by other tests"]
fn the_recorder() {
    let told = std::io::read_to_string(std::io::stdin()).expect("the folder");
    let Some((how, folder)) = told.split_once(' ') else { return };
    record(&Phone::at(Path::new(folder)), how);
}

/// One case. `abort` ends at the first refusal without giving anything back, as a kill does; `retry` calls again;
/// `stream` hands the photo over as a source, which cannot be read twice, and then again.
fn record(phone: &Phone, how: &str) {
    let aborts = how == "abort";
    let client = retry(aborts, || phone.open());
    let mut patrol = retry(aborts, || Patrol::begin(phone, &client, Vec::new()));
    let case = retry(aborts, || patrol.draft());
    let picture = phone.folder().join("camera.jpg");
    std::fs::write(&picture, phone.photo().expect("is there")).expect("writes");
    if how == "stream" {
        let photo = std::fs::File::open(&picture).expect("opens");
        let refused = client.add_photo_from(case, photo, PhotoClass::Overview).expect_err("is not confirmed");
        assert!(matches!(refused, Error::Vault(VaultError::Unconfirmed)), "{refused}");
        assert_eq!(client.draft(case).expect("reads").photos.len() + object_files(phone).len(), 0);
        say(&IN_VAIN);
    }
    let added = retry(aborts, || client.add_photo(case, &picture, PhotoClass::Overview));
    let hash = streife_core::seal::Hash::of(&[&std::fs::read(&picture).expect("reads")]);
    say(&format_args!("oracle: {}", Line::Photo(case, Some(added.photo.object), hash)));
    retry(aborts, || client.make_thumbnails(case, &NeverCancel));
    let sealed = retry(aborts, || client.seal_case(case, Vec::new()));
    say(&format_args!("oracle: {}", Line::Sealed(case, sealed.seq)));
}

fn retry<T, E: std::fmt::Display>(aborts: bool, mut call: impl FnMut() -> Result<T, E>) -> T {
    match call() {
        Ok(done) => done,
        Err(_) if aborts => std::process::abort(),
        Err(refused) => call().unwrap_or_else(|again| panic!("{refused}, and again {again}")),
    }
}

// ---- the disturbance ----

/// What the recorder has acknowledged, and how it ended.
struct Run {
    lines: Vec<Line>,
    read_in_vain: bool,
    status: ExitStatus,
}

/// Runs the recorder on a phone, with these arguments for strace.
fn run(phone: &Phone, how: &str, trace: &[String]) -> Run {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-e", "signal=none", "-e", "trace=fsync,fdatasync"]).args(trace);
    command.arg(std::env::current_exe().expect("this program"));
    command.args(["--ignored", "--exact", "the_recorder", "--nocapture", "--test-threads=1"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    let folder = phone.folder().to_str().expect("a path in UTF-8");
    let mut stdin = child.stdin.take().expect("is piped");
    std::io::Write::write_all(&mut stdin, format!("{how} {folder}").as_bytes()).expect("listens");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    let text = String::from_utf8(output.stdout).expect("text");
    let read_in_vain = text.lines().any(|line| line == IN_VAIN);
    let lines = text.lines().filter_map(|line| line.strip_prefix("oracle: "));
    let lines = lines.map(|line| line.parse().expect("a line of the oracle")).collect();
    assert_ne!(output.status.code(), Some(PANICKED), "the recorder panicked: {trace:?}");
    Run { lines, read_in_vain, status: output.status }
}

/// The paths that the recorder's own thread makes durable, in order, each with the name of the call. strace counts within
/// a thread, and the anchor has one of its own.
fn synced(phone: &Phone) -> Vec<(String, String)> {
    let log = phone.folder().join("strace.log");
    let traced = run(phone, "retry", &["-o".to_owned(), log.to_str().expect("UTF-8").to_owned()]);
    assert!(traced.status.success(), "undisturbed: {}", traced.status);
    let text = std::fs::read_to_string(log).expect("reads");
    let call = |line: &str| {
        let (thread, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let (_, path) = rest.split_once('<')?;
        Some((thread.to_owned(), (name.to_owned(), path.split_once('>')?.0.to_owned())))
    };
    let calls: Vec<_> = text.lines().filter_map(call).collect();
    let own = calls.iter().find(|(_, (_, path))| path.ends_with(".part")).map(|(thread, _)| thread.clone());
    calls.into_iter().filter(|(thread, _)| Some(thread) == own.as_ref()).map(|(_, call)| call).collect()
}

/// Lets the call at this place fail, counted among those of its name.
fn fail(calls: &[(String, String)], place: usize) -> Vec<String> {
    let (name, _) = calls.get(place).expect("a place in the list");
    let nth = calls.iter().take(place + 1).filter(|(other, _)| other == name).count();
    vec!["-o".to_owned(), "/dev/null".to_owned(), "-e".to_owned(), format!("inject={name}:error=EIO:when={nth}")]
}

fn acknowledged(run: &Run) -> Acknowledged {
    let mut oracle = Acknowledged::default();
    oracle.extend(run.lines.iter().copied());
    oracle
}

fn usable(what: &str) -> bool {
    strace::is_usable().map_err(|why| skipped(what, &why)).is_ok()
}

// ---- what must hold ----

#[test]
fn what_the_disk_did_not_confirm_of_an_object_is_written_anew_and_a_commit_stands_without_its_folder() {
    if !usable("fsync errors: a photo") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let calls = synced(&Phone::new(folder.path()));
    let spared =
        |(_, path): &(String, String)| [".part", "/objects", "/vault"].into_iter().any(|end| path.ends_with(end));
    let first = calls.iter().position(|(_, path)| path.ends_with(".part")).expect("a photo is made durable");
    let places: Vec<_> = (first..calls.len()).filter(|place| spared(&calls[*place])).collect();
    for place in &places {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = Phone::new(folder.path());
        // At the first refusal it would abort: so no call was refused.
        let run = run(&phone, "abort", &fail(&calls, *place));
        assert!(run.status.success(), "{:?}: {}", calls[*place], run.status);
        assert_eq!(run.lines.len(), 2, "{:?}", calls[*place]);
        assert_eq!(object_files(&phone).len(), 4, "photo, thumbnail, record, view, and nothing else");
        check(&phone, &acknowledged(&run)).assert_sound(&format!("{:?}", calls[*place]));
    }
    say(&format_args!("fsync errors: at {} files and folders no call was refused", places.len()));
}

#[test]
fn a_photo_whose_source_cannot_be_read_again_is_refused_as_such_and_leaves_nothing() {
    if !usable("fsync errors: a photo out of a stream") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let calls = synced(&Phone::new(folder.path()));
    let first = calls.iter().position(|(_, path)| path.ends_with(".part")).expect("a photo is made durable");
    let folder = tempfile::tempdir().expect("a folder");
    let phone = Phone::new(folder.path());
    let run = run(&phone, "stream", &fail(&calls, first));
    assert!(run.status.success() && run.read_in_vain, "{}", run.status);
    assert_eq!(object_files(&phone).len(), 4, "photo, thumbnail, record, view, and nothing else");
    check(&phone, &acknowledged(&run)).assert_sound("behind a source that was read in vain");
}

#[test]
fn what_was_refused_at_any_fsync_is_done_by_calling_again_and_does_not_come_back_behind_a_kill() {
    if !usable("fsync errors: every call") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let calls = synced(&Phone::new(folder.path()));
    let step = points().map_or(1, |most| calls.len().div_ceil(most.div_ceil(4).max(1) as usize).max(1));
    let (mut refused, mut runs) = (0, 0);
    for place in (0..calls.len()).rev().step_by(step) {
        let context = format!("{:?}, number {place}", calls[place]);
        let folder = tempfile::tempdir().expect("a folder");
        let phone = Phone::new(folder.path());
        let again = run(&phone, "retry", &fail(&calls, place));
        assert!(again.status.success(), "{context}: {}", again.status);
        check(&phone, &acknowledged(&again)).assert_sound(&context);

        let folder = tempfile::tempdir().expect("a folder");
        let phone = Phone::new(folder.path());
        let killed = run(&phone, "abort", &fail(&calls, place));
        refused += u32::from(!killed.status.success());
        runs += 2;
        check(&phone, &acknowledged(&killed)).assert_sound(&format!("{context}, killed"));
        go_on(&phone);
    }
    let all = calls.len();
    say(&format_args!("fsync errors: {} places of {all}, {refused} calls refused, 0 lost, 0 broken", runs / 2));
    assert!(refused > 0, "no call was refused");
}

fn go_on(phone: &Phone) {
    let client: Client = phone.open().expect("opens");
    let mut patrol = Patrol::begin(phone, &client, Vec::new()).expect("goes on");
    let case: CaseId = patrol.case().expect("records");
    patrol.void(case).expect("voids");
}
