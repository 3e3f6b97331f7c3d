//! A phone of a run: the app, what it was told, and a link that can be exchanged or die.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use streife_core::client::{Client, Config, Ports};
use streife_core::domain::{CaseId, PhotoClass, VoidReason};
use streife_core::http::HttpTransport;
use streife_core::ports::{Cancel, Clock, NoAnchor, OsEntropy, Request, Response, Transport, TransportError};
use streife_core::seal::{Hash, SoftwareKey, VerifyingKey};
use streife_core::sync::Network;
use streife_core::testing::{DangerousSoftwareKeyStore, DangerousSoftwareSigner, SimClock};

use crate::bench::Bench;
use crate::plan::Shape;

/// What was sealed, by its own files before anything went wrong.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub cases: BTreeMap<CaseId, Sealed>,
    pub has_closed: bool,
}

/// One sealed case: its objects' names with their hashes and lengths.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    pub objects: BTreeMap<String, (Hash, u64)>,
    pub voided: bool,
}

/// A phone.
pub struct Phone<'a> {
    pub bench: &'a Bench,
    pub clock: Arc<SimClock>,
    pub link: Arc<Link>,
    pub told: Told,
    key: SoftwareKey,
    key_store: Arc<DangerousSoftwareKeyStore>,
    folder: tempfile::TempDir,
    client: Option<Client>,
}

impl<'a> Phone<'a> {
    /// A phone that is enrolled and on patrol.
    pub fn new(bench: &'a Bench) -> Result<Self, String> {
        let now = bench.rig.clock.read();
        let key = SoftwareKey::generate(&OsEntropy).expect("randomness");
        let mut phone = Self {
            bench,
            clock: Arc::new(SimClock::new(now.unix_ms, now.offset_s)),
            link: Arc::new(Link::new(bench)),
            told: Told::default(),
            key,
            key_store: Arc::default(),
            folder: tempfile::tempdir().expect("a folder"),
            client: None,
        };
        phone.open()?;
        phone.client().enrol(&bench.rig.connection().enrolment_code).map_err(|error| format!("enrols: {error:?}"))?;
        bench.rig.open_shift(phone.client());
        Ok(phone)
    }

    /// Opens the app, over a new connection.
    pub fn open(&mut self) -> Result<(), String> {
        self.link.renew(self.bench);
        self.open_over(self.link.clone())
    }

    /// Another phone whose folder is a copy of this one's, and whose keys are the same.
    pub fn copy(&self) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a folder");
        copy_folder(&self.vault(), &folder.path().join("vault")).map_err(|error| error.to_string())?;
        let mut copy = Self {
            bench: self.bench,
            clock: self.clock.clone(),
            link: Arc::new(Link::new(self.bench)),
            told: self.told.clone(),
            key: SoftwareKey::from_bytes(&self.key.to_bytes()).expect("a scalar"),
            key_store: self.key_store.clone(),
            folder,
            client: None,
        };
        copy.open()?;
        Ok(copy)
    }

    /// Opens the app over another way to the box.
    pub fn open_over(&mut self, transport: Arc<dyn Transport>) -> Result<(), String> {
        self.client = None;
        let config = Config { folder: self.vault(), ..self.bench.rig.config() };
        let opened = Client::open(config, self.ports(transport));
        self.client = Some(opened.map_err(|error| format!("I10: the vault does not open: {error:?}"))?);
        Ok(())
    }

    fn ports(&self, transport: Arc<dyn Transport>) -> Ports {
        let key = SoftwareKey::from_bytes(&self.key.to_bytes()).expect("a scalar");
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(key)),
            key_store: self.key_store.clone(),
            anchor: Arc::new(NoAnchor),
            transport,
        }
    }

    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("is open")
    }

    pub fn close(&mut self) {
        self.client = None;
    }

    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    pub fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn objects(&self) -> PathBuf {
        self.vault().join("objects")
    }

    /// Records what the shape says, voids what it voids, and closes the shift.
    pub fn record(&mut self, shape: Shape) -> Result<(), String> {
        match shape {
            Shape::NoPhoto => {
                self.void_draft()?;
                return self.close_shift();
            }
            Shape::One => self.seal(1)?,
            Shape::Three => self.seal(3)?,
            Shape::Fifty => self.seal(50)?,
            Shape::Twins => {
                let case = self.bench.rig.draft_case(self.client(), 1);
                let twin = self.bench.rig.photo(0);
                self.client().add_photo(case, &twin, PhotoClass::Overview).map_err(|error| format!("{error:?}"))?;
                self.client().seal_case(case, Vec::new()).map_err(|error| format!("{error:?}"))?;
                self.note(case)?;
            }
            Shape::Empty => {
                let case = self.client().begin_case().map_err(|error| format!("{error:?}"))?;
                return self.void(case).and_then(|()| self.note(case)).and_then(|()| self.close_shift());
            }
            Shape::Company => {
                self.void_draft()?;
                self.seal(1)?;
                self.seal(1)?;
            }
        }
        let valid = self.told.cases.iter().find(|(_, sealed)| !sealed.voided);
        let last = valid.map(|(case, _)| *case).expect("one is valid");
        self.void(last)?;
        self.close_shift()
    }

    /// Seals one case.
    pub fn seal(&mut self, photos: u64) -> Result<(), String> {
        let case = self.bench.rig.seal_case(self.client(), photos);
        self.note(case)
    }

    /// Records a case without a photo, which is sealed by voiding it.
    fn void_draft(&mut self) -> Result<(), String> {
        let case = self.bench.rig.draft_case(self.client(), 0);
        self.void(case)?;
        self.note(case)
    }

    fn void(&mut self, case: CaseId) -> Result<(), String> {
        self.client().void_case(case, VoidReason::WrongPlate, None).map_err(|error| format!("{error:?}"))?;
        self.told.cases.entry(case).or_default().voided = true;
        Ok(())
    }

    fn close_shift(&mut self) -> Result<(), String> {
        self.client().close_shift().map_err(|error| format!("{error:?}"))?;
        self.told.has_closed = true;
        Ok(())
    }

    /// Hashes the files that belong to a case: those that none before it has.
    fn note(&mut self, case: CaseId) -> Result<(), String> {
        let known: Vec<_> = self.told.cases.values().flat_map(|sealed| sealed.objects.keys().cloned()).collect();
        let mut files = files(&self.objects())?;
        files.retain(|name, _| !known.contains(name));
        self.told.cases.entry(case).or_default().objects = files;
        Ok(())
    }

    /// Time passes for phone and box.
    pub fn wait_ms(&self, ms: u32) {
        self.clock.advance_ms(ms);
        self.bench.rig.clock.advance_ms(ms);
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.read().unix_ms
    }

    /// One call of sync over a link that costs nothing.
    pub fn sync(&self) -> Result<streife_core::client::SyncReport, String> {
        let limits = streife_core::client::SyncLimits::over(Network::Unmetered);
        self.client().sync(&limits).map_err(|error| format!("I10: sync failed: {error:?}"))
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            let _bytes = std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Files of a folder with hash and length, by their name without ending.
pub fn files(folder: &std::path::Path) -> Result<BTreeMap<String, (Hash, u64)>, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        found.insert(name, (Hash::of(&[&bytes]), bytes.len() as u64));
    }
    Ok(found)
}

/// The way to the box, which can be made anew, and on which an app can die.
pub struct Link {
    http: Mutex<Arc<HttpTransport>>,
    origin: String,
    /// Requests until the app dies with the answer on its way.
    left: AtomicU32,
    requests: AtomicU32,
}

impl Link {
    fn new(bench: &Bench) -> Self {
        let http = Mutex::new(Arc::new(transport(bench)));
        Self { http, origin: bench.proxy.origin(), left: AtomicU32::new(u32::MAX), requests: AtomicU32::new(0) }
    }

    /// Forgets every connection.
    pub fn renew(&self, bench: &Bench) {
        *self.http.lock().expect("no holder panics") = Arc::new(transport(bench));
        self.left.store(u32::MAX, Ordering::SeqCst);
    }

    /// The same without much patience.
    pub fn renew_impatient(&self, bench: &Bench, patience: std::time::Duration) {
        *self.http.lock().expect("no holder panics") = Arc::new(transport(bench).with_patience(patience));
    }

    /// The app dies with the answer to the nth request on its way.
    pub fn die_behind(&self, requests: u32) {
        self.left.store(requests, Ordering::SeqCst);
    }

    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

fn transport(bench: &Bench) -> HttpTransport {
    let authorities = bench.rig.connection().ca_pem.as_bytes();
    HttpTransport::new(&bench.proxy.origin(), authorities).expect("sound settings")
}

impl Transport for Link {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            return Err(TransportError::Unreachable);
        }
        if left != u32::MAX {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        let http = Arc::clone(&self.http.lock().expect("no holder panics"));
        let answer = http.send(request, cancel);
        if left == 1 { Err(TransportError::Lost) } else { answer }
    }
}
