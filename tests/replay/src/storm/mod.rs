//! The end of a shift: many phones come back to the network and hand over to one box at about the same time.
//!
//! Each phone is the real core with a vault of its own and software twins of its hardware; protocol, TLS and box are the
//! real ones. Only time is made: a second of the fleet's clock takes a fraction of a real one, and while no phone is
//! awake the clock jumps to the next wake-up. A phone is awake as long as its `sync` runs and asleep until the time that
//! `sync` has named, as a phone's job scheduler keeps it.
//!
//! The box is the oracle: every case that a phone has acknowledged must be there once, whole and receipted, and nothing
//! else. What counts as a herd is told by figures, not judged: the most requests that arrived within a second of the
//! fleet's clock against their mean, and how often the box said that it is busy.
//!
//! All phones share the two cores with the box, so the figures are no measure of the box's speed; `cargo bench -p
//! streife-box` is.

mod arrivals;
mod clock;
mod figures;
mod fleet;
mod phone;

use std::path::PathBuf;
use std::sync::Arc;

use streife_box::{AdmissionLimits, BoxConfig, RunningBox};

use crate::watch::Stopwatch;
use crate::{Progress, ReplayError};

use arrivals::Arrivals;
use clock::FleetClock;
pub use figures::StormOutcome;
use fleet::Fleet;
use phone::{Camera, StormPhone};

/// 16 June 2026, 13:00 in Munich: the phones record until then.
const SHIFT_MS: i64 = 1_781_607_600_000;

/// How large a storm is.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Phones.
    pub devices: u32,
    /// Cases of each phone; some have one more or one less.
    pub cases: u32,
    /// Minutes within which all shifts end.
    pub within_min: u32,
    /// Seconds of the fleet's clock in a real one.
    pub speed: u32,
    /// Phones that are awake at once, at most.
    pub threads: usize,
    /// Requests that the box lets in at a time, photos fewer; its usual limits if absent.
    pub at_once: Option<u32>,
    /// Seed of who has how many cases, and when whose shift ends.
    pub seed: u64,
    /// Folder of phones and box; a temporary one otherwise.
    pub folder: Option<PathBuf>,
}

/// The box again, at the same address, with less room in all its classes: the phones were enrolled before.
fn narrowed(server: RunningBox, config: BoxConfig, at_once: u32) -> Result<RunningBox, ReplayError> {
    let AdmissionLimits { manifest, record, photo } = AdmissionLimits::default();
    let part = |limit: u32| (at_once.saturating_mul(limit) / manifest).max(1);
    let admission = AdmissionLimits { manifest: at_once.max(1), record: part(record), photo: part(photo) };
    let listen = server.address();
    let restarted = server.stop().and_then(|()| RunningBox::start(BoxConfig { admission, listen, ..config }));
    restarted.map_err(|error| ReplayError::setup("box")(&error))
}

/// Plays a storm.
///
/// # Errors
/// [`ReplayError`] if it cannot be played at all; what does not hold is told by the outcome.
pub fn storm(storm: &Storm, progress: &dyn Progress) -> Result<StormOutcome, ReplayError> {
    let scratch = tempfile::tempdir().map_err(ReplayError::file("temporary folder"))?;
    let folder = storm.folder.clone().unwrap_or_else(|| scratch.path().to_owned());
    let clock = Arc::new(FleetClock::new(SHIFT_MS, storm.speed));
    let config = BoxConfig { clock: clock.clone(), ..BoxConfig::local(folder.join("box")) };
    let server = RunningBox::start(config.clone()).map_err(|error| ReplayError::setup("box")(&error))?;
    let arrivals = Arc::new(Arrivals::default());
    let camera = Camera::default();
    let total = Stopwatch::start();
    let phones = fleet::prepare(storm, progress, |number| {
        StormPhone::prepare(&folder.join(format!("phone-{number}")), number, storm, &camera, &clock, &server, &arrivals)
    })?;
    let server = match storm.at_once {
        Some(at_once) => narrowed(server, config, at_once)?,
        None => server,
    };
    let prepared = total.elapsed();
    arrivals.clear();
    clock.start();
    let watch = Stopwatch::start();
    let fleet = Fleet::new(phones, storm, &clock);
    let slept = fleet.play(storm.threads, progress);
    let played = watch.elapsed();
    figures::judge(&slept, &server, &arrivals.taken(), (prepared, played))
}
