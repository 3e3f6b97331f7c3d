//! A golden vault as a phone, and how one is made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use streife_core::client::Client;
use streife_core::domain::{CaseId, ObjectId, PhotoClass, to_hex};
use streife_core::ports::{Clock, NeverCancel};
use streife_core::seal::{Binding, Hash, JournalHead, Kem, Kind, Manifest, RecipientPrivateKey, Scope, Signed, open};
use streife_core::seal::{SoftwareKey, VerifyingKey};
use streife_core::testing::{DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, SimClock, photo};
use streife_core::vault::CaseState;

use super::common::{MORNING_MS, Phone, officer};

/// What `golden.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    pub made_by: String,
    pub schema: u32,
    now_ms: i64,
    agency: String,
    agency_root_secret: String,
    case_worker_secret: String,
    recovery_secret: String,
    box_key_secret: String,
    signer_secret: String,
    device: String,
    shift: String,
    drafts: u32,
    unsigned: u32,
    waiting: u32,
    bytes_waiting: u64,
    journal: Head,
    pub cases: Vec<GoldenCase>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    n: u64,
    link: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct GoldenCase {
    case: String,
    state: String,
    plate: String,
    photo: String,
    original: String,
}

impl GoldenCase {
    pub fn id(&self) -> CaseId {
        self.case.parse().expect("an id")
    }
}

pub fn folder(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{schema}"))
}

impl Golden {
    pub fn read(schema: u32) -> Self {
        let json = std::fs::read(folder(schema).join("golden.json")).expect("is there");
        let golden: Self = serde_json::from_slice(&json).expect("is as it was written");
        assert_eq!(golden.schema, schema);
        golden
    }

    /// A phone with a copy of the vault and of its keys.
    pub fn phone(&self) -> Phone {
        let copy = tempfile::tempdir().expect("folder");
        copy_tree(&folder(self.schema), copy.path());
        self.phone_in(copy)
    }

    fn phone_in(&self, folder: tempfile::TempDir) -> Phone {
        let key = |hex: &str| SoftwareKey::from_bytes(&bytes(hex)).expect("a scalar");
        let recipient = |hex: &str| RecipientPrivateKey::new(Kem::XWing, &bytes(hex)).expect("a key");
        let key_store = DangerousSoftwareKeyStore::in_folder(&folder.path().join("keys")).expect("folder");
        Phone {
            agency: DevAgency {
                name: streife_core::domain::Agency(self.agency.clone()),
                root: key(&self.agency_root_secret),
                case_worker: recipient(&self.case_worker_secret),
                recovery: recipient(&self.recovery_secret),
            },
            box_key: key(&self.box_key_secret),
            clock: Arc::new(SimClock::new(self.now_ms, 7_200)),
            signer: Arc::new(DangerousSoftwareSigner::new(key(&self.signer_secret))),
            key_store: Arc::new(key_store),
            folder,
        }
    }

    /// Everything is there: counts, states, drafts, photos, manifests and the journal up to its last entry.
    pub fn assert_whole(&self, phone: &Phone, client: &Client) {
        let status = client.status().expect("reads");
        let counts = (status.drafts, status.unsigned, status.waiting, status.bytes_waiting);
        assert_eq!(counts, (self.drafts, self.unsigned, self.waiting, self.bytes_waiting));
        assert_eq!(status.shift.expect("an open shift").to_string(), self.shift);
        assert_eq!(client.device().to_string(), self.device);
        let journal = client.journal().expect("opens");
        journal.verify().expect("holds");
        let newest = journal.entries.iter().find(|entry| entry.n == self.journal.n).expect("as long as before");
        assert_eq!(newest.link.to_string(), self.journal.link);
        for case in &self.cases {
            self.assert_case(phone, client, case);
        }
    }

    fn assert_case(&self, phone: &Phone, client: &Client, golden: &GoldenCase) {
        let (case, object) = (golden.id(), golden.photo.parse::<ObjectId>().expect("an id"));
        let row = client.case(case).expect("is there");
        assert_eq!(format!("{:?}", row.state).to_lowercase(), golden.state);
        let original = if row.state == CaseState::Draft {
            let draft = client.draft(case).expect("opens");
            assert_eq!(draft.vehicle.expect("has one").plate.text, golden.plate);
            let photo = draft.photos.iter().find(|photo| photo.object == object).expect("is named");
            client.read_photo(case, photo).expect("opens")
        } else {
            let manifest = Signed::<Manifest>::verify(&row.manifest.expect("signed"), &self.device_key());
            let manifest = manifest.expect("verifies").into_payload();
            let key = manifest.open_case_key(&phone.agency.case_worker).expect("opens");
            let file = phone.vault_folder().join(format!("objects/{object}.sbx"));
            let sealed = std::fs::read(file).expect("reads");
            let binding = Binding::of_case(Kind::Photo, case, object);
            open(&key.object_key(case, Scope::Full, object), &binding, &sealed).expect("opens")
        };
        assert_eq!(Hash::of(&[&original]).to_string(), golden.original);
    }

    fn device_key(&self) -> VerifyingKey {
        SoftwareKey::from_bytes(&bytes(&self.signer_secret)).expect("a scalar").verifying_key()
    }
}

/// Makes a golden vault of the schema that this build writes, in a folder that is not there yet.
pub fn make(to: &Path, schema: u32, made_by: &str) {
    let mut golden = Golden::read(1);
    (golden.schema, golden.now_ms, golden.made_by) = (schema, MORNING_MS, made_by.to_owned());
    let phone = golden.phone_in(tempfile::tempdir().expect("folder"));
    let client = phone.open();
    let shift = client.open_shift(&officer()).expect("opens");
    golden.cases = ["M-AB 1234", "M-CD 5678", "M-EF 9012"].map(|plate| record(&phone, &client, plate)).into();
    for case in golden.cases.iter_mut().take(2) {
        client.seal_case(case.id(), Vec::new()).expect("seals");
        "sealed".clone_into(&mut case.state);
    }
    let (status, JournalHead { n, link }) =
        (client.status().expect("reads"), client.journal().expect("opens").verify().expect("holds"));
    (golden.device, golden.shift) = (client.device().to_string(), shift.to_string());
    (golden.drafts, golden.unsigned, golden.waiting) = (status.drafts, status.unsigned, status.waiting);
    (golden.bytes_waiting, golden.journal) = (status.bytes_waiting, Head { n, link: link.to_string() });
    golden.now_ms = phone.clock.read().unix_ms;
    drop(client);
    for part in ["vault", "keys"] {
        copy_tree(&phone.folder.path().join(part), &to.join(part));
    }
    let json = serde_json::to_string_pretty(&golden).expect("serialises");
    std::fs::write(to.join("golden.json"), json + "\n").expect("writes");
}

fn record(phone: &Phone, client: &Client, plate: &str) -> GoldenCase {
    phone.clock.advance_ms(60_000);
    let case = phone.draft_without_photo(client, plate);
    let spec = photo::PhotoSpec { width: 48, height: 36, fix: None, ..photo::PhotoSpec::default() };
    let picture = photo::make(&spec);
    let added = client.add_photo_from(case, picture.as_slice(), PhotoClass::Overview).expect("adds");
    if plate == "M-AB 1234" {
        client.make_thumbnails(case, &NeverCancel).expect("derives");
    }
    let (photo, original) = (added.photo.object.to_string(), Hash::of(&[&picture]).to_string());
    GoldenCase { case: case.to_string(), state: "draft".to_owned(), plate: plate.to_owned(), photo, original }
}

fn bytes(hex: &str) -> Vec<u8> {
    let bytes: [u8; 32] = streife_core::domain::from_hex(hex).expect("64 digits");
    assert_eq!(to_hex(&bytes), hex);
    bytes.to_vec()
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copies");
        }
    }
}
