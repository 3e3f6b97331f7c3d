//! A phone with software twins of its hardware, and what an officer does with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig};
use streife_core::domain::{
    Agency, CaseEdit, CaseId, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate, Vehicle, VehicleKind,
};
use streife_core::ports::{NeverCancel, NoAnchor, OsEntropy};
use streife_core::seal::SoftwareKey;
use streife_core::testing::{
    DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock, photo,
};

const MORNING_MS: i64 = 1_781_582_400_000;

/// Everything of a phone but the open vault.
pub struct Phone {
    config: Config,
    ports: Ports,
    agency: DevAgency,
}

impl Phone {
    pub fn new(folder: &Path) -> Self {
        let agency = DevAgency::found("Agency", &OsEntropy).expect("founded");
        let key = || SoftwareKey::generate(&OsEntropy).expect("randomness");
        let config = Config {
            folder: folder.to_owned(),
            agency: Agency("Agency".to_owned()),
            agency_root: agency.root.verifying_key(),
            box_key: key().verifying_key(),
            app: "bench".to_owned(),
            policy: Policy { metered_object: 0, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 0,
            payee: None,
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        };
        let ports = Ports {
            clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(key())),
            key_store: Arc::<DangerousSoftwareKeyStore>::default(),
            anchor: Arc::new(NoAnchor),
            transport: Arc::<ScriptedTransport>::default(),
        };
        Self { config, ports, agency }
    }

    pub fn folder(&self) -> &Path {
        &self.config.folder
    }

    pub fn open(&self) -> Client {
        Client::open(self.config.clone(), self.ports.clone()).expect("opens")
    }

    /// Opens a new vault and begins a shift in it.
    pub fn begin(&self) -> Client {
        let client = self.open();
        let catalogue = include_bytes!("../../data/starter-catalogue.json");
        client.install_recipients(&self.agency.recipient_set(MORNING_MS).expect("signs")).expect("installs");
        client.install_catalogue(&self.agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
        client.open_shift(&Officer { id: "1".to_owned(), unit: None }).expect("opens");
        client
    }
}

/// The whole of what an officer does for one case.
pub fn capture(client: &Client, photos: &[PathBuf]) {
    let case = client.begin_case().expect("begins");
    for photo in photos {
        client.add_photo(case, photo, PhotoClass::Overview).expect("adds");
    }
    complete(client, case);
}

/// The same with thumbnails, as an app makes them in the background.
pub fn capture_with_thumbnails(client: &Client, photo: &Path) {
    let case = client.begin_case().expect("begins");
    client.add_photo(case, photo, PhotoClass::Overview).expect("adds");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    complete(client, case);
}

fn complete(client: &Client, case: CaseId) {
    static VEHICLES: AtomicU32 = AtomicU32::new(0);
    let number = VEHICLES.fetch_add(1, Ordering::Relaxed) % 9_000 + 1; // the same one at once again is a finding
    let plate = Plate::parse(&format!("M-AB {number}"), "D").expect("sound");
    let offence = NamedOffence::new("141322".parse().expect("six digits"));
    for edit in [
        CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)),
        CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] },
        CaseEdit::Place(Place { text: "Marienplatz 8".to_owned(), ..Place::default() }),
    ] {
        client.edit_case(case, edit).expect("edits");
    }
    client.add_check(case, Vec::new(), None).expect("checks");
    client.seal_case(case, Vec::new()).expect("seals");
}

/// A drawn photo as a file.
pub fn draw(folder: &Path, seed: u64, width: u32, height: u32) -> PathBuf {
    let file = folder.join(format!("{seed}-{width}.jpg"));
    std::fs::write(&file, photo::make(&photo::PhotoSpec { seed, width, height, ..Default::default() }))
        .expect("writes");
    file
}
