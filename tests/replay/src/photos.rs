//! The phone's camera: photos drawn from the recording's seed on a thread of their own, or real files in name order.
//!
//! What a photo shows follows from the recording: the plate of its case, the time, and the fix of its case or, before
//! there is one, the last. The same recording gives the same bytes.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset, TimeZone};
use streife_core::domain::PhotoClass;
use streife_core::journal::{Event, Recording, TimedEvent};
use streife_core::testing::photo::{PhotoSpec, Scene, make};

use crate::ReplayError;
use crate::watch::Stopwatch;

/// Photos drawn ahead of the player. Each has about 4 MB.
const AHEAD: usize = 4;

/// Hands out photos in the recording's order.
pub struct Camera {
    source: Source,
}

enum Source {
    Drawn { photos: Receiver<Vec<u8>>, artist: Option<JoinHandle<Duration>> },
    Files(std::vec::IntoIter<PathBuf>),
}

impl Camera {
    /// A camera that draws.
    #[must_use]
    pub fn drawing(recording: &Recording) -> Self {
        let plans = plan(recording);
        let (sender, photos) = sync_channel(AHEAD);
        let artist = std::thread::spawn(move || {
            let mut drawing = Duration::ZERO;
            for spec in plans {
                let watch = Stopwatch::start();
                let photo = make(&spec);
                drawing += watch.elapsed();
                if sender.send(photo).is_err() {
                    break; // the player has ended early
                }
            }
            drawing
        });
        Self { source: Source::Drawn { photos, artist: Some(artist) } }
    }

    /// A camera that takes real files from a folder, in name order.
    ///
    /// # Errors
    /// [`ReplayError::TooFewPhotos`], [`ReplayError::File`].
    pub fn from_folder(folder: &Path, recording: &Recording) -> Result<Self, ReplayError> {
        let listing = std::fs::read_dir(folder).map_err(ReplayError::file("--photos"))?;
        let is_jpeg = |path: &PathBuf| {
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("jpg") || end.eq_ignore_ascii_case("jpeg"))
        };
        let mut files: Vec<_> = listing.filter_map(|entry| Some(entry.ok()?.path())).filter(is_jpeg).collect();
        files.sort();
        let needed = recording.events.iter().filter(|timed| matches!(timed.event, Event::CasePhoto { .. })).count();
        if files.len() < needed {
            return Err(ReplayError::TooFewPhotos { found: files.len(), needed });
        }
        Ok(Self { source: Source::Files(files.into_iter()) })
    }

    /// The next photo.
    ///
    /// # Errors
    /// [`ReplayError::File`].
    pub fn shoot(&mut self) -> Result<Vec<u8>, ReplayError> {
        let missing = || std::io::Error::other("the camera has no more photos");
        match &mut self.source {
            Source::Drawn { photos, .. } => photos.recv().map_err(|_| ReplayError::file("camera")(missing())),
            Source::Files(files) => {
                let file = files.next().ok_or_else(|| ReplayError::file("--photos")(missing()))?;
                std::fs::read(&file).map_err(ReplayError::file(file.display().to_string()))
            }
        }
    }

    /// How long drawing has taken in all, once all photos are taken.
    pub fn drawing_time(&mut self) -> Duration {
        match &mut self.source {
            Source::Drawn { artist, .. } => artist.take().and_then(|artist| artist.join().ok()).unwrap_or_default(),
            Source::Files(_) => Duration::ZERO,
        }
    }
}

/// One spec a photo, in the recording's order.
fn plan(recording: &Recording) -> Vec<PhotoSpec> {
    let PhotoSpec { width, height, .. } = PhotoSpec::default();
    let size = recording.header.camera.map_or((width, height), |camera| (camera.width.into(), camera.height.into()));
    let mut scenery = Scenery { seed: recording.header.seed, size, plates: Vec::new(), fixes: Vec::new(), taken: 0 };
    recording.events.iter().filter_map(|timed| scenery.pass(timed)).collect()
}

/// What the camera would see at this point of the recording.
struct Scenery<'a> {
    seed: u64,
    size: (u32, u32),
    plates: Vec<(&'a str, &'a str)>,
    fixes: Vec<(&'a str, (f64, f64))>,
    taken: u64,
}

impl<'a> Scenery<'a> {
    fn pass(&mut self, timed: &'a TimedEvent) -> Option<PhotoSpec> {
        match &timed.event {
            Event::CaseVehicle { case, vehicle } => self.plates.push((case, &vehicle.plate)),
            Event::CasePlace { case, place } => {
                self.fixes.extend(place.fix.as_ref().map(|fix| (case.as_str(), (fix.lat, fix.lon))));
            }
            Event::CasePhoto { case, class, .. } => return Some(self.spec(timed, case, *class)),
            _ => {}
        }
        None
    }

    fn spec(&mut self, timed: &TimedEvent, case: &str, class: PhotoClass) -> PhotoSpec {
        self.taken += 1;
        let plate = self.plates.iter().rev().find(|(of, _)| *of == case).map_or("", |(_, plate)| plate);
        let of_case = self.fixes.iter().rev().find(|(of, _)| *of == case);
        let fix = of_case.or(self.fixes.last()).map(|(_, fix)| *fix);
        let (taken_local, utc_offset) = local(timed);
        PhotoSpec {
            seed: self.seed.wrapping_mul(1_000).wrapping_add(self.taken),
            width: self.size.0,
            height: self.size.1,
            plate: plate.to_owned(),
            taken_local,
            utc_offset,
            fix,
            // Held upright or across, as officers do.
            orientation: if self.taken.is_multiple_of(3) { 6 } else { 1 },
            scene: scene(class),
        }
    }
}

fn local(timed: &TimedEvent) -> (String, String) {
    let offset = FixedOffset::east_opt(timed.offset_s).unwrap_or_else(|| chrono::Utc.fix());
    let time: DateTime<FixedOffset> = offset.timestamp_millis_opt(timed.unix_ms).single().unwrap_or_default();
    (time.format("%Y:%m:%d %H:%M:%S").to_string(), time.format("%:z").to_string())
}

const fn scene(class: PhotoClass) -> Scene {
    match class {
        PhotoClass::Overview => Scene::Overview,
        PhotoClass::Plate => Scene::Plate,
        PhotoClass::Sign => Scene::Sign,
        PhotoClass::Valve => Scene::Valve,
        PhotoClass::Detail => Scene::Detail,
        PhotoClass::Driver => Scene::Driver,
    }
}
