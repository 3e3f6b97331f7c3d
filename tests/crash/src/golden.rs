//! The golden vault of schema 1 as a phone: what a library of that day left, to be brought to the newest schema.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use streife_core::domain::{Agency, from_hex};
use streife_core::seal::{Kem, RecipientPrivateKey, SoftwareKey};
use streife_core::testing::DevAgency;

use crate::scenario::copy_folder;
use crate::{Line, Phone};

const FILE: &str = "golden.json";

/// What `golden.json` says, as far as a phone needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct Secrets {
    agency: String,
    agency_root_secret: String,
    case_worker_secret: String,
    recovery_secret: String,
    box_key_secret: String,
    signer_secret: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    case: String,
    state: String,
    photo: String,
    original: String,
}

/// The secrets in a hardware folder, if it is one of a golden vault.
pub(crate) fn secrets(hardware: &Path) -> Option<Secrets> {
    let json = std::fs::read(hardware.join(FILE)).ok()?;
    Some(serde_json::from_slice(&json).expect("is as it was written"))
}

impl Secrets {
    pub(crate) fn signer(&self) -> SoftwareKey {
        key(&self.signer_secret)
    }

    pub(crate) fn box_key(&self) -> SoftwareKey {
        key(&self.box_key_secret)
    }

    pub(crate) fn agency(&self) -> DevAgency {
        let recipient = |hex: &str| RecipientPrivateKey::new(Kem::XWing, &bytes(hex)).expect("a key");
        DevAgency {
            name: Agency(self.agency.clone()),
            root: key(&self.agency_root_secret),
            case_worker: recipient(&self.case_worker_secret),
            recovery: recipient(&self.recovery_secret),
        }
    }
}

/// Puts the vault of schema 1 and its keys into a new phone; gives what was acknowledged when it was made.
///
/// # Panics
/// If it cannot be copied.
pub fn install(phone: &Phone) -> Vec<Line> {
    let from = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/tests/golden/v1"));
    copy_folder(&from.join("vault"), &phone.vault_folder()).expect("copies the vault");
    copy_folder(&from.join("keys"), &phone.hardware().join("keys")).expect("copies the keys");
    std::fs::copy(from.join(FILE), phone.hardware().join(FILE)).expect("copies the secrets");
    let secrets = secrets(phone.hardware()).expect("were just copied");
    let told = |(number, case): (usize, &Case)| {
        let Case { case, state, photo, original } = case;
        let seals = (state == "sealed").then(|| format!("sealed {case} {}", number + 1));
        [Some(format!("draft {case}")), Some(format!("photo {case} {photo} {original}")), seals]
    };
    let texts = secrets.cases.iter().enumerate().flat_map(told).flatten();
    texts.map(|text| text.parse().expect("a line of the oracle")).collect()
}

fn key(hex: &str) -> SoftwareKey {
    SoftwareKey::from_bytes(&bytes(hex)).expect("a scalar")
}

fn bytes(hex: &str) -> [u8; 32] {
    from_hex(hex).expect("64 digits")
}
