//! A phone on the desk: software twins of the hardware, a clock that obeys, an agency in memory.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

pub mod dead;
pub mod faults;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig};
use streife_core::domain::{
    CaseEdit, CaseId, Fix, FixProvider, Moment, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate, Slip,
    Vehicle, VehicleKind,
};
use streife_core::error::Error;
use streife_core::ports::{Clock, NoAnchor, OsEntropy};
use streife_core::seal::SoftwareKey;
use streife_core::testing::{
    DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock, photo,
};

/// 16 June 2026, 06:00 in Munich.
pub const MORNING_MS: i64 = 1_781_582_400_000;

pub struct Phone {
    pub folder: tempfile::TempDir,
    pub agency: DevAgency,
    pub box_key: SoftwareKey,
    pub clock: Arc<SimClock>,
    pub signer: Arc<DangerousSoftwareSigner>,
    pub key_store: Arc<DangerousSoftwareKeyStore>,
}

impl Phone {
    pub fn new() -> Self {
        let key = |byte| SoftwareKey::from_bytes(&[byte; 32]).expect("a scalar");
        Self {
            folder: tempfile::tempdir().expect("folder"),
            agency: DevAgency::found("Agency", &OsEntropy).expect("founded"),
            box_key: key(3),
            clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
            signer: Arc::new(DangerousSoftwareSigner::new(key(4))),
            key_store: Arc::new(DangerousSoftwareKeyStore::default()),
        }
    }

    pub fn config(&self) -> Config {
        Config {
            folder: self.vault_folder(),
            agency: self.agency.name.clone(),
            agency_root: self.agency.root.verifying_key(),
            box_key: self.box_key.verifying_key(),
            app: "test 1".to_owned(),
            policy: Policy { metered_object: 1 << 20, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 0,
            payee: None,
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        }
    }

    pub fn ports(&self) -> Ports {
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: self.signer.clone(),
            key_store: self.key_store.clone(),
            anchor: Arc::new(NoAnchor),
            transport: Arc::new(ScriptedTransport::default()),
        }
    }

    pub fn vault_folder(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn try_open(&self) -> Result<Client, Error> {
        Client::open(self.config(), self.ports())
    }

    /// Opens the vault and installs what the agency gives.
    pub fn open(&self) -> Client {
        let client = self.try_open().expect("opens");
        let catalogue = include_bytes!("../../data/starter-catalogue.json");
        client.install_recipients(&self.agency.recipient_set(MORNING_MS).expect("signs")).expect("installs");
        client.install_catalogue(&self.agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
        client
    }

    pub fn now(&self) -> Moment {
        let reading = self.clock.read();
        Moment::new(reading.unix_ms, reading.offset_s, reading.mono_ms, reading.boot).expect("in the calendar")
    }

    /// A small photo as a file, as a camera leaves it. Each is drawn once a process.
    pub fn photo(&self, name: &str, seed: u64) -> PathBuf {
        static DRAWN: Mutex<BTreeMap<u64, Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut drawn = DRAWN.lock().expect("no holder panics");
        self.write(name, drawn.entry(seed).or_insert_with(|| draw(seed)))
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    /// A draft with everything that sealing asks for.
    pub fn complete_draft(&self, client: &Client, plate: &str) -> CaseId {
        let case = self.draft_without_photo(client, plate);
        client.add_photo(case, &self.photo("camera.jpg", 7), PhotoClass::Overview).expect("adds");
        case
    }

    /// The same but for its photo.
    pub fn draft_without_photo(&self, client: &Client, plate: &str) -> CaseId {
        let case = client.begin_case().expect("begins");
        let plate = Plate::parse(plate, "D").expect("sound");
        let offence = NamedOffence::new("141322".parse().expect("six digits"));
        let fix = Fix {
            lat_e7: 481_374_300,
            lon_e7: 115_754_900,
            accuracy_mm: 6_000,
            at: self.now(),
            provider: FixProvider::Gnss,
            mocked: false,
        };
        let place = Place { text: "Marienplatz 8".to_owned(), fix: Some(fix), ..Place::default() };
        let slip = Slip::new(&slip_number(), Some("0123456789ABCDEFGHJK")).expect("sound");
        for edit in [
            CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)),
            CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] },
            CaseEdit::Place(place),
            CaseEdit::Slip(slip),
        ] {
            client.edit_case(case, edit).expect("edits");
        }
        client.add_check(case, Vec::new(), None).expect("checks");
        case
    }
}

/// The next slip of the pad.
fn slip_number() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("1234-5678-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn draw(seed: u64) -> Vec<u8> {
    photo::make(&photo::PhotoSpec {
        seed,
        width: 640,
        height: 480,
        taken_local: "2026:06:16 06:00:00".to_owned(),
        fix: Some((48.137_43, 11.575_49)),
        ..photo::PhotoSpec::default()
    })
}

pub fn officer() -> Officer {
    Officer { id: "4827".to_owned(), unit: None }
}

/// All bytes of all files below a folder, for searching.
pub fn all_bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.extend(all_bytes(&path));
        } else {
            let bytes = std::fs::read(&path).expect("reads");
            found.push((path, bytes));
        }
    }
    found
}
