//! One phone of the fleet: prepared with a shift's cases, then woken until everything is handed over.
//!
//! The app is opened for each stretch of work and closed behind it, so a fleet costs no more memory than the phones that
//! are awake; what a phone remembers between two stretches is what lies in its vault.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use streife_box::RunningBox;
use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig, SyncEnd, SyncLimits};
use streife_core::domain::{
    Agency, CaseEdit, CaseId, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate, Vehicle, VehicleKind,
};
use streife_core::error::Error;
use streife_core::http::HttpTransport;
use streife_core::ports::{NoAnchor, OsEntropy};
use streife_core::seal::{SoftwareKey, VerifyingKey};
use streife_core::sync::Network;
use streife_core::testing::photo::{PhotoSpec, make};
use streife_core::testing::{DangerousSoftwareKeyStore, DangerousSoftwareSigner};

use super::Storm;
use super::arrivals::{Arrivals, CountedLink};
use super::clock::FleetClock;
use crate::ReplayError;

/// A scheduler lets a job run for so long, milliseconds of the fleet's clock.
const JOB_MS: u64 = 10 * 60 * 1_000;

/// What a phone does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Everything is handed over.
    Done,
    /// It sleeps until this time, unix milliseconds.
    WakeAt(i64),
}

/// Small photos: most go in one request, every fourth as a resumable upload.
#[derive(Default)]
pub struct Camera {
    small: OnceLock<Vec<u8>>,
    large: OnceLock<Vec<u8>>,
}

impl Camera {
    /// Bytes behind the picture's end, as motion photos have them, tell one photo from the next.
    fn shoot(&self, file: &Path, number: u64) -> std::io::Result<()> {
        let (cell, size) = if number % 4 == 3 { (&self.large, (1_280, 960)) } else { (&self.small, (480, 360)) };
        let (width, height) = size;
        let picture = cell.get_or_init(|| make(&PhotoSpec { width, height, ..PhotoSpec::default() }));
        std::fs::write(file, [picture.as_slice(), &number.to_be_bytes()].concat())
    }
}

/// A phone between two stretches of work.
pub struct StormPhone {
    config: Config,
    ports: Ports,
    link: Link,
    /// Cases that the phone has acknowledged.
    pub cases: Vec<CaseId>,
    /// How often it was woken.
    pub wakes: u32,
}

/// What a connection is made of. It is made anew for each stretch, as a woken app makes it.
#[derive(Clone)]
struct Link {
    origin: String,
    ca_pem: String,
    clock: Arc<FleetClock>,
    arrivals: Arc<Arrivals>,
}

impl Link {
    fn connect(&self) -> Result<Arc<CountedLink>, Error> {
        let http = HttpTransport::new(&self.origin, self.ca_pem.as_bytes()).map_err(|_| Error::State)?;
        Ok(Arc::new(CountedLink { http, arrivals: self.arrivals.clone(), clock: self.clock.clone() }))
    }
}

impl StormPhone {
    /// Makes a phone, enrols it, and records its shift.
    pub fn prepare(
        folder: &Path,
        number: u32,
        storm: &Storm,
        camera: &Camera,
        clock: &Arc<FleetClock>,
        server: &RunningBox,
        arrivals: &Arc<Arrivals>,
    ) -> Result<Self, ReplayError> {
        let told = server.connection();
        let setup = |error: Error| ReplayError::setup("phone")(&error);
        let (origin, ca_pem) = (told.origin.clone(), told.ca_pem.clone());
        let link = Link { origin, ca_pem, clock: clock.clone(), arrivals: arrivals.clone() };
        let config = config(folder, server)?;
        let key = SoftwareKey::generate(&OsEntropy).map_err(|error| ReplayError::setup("phone")(&error))?;
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(key)),
            key_store: Arc::<DangerousSoftwareKeyStore>::default(),
            anchor: Arc::new(NoAnchor),
            transport: link.connect().map_err(setup)?,
        };
        let client = Client::open(config.clone(), ports.clone()).map_err(setup)?;
        client.enrol(&told.enrolment_code).map_err(setup)?;
        let shift = Shift { folder, number, client: &client, camera };
        let cases = shift.record(storm.cases_of(number)).map_err(setup)?;
        drop(client);
        Ok(Self { config, ports, link, cases, wakes: 0 })
    }

    /// Opens the app and hands over what it can.
    pub fn wake(&mut self, now_ms: i64) -> Result<Next, Error> {
        self.wakes += 1;
        let ports = Ports { transport: self.link.connect()?, ..self.ports.clone() };
        let client = Client::open(self.config.clone(), ports)?;
        let limits = SyncLimits { max_ms: Some(JOB_MS), ..SyncLimits::over(Network::Unmetered) };
        Ok(match client.sync(&limits)?.end {
            SyncEnd::Idle if client.status()?.waiting == 0 => Next::Done,
            SyncEnd::WaitUntil(time) => Next::WakeAt(time),
            // Asked to stop, or nothing to be done for it: the scheduler comes again.
            _ => Next::WakeAt(now_ms.saturating_add_unsigned(JOB_MS)),
        })
    }
}

fn config(folder: &Path, server: &RunningBox) -> Result<Config, ReplayError> {
    let told = server.connection();
    let key = |sec1: &[u8]| VerifyingKey::from_sec1(sec1).map_err(|error| ReplayError::setup("box")(&error));
    Ok(Config {
        folder: folder.join("vault"),
        agency: Agency(told.agency.clone()),
        agency_root: key(&told.agency_root)?,
        box_key: key(&told.box_key)?,
        app: "storm".to_owned(),
        policy: Policy::default(),
        retention: Retention::AT_ONCE,
        numbers_low: 0,
        payee: None,
        storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
    })
}

/// A shift that is being recorded.
struct Shift<'a> {
    folder: &'a Path,
    number: u32,
    client: &'a Client,
    camera: &'a Camera,
}

impl Shift<'_> {
    fn record(&self, cases: u32) -> Result<Vec<CaseId>, Error> {
        self.client.open_shift(&Officer { id: self.number.to_string(), unit: None })?;
        let recorded = (0..cases).map(|case| self.case(case)).collect::<Result<_, _>>()?;
        self.client.close_shift()?;
        Ok(recorded)
    }

    fn case(&self, number: u32) -> Result<CaseId, Error> {
        let case = self.client.begin_case()?;
        let plate = Plate::parse(&format!("M-AB {}", 100 + number), "D").map_err(|_| Error::State)?;
        let offence = NamedOffence::new("141322".parse().map_err(|_| Error::State)?);
        let place = Place { text: "Marienplatz 8".to_owned(), ..Place::default() };
        for edit in [
            CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)),
            CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] },
            CaseEdit::Place(place),
        ] {
            self.client.edit_case(case, edit)?;
        }
        self.client.add_check(case, Vec::new(), None)?;
        let file = self.folder.join("camera.jpg");
        for photo in 0..2 {
            let shot = u64::from(self.number) * 1_000 + u64::from(number) * 2 + photo;
            self.camera.shoot(&file, shot).map_err(|_| Error::State)?;
            self.client.add_photo(case, &file, PhotoClass::Overview)?;
        }
        self.client.seal_case(case, Vec::new())?;
        Ok(case)
    }
}
