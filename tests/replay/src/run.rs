//! One replay from the recording to the outcome.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_core::journal::{Event, Recording, TimedEvent};
use streife_core::ports::{Entropy, OsEntropy};
use streife_core::testing::SimClock;

use crate::ReplayError;
use crate::check::{self, Checks, Final};
use crate::desk::Desk;
use crate::export;
use crate::model::{OffsetChange, Outcome, RecordingInfo, Timing};
use crate::phone::Phone;
use crate::photos::Camera;
use crate::player::Player;
use crate::target::Target;
use crate::watch::Stopwatch;

const HOUR_MS: i64 = 3_600_000;

/// What to replay, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The recording.
    pub recording: PathBuf,
    /// Folder of real photos; drawn ones otherwise.
    pub photos: Option<PathBuf>,
    /// Address and CA file of a running box; an embedded one otherwise.
    pub target: Option<(String, PathBuf)>,
    /// Folder of the phone's vault; a temporary one otherwise.
    pub vault: Option<PathBuf>,
    /// Folder to write what the box has to.
    pub export: Option<PathBuf>,
}

/// Told while a replay goes on.
pub trait Progress {
    /// `done` of `total` lines are played.
    fn played(&self, done: usize, total: usize, what: &str);
}

/// Replays a recording and checks the result.
///
/// # Errors
/// [`ReplayError`] if it cannot be replayed at all; what does not hold is a failed check of the outcome.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Outcome, ReplayError> {
    let total = Stopwatch::start();
    let recording = read(&options.recording)?;
    let scratch = tempfile::tempdir().map_err(ReplayError::file("temporary folder"))?;
    let first = recording.events.first().ok_or_else(|| empty(&options.recording))?;
    let clock = Arc::new(SimClock::new(first.unix_ms, first.offset_s));
    let target = match &options.target {
        Some((origin, ca_file)) => Target::remote(origin, ca_file)?,
        None => Target::embedded(&scratch.path().join("box"), &recording.header.agency, clock.clone())?,
    };
    let folder = options.vault.clone().unwrap_or_else(|| scratch.path().join("phone"));
    let seed = seed(&folder, recording.header.seed, options.target.is_some())?;
    let mut phone = Phone::new(&folder, seed, clock, &target)?;
    let mut camera = match &options.photos {
        Some(folder) => Camera::from_folder(folder, &recording)?,
        None => Camera::drawing(&recording),
    };
    provision(&mut phone, first, &target)?;
    let desk = Desk::new(&target)?;
    let mut checks = Checks::default();
    let mut player = Player::new(&mut phone, &mut camera);
    for (index, timed) in recording.events.iter().enumerate() {
        progress.played(index, recording.events.len(), name(&timed.event));
        if let Some(expected) = player.play(timed)? {
            let found = check::count(running(player.phone())?, &desk)?;
            check::expect(timed.line, &expected.counts, &found, &mut checks);
            check::expect_findings(timed.line, &expected, &mut checks);
        }
    }
    progress.played(recording.events.len(), recording.events.len(), "checking");
    finish(options, &recording, player, &desk, &target, checks, &total)
}

fn finish(
    options: &Options,
    recording: &Recording,
    mut player: Player<'_>,
    desk: &Desk,
    target: &Target,
    mut checks: Checks,
    total: &Stopwatch,
) -> Result<Outcome, ReplayError> {
    let checking = Stopwatch::start();
    let client = running(player.phone())?;
    let cases = Final { client, desk, target, played: &player.cases }.check(&mut checks)?;
    let mut summary = check::count(client, desk)?;
    (summary.requests, summary.bytes_sent) = player.phone().traffic();
    summary.retries = player.log.syncs.iter().map(|call| u64::from(call.retries)).sum();
    summary.receipts = player.log.syncs.iter().map(|call| u64::from(call.receipts)).sum();
    summary.bytes_needed = check::bytes_needed(client, desk)?;
    summary.amount_cents = cases.iter().filter(|case| case.voided.is_none()).map(|case| case.amount_cents).sum();
    if summary.queued == 0 && summary.bytes_needed > 0 {
        let fits = summary.bytes_sent * 100 <= summary.bytes_needed * 102;
        let detail = format!("{} sent, {} needed", summary.bytes_sent, summary.bytes_needed);
        checks.add("no more than 2 % was sent beyond what was needed", fits, detail);
    }
    summary.failed_checks = checks.failed();
    if let Some(folder) = &options.export {
        export::export(folder, desk, target, &check::box_id(target, desk, client)?)?;
    }
    let check_s = checking.elapsed().as_secs_f64();
    let to_ms = recording.events.last().map_or(0, |timed| timed.unix_ms);
    let (capture_s, sync_s) = (player.capture.as_secs_f64(), player.sync.as_secs_f64());
    let photo_waiting_s = player.waiting.as_secs_f64();
    let photo_making_s = player.drawing_time().as_secs_f64();
    Ok(Outcome {
        recording: info(options, recording, target),
        summary,
        timing: Timing {
            photo_making_s,
            photo_waiting_s,
            capture_s,
            sync_s,
            check_s,
            total_s: total.elapsed().as_secs_f64(),
        },
        network: player.log.spans(to_ms),
        timeline: player.log.timeline,
        syncs: player.log.syncs,
        cases,
        checks: checks.0,
    })
}

fn read(file: &Path) -> Result<Recording, ReplayError> {
    let text = std::fs::read_to_string(file).map_err(ReplayError::file(file.display().to_string()))?;
    Recording::parse(&text).map_err(|fault| ReplayError::Recording { file: file.display().to_string(), fault })
}

fn empty(file: &Path) -> ReplayError {
    let reason = "the recording has no event".to_owned();
    let fault = streife_core::journal::RecordingError { line: 1, reason };
    ReplayError::Recording { file: file.display().to_string(), fault }
}

/// The recording's seed gives the same bytes again for a fresh phone at an embedded box. A phone or a box that has
/// played before must not meet the same ids and keys twice.
fn seed(folder: &Path, seed: u64, is_remote: bool) -> Result<u64, ReplayError> {
    if !is_remote && !folder.join("vault").exists() {
        return Ok(seed);
    }
    let entropy: &dyn Entropy = &OsEntropy;
    let fresh = entropy.array().map_err(|error| ReplayError::setup("vault")(&error))?;
    Ok(seed ^ u64::from_be_bytes(fresh))
}

/// Starts the app for the first time and enrols it, as its owner does before the first shift.
fn provision(phone: &mut Phone, first: &TimedEvent, target: &Target) -> Result<(), ReplayError> {
    phone.show_time(first);
    let client = phone.start().map_err(|error| ReplayError::setup("vault")(&error))?;
    client.enrol(&target.enrolment_code).map_err(|error| ReplayError::setup("box")(&error))
}

fn running(phone: &Phone) -> Result<&streife_core::client::Client, ReplayError> {
    phone.client().ok_or_else(|| ReplayError::setup("recording")(&"the app is not running at a check"))
}

fn info(options: &Options, recording: &Recording, target: &Target) -> RecordingInfo {
    let file = options.recording.file_name().map(|name| name.to_string_lossy().into_owned());
    let (first, last) = (recording.events.first(), recording.events.last());
    RecordingInfo {
        file: file.unwrap_or_default(),
        title: recording.header.title.clone(),
        agency: recording.header.agency.clone(),
        catalogue: recording.header.catalogue.clone(),
        seed: recording.header.seed,
        events: recording.events.len(),
        from_ms: first.map_or(0, |timed| timed.unix_ms),
        to_ms: last.map_or(0, |timed| timed.unix_ms),
        offset_s: first.map_or(0, |timed| timed.offset_s),
        offset_changes: recording.events.windows(2).filter_map(offset_change).collect(),
        target: target.name.clone(),
    }
}

/// Between two lines with different offsets: clocks change on a full hour, the first one behind the earlier line.
fn offset_change(pair: &[TimedEvent]) -> Option<OffsetChange> {
    let [before, after] = pair else { return None };
    let hour = before.unix_ms.div_euclid(HOUR_MS).saturating_add(1).saturating_mul(HOUR_MS);
    let changed = before.offset_s != after.offset_s;
    changed.then(|| OffsetChange { at_ms: hour.min(after.unix_ms), offset_s: after.offset_s })
}

const fn name(event: &Event) -> &'static str {
    match event {
        Event::CasePhoto { .. } => "photo",
        Event::CaseSeal { .. } => "sealing",
        Event::Sync {} => "sync",
        Event::Expect { .. } => "checking",
        _ => "recording",
    }
}
