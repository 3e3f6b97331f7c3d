//! One vault with a case in every state, and copies of its folder to be tampered with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_core::client::{Client, Config, Ports};
use streife_core::domain::{
    BoxId, CaseId, CaseRecord, EventId, ObjectId, PhotoClass, PhotoRecord, ShiftId, VoidReason,
};
use streife_core::error::Error;
use streife_core::ports::{FileAnchor, NeverCancel, NoAnchor, OsEntropy, SignerError};
use streife_core::seal::{
    self, Binding, Hash, Kind, Manifest, Namespace, Receipt, ReceiptObject, Scope, Signed, SignedPayload, SoftwareKey,
    VerifyingKey, sign_payload,
};
use streife_core::testing::{DangerousSoftwareKeyStore, photo};
use streife_core::vault::{Item, ItemKind, JournalEvent, Vault, VaultPorts};

use super::common::{MORNING_MS, Phone, officer};
use super::folder::{copy, copy_files, files, folder};
use super::schema::Dump;

/// The vault as it was before anything was done to it.
pub struct World {
    pub phone: Phone,
    /// Its folder as a process leaves it that ended by itself.
    image: tempfile::TempDir,
    /// The same a little earlier.
    pub yesterday: tempfile::TempDir,
    /// The same as a kill leaves it: what is new stands in the write-ahead log.
    pub killed: tempfile::TempDir,
    /// Its database at earlier times.
    pub older: Vec<Dump>,
    /// Its database.
    pub dump: Dump,
    /// Photos of every case that still has any.
    pub photos: BTreeMap<CaseId, Vec<PhotoRecord>>,
    /// Which case each object and each event belongs to.
    pub objects: BTreeMap<ObjectId, CaseId>,
    pub events: BTreeMap<EventId, CaseId>,
    pub shifts: BTreeMap<ShiftId, Vec<CaseId>>,
    /// What each journal entry tells.
    pub entries: BTreeMap<u64, &'static str>,
    pub unsigned: CaseId,
    pub full: CaseId,
    pub begun: CaseId,
}

/// One copy of the folder, with the hardware keys and the anchor of its own.
pub struct Tampered<'a> {
    pub world: &'a World,
    folder: tempfile::TempDir,
    pub has_anchor: bool,
}

impl World {
    pub fn new() -> Self {
        let mut phone = Phone::new();
        let keys = phone.folder.path().join("keys");
        phone.key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&keys).expect("makes"));
        let mut older = Vec::new();
        let client = open(&phone);
        client.open_shift(&officer()).expect("opens");
        let [purged, receipted, refused] = ["M-AB 1", "M-AB 2", "M-AB 3"].map(|plate| sealed(&phone, &client, plate));
        client.close_shift().expect("closes");
        older.push(snapshot(&phone, &client));
        drop(client);
        settle(&phone, [purged, receipted, refused]);
        let client = open(&phone);
        client.rotate_keys().expect("rotates");
        client.open_shift(&officer()).expect("opens");
        older.push(snapshot(&phone, &client));
        let [waiting, voided, begun_upload] =
            ["M-AB 4", "M-AB 5", "M-AB 6"].map(|plate| sealed(&phone, &client, plate));
        client.void_case(voided, VoidReason::WrongPlate, Some("misread")).expect("voids");
        drop(client);
        announce(&phone, begun_upload);
        let client = open(&phone);
        older.push(snapshot(&phone, &client));
        phone.signer.fail_with(Some(SignerError::NotNow));
        client.void_case(waiting, VoidReason::Other, None).expect("voids, and waits for the signer");
        let unsigned = sealed(&phone, &client, "M-AB 7");
        let full = draft(&phone, &client, "M-AB 8", true);
        client.add_photo(full, &small(&phone), PhotoClass::Plate).expect("adds");
        older.push(snapshot(&phone, &client));
        client.make_thumbnails(full, &NeverCancel).expect("derives");
        client.add_check(full, Vec::new(), None).expect("checks");
        let begun = client.begin_case().expect("begins");
        client.add_photo(begun, &small(&phone), PhotoClass::Plate).expect("adds");
        older.push(snapshot(&phone, &client));
        let (yesterday, killed, image) = (folder(), folder(), folder());
        client.suspend().expect("suspends");
        copy(phone.folder.path(), yesterday.path());
        client.resume().expect("resumes");
        client.add_check(begun, Vec::new(), None).expect("checks");
        client.add_photo(begun, &small(&phone), PhotoClass::Plate).expect("adds");
        copy(phone.folder.path(), killed.path());
        let photos = photos_of(&client, &[full, begun]);
        drop(client); // which waits until the anchor knows the newest entry
        std::fs::copy(phone.folder.path().join("anchor"), killed.path().join("anchor")).expect("copies");
        copy(phone.folder.path(), image.path());
        Self::read(phone, image, yesterday, killed, older, photos, [unsigned, full, begun])
    }

    fn read(
        phone: Phone,
        image: tempfile::TempDir,
        yesterday: tempfile::TempDir,
        killed: tempfile::TempDir,
        older: Vec<Dump>,
        mut photos: BTreeMap<CaseId, Vec<PhotoRecord>>,
        [unsigned, full, begun]: [CaseId; 3],
    ) -> Self {
        phone.signer.fail_with(None);
        let scratch = folder();
        copy(image.path(), scratch.path());
        let vault = vault(&scratch.path().join("vault"), &phone);
        let (mut objects, mut shifts) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for row in vault.cases().expect("lists") {
            shifts.entry(row.shift).or_default().push(row.case);
            for object in vault.objects_of(row.case).expect("lists") {
                objects.insert(object.object.object, row.case);
            }
        }
        let events = vault.events().expect("lists").into_iter().map(|row| (row.event, row.case)).collect();
        let entries = vault.journal().expect("reads").entries;
        let entries = entries.iter().map(|entry| (entry.n, name(&entry.reading.record().expect("opens").event)));
        let entries = entries.collect();
        drop(vault);
        photos.extend(sealed_photos(&phone, &scratch, &shifts, &photos));
        let dump = Dump::read(&image.path().join("vault/vault.db"));
        Self {
            phone,
            image,
            yesterday,
            killed,
            older,
            dump,
            photos,
            objects,
            events,
            shifts,
            entries,
            unsigned,
            full,
            begun,
        }
    }

    pub fn copy(&self) -> Tampered<'_> {
        self.copy_of(self.image.path())
    }

    /// A copy of what the folder was at another time, with what the anchor held then.
    pub fn copy_of(&self, from: &Path) -> Tampered<'_> {
        let to = folder();
        for place in ["vault", "vault/spare", "keys"] {
            std::fs::create_dir(to.path().join(place)).expect("makes");
        }
        for place in ["vault", "vault/spare", "keys", ""] {
            copy_files(&from.join(place), &to.path().join(place));
        }
        // The vault never writes into an object file, so the copies can be the files themselves.
        for place in ["vault/objects", "vault/quarantine"] {
            std::fs::create_dir(to.path().join(place)).expect("makes");
            for path in files(&from.join(place)) {
                let link = to.path().join(place).join(path.file_name().expect("has a name"));
                std::fs::hard_link(&path, link).expect("links");
            }
        }
        Tampered { world: self, folder: to, has_anchor: true }
    }

    pub fn cases(&self) -> impl Iterator<Item = CaseId> {
        self.shifts.values().flatten().copied()
    }
}

impl Tampered<'_> {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("vault").join(name)
    }

    pub fn open(&self) -> Result<Client, Error> {
        let phone = &self.world.phone;
        let config = Config { folder: self.path(""), ..phone.config() };
        let keys = DangerousSoftwareKeyStore::in_folder(&self.folder.path().join("keys")).expect("is there");
        let mut ports = Ports { key_store: Arc::new(keys), ..phone.ports() };
        if self.has_anchor {
            ports.anchor = Arc::new(FileAnchor::new(self.folder.path().join("anchor")));
        }
        Client::open(config, ports)
    }

    /// Takes over what another copy has left in the anchor.
    pub fn share_anchor(&self, other: &Tampered<'_>) {
        std::fs::copy(other.folder.path().join("anchor"), self.folder.path().join("anchor")).expect("copies");
    }

    /// The database within a transaction that nothing holds back but its keys.
    pub fn database(&self) -> rusqlite::Result<rusqlite::Connection> {
        let database = rusqlite::Connection::open(self.path("vault.db"))?;
        database.execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF; BEGIN",
        )?;
        Ok(database)
    }

    pub fn edit(&self, work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let database = self.database()?;
        work(&database)?;
        database.execute_batch("COMMIT")
    }

    /// Changes a file. It may be shared with other copies, so another one takes its place.
    pub fn change(&self, name: &str, work: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path(name);
        let mut bytes = std::fs::read(&path).expect("reads");
        work(&mut bytes);
        std::fs::remove_file(&path).expect("removes");
        std::fs::write(&path, bytes).expect("writes");
    }

    pub fn dump(&self) -> Dump {
        Dump::read(&self.path("vault.db"))
    }
}

fn open(phone: &Phone) -> Client {
    let anchor = Arc::new(FileAnchor::new(phone.folder.path().join("anchor")));
    let client = Client::open(phone.config(), Ports { anchor, ..phone.ports() }).expect("opens");
    let catalogue = include_bytes!("../../data/starter-catalogue.json");
    client.install_recipients(&phone.agency.recipient_set(MORNING_MS).expect("signs")).expect("installs");
    client.install_catalogue(&phone.agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
    client
}

fn vault(folder: &Path, phone: &Phone) -> Vault {
    let ports = VaultPorts {
        key_store: phone.key_store.clone(),
        entropy: Arc::new(OsEntropy),
        anchor: Arc::new(NoAnchor),
        clock: phone.clock.clone(),
        trust: None,
    };
    Vault::open(folder, phone.config().storage, ports).expect("opens").vault
}

/// With a small photo, or with one of some chunks.
fn draft(phone: &Phone, client: &Client, plate: &str, is_large: bool) -> CaseId {
    let case = phone.draft_without_photo(client, plate);
    let (width, height) = if is_large { (800, 600) } else { (320, 240) };
    let spec = photo::PhotoSpec { seed: 7, width, height, ..photo::PhotoSpec::default() };
    let path = phone.write("camera.jpg", &photo::make(&spec));
    client.add_photo(case, &path, PhotoClass::Overview).expect("adds");
    case
}

fn small(phone: &Phone) -> PathBuf {
    let spec = photo::PhotoSpec { seed: 9, width: 320, height: 240, ..photo::PhotoSpec::default() };
    phone.write("small.jpg", &photo::make(&spec))
}

fn sealed(phone: &Phone, client: &Client, plate: &str) -> CaseId {
    let case = draft(phone, client, plate, plate == "M-AB 4");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    client.seal_case(case, Vec::new()).expect("seals");
    case
}

fn photos_of(client: &Client, drafts: &[CaseId]) -> BTreeMap<CaseId, Vec<PhotoRecord>> {
    drafts.iter().filter_map(|case| Some((*case, client.draft(*case).ok()?.photos))).collect()
}

fn sealed_photos(
    phone: &Phone,
    scratch: &tempfile::TempDir,
    shifts: &BTreeMap<ShiftId, Vec<CaseId>>,
    known: &BTreeMap<CaseId, Vec<PhotoRecord>>,
) -> BTreeMap<CaseId, Vec<PhotoRecord>> {
    let vault = vault(&scratch.path().join("vault"), phone);
    let mut photos = BTreeMap::new();
    for case in shifts.values().flatten().filter(|case| !known.contains_key(case)) {
        let Ok(key) = vault.case_key(*case) else { continue };
        let rows = vault.objects_of(*case).expect("lists");
        let object = rows.into_iter().find(|row| row.object.kind == Kind::Record).expect("has one").object.object;
        let sealed = std::fs::read(vault.object_path(object)).expect("reads");
        let plain = seal::open(
            &key.object_key(*case, Scope::Full, object),
            &Binding::of_case(Kind::Record, *case, object),
            &sealed,
        );
        let record: CaseRecord = serde_json::from_slice(&plain.expect("opens")).expect("a record");
        photos.insert(*case, record.photos);
    }
    photos
}

fn snapshot(phone: &Phone, client: &Client) -> Dump {
    client.suspend().expect("suspends");
    let dump = Dump::read(&phone.vault_folder().join("vault.db"));
    client.resume().expect("resumes");
    dump
}

fn item(vault: &Vault, kind: ItemKind, target: &[u8; 16]) -> Item {
    let items = vault.outbox().expect("reads").items;
    items.into_iter().find(|item| item.kind == kind && item.target == *target).expect("is queued")
}

/// The first shift is handed over: one case is let go, one has its receipt, one is refused.
fn settle(phone: &Phone, [purged, receipted, refused]: [CaseId; 3]) {
    let vault = vault(&phone.vault_folder(), phone);
    let shift = vault.case(purged).expect("is there").shift;
    vault
        .step(None)
        .opening_arrived(&item(&vault, ItemKind::ShiftOpening, shift.as_bytes()), phone.now())
        .expect("arrives");
    for case in [purged, receipted] {
        vault.step(None).manifest_arrived(&item(&vault, ItemKind::Manifest, case.as_bytes()), &[]).expect("arrives");
        let receipt = receipt(phone, &vault.case(case).expect("is there").manifest.expect("signed"));
        let item = item(&vault, ItemKind::Receipt, case.as_bytes());
        vault.step(None).receipt_arrived(&item, &receipt, BoxId::new([9; 16]), phone.now()).expect("stores");
    }
    vault.purge(purged, phone.now()).expect("purges");
    let item_of = |case: CaseId| item(&vault, ItemKind::Manifest, case.as_bytes());
    vault.step(None).quarantine(&item_of(refused), "case-conflict (409)", phone.now()).expect("refuses");
    vault.step(None).item_arrived(&item(&vault, ItemKind::ShiftSeal, shift.as_bytes()), phone.now()).expect("arrives");
}

/// The box has taken a manifest and waits for its objects.
fn announce(phone: &Phone, case: CaseId) {
    let vault = vault(&phone.vault_folder(), phone);
    let shift = vault.case(case).expect("is there").shift;
    vault
        .step(None)
        .opening_arrived(&item(&vault, ItemKind::ShiftOpening, shift.as_bytes()), phone.now())
        .expect("arrives");
    let rows = vault.objects_of(case).expect("lists");
    let uploads: Vec<_> =
        rows.iter().skip(1).map(|row| (row.object.object, r#"{"path":"/uploads/1","offset":0}"#.to_owned())).collect();
    vault.step(None).manifest_arrived(&item(&vault, ItemKind::Manifest, case.as_bytes()), &uploads).expect("arrives");
}

fn receipt(phone: &Phone, bytes: &[u8]) -> Vec<u8> {
    let manifest = Signed::<Manifest>::verify(bytes, &device_key()).expect("verifies");
    let objects = manifest.payload().objects.iter();
    let objects = objects.map(|o| ReceiptObject { object: o.object, length: o.length, hash: o.hash }).collect();
    let (case, manifest) = (manifest.payload().case, Hash::of(&[bytes]));
    let receipt = Receipt { case, manifest, objects, stored_at: 0, box_id: BoxId::new([1; 16]), log_index: None };
    sign_payload(Namespace::Receipt, receipt.encode(), &phone.box_key).expect("signs")
}

fn device_key() -> VerifyingKey {
    SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key()
}

fn name(event: &JournalEvent) -> &'static str {
    match event {
        JournalEvent::ShiftOpened { .. } => "shift-opened",
        JournalEvent::ShiftClosed { .. } => "shift-closed",
        JournalEvent::CaseBegun { .. } => "case-begun",
        JournalEvent::DraftSaved { .. } => "draft-saved",
        JournalEvent::PhotoImported { .. } => "photo-imported",
        JournalEvent::CaseSealed { .. } => "case-sealed",
        JournalEvent::CaseVoided { .. } => "case-voided",
        JournalEvent::ReceiptVerified { .. } => "receipt-verified",
        JournalEvent::PayloadPurged { .. } => "payload-purged",
        JournalEvent::ItemArrived { .. } => "item-arrived",
        JournalEvent::ItemQuarantined { .. } => "item-quarantined",
        JournalEvent::EpochBegun { .. } => "epoch-begun",
        JournalEvent::EpochErased { .. } => "epoch-erased",
        _ => "other",
    }
}
