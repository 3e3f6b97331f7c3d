//! One case from the open shift to the sealed file, on a phone in memory: `cargo run -p streife-core --example first_case`.
//!
//! Hardware, agency and network are the twins of the test kit; an app passes its own. The part between the marks is the
//! one that README.md shows, and `tests/readme.rs` keeps both the same.
#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig, SyncLimits};
use streife_core::domain::{
    CaseEdit, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate, Vehicle, VehicleKind,
};
use streife_core::ports::{NoAnchor, OsEntropy};
use streife_core::seal::SoftwareKey;
use streife_core::sync::Network;
use streife_core::testing::{
    DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock, photo,
};

/// 16 June 2026, 06:00 in Munich.
const MORNING_MS: i64 = 1_781_582_400_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let agency = DevAgency::found("Ordnungsamt Beispielstadt", &OsEntropy)?;
    let camera_file = folder.path().join("IMG_0001.jpg");
    std::fs::write(&camera_file, photo::make(&photo::PhotoSpec { width: 800, height: 600, ..Default::default() }))?;
    let (config, ports) = phone(folder.path(), &agency)?;

    // tour begins
    let client = Client::open(config, ports)?; // mends what a crash has left
    client.install_recipients(&agency.recipient_set(MORNING_MS)?)?;
    client.install_catalogue(&agency.sign_catalogue(include_bytes!("../data/starter-catalogue.json"))?)?;
    client.open_shift(&Officer { id: "4827".to_owned(), unit: None })?;

    let case = client.begin_case()?; // its key is on the disk before anything else of it
    let plate = Plate::parse("M-AB 1234", "D")?;
    let offence = NamedOffence::new("141322".parse()?);
    let place = Place { text: "Marienplatz 8".to_owned(), ..Place::default() };
    client.edit_case(case, CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)))?;
    client.edit_case(case, CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] })?;
    client.edit_case(case, CaseEdit::Place(place))?;
    client.add_check(case, Vec::new(), None)?;
    client.add_photo(case, &camera_file, PhotoClass::Overview)?; // durable when this returns

    for finding in client.findings(case)? {
        println!("{:?}: {}", finding.severity, finding.code);
    }
    let sealed = client.seal_case(case, Vec::new())?; // signed, chained, queued; from now on it can only be voided
    println!("case {} is number {} of the shift", sealed.case, sealed.seq);

    let report = client.sync(&SyncLimits::over(Network::Unmetered))?;
    println!("{:?}; {} bytes wait", report.end, client.status()?.bytes_waiting); // no box here: it says when to ask again
    // tour ends
    Ok(())
}

fn phone(folder: &Path, agency: &DevAgency) -> Result<(Config, Ports), Box<dyn Error>> {
    let config = Config {
        folder: folder.join("vault"),
        agency: agency.name.clone(),
        agency_root: agency.root.verifying_key(),
        box_key: SoftwareKey::generate(&OsEntropy)?.verifying_key(),
        app: "first-case 1".to_owned(),
        policy: Policy { metered_object: 1 << 20, ..Policy::default() },
        retention: Retention::AT_ONCE,
        numbers_low: 0,
        payee: None,
        storage: StorageConfig::default(),
    };
    let ports = Ports {
        clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
        entropy: Arc::new(OsEntropy),
        signer: Arc::new(DangerousSoftwareSigner::new(SoftwareKey::generate(&OsEntropy)?)),
        key_store: Arc::new(DangerousSoftwareKeyStore::default()),
        anchor: Arc::new(NoAnchor),
        transport: Arc::new(ScriptedTransport::default()),
    };
    Ok((config, ports))
}
