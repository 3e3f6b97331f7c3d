//! What a real flow writes: cases are recorded on a phone in memory, sealed, opened by the case worker, and then their
//! JSON is judged by the schema.

use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig};
use streife_core::domain::{
    Axle, CaseEdit, CaseId, CaseRecord, CaseView, ClockPosition, Confirmation, DiscTime, Fix, FixProvider, Moment,
    Municipality, NamedOffence, Notes, OffenceRelation, Officer, PhotoClass, Place, Plate, Side, Slip, Valve, Vehicle,
    VehicleKind, VoidReason,
};
use streife_core::error::Error;
use streife_core::ports::{Clock, NeverCancel, NoAnchor, OsEntropy};
use streife_core::seal::{
    Binding, CaseEvent, Kind, Manifest, ManifestObject, Scope, Signed, SoftwareKey, commitment, open,
};
use streife_core::testing::{
    DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock, photo,
};

use streife_core::vault::{Vault, VaultError, VaultPorts};

use super::{Schema, top};

type Test = fn() -> Result<(), Failed>;

pub fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 4] = [
        ("a case with everything in it", full),
        ("a case with nothing optional in it", bare),
        ("a draft that was voided before anything was recorded", voided),
        ("the note of a void", note),
    ];
    tests.into_iter().map(|(name, test)| Trial::test(format!("flow: {name}"), test)).collect()
}

/// 16 June 2026, 06:00 in Munich.
const MORNING_MS: i64 = 1_781_582_400_000;

/// A phone in memory but for its vault, and the agency it belongs to.
pub struct Phone {
    folder: tempfile::TempDir,
    pub agency: DevAgency,
    pub key_store: Arc<DangerousSoftwareKeyStore>,
    key: SoftwareKey,
    clock: Arc<SimClock>,
}

impl Phone {
    pub fn new() -> Result<Self, Failed> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            agency: DevAgency::found("Ordnungsamt Beispielstadt", &OsEntropy)?,
            key_store: Arc::default(),
            key: SoftwareKey::generate(&OsEntropy)?,
            clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
        })
    }

    pub fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn open(&self) -> Result<Client, Error> {
        let config = Config {
            folder: self.vault(),
            agency: self.agency.name.clone(),
            agency_root: self.agency.root.verifying_key(),
            box_key: self.agency.root.verifying_key(),
            app: "schemas 1".to_owned(),
            policy: Policy { metered_object: 0, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 0,
            payee: None,
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        };
        let ports = Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(self.key.clone())),
            key_store: self.key_store.clone(),
            anchor: Arc::new(NoAnchor),
            transport: Arc::new(ScriptedTransport::default()),
        };
        let client = Client::open(config, ports)?;
        let catalogue = std::fs::read(top().join("core/data/starter-catalogue.json")).expect("the catalogue");
        client.install_recipients(&self.agency.recipient_set(MORNING_MS)?)?;
        client.install_catalogue(&self.agency.sign_catalogue(&catalogue)?)?;
        Ok(client)
    }

    /// A setting as the vault writes it; none is written before the first contact with a box.
    pub fn put_setting(&self, name: &str, value: &[u8]) -> Result<(), VaultError> {
        let ports = VaultPorts {
            key_store: self.key_store.clone(),
            entropy: Arc::new(OsEntropy),
            anchor: Arc::new(NoAnchor),
            clock: self.clock.clone(),
            trust: None,
        };
        Vault::open(&self.vault(), StorageConfig { ballast: 0, ..StorageConfig::default() }, ports)?
            .vault
            .put_setting(name, value)
    }

    fn now(&self) -> Moment {
        let reading = self.clock.read();
        Moment::new(reading.unix_ms, reading.offset_s, reading.mono_ms, reading.boot).expect("in the calendar")
    }

    fn photo(&self) -> PathBuf {
        let path = self.folder.path().join("camera.jpg");
        let spec = photo::PhotoSpec { width: 400, height: 300, orientation: 6, ..photo::PhotoSpec::default() };
        std::fs::write(&path, photo::make(&spec)).expect("writes");
        path
    }

    /// What a case worker reads: record and view, each checked against its commitment and its schema.
    fn read_case(&self, client: &Client, case: CaseId) -> Result<(CaseRecord, CaseView), Failed> {
        let bytes = client.case(case)?.manifest.ok_or("it is signed")?;
        let manifest = Signed::<Manifest>::verify(&bytes, &self.key.verifying_key())?.into_payload();
        let plain = |kind, scope| self.read_object(&manifest, kind, scope);
        let (record, view) = (plain(Kind::Record, Scope::Full)?, plain(Kind::View, Scope::View)?);
        for (schema, json) in [("case-record", &record.0), ("case-view", &view.0)] {
            Schema::load(schema).holds(&serde_json::from_slice::<Value>(json)?)?;
        }
        let (read, seen): (CaseRecord, CaseView) =
            (serde_json::from_slice(&record.0)?, serde_json::from_slice(&view.0)?);
        assert_eq!(commitment(&read.salt, &record.0), record.1.commitment);
        assert_eq!(commitment(&seen.salt, &view.0), view.1.commitment);
        Ok((read, seen))
    }

    fn read_object(&self, manifest: &Manifest, kind: Kind, scope: Scope) -> Result<(Vec<u8>, ManifestObject), Failed> {
        let row = manifest.objects.iter().find(|row| row.kind == kind).ok_or("it is listed")?;
        let key = manifest.open_case_key(&self.agency.case_worker)?.object_key(manifest.case, scope, row.object);
        let file = std::fs::read(self.vault().join(format!("objects/{}.sbx", row.object)))?;
        let plain = open(&key, &Binding::of_case(kind, manifest.case, row.object).with_scope(scope), &file)?;
        Ok((plain, row.clone()))
    }
}

pub fn officer(unit: Option<&str>) -> Officer {
    Officer { id: "4827".to_owned(), unit: unit.map(str::to_owned) }
}

fn offence(number: &str, refinement: Option<&str>) -> NamedOffence {
    let number = number.parse().expect("six digits");
    NamedOffence { refinement: refinement.map(str::to_owned), ..NamedOffence::new(number) }
}

fn full() -> Result<(), Failed> {
    let phone = Phone::new()?;
    let client = phone.open()?;
    client.open_shift(&officer(Some("Verkehrsdienst Altstadt")))?;
    let case = client.begin_case()?;
    let some = |text: &str| Some(text.to_owned());
    let plate = Plate::parse("M-AB 123 04-10", "D")?;
    let vehicle = Vehicle { make: some("VW"), model: some("Golf"), colour: some("blau"), ..vehicle(plate) };
    let fix = Fix {
        lat_e7: 481_374_300,
        lon_e7: 115_754_900,
        accuracy_mm: 6_000,
        at: phone.now(),
        provider: FixProvider::Fused,
        mocked: true,
    };
    let municipality = Some(Municipality::try_from("09162000".to_owned())?);
    for edit in [
        CaseEdit::Vehicle(vehicle),
        CaseEdit::Offences {
            relation: OffenceRelation::SeveralActs,
            items: vec![offence("112656", Some("gegenüber Haus 8")), offence("141322", None)],
        },
        CaseEdit::Place(Place { text: "Marienplatz 8".to_owned(), fix: Some(fix), municipality, ..Place::default() }),
        CaseEdit::Slip(Slip::new("1234-5678-90", Some("0123456789ABCDEFGHJK"))?),
        CaseEdit::Notes(Notes { citizen: some("Restbreite 0,9 m"), internal: some("Zeugin nebenan") }),
    ] {
        client.edit_case(case, edit)?;
    }
    let valve = |axle| Valve { side: Side::Left, axle, clock: ClockPosition::try_from(7).expect("on the clock") };
    let disc = DiscTime::try_from("06:00".to_owned())?;
    client.add_check(case, vec![valve(Axle::Front), valve(Axle::Rear)], Some(disc))?;
    phone.clock.advance_ms(61 * 60 * 1_000);
    client.add_check(case, vec![valve(Axle::Front), valve(Axle::Rear)], None)?;
    client.add_photo(case, &phone.photo(), PhotoClass::Overview)?;
    assert_eq!(client.make_thumbnails(case, &NeverCancel)?, 1);
    let confirm = Confirmation { finding: "fix-mocked".to_owned(), reason: "Testgerät".to_owned() };
    client.seal_case(case, vec![confirm])?;

    let (record, view) = phone.read_case(&client, case)?;
    assert_eq!(record.observation.duration_s, 3_660);
    assert!(record.photos.iter().all(|photo| photo.thumbnail.is_some()));
    assert_eq!((record.confirmed.len(), view.offences.len(), view.note.is_some()), (1, 2, true));
    Ok(())
}

fn bare() -> Result<(), Failed> {
    let phone = Phone::new()?;
    let client = phone.open()?;
    client.open_shift(&officer(None))?;
    let case = client.begin_case()?;
    for edit in [
        CaseEdit::Vehicle(vehicle(Plate::parse("W 12345 X", "A")?)),
        CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence("141322", None)] },
        CaseEdit::Place(Place { text: "Marienplatz".to_owned(), ..Place::default() }),
    ] {
        client.edit_case(case, edit)?;
    }
    client.add_check(case, Vec::new(), None)?;
    client.add_photo(case, &phone.photo(), PhotoClass::Plate)?;
    client.seal_case(case, Vec::new())?;
    let (record, view) = phone.read_case(&client, case)?;
    assert!(record.slip.is_none() && record.notes.is_empty() && view.to.is_none());
    Ok(())
}

fn voided() -> Result<(), Failed> {
    let phone = Phone::new()?;
    let client = phone.open()?;
    client.open_shift(&officer(None))?;
    let case = client.begin_case()?;
    client.void_case(case, VoidReason::Other, None)?;
    let (record, view) = phone.read_case(&client, case)?;
    assert!(record.vehicle.is_none() && view.offences.is_empty());
    assert_eq!(view.voided, Some(VoidReason::Other));
    Ok(())
}

fn note() -> Result<(), Failed> {
    let phone = Phone::new()?;
    let client = phone.open()?;
    client.open_shift(&officer(None))?;
    let case = client.begin_case()?;
    let event = client.void_case(case, VoidReason::WrongPlate, Some("DX statt DY"))?;
    drop(client);
    let signed: Vec<u8> = rusqlite::Connection::open(phone.vault().join("vault.db"))?.query_row(
        "SELECT signed FROM events",
        [],
        |row| row.get(0),
    )?;
    let payload = Signed::<CaseEvent>::verify(&signed, &phone.key.verifying_key())?.into_payload();
    let note = payload.note.ok_or("a note")?;
    assert_eq!(note.open(case, event, &phone.agency.recovery)?, "DX statt DY");
    Ok(())
}

fn vehicle(plate: Plate) -> Vehicle {
    Vehicle::new(plate, VehicleKind::Car)
}
