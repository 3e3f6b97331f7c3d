//! What a box is started with, and what a client needs to talk to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streife_core::domain::{BootId, BoxId, NumberPrefix};
use streife_core::ports::{Clock, Entropy, OsEntropy, SystemClock};

use crate::AdmissionLimits;
use crate::store::{BlobStore, MetaStore};

/// The catalogue that a box serves unless it is given another one.
pub const STARTER_CATALOGUE: &[u8] = include_bytes!("../../../core/data/starter-catalogue.json");

const STARTER_PREFIXES: &[u8] = include_bytes!("../../../core/data/prefixes-2026.json");
const STARTER_NATIONS: &[u8] = include_bytes!("../../../core/data/nations-2026.json");

/// Where a box keeps what it has.
#[derive(Clone)]
pub enum Storage {
    /// All in one folder, made if it is not there: keys, a SQLite database, and a file for each object.
    Folder(PathBuf),
    /// All in memory. Nothing outlives the box, its keys least of all.
    Memory,
    /// Keys in a folder, everything else in stores of the embedder's own (ADR 0031).
    Own {
        /// Folder of keys and codes, made if it is not there.
        keys: PathBuf,
        /// Everything small.
        meta: Arc<dyn MetaStore>,
        /// Sealed objects.
        blobs: Arc<dyn BlobStore>,
    },
}

impl Storage {
    /// The folder of keys and codes, if there is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) | Self::Own { keys: folder, .. } => Some(folder),
            Self::Memory => None,
        }
    }
}

/// Settings of a box. Agency and catalogue count at the first start only; later the store decides.
#[derive(Clone)]
pub struct BoxConfig {
    /// Where everything is kept.
    pub storage: Storage,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Name of the agency that the box serves.
    pub agency: String,
    /// Names and addresses besides `localhost` and the loopback addresses under which clients reach the box.
    pub hosts: Vec<String>,
    /// Offence catalogue, JSON.
    pub catalogue: Vec<u8>,
    /// Three capital letters that the agency's case numbers begin with.
    pub number_prefix: NumberPrefix,
    /// How many case numbers a device gets at once, 1 to 9999.
    pub range_size: u16,
    /// Rule set, JSON; none: phones use the one built in.
    pub rules: Option<Vec<u8>>,
    /// Geo pack as the phone loads it; none: the agency serves none.
    pub geo_pack: Option<Vec<u8>>,
    /// Tables of prefixes and of nationality signs, JSON.
    pub plate_tables: [Vec<u8>; 2],
    /// Whether a DPoP proof must carry one of the box's nonces (RFC 9449, section 8). Only a client that cannot is a reason
    /// to say no.
    pub demand_nonces: bool,
    /// Whether the development agency's shared enrolment code counts beside one-time codes.
    pub shared_code: bool,
    /// How long an unfinished upload is kept, milliseconds.
    pub upload_life_ms: i64,
    /// Where to serve figures for an operator, in clear; none: nowhere.
    pub metrics: Option<SocketAddr>,
    /// Longest time that requests under way get to come to their end when the box stops.
    pub grace: Duration,
    /// How many requests may be under way when one of a class comes in.
    pub admission: AdmissionLimits,
    /// Time of receipts, tokens and statements.
    pub clock: Arc<dyn Clock>,
    /// Randomness of keys, ids and tokens.
    pub entropy: Arc<dyn Entropy>,
}

impl BoxConfig {
    /// A box for this machine only: loopback, a port of the system's choice, real time and randomness.
    #[must_use]
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            storage: Storage::Folder(data.into()),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            agency: "Musterstadt".to_owned(),
            hosts: Vec::new(),
            catalogue: STARTER_CATALOGUE.to_vec(),
            number_prefix: "STR".parse().expect("three letters"),
            range_size: 100,
            rules: None,
            geo_pack: None,
            plate_tables: [STARTER_PREFIXES.to_vec(), STARTER_NATIONS.to_vec()],
            demand_nonces: true,
            shared_code: true,
            upload_life_ms: 7 * 24 * 60 * 60 * 1000,
            metrics: None,
            grace: Duration::from_secs(5),
            admission: AdmissionLimits::default(),
            clock: Arc::new(SystemClock::new(BootId([0; 16]))),
            entropy: Arc::new(OsEntropy),
        }
    }
}

impl BoxConfig {
    /// As [`Self::local`], without a folder: for tests that embed a box and need nothing of it afterwards.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { storage: Storage::Memory, ..Self::local(PathBuf::new()) }
    }
}

impl std::fmt::Debug for BoxConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoxConfig")
            .field("folder", &self.storage.folder())
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// Everything that a client, a case worker's tool or a test needs to talk to a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Base address, such as `https://localhost:8443`.
    pub origin: String,
    /// The certificate authority to trust, and no other, PEM.
    pub ca_pem: String,
    /// The agency.
    pub agency: String,
    /// Key that signs recipients and catalogues: SEC 1, uncompressed, 65 bytes.
    pub agency_root: Vec<u8>,
    /// Key that signs receipts and times: SEC 1, uncompressed, 65 bytes.
    pub box_key: Vec<u8>,
    /// The box.
    pub box_id: BoxId,
    /// Lets a device enrol.
    pub enrolment_code: String,
    /// Lets a case worker's tool read.
    pub desk_token: String,
}
