//! One phone and one box, and everything around them that obeys.
//!
//! The phone's folder holds its vault, its software keys and its anchor. Both lie in memory where that is to be had: what
//! is tried here are sequences, not disks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streife_box::{BoxConfig, RunningBox};
use streife_core::client::{Client, Config, Policy, Retention, StorageConfig};
use streife_core::domain::{Agency, BootId, Moment};
use streife_core::error::Error;
use streife_core::http::HttpTransport;
use streife_core::ports::{Clock, ClockReading, Entropy, KeyStore, KeyStoreError, SignerError};
use streife_core::seal::{RecipientPrivateKey, SoftwareKey, VerifyingKey};
use streife_core::testing::{DangerousSeededEntropy, DangerousSoftwareKeyStore, DangerousSoftwareSigner, SimClock};
use streife_e2e::MORNING_MS;

use crate::disk::Disk;
use crate::fate::{Fate, Survives, entries};
use crate::ports::{Outside, ports};
use crate::steps::Trouble;

/// The wall clock is kept between 1990 and 2060: what lies beyond is tried by the tests of `Moment`.
const CLOCK_MS: (i64, i64) = (631_152_000_000, 2_840_140_800_000);
/// Room for a running case and its handover.
const BALLAST: u64 = 1 << 20;
const DAY_MS: i64 = 24 * 3_600_000;

/// A phone and its box.
pub struct World {
    folder: tempfile::TempDir,
    /// The box; away only while it is started anew.
    server: Option<RunningBox>,
    /// The box's time.
    time: Arc<SimClock>,
    box_entropy: Arc<DangerousSeededEntropy>,
    outside: Outside,
    key_store: Arc<DangerousSoftwareKeyStore>,
    key_store_fails: Option<KeyStoreError>,
    signer_fails: Option<SignerError>,
    disk: Disk,
    /// Pages that are left while the disk is full.
    pages_left: Option<u8>,
    lives: u32,
    survives: Survives,
    fate: Arc<Fate>,
    client: Option<Arc<Client>>,
}

impl World {
    /// A box and a phone that is enrolled. Everything random follows from the seed.
    pub fn new(seed: u64, survives: Survives) -> Self {
        let folder = folder();
        let time = Arc::new(SimClock::new(MORNING_MS, 7_200));
        let box_entropy = Arc::new(DangerousSeededEntropy::new(!seed));
        let server = start_box(folder.path(), 0, &time, &box_entropy);
        let told = server.connection();
        let key = SoftwareKey::from_bytes(&[4; 32]).expect("a scalar");
        let outside = Outside {
            clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
            entropy: Arc::new(DangerousSeededEntropy::new(seed)),
            signer: Arc::new(DangerousSoftwareSigner::new(key)),
            link: Arc::new(HttpTransport::new(&told.origin, told.ca_pem.as_bytes()).expect("sound settings")),
        };
        let fate = Arc::new(Fate::new(folder.path(), folder.path(), survives));
        let mut world = Self {
            folder,
            server: Some(server),
            time,
            box_entropy,
            outside,
            key_store: Arc::default(),
            key_store_fails: None,
            signer_fails: None,
            disk: Disk::new(),
            pages_left: None,
            lives: 0,
            survives,
            fate,
            client: None,
        };
        fs::create_dir_all(world.life()).expect("makes the phone's folder");
        world.open(None).expect("a new vault opens");
        let code = world.server().connection().enrolment_code.clone();
        world.client().expect("is open").enrol(&code).expect("enrols");
        world
    }

    /// Opens the app, in whose ports something may go wrong.
    pub fn open(&mut self, trouble: Option<Trouble>) -> Result<(), Error> {
        self.client = None;
        self.fate = Arc::new(Fate::new(&self.life(), &self.life_of(self.lives + 1), self.survives));
        self.fate.step(trouble);
        let (ports, key_store) = ports(&self.outside, &self.life(), &self.fate);
        self.key_store = key_store;
        self.key_store.fail_with(self.key_store_fails);
        let client = Arc::new(Client::open(self.config(), ports)?);
        self.fate.watch(Arc::downgrade(&client));
        self.client = Some(client);
        Ok(())
    }

    /// Another opening of the vault, as another process would.
    pub fn open_elsewhere(&self) -> Result<(), Error> {
        let (ports, _) = ports(&self.outside, &self.life(), &self.fate);
        Client::open(self.config(), ports).map(drop)
    }

    /// The app is closed in order.
    pub fn close(&mut self) {
        self.client = None;
    }

    /// Kills the app if it is not dead already, and goes on with what it has left. The app is not opened.
    pub fn bury(&mut self) {
        if !self.fate.is_dead() {
            if self.pages_left.is_some() {
                self.disk.free(); // what is copied is no part of the phone
            }
            self.fate.kill();
        }
        self.client = None;
        fs::remove_dir_all(self.life()).expect("removes a life that is over");
        self.lives += 1;
        self.fill();
    }

    /// The phone's disk is full but for some pages, or it is not.
    pub fn set_full(&mut self, pages_left: Option<u8>) {
        self.pages_left = pages_left;
        self.disk.free();
        self.fill();
    }

    /// Whether the phone's disk can be filled here.
    pub const fn can_be_full(&self) -> bool {
        self.disk.can_be_full()
    }

    fn fill(&self) {
        if let Some(pages) = self.pages_left {
            // A dead app writes nothing either.
            let filled = self.fate.undisturbed(|| self.disk.fill(pages.into()));
            filled.unwrap_or_else(|_| self.disk.fill(pages.into()));
        }
    }

    /// The open app.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_deref()
    }

    /// The fate of the open app.
    pub fn fate(&self) -> &Fate {
        &self.fate
    }

    /// The box.
    pub const fn server(&self) -> &RunningBox {
        self.server.as_ref().expect("is away only while it is started anew")
    }

    /// Kills the box and starts it on the same folder and address.
    pub fn restart_box(&mut self) {
        let port = self.server().address().port();
        self.server.take().expect("runs").kill().expect("the box ends");
        self.server = Some(start_box(self.folder.path(), port, &self.time, &self.box_entropy));
    }

    /// The key of the case worker.
    pub fn case_worker(&self) -> RecipientPrivateKey {
        self.server().dev_agency().expect("its folder is there").case_worker
    }

    /// What the phone's signatures are verified with.
    pub fn device_key(&self) -> VerifyingKey {
        SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key()
    }

    /// What the box's receipts are verified with.
    pub fn box_key(&self) -> VerifyingKey {
        VerifyingKey::from_sec1(&self.server().connection().box_key).expect("a key of the box")
    }

    /// Folder of the vault.
    pub fn vault(&self) -> PathBuf {
        self.life().join("vault")
    }

    /// Folder of the objects.
    pub fn objects(&self) -> PathBuf {
        self.vault().join("objects")
    }

    /// Everything of the phone: vault, keys, anchor.
    pub fn life(&self) -> PathBuf {
        self.life_of(self.lives)
    }

    /// Puts the object folder out of the way.
    pub fn hide_objects(&self) {
        fs::rename(self.objects(), self.hidden()).expect("renames");
    }

    /// Puts it back, with what has come in the meantime.
    pub fn show_objects(&self) {
        for path in entries(&self.objects()).into_keys() {
            fs::rename(&path, self.hidden().join(path.file_name().expect("an entry has a name"))).expect("moves");
        }
        drop(fs::remove_dir(self.objects())); // it is there only if the vault was opened meanwhile
        fs::rename(self.hidden(), self.objects()).expect("renames");
    }

    /// The key store answers like this from now on.
    pub fn fail_key_store(&mut self, failure: Option<KeyStoreError>) {
        self.key_store_fails = failure;
        self.key_store.fail_with(failure);
    }

    /// The key store loses every key it has; it makes new ones.
    pub fn destroy_keys(&self) {
        for path in entries(&self.life().join("keys")).into_keys() {
            let alias = path.file_stem().expect("an entry has a name").to_string_lossy().into_owned();
            self.key_store.delete(&alias).expect("deletes");
        }
    }

    /// How the key store fails.
    pub const fn key_store_fails(&self) -> Option<KeyStoreError> {
        self.key_store_fails
    }

    /// The signer answers like this from now on.
    pub fn fail_signer(&mut self, failure: Option<SignerError>) {
        self.signer_fails = failure;
        self.outside.signer.fail_with(failure);
    }

    /// How the signer fails.
    pub const fn signer_fails(&self) -> Option<SignerError> {
        self.signer_fails
    }

    /// Now, by the phone's clock.
    pub fn now(&self) -> Moment {
        let now = self.outside.clock.read();
        Moment::new(now.unix_ms, now.offset_s, now.mono_ms, now.boot).expect("in the calendar")
    }

    /// Whether the agency's recipients are valid by the phone's clock.
    pub fn is_within_validity(&self) -> bool {
        (self.now().unix_ms() - MORNING_MS).abs() <= 366 * DAY_MS
    }

    /// Time passes for phone and box.
    pub fn wait_ms(&self, ms: u32) {
        self.outside.clock.advance_ms(ms);
        self.time.advance_ms(ms);
    }

    /// The phone's wall clock is set.
    pub fn set_clock(&self, by_min: i32) {
        let now = self.outside.clock.read();
        let (earliest, latest) = CLOCK_MS;
        let unix_ms = (now.unix_ms + i64::from(by_min) * 60_000).clamp(earliest, latest);
        self.outside.clock.set(ClockReading { unix_ms, ..now });
    }

    /// The phone's clock shows the box's time again.
    pub fn set_clock_right(&self) {
        let unix_ms = self.time.read().unix_ms;
        self.outside.clock.set(ClockReading { unix_ms, ..self.outside.clock.read() });
    }

    /// The phone boots: its monotonic clock begins anew.
    pub fn reboot(&self) {
        let now = self.outside.clock.read();
        let BootId(boot) = now.boot;
        let boot = BootId(boot.map(|byte| byte.wrapping_add(1)));
        self.outside.clock.set(ClockReading { mono_ms: 1, boot, ..now });
    }

    /// Random bytes of the sequence.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let entropy: &dyn Entropy = &*self.outside.entropy;
        entropy.array().expect("follows from a seed")
    }

    fn life_of(&self, number: u32) -> PathBuf {
        self.disk.path().join(format!("phone-{number}"))
    }

    fn hidden(&self) -> PathBuf {
        self.life().join("hidden")
    }

    fn config(&self) -> Config {
        let told = self.server().connection();
        Config {
            folder: self.vault(),
            agency: Agency(told.agency.clone()),
            agency_root: VerifyingKey::from_sec1(&told.agency_root).expect("a key of the box"),
            box_key: self.box_key(),
            app: "machine".to_owned(),
            policy: Policy { metered_object: 200_000, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 2,
            payee: None,
            storage: StorageConfig { ballast: BALLAST, ..StorageConfig::default() },
        }
    }
}

fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder")
}

/// The machine draws its vehicles and slips from a few; that they come twice is no finding here.
const RULES: &[u8] =
    br#"{"format":"streife/1 rules","version":"machine","findings":{"duplicate":"off","slip-used":"off"}}"#;

fn start_box(folder: &Path, port: u16, clock: &Arc<SimClock>, entropy: &Arc<DangerousSeededEntropy>) -> RunningBox {
    let local = BoxConfig::local(folder.join("box"));
    let (clock, entropy, listen) = (clock.clone(), entropy.clone(), (local.listen.ip(), port).into());
    let rules = Some(RULES.to_vec());
    RunningBox::start(BoxConfig { clock, entropy, listen, range_size: 3, rules, ..local }).expect("the box starts")
}
