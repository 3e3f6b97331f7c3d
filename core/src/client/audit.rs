//! Looking at the whole vault: what an officer starts before a vault is trusted again, or now and then while it charges.

use super::Client;
use crate::error::Error;
use crate::log;
use crate::seal::VerifyingKey;
use crate::vault::{Audit, AuditKeys};

impl Client {
    /// Reads everything there is: each journal entry, each row, each sealed value, each object file chunk by chunk, each
    /// signature. What is damaged is named with its place, journalled, and given as [`super::Notice::Damaged`]; everything
    /// else stays usable. Calls from other threads go on meanwhile.
    ///
    /// While the signer does not answer, the device's own signatures are not verified. What is sealed under a key that is
    /// not at hand is counted in [`crate::vault::Checked::unread`].
    ///
    /// # Errors
    /// [`Error`] of the database or the disk, [`crate::vault::VaultError::Locked`] and
    /// [`crate::vault::VaultError::Suspended`]. Damage is no error.
    pub fn audit(&self) -> Result<Audit, Error> {
        let own = self.ports.signer.public_key().ok();
        let device = own.map(|key| VerifyingKey::from_sec1(&key)).transpose()?;
        let (receipts, root) = (&self.config.box_key, &self.config.agency_root);
        let audit = self.vault.audit(AuditKeys { device: device.as_ref(), receipts, root })?;
        log::event(
            "the vault was audited",
            &[("findings", &audit.findings.len()), ("entries", &audit.checked.entries)],
        );
        self.report_damage(&audit.findings)?;
        Ok(audit)
    }
}
