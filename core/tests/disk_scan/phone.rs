//! The phone, in a process of its own, so that it can be stopped anywhere, looked at, and killed.
//!
//! It stops before each step and whenever the core turns to a port: it writes the name of the place to its standard
//! output and waits for a line. What only it knows and no disk may ever show, keys, it tells the same way.

use std::fs::File;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use streife_core::client::{CaseState, Client, Config, Ports, SyncEnd, SyncLimits};
use streife_core::domain::{
    Axle, CaseId, ClockPosition, Confirmation, Officer, PhotoClass, Plate, Side, Valve, VehicleKind, VoidReason, to_hex,
};
use streife_core::ports::{Entropy, EntropyError, KeyStore, KeyStoreError, NeverCancel, Signer, SignerError};
use streife_core::seal::{Manifest, Signed, SoftwareKey};
use streife_core::sync::Network;
use streife_core::testing::{DangerousSeededEntropy, DangerousSoftwareKeyStore, DevAgency};

use super::authority::Authority;
use super::canaries as canary;
use super::common::Phone;
use super::edits::{all, vehicle};

/// Whether the ports stop; the many draws of randomness while a vault is made would tell nothing new.
static PORTS_STOP: AtomicBool = AtomicBool::new(false);

/// Where the second script is to be killed.
pub const HALF_A_PHOTO: &str = "half of the camera's file";

/// Says where it is and waits to be told to go on.
fn stop(place: &str) {
    say("stop", place);
    let mut line = String::new();
    stdin().read_line(&mut line).expect("the pipe works");
    assert_eq!(line, "go\n");
}

fn stop_in(port: &str) {
    if PORTS_STOP.load(Ordering::SeqCst) {
        stop(port);
    }
}

fn say(what: &str, text: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{what} {text}").expect("the pipe works");
    out.flush().expect("the pipe works");
}

type Script = fn(&Desk);

/// Plays one of the scripts on the phone in this folder.
pub fn run(folder: &Path, script: &str) {
    let log = Mutex::new(File::options().create(true).append(true).open(folder.join("log")).expect("opens the log"));
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log).init();
    let scripts: [(&str, Script); 4] =
        [("patrol", patrol), ("killed-in-a-photo", in_a_photo), ("killed-in-sealing", in_sealing), ("home", home)];
    let (seed, (_, play)) = (1_u64..).zip(scripts).find(|(_, (name, _))| *name == script).expect("a known script");
    play(&Desk::new(folder, seed));
    say("end", script);
}

/// No wait behind a failure is longer.
const LONGEST_WAIT_MS: u32 = 20 * 60 * 1_000;

/// Everything around the core.
struct Desk {
    phone: Phone,
    vault: PathBuf,
    camera: PathBuf,
    voice: PathBuf,
    authority: Arc<Authority>,
    entropy: Arc<dyn Entropy>,
    signer: Arc<dyn Signer>,
    key_store: Arc<dyn KeyStore>,
}

impl Desk {
    fn new(folder: &Path, seed: u64) -> Self {
        let top = folder.parent().expect("has a parent");
        let mut phone = Phone::new();
        let agency = || DevAgency::found("Agency", &DangerousSeededEntropy::new(99)).expect("founded");
        phone.agency = agency();
        let authority = Authority {
            agency: agency(),
            box_key: phone.box_key.clone(),
            device_key: device_key().verifying_key(),
            clock: phone.clock.clone(),
            reachable: AtomicBool::new(true),
            on_request: |method| stop_in(&format!("the network, {method}")),
            manifests: Mutex::default(),
        };
        let hardware = DangerousSoftwareKeyStore::in_folder(&top.join("hardware")).expect("makes the folder");
        Self {
            phone,
            vault: folder.join("vault"),
            camera: top.join("camera.jpg"),
            voice: top.join("voice.ogg"),
            authority: Arc::new(authority),
            entropy: Arc::new(Chance(DangerousSeededEntropy::new(seed))),
            signer: Arc::new(Hand(device_key())),
            key_store: Arc::new(Talking(hardware)),
        }
    }

    fn open(&self) -> Client {
        let config = Config { folder: self.vault.clone(), ..self.phone.config() };
        let ports = Ports {
            entropy: self.entropy.clone(),
            signer: self.signer.clone(),
            key_store: self.key_store.clone(),
            transport: self.authority.clone(),
            ..self.phone.ports()
        };
        Client::open(config, ports).expect("opens")
    }

    fn photo(&self) -> Vec<u8> {
        std::fs::read(&self.camera).expect("reads")
    }

    fn sync(&self, client: &Client) -> SyncEnd {
        let limits = SyncLimits::over(Network::Unmetered);
        client.sync(&limits).expect("syncs").end
    }
}

fn device_key() -> SoftwareKey {
    SoftwareKey::from_bytes(&[4; 32]).expect("a scalar")
}

/// Randomness that repeats, so that no run of this test differs from another by chance.
struct Chance(DangerousSeededEntropy);

impl Entropy for Chance {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        stop_in("randomness");
        self.0.fill(out)
    }
}

struct Hand(SoftwareKey);

impl Signer for Hand {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        stop_in("a signature");
        self.0.sign(message)
    }
}

/// Tells the test which root keys there are.
struct Talking(DangerousSoftwareKeyStore);

impl KeyStore for Talking {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.0.create(alias)
    }

    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        say("secret", &to_hex(key));
        self.0.wrap(alias, key)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        self.0.unwrap(alias, wrapped)
    }

    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.0.delete(alias)
    }
}

/// A camera's file that comes slowly: it stops after so many bytes, and at its half.
struct Slow {
    file: Vec<u8>,
    given: usize,
    next_stop: usize,
}

impl Slow {
    const STEP: usize = 40_000;

    const fn new(file: Vec<u8>) -> Self {
        Self { file, given: 0, next_stop: 0 }
    }
}

impl Read for Slow {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let half = self.file.len() / 2;
        if self.given == self.next_stop {
            let place = if self.given == half { HALF_A_PHOTO } else { "the camera's file" };
            stop_in(place);
            let after = self.given + Self::STEP;
            self.next_stop = if self.given < half { after.min(half) } else { after };
        }
        let rest = &self.file[self.given..self.next_stop.min(self.file.len())];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

// ---- the scripts ----

/// From enrolment to two voided cases; ends with a draft and an open shift, and without closing anything.
fn patrol(desk: &Desk) {
    let client = desk.open();
    stop("the vault is new");
    client.enrol(canary::ENROLMENT_CODE).expect("enrols");
    client.open_shift(&Officer { id: canary::OFFICER.to_owned(), unit: Some(canary::UNIT.to_owned()) }).expect("opens");
    stop("the shift is open");
    PORTS_STOP.store(true, Ordering::SeqCst);
    let case = facts(desk, &client);
    stop("the draft has no photo yet");
    client.add_photo_from(case, Slow::new(desk.photo()), PhotoClass::Plate).expect("adds");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    stop("the draft is complete");
    client.seal_case(case, confirmed()).expect("seals");
    stop("the case is sealed");
    tell_keys(desk, &client, case);
    client.void_case(case, VoidReason::WrongPlate, Some(canary::VOID_NOTE)).expect("voids");
    stop("the case is void");
    PORTS_STOP.store(false, Ordering::SeqCst);
    let second = draft(desk, &client);
    client.void_case(second, VoidReason::Duplicate, Some(canary::DRAFT_VOID_NOTE)).expect("voids");
    stop("a draft is void");
    desk.authority.reachable.store(false, Ordering::SeqCst);
    assert!(matches!(desk.sync(&client), SyncEnd::WaitUntil(_)));
    stop("the box was not reached");
    let _nameless = plant_nameless();
    stop("planted");
    draft(desk, &client);
}

/// The keys of a case, as its case worker finds them.
fn tell_keys(desk: &Desk, client: &Client, case: CaseId) {
    let bytes = client.case(case).expect("is there").manifest.expect("signed");
    let manifest = Signed::<Manifest>::verify(&bytes, &device_key().verifying_key()).expect("verifies");
    let key = manifest.payload().open_case_key(&desk.phone.agency.case_worker).expect("opens");
    say("secret", &to_hex(key.as_bytes()));
    say("secret", &to_hex(key.view_key(case).as_bytes()));
}

/// Dies when the camera's file has come half.
fn in_a_photo(desk: &Desk) {
    let client = desk.open();
    stop("opened behind a sudden end");
    let case = draft(desk, &client);
    PORTS_STOP.store(true, Ordering::SeqCst);
    client.add_photo_from(case, Slow::new(desk.photo()), PhotoClass::Plate).expect("adds");
    panic!("was to be killed before");
}

/// Dies between the files of a sealed case and its row.
fn in_sealing(desk: &Desk) {
    let client = desk.open();
    stop("opened behind a torn photo");
    let case = draft(desk, &client);
    PORTS_STOP.store(true, Ordering::SeqCst);
    client.seal_case(case, confirmed()).expect("seals");
    panic!("was to be killed before");
}

/// Seals what is left, hands everything over, lets it go, closes the shift.
fn home(desk: &Desk) {
    let client = desk.open();
    stop("opened behind a torn seal");
    drop(client);
    stop("dropped in an open shift");
    let client = desk.open();
    let drafts = client.cases().expect("cases").into_iter().filter(|case| case.state == CaseState::Draft);
    for (number, summary) in drafts.enumerate() {
        if number == 0 {
            client.seal_case(summary.case, confirmed()).expect("seals");
        } else {
            client.void_case(summary.case, VoidReason::Other, Some(canary::VOID_NOTE)).expect("voids");
        }
    }
    PORTS_STOP.store(true, Ordering::SeqCst);
    client.close_shift().expect("closes");
    desk.phone.clock.advance_ms(LONGEST_WAIT_MS); // what earlier processes could not send waits
    assert_eq!(desk.sync(&client), SyncEnd::Idle);
    assert!(client.cases().expect("cases").iter().all(|case| case.state == CaseState::Purged));
    stop("everything is handed over");
}

/// A draft that only waits to be sealed.
fn draft(desk: &Desk, client: &Client) -> CaseId {
    let case = facts(desk, client);
    client.add_photo(case, &desk.camera, PhotoClass::Overview).expect("adds");
    client.add_voice_note(case, &desk.voice).expect("adds");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    case
}

/// A draft with a canary in every field but the photos, its plate corrected once.
fn facts(desk: &Desk, client: &Client) -> CaseId {
    let case = client.begin_case().expect("begins");
    for edit in [vehicle(canary::WRONG_PLATE), vehicle(canary::PLATE)] {
        client.edit_case(case, edit).expect("edits");
    }
    let valve = Valve { side: Side::Left, axle: Axle::Front, clock: ClockPosition::try_from(7).expect("an hour") };
    client.add_check(case, vec![valve], Some("05:41".to_owned().try_into().expect("a time"))).expect("checks");
    // Noted once; that it is noted already is no news.
    let noted = Plate::parse(canary::NOTED_PLATE, "D").expect("sound");
    drop(client.note_vehicle(noted, VehicleKind::Car, vec![valve], None));
    for edit in all(desk.phone.now()) {
        client.edit_case(case, edit).expect("edits");
    }
    case
}

/// The finding that the recorded fix asks to confirm.
fn confirmed() -> Vec<Confirmation> {
    vec![Confirmation { finding: "fix-mocked".to_owned(), reason: canary::REASON.to_owned() }]
}

/// A temporary file as a library might make it: it has lost its name and lives while it is open.
fn plant_nameless() -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(canary::PLACE.as_bytes()).expect("writes");
    file
}
