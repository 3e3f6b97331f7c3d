//! The simulated phone: its clock follows the recording, its keys are software twins, its link obeys.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use streife_core::client::{Client, Config, Policy, Ports, Retention, StorageConfig};
use streife_core::domain::{Agency, BootId};
use streife_core::error::Error;
use streife_core::http::HttpTransport;
use streife_core::journal::TimedEvent;
use streife_core::ports::{Cancel, ClockReading, NoAnchor, Request, Response, Transport, TransportError};
use streife_core::seal::{SoftwareKey, VerifyingKey};
use streife_core::testing::{DangerousSeededEntropy, DangerousSoftwareKeyStore, DangerousSoftwareSigner, SimClock};

use crate::ReplayError;
use crate::target::Target;

/// Id of the first boot of a replayed phone; each later one counts on from it.
const BOOT: [u8; 16] = [0xb0; 16];
/// Offers the metered limit of a box's default hints.
const METERED_LIMIT: u64 = 1 << 20;

/// How the phone's monotonic clock follows a recording's: from zero at each boot.
#[derive(Clone, Copy, Debug)]
pub struct BootClock {
    boot: BootId,
    begun_ms: u64,
}

impl BootClock {
    /// What the phone's clocks show at a line.
    #[must_use]
    pub const fn reading(&self, timed: &TimedEvent) -> ClockReading {
        let mono_ms = timed.mono_ms.saturating_sub(self.begun_ms);
        ClockReading { unix_ms: timed.unix_ms, offset_s: timed.offset_s, mono_ms, boot: self.boot }
    }

    /// The clock of the boot after this one.
    fn next(self, begun_ms: u64) -> Self {
        let id = u128::from_be_bytes(self.boot.0).wrapping_add(1);
        Self { boot: BootId(id.to_be_bytes()), begun_ms }
    }
}

/// A phone whose app can be killed and started again.
pub struct Phone {
    clock: Arc<SimClock>,
    boot: BootClock,
    link: Arc<Link>,
    ports: Ports,
    config: Config,
    client: Option<Client>,
    folder: PathBuf,
}

impl Phone {
    /// Switches the phone on. Its hardware keys live in a folder beside the vault, as hardware outlives an app.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn new(folder: &Path, seed: u64, clock: Arc<SimClock>, target: &Target) -> Result<Self, ReplayError> {
        let vault_error = ReplayError::setup("vault");
        let hardware = folder.join("hardware");
        let key_store = DangerousSoftwareKeyStore::in_folder(&hardware).map_err(ReplayError::file("--vault"))?;
        let signer = DangerousSoftwareSigner::new(signing_key(&hardware, seed)?);
        let http = HttpTransport::new(&target.origin, target.ca_pem.as_bytes());
        let http = http.map_err(|error| ReplayError::setup("box")(&error))?;
        let link =
            Arc::new(Link { http, up: AtomicBool::new(true), requests: AtomicU64::new(0), bytes: AtomicU64::new(0) });
        let key = |sec1: &[u8]| VerifyingKey::from_sec1(sec1);
        let (agency_root, box_key) = match (key(&target.agency_root), key(&target.box_key)) {
            (Ok(root), Ok(key)) => (root, key),
            (Err(error), _) | (_, Err(error)) => return Err(vault_error(&error)),
        };
        let config = Config {
            folder: folder.join("vault"),
            agency: Agency(target.agency.clone()),
            agency_root,
            box_key,
            app: concat!("streife-replay ", env!("CARGO_PKG_VERSION")).to_owned(),
            policy: Policy { metered_object: METERED_LIMIT, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 20,
            payee: None,
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        };
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(DangerousSeededEntropy::new(seed)),
            signer: Arc::new(signer),
            key_store: Arc::new(key_store),
            anchor: Arc::new(NoAnchor),
            transport: link.clone(),
        };
        let boot = BootClock { boot: BootId(BOOT), begun_ms: 0 };
        Ok(Self { clock, boot, link, ports, config, client: None, folder: folder.to_owned() })
    }

    /// Starts the app.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn start(&mut self) -> Result<&Client, Error> {
        let client = Client::open(self.config.clone(), self.ports.clone())?;
        Ok(self.client.insert(client))
    }

    /// Ends the app between two calls. Within a call only a real process can be killed; `tests/crash` does that.
    pub fn kill(&mut self) {
        self.client = None;
    }

    /// The running app.
    #[must_use]
    pub const fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Lets the phone's clocks show what the recording says.
    pub fn show_time(&self, timed: &TimedEvent) {
        self.clock.set(self.boot.reading(timed));
    }

    /// How the phone's clocks follow the recording's since its last boot.
    #[must_use]
    pub const fn clock(&self) -> BootClock {
        self.boot
    }

    /// Restarts the phone: the app ends, and the monotonic clock begins anew under another boot.
    pub fn reboot(&mut self, timed: &TimedEvent) {
        self.kill();
        self.boot = self.boot.next(timed.mono_ms);
        self.show_time(timed);
    }

    /// Connects or disconnects the phone.
    pub fn set_link(&self, up: bool) {
        self.link.up.store(up, Ordering::Relaxed);
    }

    /// Requests and body bytes sent so far.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        (self.link.requests.load(Ordering::Relaxed), self.link.bytes.load(Ordering::Relaxed))
    }

    /// Where the camera leaves a photo.
    #[must_use]
    pub fn camera_file(&self) -> PathBuf {
        self.folder.join("camera.jpg")
    }
}

/// The phone's signing key: made once from the seed, then kept, like a key in hardware.
fn signing_key(hardware: &Path, seed: u64) -> Result<SoftwareKey, ReplayError> {
    let file = hardware.join("signing.key");
    if let Ok(bytes) = std::fs::read(&file) {
        return SoftwareKey::from_bytes(&bytes).map_err(|error| ReplayError::setup("vault")(&error));
    }
    let entropy = DangerousSeededEntropy::new(seed ^ 0x5167_6e65);
    let key = SoftwareKey::generate(&entropy).map_err(|error| ReplayError::setup("vault")(&error))?;
    std::fs::write(&file, key.to_bytes()).map_err(ReplayError::file("--vault"))?;
    Ok(key)
}

/// The phone's link to the box.
struct Link {
    http: HttpTransport,
    up: AtomicBool,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Transport for Link {
    fn origin(&self) -> &str {
        self.http.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if !self.up.load(Ordering::Relaxed) {
            return Err(TransportError::Unreachable);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(request.body.len(), Ordering::Relaxed);
        self.http.send(request, cancel)
    }
}
