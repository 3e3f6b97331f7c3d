//! The development agency's folder: `DIR/dev`, written at the first start for the people and tools that play the agency.
//!
//! A real agency keeps these private keys far from the box. The running box reads `agency.json` for what it tells
//! clients, and never a `.key` file; [`read_agency`] is for tests that open cases.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use streife_core::domain::{Agency, BoxId, KeyId, to_hex};
use streife_core::seal::{Kem, RecipientPrivateKey, SoftwareKey};
use streife_core::testing::DevAgency;

use crate::BoxError;
use crate::files::{read_secret, replace, write_secret};

/// `agency.json`: all that a client or a case worker's tool must be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyFile {
    /// The agency.
    pub agency: String,
    /// SEC 1 point, hexadecimal.
    pub agency_root: String,
    /// SEC 1 point, hexadecimal.
    pub box_key: String,
    /// The box.
    pub box_id: BoxId,
    /// Lets a case worker's tool read.
    pub desk_token: String,
    /// Lets a device enrol.
    pub enrolment_code: String,
    /// Base address of the last start.
    pub url: String,
}

/// `case-worker.json`: the public half.
#[derive(Serialize)]
struct RecipientFile {
    kid: KeyId,
    kem: u16,
    public: String,
}

impl AgencyFile {
    /// Reads `agency.json`.
    pub fn read(data: &Path) -> Result<Self, BoxError> {
        let bytes = fs::read(folder(data).join(AGENCY))?;
        serde_json::from_slice(&bytes).map_err(|_| BoxError::Damaged("dev/agency.json"))
    }

    /// Writes `agency.json` whole or not at all.
    pub fn write(&self, data: &Path) -> Result<(), BoxError> {
        let json = serde_json::to_vec_pretty(self).map_err(io::Error::from)?;
        Ok(write_secret(&folder(data).join(AGENCY), &String::from_utf8_lossy(&json))?) // holds tokens
    }
}

/// Writes the private keys, the case worker's public half and the certificate authority.
pub fn write_agency(data: &Path, agency: &DevAgency, ca_pem: &str) -> Result<(), BoxError> {
    let folder = folder(data);
    fs::create_dir_all(&folder)?;
    write_secret(&folder.join(ROOT), &to_hex(&agency.root.to_bytes()))?;
    write_secret(&folder.join(CASE_WORKER), &to_hex(agency.case_worker.as_bytes()))?;
    write_secret(&folder.join(RECOVERY), &to_hex(agency.recovery.as_bytes()))?;
    let public = agency.case_worker.public()?;
    let file = RecipientFile { kid: public.id(), kem: public.kem() as u16, public: to_hex(public.as_bytes()) };
    replace(&folder.join("case-worker.json"), &serde_json::to_vec_pretty(&file).map_err(io::Error::from)?)?;
    Ok(replace(&ca_file(data), ca_pem.as_bytes())?)
}

/// Reads the agency with its private keys.
pub fn read_agency(data: &Path, name: &str) -> Result<DevAgency, BoxError> {
    let secret = |file| -> Result<[u8; 32], BoxError> { read_secret(&folder(data).join(file)) };
    Ok(DevAgency {
        name: Agency(name.to_owned()),
        root: SoftwareKey::from_bytes(&secret(ROOT)?)?,
        case_worker: RecipientPrivateKey::new(Kem::XWing, &secret(CASE_WORKER)?)?,
        recovery: RecipientPrivateKey::new(Kem::XWing, &secret(RECOVERY)?)?,
    })
}

/// A second copy of an agency that no folder has.
pub fn copy_agency(agency: &DevAgency) -> Result<DevAgency, BoxError> {
    let copy = |key: &RecipientPrivateKey| RecipientPrivateKey::new(Kem::XWing, key.as_bytes());
    Ok(DevAgency {
        name: agency.name.clone(),
        root: SoftwareKey::from_bytes(&agency.root.to_bytes())?,
        case_worker: copy(&agency.case_worker)?,
        recovery: copy(&agency.recovery)?,
    })
}

/// Folder of the development agency.
pub fn folder(data: &Path) -> PathBuf {
    data.join("dev")
}

/// The certificate authority that clients trust.
pub fn ca_file(data: &Path) -> PathBuf {
    folder(data).join("ca.pem")
}

const AGENCY: &str = "agency.json";
const ROOT: &str = "agency-root.key";
const CASE_WORKER: &str = "case-worker.key";
const RECOVERY: &str = "recovery.key";
