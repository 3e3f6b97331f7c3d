//! Hosts written in Rust, scripted to fail.

use std::sync::{Arc, Mutex};

use streife_core::ports::{KeyStore, KeyStoreError, Signer};
use streife_core::seal::SoftwareKey;
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_ffi::{
    ConfigInput, HostClock, HostClockReading, HostError, HostKeyStore, HostKeyStoreError, HostSigner, HostSignerError,
    LogSink, Streife, StreifeError,
};
use tempfile::TempDir;

/// What a host does when it is asked.
#[derive(Clone, Debug)]
pub enum Mood<E> {
    /// What it should.
    Works,
    /// Fails in a declared way.
    Fails(E),
    /// Answers with these bytes.
    Answers(Vec<u8>),
    /// Panics, with a text that nobody may see.
    Panics,
}

pub const SECRET: &str = "M-AB 1234";

impl<E> Mood<E> {
    fn or(self, answer: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, E> {
        match self {
            Self::Works => Ok(answer()),
            Self::Fails(error) => Err(error),
            Self::Answers(bytes) => Ok(bytes),
            Self::Panics => panic!("{SECRET}"),
        }
    }
}

/// A signer in memory.
pub struct FakeSigner {
    key: SoftwareKey,
    pub signs: Mutex<Mood<HostSignerError>>,
    pub shows: Mutex<Mood<HostSignerError>>,
}

impl HostSigner for FakeSigner {
    fn public_key(&self) -> Result<Vec<u8>, HostSignerError> {
        let mood = self.shows.lock().expect("no panic while held").clone();
        mood.or(|| self.key.public_key().expect("software"))
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, HostSignerError> {
        let mood = self.signs.lock().expect("no panic while held").clone();
        mood.or(|| self.key.sign(&message).expect("software"))
    }
}

/// A key store in memory.
pub struct FakeKeyStore {
    keys: DangerousSoftwareKeyStore,
    pub mood: Mutex<Mood<HostKeyStoreError>>,
}

impl FakeKeyStore {
    fn ask(&self, answer: impl FnOnce() -> Result<Vec<u8>, KeyStoreError>) -> Result<Vec<u8>, HostKeyStoreError> {
        let mood = self.mood.lock().expect("no panic while held").clone();
        mood.or(|| answer().expect("software"))
    }
}

impl HostKeyStore for FakeKeyStore {
    fn create(&self, alias: String) -> Result<(), HostKeyStoreError> {
        self.ask(|| self.keys.create(&alias).map(|()| Vec::new())).map(drop)
    }

    fn wrap(&self, alias: String, key: Vec<u8>) -> Result<Vec<u8>, HostKeyStoreError> {
        self.ask(|| self.keys.wrap(&alias, &key.try_into().expect("32 bytes")))
    }

    fn unwrap(&self, alias: String, wrapped: Vec<u8>) -> Result<Vec<u8>, HostKeyStoreError> {
        self.ask(|| self.keys.unwrap(&alias, &wrapped).map(|key| key.to_vec()))
    }

    fn delete(&self, alias: String) -> Result<(), HostKeyStoreError> {
        self.ask(|| self.keys.delete(&alias).map(|()| Vec::new())).map(drop)
    }
}

/// A clock that stands still.
pub struct FakeClock(pub Mutex<Option<HostClockReading>>);

impl HostClock for FakeClock {
    fn read(&self) -> Result<HostClockReading, HostError> {
        self.0.lock().expect("no panic while held").clone().ok_or(HostError::Failed)
    }
}

pub fn reading(boot: &str) -> HostClockReading {
    HostClockReading { unix_ms: 1_781_500_000_000, offset_s: 7_200, mono_ms: 5_000, boot: boot.to_owned() }
}

/// A sink that keeps its lines, and panics after each if told to.
#[derive(Default)]
pub struct FakeSink {
    pub lines: Mutex<Vec<String>>,
    pub panics: bool,
}

impl LogSink for FakeSink {
    fn write(&self, line: String) -> Result<(), HostError> {
        self.lines.lock().expect("no panic while held").push(line);
        assert!(!self.panics, "{SECRET}");
        Err(HostError::Failed)
    }
}

/// A phone that outlives its app.
pub struct Phone {
    pub folder: TempDir,
    pub signer: Arc<FakeSigner>,
    pub key_store: Arc<FakeKeyStore>,
    pub clock: Arc<FakeClock>,
    pub sink: Arc<FakeSink>,
}

impl Phone {
    pub fn new() -> Self {
        let (signs, shows) = (Mutex::new(Mood::Works), Mutex::new(Mood::Works));
        let boot = "6F9C1D3E-0000-4000-8000-0123456789AB";
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            signer: Arc::new(FakeSigner { key: key(7), signs, shows }),
            key_store: Arc::new(FakeKeyStore { keys: Default::default(), mood: Mutex::new(Mood::Works) }),
            clock: Arc::new(FakeClock(Mutex::new(Some(reading(boot))))),
            sink: Arc::default(),
        }
    }

    pub fn open(&self) -> Result<Arc<Streife>, StreifeError> {
        let sink: Arc<dyn LogSink> = self.sink.clone();
        Streife::open(self.config(), self.signer.clone(), self.key_store.clone(), self.clock.clone(), Some(sink), None)
    }

    pub fn config(&self) -> ConfigInput {
        let point =
            |secret| key(secret).public_key().expect("software").iter().map(|byte| format!("{byte:02x}")).collect();
        let authority = rcgen::generate_simple_self_signed(["box.example".to_owned()]).expect("a certificate");
        ConfigInput {
            folder: self.folder.path().join("vault").to_str().expect("UTF-8").to_owned(),
            agency: "Nowhere".to_owned(),
            agency_root: point(1),
            box_key: point(2),
            box_origin: "https://127.0.0.1:1".to_owned(),
            authorities_pem: authority.cert.pem(),
            app: "test".to_owned(),
            metered_limit: 1 << 20,
            small_limit: 1 << 18,
            metered_day: 200 << 20,
            retain_ms: 0,
            release_on_decision: true,
            ballast: 0,
            key_store_timeout_ms: 10_000,
            numbers_low: 0,
            payee: None,
        }
    }
}

fn key(secret: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[secret; 32]).expect("a scalar")
}
