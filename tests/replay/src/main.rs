//! The command line of `streife-replay`.
//!
//! Exit codes: 0 all holds, 1 a check failed or something did not open (named on the terminal), 2 bad input or no box.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use streife_core::export::Format;
use streife_replay::hand_over::{HandOver, hand_over};
use streife_replay::model::{Check, Outcome};
use streife_replay::publish::{Form, Source, publish};
use streife_replay::storm::{Storm, storm};
use streife_replay::{Options, Progress, ReplayError, recover, report, run};

/// Replays recorded patrol shifts and checks what arrives at the secure box.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a recording and checks the result.
    Run(RunArguments),
    /// Opens a dead phone's vault with the agency's recovery key; the vault is only read.
    Recover(RecoverArguments),
    /// Writes an export, or plain records, as a file that an agency's system imports.
    HandOver(HandOverArguments),
    /// Checks, compiles and signs what an agency gives its phones.
    Publish(PublishArguments),
    /// Lets many phones hand over to one embedded box when their shifts end.
    Storm(StormArguments),
}

#[derive(clap::Args)]
struct StormArguments {
    /// Phones.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    devices: u32,
    /// Cases of each phone, with two small photos each; some phones have one more or one less.
    #[arg(long, default_value_t = 2)]
    cases: u32,
    /// Minutes within which all shifts end.
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    within: u32,
    /// Seconds of the fleet's clock in a real one.
    #[arg(long, default_value_t = 20)]
    speed: u32,
    /// Phones that are awake at once, at most.
    #[arg(long, default_value_t = 128)]
    threads: usize,
    /// Requests that the box lets in at a time, photos fewer: a small number shows how it sends phones away.
    #[arg(long, value_name = "REQUESTS")]
    at_once: Option<u32>,
    /// Seed of who records how much and when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keeps phones and box in this folder.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Writes the outcome as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(clap::Args)]
struct RecoverArguments {
    /// The vault's folder, or a copy of it. Only a copy of its database is opened; nothing in it is written.
    #[arg(long, value_name = "DIR")]
    vault: PathBuf,
    /// The private recovery key, 64 hex digits.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A new or empty folder for what opens, in plain text. Nothing is overwritten.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A format to hand over in.
#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// xOWi-Bestand 1.1.
    Xowi,
    /// WiNOWiG XMLMDE.
    Winowig,
}

#[derive(clap::Args)]
struct HandOverArguments {
    /// An export of a box (`run --export`), a folder of records in plain JSON, or one such record.
    source: PathBuf,
    /// The format.
    #[arg(long)]
    format: Target,
    /// The agency's settings (JSON).
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The case worker's private key, 64 hex digits; by default the one beside the export.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A new or empty folder for the file, its photos and a report, in plain. Nothing is overwritten.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
struct PublishArguments {
    /// The agency's root key, 64 hex digits.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The signed document.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// An offence catalogue. Rows that cannot be taken are named with their line.
    Catalogue {
        /// The source.
        file: PathBuf,
        /// Its form.
        #[arg(long, default_value = "native")]
        form: CatalogueForm,
        /// Version of what comes of it; a native one has its own.
        #[arg(long, default_value = "imported")]
        version: String,
    },
    /// A rule set (schemas/rules.schema.json).
    Rules {
        /// The source.
        file: PathBuf,
    },
    /// A table of prefixes or of nationality signs, in the form of those in core/data.
    Plates {
        /// The source.
        file: PathBuf,
    },
    /// A map of municipalities and addresses.
    Map {
        /// Municipalities as GeoJSON in WGS 84.
        #[arg(long, value_name = "FILE")]
        boundaries: Option<PathBuf>,
        /// Property of a feature that holds the municipality key.
        #[arg(long, default_value = "AGS")]
        key: String,
        /// Property of a feature that holds its name.
        #[arg(long, default_value = "GEN")]
        name: String,
        /// Addresses: key, street, number, and lat, lon or east, north between semicolons.
        #[arg(long, value_name = "FILE")]
        addresses: Option<PathBuf>,
        /// Day that the data stand for.
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: chrono::NaiveDate,
        /// How far the map may be from the ground, metres.
        #[arg(long, default_value_t = 20)]
        tolerance_m: u16,
        /// What the licence of the data wants said.
        #[arg(long)]
        note: String,
    },
}

/// Form of a catalogue.
#[derive(Clone, Copy, ValueEnum)]
enum CatalogueForm {
    /// schemas/catalogue.schema.json.
    Native,
    /// The app community's list, JSON.
    Community,
    /// The federal dump: fields between ^, Windows-1252.
    Dump,
    /// A table, CSV.
    Table,
}

#[derive(clap::Args)]
struct RunArguments {
    /// The recording (JSON Lines, schemas/shift-recording.schema.json).
    recording: PathBuf,
    /// Takes real photos from this folder, in name order, instead of drawing them.
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Plays against a box that runs here instead of an embedded one.
    #[arg(long, value_name = "URL", requires = "ca")]
    r#box: Option<String>,
    /// CA file of that box; agency.json and case-worker.key lie beside it.
    #[arg(long, value_name = "FILE", requires = "box")]
    ca: Option<PathBuf>,
    /// Keeps the phone's vault in this folder.
    #[arg(long, value_name = "DIR")]
    vault: Option<PathBuf>,
    /// Writes report.html into this folder.
    #[arg(long, value_name = "DIR", default_value = "target/streife-report")]
    report: PathBuf,
    /// Writes the outcome as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes what the box has as a folder tree for independent verification.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => replay(&arguments),
        Command::Recover(arguments) => recovered(arguments),
        Command::HandOver(arguments) => handed_over(arguments),
        Command::Publish(arguments) => published(arguments),
        Command::Storm(arguments) => stormed(arguments),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn replay(arguments: &RunArguments) -> Result<usize, ReplayError> {
    let options = Options {
        recording: arguments.recording.clone(),
        photos: arguments.photos.clone(),
        target: arguments.r#box.clone().zip(arguments.ca.clone()),
        vault: arguments.vault.clone(),
        export: arguments.export.clone(),
    };
    let bar = Bar::new();
    let outcome = run(&options, &bar);
    bar.0.finish_and_clear();
    let outcome = outcome?;
    let page = arguments.report.join("report.html");
    write(&page, report::render(&outcome).as_bytes())?;
    if let Some(file) = &arguments.json {
        write_json(file, &outcome)?;
    }
    tell(&outcome, &page);
    Ok(outcome.summary.failed_checks)
}

fn recovered(RecoverArguments { vault, key, out }: RecoverArguments) -> Result<usize, ReplayError> {
    let report = recover::recover(&recover::Recovery { vault, key, out: out.clone() })?;
    report.lines().iter().for_each(|line| say(line));
    say(&format!("the vault was only read; what opened lies in plain text in {}", out.display()));
    Ok(report.not_opened.len())
}

fn published(PublishArguments { root, out, what }: PublishArguments) -> Result<usize, ReplayError> {
    let published = publish(&source(what), &root)?;
    write(&out, &published.signed)?;
    published.left_out.iter().for_each(|row| say(&format!("left out: {row}")));
    say(&format!("{}; {} left out; signed as {}", published.summary, published.left_out.len(), out.display()));
    Ok(published.left_out.len())
}

fn source(what: What) -> Source {
    match what {
        What::Catalogue { file, form, version } => {
            let form = match form {
                CatalogueForm::Native => Form::Native,
                CatalogueForm::Community => Form::Community,
                CatalogueForm::Dump => Form::Dump,
                CatalogueForm::Table => Form::Table,
            };
            Source::Catalogue { file, form, version }
        }
        What::Rules { file } => Source::Rules { file },
        What::Plates { file } => Source::Plates { file },
        What::Map { boundaries, key, name, addresses, date, tolerance_m, note } => {
            Source::Map { boundaries, properties: (key, name), addresses, date, tolerance_m, note }
        }
    }
}

fn handed_over(arguments: HandOverArguments) -> Result<usize, ReplayError> {
    let HandOverArguments { source, format, settings, key, out } = arguments;
    let format = match format {
        Target::Xowi => Format::Xowi,
        Target::Winowig => Format::Winowig,
    };
    let handed = hand_over(&HandOver { source, format, settings, key, out: out.clone() })?;
    handed.lines.iter().for_each(|line| say(line));
    say(&format!("what was handed over lies in plain in {}", out.display()));
    Ok(handed.left_out)
}

fn stormed(arguments: StormArguments) -> Result<usize, ReplayError> {
    let StormArguments { devices, cases, within, speed, threads, at_once, seed, folder, json } = arguments;
    let bar = Bar::new();
    let size = Storm { devices, cases, within_min: within, speed, threads, at_once, seed, folder };
    let outcome = storm(&size, &bar);
    bar.0.finish_and_clear();
    let outcome = outcome?;
    if let Some(file) = &json {
        write_json(file, &outcome)?;
    }
    outcome.lines().iter().for_each(|line| say(line));
    outcome.checks.iter().for_each(tell_check);
    Ok(outcome.failed())
}

fn write_json(file: &Path, outcome: &impl serde::Serialize) -> Result<(), ReplayError> {
    let json = serde_json::to_vec_pretty(outcome).map_err(std::io::Error::other);
    write(file, &json.map_err(|error| ReplayError::File { what: "--json".to_owned(), error })?)
}

fn tell_check(check: &Check) {
    let mark = if check.holds { "ok  " } else { "FAIL" };
    let detail = if check.detail.is_empty() { String::new() } else { format!(" ({})", check.detail) };
    say(&format!("  {mark} {}{detail}", check.name));
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), ReplayError> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), std::fs::create_dir_all);
    let written = parent.and_then(|()| std::fs::write(file, bytes));
    written.map_err(|error| ReplayError::File { what: file.display().to_string(), error })
}

fn tell(outcome: &Outcome, page: &Path) {
    let (sum, time) = (&outcome.summary, &outcome.timing);
    say(&format!(
        "{}: {} events against {}",
        outcome.recording.title, outcome.recording.events, outcome.recording.target
    ));
    outcome.checks.iter().for_each(tell_check);
    say(&format!(
        "{} cases, {} photos, {} voided, {} purged, {} queued",
        sum.cases, sum.photos, sum.voided, sum.purged, sum.queued
    ));
    say(&format!(
        "{} calls of sync: {} requests, {} tried again, {} receipts, {} bytes sent for {} needed",
        outcome.syncs.len(),
        sum.requests,
        sum.retries,
        sum.receipts,
        sum.bytes_sent,
        sum.bytes_needed
    ));
    say(&format!(
        "{:.1} s: capture {:.1}, sync {:.1}, checks {:.1}, waiting for photos {:.1} (drawing took {:.1} beside it)",
        time.total_s, time.capture_s, time.sync_s, time.check_s, time.photo_waiting_s, time.photo_making_s
    ));
    say(&format!("report: {}", page.display()));
    match sum.failed_checks {
        0 => say(&format!("all {} checks hold", outcome.checks.len())),
        failed => say(&format!("{failed} of {} checks failed", outcome.checks.len())),
    }
}

#[expect(clippy::print_stdout, reason = "this is the program's output")]
fn say(line: &str) {
    println!("{line}");
}

/// The progress bar.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} [{elapsed}]");
        Self(ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

impl Progress for Bar {
    fn played(&self, done: usize, total: usize, what: &str) {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
        self.0.set_message(what.to_owned());
    }
}
