//! A vault with a case in every state, and copies of it to be damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_core::client::{Client, Config, Ports, Salvage};
use streife_core::domain::{BoxId, CaseFacts, CaseId, CaseRecord, ObjectId, PhotoClass, VoidReason};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::{Entropy, EntropyError, NeverCancel, OsEntropy, SignerError};
use streife_core::seal::{
    Binding, Hash, Kind, Manifest, ManifestObject, Namespace, Receipt, ReceiptObject, Signed, SignedPayload,
    SoftwareKey, VerifyingKey, commitment, open, sign_payload,
};
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_core::vault::{CaseState, ItemKind, Sweep, Vault, VaultError, VaultPorts};

use super::common::{Phone, officer};

/// Bytes of a page of the database.
pub const PAGE: usize = 4096;

/// The vault as it was before any damage.
pub struct World {
    pub phone: Phone,
    /// Folder as a kill leaves it: what is new stands in the write-ahead log.
    image: tempfile::TempDir,
    /// Signed manifests of cases that wait for the box, or were refused.
    pub manifests: BTreeMap<CaseId, Vec<u8>>,
    /// Facts of drafts.
    pub facts: BTreeMap<CaseId, CaseFacts>,
    /// Sealed photo files, by object.
    pub photos: BTreeMap<ObjectId, Vec<u8>>,
    pub unsigned: CaseId,
    pub purged: CaseId,
    pub refused: CaseId,
    pub voided: CaseId,
    /// Entries of its journal.
    pub entries: u64,
}

/// One copy of its folder.
pub struct Damaged<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
    pub key_store: Arc<DangerousSoftwareKeyStore>,
    /// Photos that the test has taken away or changed.
    pub gone: std::cell::RefCell<BTreeSet<ObjectId>>,
}

impl World {
    pub fn new() -> Self {
        let mut phone = Phone::new();
        let keys = phone.folder.path().join("keys");
        phone.key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&keys).expect("makes"));
        let client = phone.open();
        client.open_shift(&officer()).expect("opens");
        let purged = seal(&phone, &client, "M-AB 1");
        let refused = seal(&phone, &client, "M-AB 2");
        client.close_shift().expect("closes");
        drop(client);
        settle(&phone, purged, refused);
        let client = phone.open();
        client.open_shift(&officer()).expect("opens");
        let waiting = seal(&phone, &client, "M-AB 3");
        let voided = seal(&phone, &client, "M-AB 4");
        client.void_case(voided, VoidReason::WrongPlate, Some("misread")).expect("voids");
        phone.signer.fail_with(Some(SignerError::NotNow));
        let unsigned = seal(&phone, &client, "M-AB 5");
        phone.signer.fail_with(None);
        let full = phone.complete_draft(&client, "M-AB 6");
        client.add_photo(full, &phone.photo("second.jpg", 8), PhotoClass::Plate).expect("adds");
        client.make_thumbnails(full, &NeverCancel).expect("derives");
        client.add_voice_note(full, &phone.write("note.ogg", b"OggS, and what was said")).expect("adds");
        let begun = client.begin_case().expect("begins");
        client.add_photo(begun, &phone.photo("third.jpg", 9), PhotoClass::Plate).expect("adds");
        let manifests = [refused, waiting, voided].into_iter();
        let manifests = manifests.map(|case| (case, client.case(case).expect("is there").manifest.expect("signed")));
        let facts = [full, begun].into_iter().map(|case| (case, client.draft(case).expect("a draft")));
        let (manifests, facts) = (manifests.collect(), facts.collect());
        let entries = client.journal().expect("reads").records().count() as u64;
        let image = tempfile::tempdir().expect("folder");
        copy(&phone.vault_folder(), image.path());
        drop(client);
        let photos = photos_in(&image.path().join("objects"));
        Self { phone, image, manifests, facts, photos, unsigned, purged, refused, voided, entries }
    }

    /// A copy of the folder, to be damaged, with hardware keys of its own: what one copy erases, another still has.
    pub fn copy(&self) -> Damaged<'_> {
        let folder = tempfile::tempdir().expect("folder");
        for (from, to) in [(self.image.path(), "vault"), (&self.phone.folder.path().join("keys"), "keys")] {
            std::fs::create_dir(folder.path().join(to)).expect("makes");
            copy(from, &folder.path().join(to));
        }
        let key_store = DangerousSoftwareKeyStore::in_folder(&folder.path().join("keys")).expect("is there");
        Damaged { world: self, folder, key_store: Arc::new(key_store), gone: Default::default() }
    }

    /// The same as a process leaves it that ended by itself: everything in the database file.
    pub fn clean_copy(&self) -> Damaged<'_> {
        let damaged = self.copy();
        drop(damaged.try_open().expect("opens"));
        damaged
    }

    /// Objects that a signed manifest lists.
    pub fn objects_of(&self, manifest: &[u8]) -> Vec<ObjectId> {
        let manifest = Signed::<Manifest>::verify(manifest, &device_key()).expect("verifies").into_payload();
        manifest.objects.iter().map(|object| object.object).collect()
    }

    pub fn drafts(&self) -> BTreeSet<CaseId> {
        self.facts.keys().copied().collect()
    }

    pub fn with_manifest(&self) -> BTreeSet<CaseId> {
        self.manifests.keys().copied().collect()
    }

    /// Every photo that was acknowledged and is undamaged belongs to a case or draft again, or lies in the quarantine;
    /// every signed manifest that comes back is the one that was signed; the report counts what is there.
    pub fn assert_nothing_lost(&self, damaged: &Damaged<'_>, client: &Client, report: &Salvage) {
        let (kept, aside) = (photos_in(&damaged.path("objects")), photos_in(&damaged.path("quarantine")));
        let gone = damaged.gone.borrow();
        for (object, bytes) in self.photos.iter().filter(|(object, _)| !gone.contains(object)) {
            let found = kept.get(object).or_else(|| aside.get(object));
            assert!(found == Some(bytes), "photo {object} is lost");
        }
        // Those of a locked draft may have no row until its key is there.
        let case_of = |bytes: &[u8]| CaseId::try_from(bytes.get(8..24).expect("a header")).expect("an id");
        let is_locked = |bytes: &[u8]| report.locked.contains(&case_of(bytes));
        for (object, bytes) in &kept {
            assert!(report.photos_kept.contains(object) || is_locked(bytes), "{object}: {report:?}");
        }
        assert!(report.photos_kept.iter().all(|object| kept.contains_key(object)), "{report:?}");
        assert_eq!(report.photos_quarantined, aside.keys().copied().collect());
        for row in client.cases().expect("lists") {
            let row = client.case(row.case).expect("is there");
            if let Some(manifest) = &row.manifest {
                assert!(Some(manifest) == self.manifests.get(&row.case), "another manifest of {}", row.case);
            }
        }
        if report.whole.contains(&self.voided) || report.voids_lost.contains(&self.voided) {
            let is_voided = client.cases().expect("lists").iter().any(|row| row.case == self.voided && row.voided);
            let is_told = report.voids_lost.contains(&self.voided);
            // Where the entry that tells of it is lost, or its key, nobody can know.
            let is_silent = report.entries_kept < self.entries || !report.locked.is_empty();
            assert!(is_voided != is_told || is_silent && !is_told, "a void is lost: {report:?}");
        }
        for case in &report.whole {
            let state = client.case(*case).expect("is there").state;
            let waits = [CaseState::Draft, CaseState::Unsigned, CaseState::Sealed, CaseState::Quarantined];
            assert!(waits.contains(&state), "{case}: {state:?}");
        }
        let accounted: BTreeSet<_> = [
            &report.whole,
            &report.handed_over,
            &report.stranded,
            &report.facts_lost,
            &report.voids_lost,
            &report.locked,
            &report.keys_lost,
        ]
        .into_iter()
        .flatten()
        .copied()
        .collect();
        let all = self.manifests.keys().chain(self.facts.keys()).chain([&self.unsigned]);
        for case in all {
            assert!(accounted.contains(case), "the report says nothing of {case}");
        }
        client.journal().expect("reads").verify().expect("the journal holds");
    }

    /// The manifest verifies, the case worker's key opens record and photos, and every commitment holds.
    pub fn assert_opens_for_the_case_worker(&self, damaged: &Damaged<'_>, case: CaseId, manifest: &[u8]) {
        let manifest = Signed::<Manifest>::verify(manifest, &device_key()).expect("verifies").into_payload();
        let key = manifest.open_case_key(&self.phone.agency.case_worker).expect("opens");
        let plain = |object: &ManifestObject| {
            let sealed = std::fs::read(damaged.path(&format!("objects/{}.sbx", object.object))).expect("is there");
            assert_eq!((Hash::of(&[&sealed]), sealed.len() as u64), (object.hash, object.length));
            let binding = Binding::of_case(object.kind, case, object.object).with_scope(object.scope);
            open(&key.object_key(case, object.scope, object.object), &binding, &sealed).expect("opens")
        };
        let of_kind = |kind| manifest.objects.iter().filter(move |object| object.kind == kind);
        let listed = of_kind(Kind::Record).next().expect("has one");
        let json = plain(listed);
        let record: CaseRecord = serde_json::from_slice(&json).expect("a record");
        assert_eq!(commitment(&record.salt, &json), listed.commitment);
        assert_eq!(of_kind(Kind::View).count(), 1);
        assert_eq!(of_kind(Kind::Photo).count(), record.photos.len());
        for photo in &record.photos {
            let listed = manifest.objects.iter().find(|object| object.object == photo.object).expect("listed");
            assert_eq!(commitment(&photo.salt, &plain(listed)), listed.commitment);
        }
    }

    /// The officer goes on: records and seals a case, and closes the shift once its drafts are done with.
    pub fn assert_goes_on(&self, damaged: &Damaged<'_>, client: Client) {
        if client.status().expect("counts").shift.is_none() {
            client.open_shift(&officer()).expect("opens");
        }
        let case = self.phone.complete_draft(&client, "M-XY 1");
        assert!(client.seal_case(case, Vec::new()).expect("seals").signed);
        for row in client.cases().expect("lists").into_iter().filter(|row| row.state == CaseState::Draft) {
            // One whose epoch is lost is stranded by the end of the shift.
            let voided = client.void_case(row.case, VoidReason::Other, None);
            assert!(matches!(voided, Ok(_) | Err(Error::Vault(VaultError::KeyMissing { .. }))), "{voided:?}");
        }
        client.close_shift().expect("closes");
        client.journal().expect("reads").verify().expect("the journal holds");
        drop(client);
        let client = damaged.try_open().expect("opens again");
        // Photos whose row is lost wait for the key of their draft, if that is lost, too.
        let waits = |case| matches!(client.draft(case), Err(Error::Vault(VaultError::KeyMissing { .. })));
        let Sweep { orphans, deleted, quarantined, missing } = client.recovered();
        assert!(orphans.iter().all(|orphan| waits(orphan.case)), "{orphans:?}");
        assert!(*deleted + *quarantined == 0 && missing.is_empty(), "{:?}", client.recovered());
        assert!(client.notices().is_empty(), "{:?}", client.notices());
        drop(client);
        let again = Client::salvage(damaged.config(), damaged.ports()).map(drop);
        assert_eq!(again.expect_err("is sound").kind(), ErrorKind::State);
    }
}

impl Damaged<'_> {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("vault").join(name)
    }

    pub fn config(&self) -> Config {
        Config { folder: self.path(""), ..self.world.phone.config() }
    }

    pub fn ports(&self) -> Ports {
        Ports { key_store: self.key_store.clone(), ..self.world.phone.ports() }
    }

    /// Opens it and installs what the agency gives, as after a refresh.
    pub fn provisioned(&self) -> Client {
        let (client, agency) = (self.try_open().expect("opens"), &self.world.phone.agency);
        let catalogue = include_bytes!("../../data/starter-catalogue.json");
        client.install_recipients(&agency.recipient_set(super::common::MORNING_MS).expect("signs")).expect("installs");
        client.install_catalogue(&agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
        client
    }

    /// Randomness that fails at the `at`-th question and ever after.
    pub fn failing_entropy(&self, at: usize) -> Arc<dyn Entropy> {
        Arc::new(Failing { left: std::sync::atomic::AtomicUsize::new(at) })
    }

    pub fn length(&self, name: &str) -> usize {
        usize::try_from(std::fs::metadata(self.path(name)).expect("is there").len()).expect("fits")
    }

    pub fn overwrite(&self, name: &str, at: usize, bytes: &[u8]) {
        let mut whole = std::fs::read(self.path(name)).expect("reads");
        for (to, from) in whole.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
        std::fs::write(self.path(name), whole).expect("writes");
    }

    pub fn truncate(&self, name: &str, length: usize) {
        let mut whole = std::fs::read(self.path(name)).expect("reads");
        whole.truncate(length);
        std::fs::write(self.path(name), whole).expect("writes");
    }

    pub fn remove_photo(&self, photo: ObjectId) {
        self.gone.borrow_mut().insert(photo);
        self.remove(&format!("objects/{photo}.sbx"));
    }

    /// Flips a bit in the last chunk.
    pub fn spoil_photo(&self, photo: ObjectId) {
        self.gone.borrow_mut().insert(photo);
        let name = format!("objects/{photo}.sbx");
        let at = self.length(&name) - 20;
        let byte = self.world.photos.get(&photo).and_then(|bytes| bytes.get(at)).expect("is there");
        self.overwrite(&name, at, &[byte ^ 1]);
    }

    pub fn remove(&self, name: &str) {
        let path = self.path(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        removed.expect("removes");
    }

    pub fn try_open(&self) -> Result<Client, Error> {
        Client::open(self.config(), self.ports())
    }

    /// Zeroes an index, so that the database is damaged and every row can be read.
    pub fn break_index(&self) {
        let database = rusqlite::Connection::open(self.path("vault.db")).expect("opens");
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'outbox_due'";
        let page: u32 = database.query_row(sql, [], |row| row.get(0)).expect("is there");
        drop(database);
        self.overwrite("vault.db", (page as usize - 1) * PAGE, &vec![0; PAGE]);
    }

    /// Sees that opening refuses the vault and changes nothing, and salvages it.
    pub fn salvaged(&self) -> (Client, Salvage) {
        // An empty log may appear: SQLite looks for one.
        let bytes = || {
            let all = super::common::all_bytes(&self.path(""));
            all.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect::<BTreeMap<_, _>>()
        };
        let before = bytes();
        assert_eq!(self.try_open().map(drop).expect_err("damaged").kind(), ErrorKind::Corrupt);
        assert!(bytes() == before, "refused, and changed");
        self.salvage()
    }

    pub fn salvage(&self) -> (Client, Salvage) {
        Client::salvage(self.config(), self.ports()).expect("salvages")
    }
}

struct Failing {
    left: std::sync::atomic::AtomicUsize,
}

impl Entropy for Failing {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        use std::sync::atomic::Ordering::Relaxed;
        match self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => OsEntropy.fill(out),
            Err(_) => Err(EntropyError),
        }
    }
}

/// A generator for damage that can be made again.
pub struct Rand(pub u64);

impl Rand {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("below a usize")
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| u8::try_from(self.next() & 0xff).expect("one byte")).collect()
    }
}

fn seal(phone: &Phone, client: &Client, plate: &str) -> CaseId {
    let case = phone.complete_draft(client, plate);
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    client.seal_case(case, Vec::new()).expect("seals");
    case
}

/// One case is handed over and let go, one is refused: as the box would bring it about.
fn settle(phone: &Phone, purged: CaseId, refused: CaseId) {
    let ports = VaultPorts {
        key_store: phone.key_store.clone(),
        entropy: Arc::new(OsEntropy),
        anchor: Arc::new(streife_core::ports::NoAnchor),
        clock: phone.clock.clone(),
        trust: None,
    };
    let vault = Vault::open(&phone.vault_folder(), phone.config().storage, ports).expect("opens").vault;
    let items = vault.outbox().expect("reads").items;
    let item = |kind, case: CaseId| {
        items.iter().find(|item| item.kind == kind && item.target == *case.as_bytes()).expect("is queued")
    };
    let bytes = vault.case(purged).expect("is there").manifest.expect("signed");
    let manifest = Signed::<Manifest>::verify(&bytes, &device_key()).expect("verifies");
    let objects = manifest.payload().objects.iter();
    let objects = objects.map(|o| ReceiptObject { object: o.object, length: o.length, hash: o.hash }).collect();
    let manifest = Hash::of(&[&bytes]);
    let receipt =
        Receipt { case: purged, manifest, objects, stored_at: 0, box_id: BoxId::new([1; 16]), log_index: None };
    let receipt = sign_payload(Namespace::Receipt, receipt.encode(), &phone.box_key).expect("signs");
    vault
        .step(None)
        .receipt_arrived(item(ItemKind::Receipt, purged), &receipt, BoxId::new([1; 16]), phone.now())
        .expect("stores");
    vault.purge(purged, phone.now()).expect("purges");
    vault
        .step(None)
        .quarantine(item(ItemKind::Manifest, refused), "case-conflict (409)", phone.now())
        .expect("refuses");
}

fn device_key() -> VerifyingKey {
    SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("lists") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("has a name"));
        if path.is_dir() {
            std::fs::create_dir_all(&target).expect("makes");
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copies");
        }
    }
}

/// Sealed photos in a folder, by object.
fn photos_in(folder: &Path) -> BTreeMap<ObjectId, Vec<u8>> {
    let mut photos = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("entry").path();
        let Some(object) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()) else { continue };
        let bytes = std::fs::read(&path).expect("reads");
        if bytes.get(7) == Some(&(Kind::Photo as u8)) {
            photos.insert(object, bytes);
        }
    }
    photos
}
