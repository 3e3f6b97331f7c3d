//! Taking refused cases and quarantined files to somebody who can look at them.

use std::path::Path;

use serde::Serialize;

use super::Client;
use crate::domain::{BoxId, CaseId, to_hex};
use crate::error::Error;
use crate::seal::jose::Jwk;
use crate::seal::{Receipt, Signed, VerifyingKey};
use crate::vault::{ExportPapers, QuarantineExport};

#[derive(Serialize)]
struct AgencyPaper {
    agency: String,
    agency_root: String,
    box_key: String,
    box_id: BoxId,
}

#[derive(Serialize)]
struct DevicePaper {
    device: crate::domain::DeviceId,
    jwk: Jwk,
}

/// A refused case, as `reasons.json` lists it.
#[derive(Serialize)]
struct Reason {
    case: CaseId,
    reason: String,
}

impl Client {
    /// Writes everything that could not be handed over below `folder`, which must be empty or not be there yet: refused
    /// cases as `export/`, a tree that a case worker opens like an export of the box; the quarantine as `quarantine/`; the
    /// box's reasons as `reasons.json`. All of it is sealed or signed; nothing leaves the vault. The recovery key opens what
    /// it opens of damaged databases.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] if something lies in the folder, [`crate::error::ErrorKind::DiskFull`], and
    /// [`crate::error::ErrorKind::SignerUnavailable`] if the device's public key is not to be had now.
    pub fn export_quarantine(&self, folder: &Path) -> Result<QuarantineExport, Error> {
        let key = VerifyingKey::from_sec1(&self.ports.signer.public_key()?)?;
        let sec1 = |key: &VerifyingKey| to_hex(&key.to_sec1());
        let agency = AgencyPaper {
            agency: self.config.agency.0.clone(),
            agency_root: sec1(&self.config.agency_root),
            box_key: sec1(&self.config.box_key),
            box_id: self.known_box()?,
        };
        let json = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(|_| Error::State);
        let papers = ExportPapers {
            agency: json(serde_json::to_vec_pretty(&agency))?,
            device: self.device,
            device_key: json(serde_json::to_vec_pretty(&DevicePaper { device: self.device, jwk: Jwk::of(&key) }))?,
        };
        let done = self.vault.export_quarantine(folder, &papers)?;
        let reasons = done.cases.iter().map(|(row, reason)| Reason { case: row.case, reason: reason.clone() });
        let reasons = json(serde_json::to_vec_pretty(&reasons.collect::<Vec<_>>()))?;
        self.vault.write_reasons(folder, &reasons)?;
        Ok(done)
    }

    /// The box, as its receipts name it; zeros before the first.
    fn known_box(&self) -> Result<BoxId, Error> {
        let receipt = self.vault.any_receipt()?;
        let known = receipt.and_then(|bytes| Signed::<Receipt>::verify(&bytes, &self.config.box_key).ok());
        Ok(known.map_or(BoxId::new([0; 16]), |receipt| receipt.payload().box_id))
    }
}
