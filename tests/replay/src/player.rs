//! Plays a recording: each line becomes the call of the core that it stands for.

use std::collections::BTreeMap;
use std::time::Duration;

use streife_core::client::{Client, SyncEnd, SyncLimits};
use streife_core::domain::{CaseId, Confirmation, Officer};
use streife_core::error::Error;
use streife_core::journal::{Event, Expectation, NetworkState, TimedEvent, TowStep};
use streife_core::ports::NeverCancel;
use streife_core::seal::Hash;
use streife_core::sync::Network;

use crate::ReplayError;
use crate::edits::Edits;
use crate::log::Log;
use crate::phone::Phone;
use crate::photos::Camera;
use crate::watch::Stopwatch;

/// A photo as the camera took it.
#[derive(Clone, Debug)]
pub struct TakenPhoto {
    /// Label in the recording.
    pub label: String,
    /// SHA-256 of the file.
    pub hash: Hash,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What the recording has said of a case.
#[derive(Clone, Debug)]
pub struct PlayedCase {
    /// Id that the core gave it.
    pub case: CaseId,
    /// When it was begun, unix milliseconds.
    pub begun_ms: i64,
    /// When it was sealed.
    pub sealed_ms: Option<i64>,
    /// When its receipt was there.
    pub receipted_ms: Option<i64>,
    /// Its photos in their order.
    pub photos: Vec<TakenPhoto>,
}

/// What must hold now.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Counts at phone and box.
    pub counts: Expectation,
    /// Label of the case whose findings are expected.
    pub case: Option<String>,
    /// Its findings.
    pub findings: Option<FoundBefore>,
}

/// Findings of a case before it is sealed.
#[derive(Clone, Debug)]
pub struct FoundBefore {
    /// Codes that must be found, and no others.
    pub expected: Vec<String>,
    /// Codes that are found.
    pub found: Vec<String>,
}

/// Plays events on a phone.
pub struct Player<'a> {
    phone: &'a mut Phone,
    camera: &'a mut Camera,
    network: Network,
    /// Cases by their label.
    pub cases: BTreeMap<String, PlayedCase>,
    /// What happened.
    pub log: Log,
    /// Time in calls of capture.
    pub capture: Duration,
    /// Time in calls of sync.
    pub sync: Duration,
    /// Time spent waiting for the camera.
    pub waiting: Duration,
}

impl<'a> Player<'a> {
    /// A player whose app has been started. The phone is offline until the recording says otherwise.
    pub fn new(phone: &'a mut Phone, camera: &'a mut Camera) -> Self {
        phone.set_link(false);
        Self {
            phone,
            camera,
            network: Network::Offline,
            cases: BTreeMap::new(),
            log: Log::default(),
            capture: Duration::ZERO,
            sync: Duration::ZERO,
            waiting: Duration::ZERO,
        }
    }

    /// The phone that is played on.
    #[must_use]
    pub fn phone(&self) -> &Phone {
        self.phone
    }

    /// How long the camera has drawn, once all photos are taken.
    pub fn drawing_time(&mut self) -> Duration {
        self.camera.drawing_time()
    }

    /// Plays one line. `Some` is an expectation to be checked now.
    ///
    /// # Errors
    /// [`ReplayError::Event`] with the line if the core refuses what the recording says.
    pub fn play(&mut self, timed: &TimedEvent) -> Result<Option<Expected>, ReplayError> {
        self.phone.show_time(timed);
        match &timed.event {
            Event::Expect { counts, case, findings } => {
                let found = case.as_deref().map(|case| self.found(timed, case)).transpose()?;
                let findings = findings.clone().zip(found).map(|(expected, found)| FoundBefore { expected, found });
                return Ok(Some(Expected { counts: *counts, case: case.clone(), findings }));
            }
            Event::Network { state } => self.set_network(timed, *state),
            Event::AppKill {} => {
                self.phone.kill();
                self.log.note(timed, "kill", None, "the app is killed".to_owned());
            }
            Event::PhoneReboot {} => {
                self.phone.reboot(timed);
                self.log.note(timed, "kill", None, "the phone restarts".to_owned());
            }
            Event::AppStart {} => self.start(timed)?,
            Event::Sync {} => self.sync(timed)?,
            Event::ShiftOpen { .. } | Event::ShiftClose {} => self.shift(timed)?,
            Event::CaseBegin { case } => self.begin(timed, case)?,
            Event::CasePhoto { case, photo, class } => self.photo(timed, case, photo, *class)?,
            Event::CaseSeal { .. } | Event::CaseVoid { .. } => self.close_case(timed)?,
            _ => self.edit(timed)?,
        }
        Ok(None)
    }

    fn client(&self, timed: &TimedEvent) -> Result<&Client, ReplayError> {
        self.phone.client().ok_or_else(|| refused(timed, &"the app is not running"))
    }

    fn id(&self, timed: &TimedEvent, label: &str) -> Result<CaseId, ReplayError> {
        self.cases.get(label).map(|case| case.case).ok_or_else(|| refused(timed, &"the case is unknown"))
    }

    fn set_network(&mut self, timed: &TimedEvent, state: NetworkState) {
        let (network, name) = match state {
            NetworkState::Offline => (Network::Offline, "offline"),
            NetworkState::Metered => (Network::Metered, "metered"),
            NetworkState::Unmetered => (Network::Unmetered, "unmetered"),
        };
        self.network = network;
        self.phone.set_link(network != Network::Offline);
        self.log.network(timed, name);
    }

    fn start(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let client = self.phone.start().map_err(|error| refused(timed, &error))?;
        let found = client.recovered();
        let text =
            if found.is_clean() { "the app starts".to_owned() } else { format!("the app starts and mends: {found:?}") };
        self.log.note(timed, "start", None, text);
        Ok(())
    }

    fn shift(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let client = self.client(timed)?;
        let text = match &timed.event {
            Event::ShiftOpen { officer } => {
                let officer = Officer { id: officer.id.clone(), unit: officer.unit.clone() };
                client.open_shift(&officer).map_err(|error| refused(timed, &error))?;
                "the shift opens"
            }
            _ => {
                client.close_shift().map_err(|error| refused(timed, &error))?;
                "the shift closes"
            }
        };
        self.log.note(timed, "shift", None, text.to_owned());
        Ok(())
    }

    fn begin(&mut self, timed: &TimedEvent, label: &str) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let case = self.client(timed)?.begin_case().map_err(|error| refused(timed, &error))?;
        self.capture += watch.elapsed();
        let (begun_ms, photos) = (timed.unix_ms, Vec::new());
        self.cases.insert(label.to_owned(), PlayedCase { case, begun_ms, sealed_ms: None, receipted_ms: None, photos });
        self.log.note(timed, "case", Some(label), "begun".to_owned());
        Ok(())
    }

    fn edit(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let label = timed.event.case().unwrap_or_default();
        let (client, case) = (self.client(timed)?, self.id(timed, label)?);
        let facts = client.draft(case).map_err(|error| refused(timed, &error))?;
        let photos = self.cases.get(label).map(|played| played.photos.as_slice()).unwrap_or_default();
        let edits = Edits { timed, clock: self.phone.clock(), facts: &facts, photos };
        let edit = edits.edit().map_err(|error| refused(timed, &error))?;
        client.edit_case(case, edit).map_err(|error| refused(timed, &error))?;
        self.capture += watch.elapsed();
        self.note_edit(timed, label);
        Ok(())
    }

    /// Talks and tows are moments of their own; the other facts show in the case.
    fn note_edit(&mut self, timed: &TimedEvent, label: &str) {
        let step = |step: TowStep| match step {
            TowStep::Ordered => "a tow is ordered",
            TowStep::Noted => "the tow's details are noted",
            TowStep::Arrived => "the tow truck arrives",
            TowStep::Finished => "the tow is over",
        };
        let (kind, text) = match &timed.event {
            Event::CaseTow { tow, .. } => ("tow", step(tow.step)),
            Event::CaseTalk { .. } => ("talk", "a talk with the driver"),
            _ => return,
        };
        self.log.note(timed, kind, Some(label), text.to_owned());
    }

    /// Codes of what would be found if the case were sealed now, in order.
    fn found(&self, timed: &TimedEvent, label: &str) -> Result<Vec<String>, ReplayError> {
        let found = self.client(timed)?.findings(self.id(timed, label)?).map_err(|error| refused(timed, &error))?;
        let mut codes: Vec<String> = found.iter().map(|finding| finding.code.as_str().to_owned()).collect();
        codes.sort_unstable();
        Ok(codes)
    }

    fn photo(
        &mut self,
        timed: &TimedEvent,
        label: &str,
        name: &str,
        class: streife_core::domain::PhotoClass,
    ) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let bytes = self.camera.shoot()?;
        self.waiting += watch.elapsed();
        let taken = TakenPhoto { label: name.to_owned(), hash: Hash::of(&[&bytes]), bytes: bytes.len() as u64 };
        let file = self.phone.camera_file();
        std::fs::write(&file, &bytes).map_err(ReplayError::file("the camera's file"))?;
        let watch = Stopwatch::start();
        let (client, case) = (self.client(timed)?, self.id(timed, label)?);
        client.add_photo(case, &file, class).map_err(|error| refused(timed, &error))?;
        client.make_thumbnails(case, &NeverCancel).map_err(|error| refused(timed, &error))?;
        self.capture += watch.elapsed();
        std::fs::remove_file(&file).map_err(ReplayError::file("the camera's file"))?;
        self.log.note(timed, "photo", Some(label), format!("{name}, {:.1} MB", mega(taken.bytes)));
        if let Some(played) = self.cases.get_mut(label) {
            played.photos.push(taken);
        }
        Ok(())
    }

    fn close_case(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let label = timed.event.case().unwrap_or_default();
        let (client, case) = (self.client(timed)?, self.id(timed, label)?);
        let (kind, text) = match &timed.event {
            Event::CaseSeal { confirm, .. } => {
                let given = |c: &streife_core::journal::Confirm| Confirmation {
                    finding: c.finding.clone(),
                    reason: c.reason.clone(),
                };
                let sealed = client.seal_case(case, confirm.iter().map(given).collect());
                let sealed = sealed.map_err(|error| refused(timed, &findings(&error)))?;
                ("seal", format!("sealed as number {}", sealed.seq))
            }
            Event::CaseVoid { reason, note, .. } => {
                client.void_case(case, *reason, note.as_deref()).map_err(|error| refused(timed, &error))?;
                ("void", format!("voided: {}", reason.as_str()))
            }
            _ => return Ok(()),
        };
        self.capture += watch.elapsed();
        if let Some(played) = self.cases.get_mut(label) {
            played.sealed_ms.get_or_insert(timed.unix_ms);
        }
        self.log.note(timed, kind, Some(label), text);
        Ok(())
    }

    fn sync(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let limits = SyncLimits::over(self.network);
        let report = self.client(timed)?.sync(&limits).map_err(|error| refused(timed, &error))?;
        self.sync += watch.elapsed();
        let end = match report.end {
            SyncEnd::Idle => "idle",
            SyncEnd::WaitUntil(_) => "waits",
            SyncEnd::Deadline => "deadline",
            SyncEnd::Cancelled => "cancelled",
            SyncEnd::Revoked => "revoked",
        };
        self.log.sync(timed, &report, end);
        self.note_receipts(timed)
    }

    fn note_receipts(&mut self, timed: &TimedEvent) -> Result<(), ReplayError> {
        let mut news = Vec::new();
        for (label, played) in self.cases.iter().filter(|(_, played)| played.receipted_ms.is_none()) {
            let row = self.client(timed)?.case(played.case).map_err(|error| refused(timed, &error))?;
            if row.receipt.is_some() {
                news.push(label.clone());
            }
        }
        for label in news {
            if let Some(played) = self.cases.get_mut(&label) {
                played.receipted_ms = Some(timed.unix_ms);
            }
            self.log.note(timed, "receipt", Some(&label), "receipt verified, payload destroyed".to_owned());
        }
        Ok(())
    }
}

fn refused(timed: &TimedEvent, reason: &dyn std::fmt::Display) -> ReplayError {
    ReplayError::Event { line: timed.line, reason: reason.to_string() }
}

/// Findings by name; the error alone only counts them.
fn findings(error: &Error) -> String {
    match error {
        Error::Findings(found) => {
            let codes: Vec<_> = found.iter().map(|finding| finding.code.as_str()).collect();
            format!("sealing is blocked by {}", codes.join(", "))
        }
        other => other.to_string(),
    }
}

pub(crate) fn mega(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for people, to one decimal")]
    let bytes = bytes as f64;
    bytes / 1e6
}
