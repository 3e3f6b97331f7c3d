//! A phone in a folder: vault, key store and keys lie in files, so that the victim and the test open the same one.
//!
//! What a phone keeps in hardware or takes from outside (key store, anchor, the camera's file, the way to the box) may lie
//! in another folder than its vault: a power cut takes what a disk had not written yet, and nothing of the hardware.
//! Whatever else comes to stand for hardware belongs there, too.
//!
//! This file alone opens the core.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use streife_core::client::{Client, Config, Policy, Ports, Retention, Salvage, StorageConfig};
use streife_core::domain::{Agency, from_hex, to_hex};
use streife_core::error::Error;
use streife_core::http::HttpTransport;
use streife_core::ports::{Anchor, FileAnchor, OsEntropy, Transport};
use streife_core::seal::{Hash, SoftwareKey, VerifyingKey};
use streife_core::testing::{
    DangerousSeededEntropy, DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock,
    photo,
};
use streife_core::vault::{Opened, Vault, VaultError, VaultPorts};

use crate::Mode;
use crate::golden::{self, Secrets};

/// 16 June 2026, 06:00 in Munich.
pub const MORNING_MS: i64 = 1_781_582_400_000;
/// Vehicles are drawn at random: that one comes twice is no finding here.
pub const RULES: &[u8] = br#"{"format":"streife/1 rules","version":"crash","findings":{"duplicate":"off"}}"#;
const CATALOGUE: &[u8] = include_bytes!("../../../core/data/starter-catalogue.json");
const LINK: &str = "link.json";
const KEYS: &str = "keys";
const PHOTO: &str = "base.jpg";
const ANCHOR: &str = "anchor";

/// What a phone must know of a box, as the test hands it to the victim.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// Base address.
    pub origin: String,
    /// The authority to trust.
    pub ca_pem: String,
    /// Name of the agency.
    pub agency: String,
    /// Key of the agency, SEC 1 in hexadecimal.
    pub agency_root: String,
    /// Key of the box, SEC 1 in hexadecimal.
    pub box_key: String,
    /// What the box's clock shows.
    pub now_ms: i64,
}

/// A phone.
pub struct Phone {
    folder: PathBuf,
    hardware: PathBuf,
    link: Option<Link>,
    /// Time of the phone.
    pub clock: Arc<SimClock>,
}

impl Phone {
    /// The phone in this folder. With a link in it, it reaches that box; without, none.
    ///
    /// # Panics
    /// If the folder cannot be made or the link cannot be read.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self::with_hardware(folder, folder)
    }

    /// The phone whose vault lies in one folder and whose hardware in another.
    ///
    /// # Panics
    /// As [`Self::at`].
    #[must_use]
    pub fn with_hardware(folder: &Path, hardware: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("makes the folder");
        let link: Option<Link> = std::fs::read(hardware.join(LINK))
            .ok()
            .map(|json| serde_json::from_slice(&json).expect("a link as this crate writes it"));
        let now = link.as_ref().map_or(MORNING_MS, |link| link.now_ms);
        let clock = Arc::new(SimClock::new(now, 7_200));
        Self { folder: folder.to_owned(), hardware: hardware.to_owned(), link, clock }
    }

    /// A new phone in this folder, with a photo to take over.
    ///
    /// # Panics
    /// If the folder cannot be written.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self::new_with_hardware(folder, folder)
    }

    /// A new phone whose vault will lie in one folder and whose hardware lies in another.
    ///
    /// # Panics
    /// As [`Self::new`].
    #[must_use]
    pub fn new_with_hardware(folder: &Path, hardware: &Path) -> Self {
        std::fs::create_dir_all(hardware).expect("makes the folder");
        std::fs::write(hardware.join(PHOTO), drawn()).expect("writes the photo");
        Self::with_hardware(folder, hardware)
    }

    /// Tells this folder's phone of a box.
    ///
    /// # Panics
    /// If the folder cannot be written.
    pub fn connect(folder: &Path, link: &Link) {
        let json = serde_json::to_vec(link).expect("serialises");
        std::fs::write(folder.join(LINK), json).expect("writes the link");
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its hardware.
    #[must_use]
    pub fn hardware(&self) -> &Path {
        &self.hardware
    }

    /// What the victim is told: mode, folder, hardware.
    pub(crate) fn orders(&self, mode: Mode) -> [&OsStr; 3] {
        [mode.as_str().as_ref(), self.folder.as_os_str(), self.hardware.as_os_str()]
    }

    /// Folder of its vault.
    #[must_use]
    pub fn vault_folder(&self) -> PathBuf {
        self.folder.join("vault")
    }

    /// The photo that every photo of this phone begins with.
    ///
    /// # Errors
    /// If the file is not there.
    pub fn photo(&self) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.hardware.join(PHOTO))
    }

    /// Opens the app.
    ///
    /// # Errors
    /// As the core says.
    ///
    /// # Panics
    /// If the key store's folder cannot be made or the link is not sound.
    pub fn try_open(&self) -> Result<Client, Error> {
        Client::open(self.config(), self.ports())
    }

    /// Builds a damaged database again and opens the app.
    ///
    /// # Errors
    /// As the core says.
    ///
    /// # Panics
    /// As [`Self::try_open`].
    pub fn salvage(&self) -> Result<(Client, Salvage), Error> {
        Client::salvage(self.config(), self.ports())
    }

    fn ports(&self) -> Ports {
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(self.signing_key())),
            key_store: Arc::new(self.key_store()),
            anchor: self.anchor(),
            transport: self.transport(),
        }
    }

    /// Opens the app and gives it what an agency without a box gives.
    ///
    /// # Errors
    /// As the core says.
    ///
    /// # Panics
    /// As [`Self::try_open`].
    pub fn open(&self) -> Result<Client, Error> {
        let client = self.try_open()?;
        if self.link.is_none() {
            let agency = self.agency();
            client.install_recipients(&agency.recipient_set(MORNING_MS)?)?;
            client.install_catalogue(&agency.sign_catalogue(CATALOGUE)?)?;
            client.install_rules(&agency.sign_rules(RULES)?)?;
        }
        Ok(client)
    }

    /// Opens the vault below the app, for the checker.
    ///
    /// # Errors
    /// As the core says.
    ///
    /// # Panics
    /// If the key store's folder cannot be made.
    pub fn open_vault(&self) -> Result<Opened, VaultError> {
        let ports = VaultPorts {
            key_store: Arc::new(self.key_store()),
            entropy: Arc::new(OsEntropy),
            anchor: self.anchor(),
            clock: self.clock.clone(),
            trust: None,
        };
        Vault::open(&self.vault_folder(), self.config().storage, ports)
    }

    /// Key that the phone's signatures are verified with.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.signing_key().verifying_key()
    }

    /// Key that the box's receipts are verified with.
    #[must_use]
    pub fn box_key(&self) -> VerifyingKey {
        self.config().box_key
    }

    /// Names of the keys in its key store.
    ///
    /// # Panics
    /// If they cannot be listed.
    #[must_use]
    pub fn hardware_keys(&self) -> BTreeSet<String> {
        let files =
            std::fs::read_dir(self.hardware.join(KEYS)).expect("lists").map(|file| file.expect("an entry").path());
        let keys = files.filter(|file| file.extension() == Some(OsStr::new("key")));
        keys.filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned())).collect()
    }

    fn key_store(&self) -> DangerousSoftwareKeyStore {
        DangerousSoftwareKeyStore::in_folder(&self.hardware.join(KEYS)).expect("makes the folder")
    }

    /// File of the anchor, outside the vault.
    #[must_use]
    pub fn anchor_file(&self) -> PathBuf {
        self.hardware.join(ANCHOR)
    }

    /// Number and link of the newest journal entry that the anchor holds (FORMATS 8), read without the core.
    #[must_use]
    pub fn anchored(&self) -> Option<(u64, Hash)> {
        let mark = std::fs::read(self.anchor_file()).ok()?;
        let (_version, rest) = mark.split_first()?;
        let (_vault, rest) = rest.split_at_checked(16)?;
        let (n, rest) = rest.split_at_checked(8)?;
        let (link, _nonce) = rest.split_at_checked(32)?;
        Some((u64::from_be_bytes(n.try_into().ok()?), Hash(link.try_into().ok()?)))
    }

    fn anchor(&self) -> Arc<dyn Anchor> {
        Arc::new(FileAnchor::new(self.anchor_file()))
    }

    /// Those of a golden vault, if this phone has one.
    fn secrets(&self) -> Option<Secrets> {
        golden::secrets(&self.hardware)
    }

    fn signing_key(&self) -> SoftwareKey {
        self.secrets().map_or_else(|| SoftwareKey::from_bytes(&[4; 32]).expect("a scalar"), |secrets| secrets.signer())
    }

    /// The same agency in every process.
    fn agency(&self) -> DevAgency {
        let own = || DevAgency::found("Musterstadt", &DangerousSeededEntropy::new(1)).expect("no randomness is needed");
        self.secrets().map_or_else(own, |secrets| secrets.agency())
    }

    fn receipt_key(&self) -> VerifyingKey {
        let key = self.secrets().map_or_else(|| self.signing_key(), |secrets| secrets.box_key());
        key.verifying_key()
    }

    fn transport(&self) -> Arc<dyn Transport> {
        match &self.link {
            Some(link) => Arc::new(HttpTransport::new(&link.origin, link.ca_pem.as_bytes()).expect("sound settings")),
            None => Arc::new(ScriptedTransport::default()),
        }
    }

    fn config(&self) -> Config {
        let (name, agency_root, box_key) = self.link.as_ref().map_or_else(
            || {
                let agency = self.agency();
                (agency.name, agency.root.verifying_key(), self.receipt_key())
            },
            |link| (Agency(link.agency.clone()), point(&link.agency_root), point(&link.box_key)),
        );
        Config {
            folder: self.vault_folder(),
            agency: name,
            agency_root,
            box_key,
            app: "crash".to_owned(),
            policy: Policy { metered_object: 1 << 20, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 2,
            payee: None,
            storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
        }
    }
}

impl Link {
    /// Writes a key as the link carries it.
    #[must_use]
    pub fn key(sec1: &[u8]) -> String {
        to_hex(sec1)
    }
}

fn point(hex: &str) -> VerifyingKey {
    VerifyingKey::from_sec1(&from_hex::<65>(hex).expect("65 bytes")).expect("a point")
}

/// A small photo, drawn once a process.
fn drawn() -> &'static [u8] {
    static DRAWN: OnceLock<Vec<u8>> = OnceLock::new();
    DRAWN.get_or_init(|| photo::make(&photo::PhotoSpec { width: 640, height: 480, ..photo::PhotoSpec::default() }))
}
