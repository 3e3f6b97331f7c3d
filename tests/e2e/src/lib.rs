//! End-to-end rig: a phone and a box, both real, with everything around them obeying the test.
//!
//! The phone is the core with software hardware and a clock that moves when told to; the box runs in this process with
//! its own threads and speaks TLS on loopback. The box's ledger is the oracle, never the phone's own word.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use streife_box::{BoxConfig, Connection, Route, RunningBox};
use streife_core::client::{Client, Config, Policy, Ports, Retention, Salvage, StorageConfig, SyncLimits, SyncReport};
use streife_core::domain::{
    Agency, CaseEdit, CaseId, Fix, FixProvider, Moment, NamedOffence, OffenceRelation, Officer, Payee, PhotoClass,
    Place, Plate, Vehicle, VehicleKind,
};
use streife_core::http::HttpTransport;
use streife_core::ports::{Clock, NoAnchor, OsEntropy, Transport};
use streife_core::seal::{SoftwareKey, VerifyingKey};
use streife_core::sync::Network;
use streife_core::testing::{DangerousSoftwareKeyStore, DangerousSoftwareSigner, SimClock, photo};

pub mod camera;
pub mod proxy;

/// 16 June 2026, 06:00 in Munich.
pub const MORNING_MS: i64 = 1_781_582_400_000;

/// What a handover asks of the box, in the order of the wire.
pub const HANDOVER: [Route; 9] = [
    Route::TimeGet,
    Route::TokenPost,
    Route::ShiftPut,
    Route::CasePut,
    Route::ObjectPut,
    Route::UploadPatch,
    Route::ReceiptGet,
    Route::EventPut,
    Route::SealPut,
];

/// A phone and a box.
pub struct Rig {
    /// All folders of the test.
    pub folder: tempfile::TempDir,
    /// Time of phone and box.
    pub clock: Arc<SimClock>,
    /// The phone's signing hardware.
    pub signer: Arc<DangerousSoftwareSigner>,
    /// The phone's key store.
    pub key_store: Arc<DangerousSoftwareKeyStore>,
    /// The box.
    pub server: RunningBox,
    /// The phone asks for case numbers while fewer than this are left.
    pub numbers_low: u32,
    /// The agency's account, if it prints payment codes.
    pub payee: Option<Payee>,
    /// When the phone lets go what it has a receipt for: at once, unless a test says otherwise.
    pub retention: Retention,
    range_size: u16,
    /// Cases recorded so far: each has a vehicle of its own.
    cases: AtomicU32,
}

impl Rig {
    /// Starts a box and switches a phone on. The phone asks for no case numbers.
    #[must_use]
    pub fn new() -> Self {
        Self::with_numbers(0, 100)
    }

    /// The same with a phone that asks for case numbers while fewer than `numbers_low` are left, from a box that gives
    /// `range_size` at once.
    #[must_use]
    pub fn with_numbers(numbers_low: u32, range_size: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(SimClock::new(MORNING_MS, 7_200));
        let server = start_box(&folder.path().join("box"), clock.clone(), range_size);
        let key = SoftwareKey::generate(&OsEntropy).expect("randomness");
        let (signer, key_store) = (Arc::new(DangerousSoftwareSigner::new(key)), Arc::default());
        Self {
            folder,
            clock,
            signer,
            key_store,
            server,
            numbers_low,
            payee: None,
            retention: Retention::AT_ONCE,
            range_size,
            cases: AtomicU32::new(0),
        }
    }

    /// Kills the box and starts it again, at another address.
    #[must_use]
    pub fn restart_box(self) -> Self {
        self.restart_box_after(|_| {})
    }

    /// The same with work on the box's folder in between.
    #[must_use]
    pub fn restart_box_after(self, work: impl FnOnce(&std::path::Path)) -> Self {
        self.server.kill().expect("ends");
        work(&self.folder.path().join("box"));
        let server = start_box(&self.folder.path().join("box"), self.clock.clone(), self.range_size);
        Self { server, ..self }
    }

    /// What the phone needs to know of the box.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.server.connection()
    }

    /// The phone's vault.
    #[must_use]
    pub fn vault_folder(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    /// Opens the phone's app over a transport.
    #[must_use]
    pub fn open_over(&self, transport: Arc<dyn Transport>) -> Client {
        Client::open(self.config(), self.ports(transport)).expect("the vault opens")
    }

    /// Sets a damaged database aside and opens the phone's app over real TLS.
    #[must_use]
    pub fn salvage(&self) -> (Client, Salvage) {
        let transport = Arc::new(self.http(self.connection().ca_pem.as_bytes()));
        Client::salvage(self.config(), self.ports(transport)).expect("the vault is built again")
    }

    /// Settings of the phone's app.
    #[must_use]
    pub fn config(&self) -> Config {
        let told = self.connection();
        let key = |sec1: &[u8]| VerifyingKey::from_sec1(sec1).expect("a key of the box");
        Config {
            folder: self.vault_folder(),
            agency: Agency(told.agency.clone()),
            agency_root: key(&told.agency_root),
            box_key: key(&told.box_key),
            app: "e2e".to_owned(),
            policy: Policy { metered_object: 1 << 20, ..Policy::default() },
            retention: self.retention,
            numbers_low: self.numbers_low,
            payee: self.payee.clone(),
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        }
    }

    fn ports(&self, transport: Arc<dyn Transport>) -> Ports {
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: self.signer.clone(),
            key_store: self.key_store.clone(),
            anchor: Arc::new(NoAnchor),
            transport,
        }
    }

    /// Opens the phone's app over real TLS.
    #[must_use]
    pub fn open(&self) -> Client {
        self.open_over(Arc::new(self.http(self.connection().ca_pem.as_bytes())))
    }

    /// Opens the phone's app, enrols it and opens a shift.
    #[must_use]
    pub fn on_patrol(&self) -> Client {
        let client = self.open();
        client.enrol(&self.connection().enrolment_code).expect("enrols");
        self.open_shift(&client);
        client
    }

    /// Opens a shift.
    pub fn open_shift(&self, client: &Client) {
        client.open_shift(&Officer { id: "4827".to_owned(), unit: None }).expect("opens");
    }

    /// A transport to the box that trusts these authorities.
    #[must_use]
    pub fn http(&self, authorities_pem: &[u8]) -> HttpTransport {
        HttpTransport::new(&self.connection().origin, authorities_pem).expect("sound settings")
    }

    /// Records and seals one case with so many photos.
    #[must_use]
    pub fn seal_case(&self, client: &Client, photos: u64) -> CaseId {
        let case = self.draft_case(client, photos);
        client.seal_case(case, Vec::new()).expect("seals");
        case
    }

    /// Records one case with so many photos, ready to be sealed.
    #[must_use]
    pub fn draft_case(&self, client: &Client, photos: u64) -> CaseId {
        let case = client.begin_case().expect("begins");
        let offence = NamedOffence::new("141322".parse().expect("six digits"));
        let number = 1_234 + self.cases.fetch_add(1, Ordering::Relaxed);
        let plate = Plate::parse(&format!("M-AB {number}"), "D").expect("sound");
        for edit in [
            CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)),
            CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] },
            CaseEdit::Place(Place { text: "Marienplatz 8".to_owned(), fix: Some(self.fix()), ..Place::default() }),
        ] {
            client.edit_case(case, edit).expect("edits");
        }
        client.add_check(case, Vec::new(), None).expect("checks");
        for seed in 0..photos {
            client.add_photo(case, &self.photo(seed), PhotoClass::Overview).expect("adds");
        }
        case
    }

    /// A photo of some 400 KB, which travels as a resumable upload. Drawn once; `seed` makes it another file.
    #[must_use]
    pub fn photo(&self, seed: u64) -> PathBuf {
        static DRAWN: OnceLock<Vec<u8>> = OnceLock::new();
        let drawn =
            DRAWN.get_or_init(|| photo::make(&photo::PhotoSpec { width: 1_280, height: 960, ..Default::default() }));
        let file = self.folder.path().join("camera.jpg");
        // Bytes behind the picture's end, as motion photos have them, tell one photo from the next.
        std::fs::write(&file, [drawn.as_slice(), &seed.to_be_bytes()].concat()).expect("writes");
        file
    }

    fn fix(&self) -> Fix {
        let now = self.clock.read();
        let at = Moment::new(now.unix_ms, now.offset_s, now.mono_ms, now.boot).expect("in the calendar");
        let (lat_e7, lon_e7) = (481_374_300, 115_754_900);
        Fix { lat_e7, lon_e7, accuracy_mm: 6_000, at, provider: FixProvider::Gnss, mocked: false }
    }

    /// Lets time pass and syncs, as a scheduler does, until the queue is empty; returns how often it had to wait.
    ///
    /// # Panics
    /// If the queue does not drain within fifty rounds.
    #[must_use]
    pub fn drain(&self, client: &Client) -> u32 {
        for waits in 0..50 {
            let report = sync(client, Network::Unmetered);
            if let streife_core::client::SyncEnd::WaitUntil(time) = report.end {
                let ahead = time - self.clock.read().unix_ms;
                self.clock.advance_ms(u32::try_from(ahead).expect("not backwards"));
            } else {
                return waits;
            }
        }
        panic!("the queue does not drain");
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

/// Starts a box in a folder.
fn start_box(folder: &std::path::Path, clock: Arc<SimClock>, range_size: u16) -> RunningBox {
    let hosts = vec![proxy::PROXY_HOST.to_owned()];
    RunningBox::start(BoxConfig { clock, range_size, hosts, ..BoxConfig::local(folder) }).expect("the box starts")
}

/// One call of sync.
#[must_use]
pub fn sync(client: &Client, network: Network) -> SyncReport {
    client.sync(&SyncLimits::over(network)).expect("the vault works")
}
