//! The box that is replayed against: an embedded one, or one that runs elsewhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use streife_box::{BoxConfig, RunningBox, STARTER_CATALOGUE};
use streife_core::domain::from_hex;
use streife_core::ports::OsEntropy;
use streife_core::seal::{Kem, RecipientPrivateKey};
use streife_core::testing::SimClock;

use crate::ReplayError;

/// Everything that is needed to talk to a box and to open what it stores.
pub struct Target {
    /// Base address.
    pub origin: String,
    /// For people: `embedded box` or the address.
    pub name: String,
    /// Certificate authority, PEM.
    pub ca_pem: String,
    /// The agency.
    pub agency: String,
    /// Root key, SEC 1.
    pub agency_root: Vec<u8>,
    /// Receipt key, SEC 1.
    pub box_key: Vec<u8>,
    /// Lets the phone enrol.
    pub enrolment_code: String,
    /// Lets the checks read.
    pub desk_token: String,
    /// Opens the cases.
    pub case_worker: RecipientPrivateKey,
    /// Keeps an embedded box running.
    _running: Option<RunningBox>,
}

impl Target {
    /// Starts a box of the recording's agency that shares the recording's time.
    ///
    /// # Errors
    /// [`ReplayError::Setup`].
    pub fn embedded(folder: &Path, agency: &str, clock: Arc<SimClock>) -> Result<Self, ReplayError> {
        let config = BoxConfig {
            agency: agency.to_owned(),
            catalogue: STARTER_CATALOGUE.to_vec(),
            clock,
            entropy: Arc::new(OsEntropy),
            ..BoxConfig::local(folder)
        };
        let running = RunningBox::start(config).map_err(|error| ReplayError::setup("box")(&error))?;
        let told = running.connection().clone();
        let agency = running.dev_agency().map_err(|error| ReplayError::setup("box")(&error))?;
        Ok(Self {
            origin: told.origin,
            name: "embedded box".to_owned(),
            ca_pem: told.ca_pem,
            agency: told.agency,
            agency_root: told.agency_root,
            box_key: told.box_key,
            enrolment_code: told.enrolment_code,
            desk_token: told.desk_token,
            case_worker: agency.case_worker,
            _running: Some(running),
        })
    }

    /// A box that runs elsewhere. Beside its CA file lie `agency.json` and `case-worker.key`, as `streife-box` writes
    /// them into its `dev` folder.
    ///
    /// # Errors
    /// [`ReplayError::File`] or [`ReplayError::Setup`] naming what is missing.
    pub fn remote(origin: &str, ca_file: &Path) -> Result<Self, ReplayError> {
        let read =
            |file: PathBuf| std::fs::read_to_string(&file).map_err(ReplayError::file(file.display().to_string()));
        let beside = |name: &str| read(ca_file.with_file_name(name));
        let agency: AgencyFile =
            serde_json::from_str(&beside("agency.json")?).map_err(|error| ReplayError::setup("agency.json")(&error))?;
        let key = from_hex::<32>(beside("case-worker.key")?.trim())
            .map_err(|error| ReplayError::setup("case-worker.key")(&error))?;
        let case_worker = RecipientPrivateKey::new(Kem::XWing, &key)
            .map_err(|error| ReplayError::setup("case-worker.key")(&error))?;
        let point = |hex: &str| from_hex::<65>(hex).map_err(|error| ReplayError::setup("agency.json")(&error));
        Ok(Self {
            origin: origin.trim_end_matches('/').to_owned(),
            name: origin.to_owned(),
            ca_pem: read(ca_file.to_owned())?,
            agency_root: point(&agency.agency_root)?.to_vec(),
            box_key: point(&agency.box_key)?.to_vec(),
            agency: agency.agency,
            enrolment_code: agency.enrolment_code,
            desk_token: agency.desk_token,
            case_worker,
            _running: None,
        })
    }
}

/// What `streife-box` writes about itself.
#[derive(Deserialize)]
struct AgencyFile {
    agency: String,
    agency_root: String,
    box_key: String,
    enrolment_code: String,
    desk_token: String,
}
