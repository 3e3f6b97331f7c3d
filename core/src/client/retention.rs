//! How long a payload stays on the phone behind its receipt, and what may end that earlier.
//!
//! The receipt says that the box has every byte. Yet the payload stays for a while: a box can lose what it has stored,
//! and until the desk has looked at a case the phone is the only other place where it is. What has been decided, or is
//! older than the agency's time, goes; when the disk runs out, everything that has a verified receipt goes. Without one
//! nothing does, whatever else happens.
//!
//! Age is counted by the box's clock on both ends, the receipt's and the last signed time's, so a phone whose clock is set
//! lets nothing go early.

use super::Client;
use crate::domain::{CaseId, Moment};
use crate::error::Error;
use crate::log;
use crate::seal::{Decision, Manifest, Namespace, Receipt, Signed, SignedPayload, VerifyingKey, unverified_payload};
use crate::vault::{CaseRow, CaseState, Damage, SpaceLevel, VaultError};

/// When a payload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// As soon as the desk has decided.
    pub after_decision: bool,
    /// So many milliseconds after the receipt, whatever the desk does.
    pub after_ms: u64,
}

impl Retention {
    /// With the receipt. For an agency that wants nothing on its phones, and whose box is backed up.
    pub const AT_ONCE: Self = Self { after_decision: true, after_ms: 0 };
}

impl Default for Retention {
    /// With the decision, or after three days: a long weekend in which a box can be restored.
    fn default() -> Self {
        Self { after_decision: true, after_ms: 72 * 60 * 60 * 1_000 }
    }
}

impl Client {
    /// The receipts of all cases that have one, as the box has signed them: for an export, and as evidence against a box
    /// that has lost a case.
    ///
    /// # Errors
    /// [`Error`] of the vault.
    pub fn receipts_export(&self) -> Result<Vec<(CaseId, Vec<u8>)>, Error> {
        let cases = self.vault.cases()?.into_iter();
        Ok(cases.filter_map(|row| row.receipt.map(|receipt| (row.case, receipt))).collect())
    }

    /// A case goes before all others and over any link, whatever the policy says of its photos.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn mark_urgent(&self, case: CaseId) -> Result<(), Error> {
        Ok(self.vault.mark_urgent(case)?)
    }

    /// Lets go what the retention lets go now; everything receipted, if the disk is full.
    pub(super) fn purge_due(&self) -> Result<(), Error> {
        let is_full = self.vault.space().is_ok_and(|space| space.level == SpaceLevel::Full);
        self.purge_receipted(is_full)
    }

    /// Room for a case to be begun, made out of payloads that the box has receipted if there is none.
    pub(super) fn expect_room(&self) -> Result<(), Error> {
        match self.vault.expect_room() {
            Err(VaultError::DiskFull) => {
                self.purge_receipted(true)?;
                Ok(self.vault.expect_room()?)
            }
            other => Ok(other?),
        }
    }

    /// The receipt has lain in clear since it came, so it is verified once more before anything is destroyed.
    fn purge_receipted(&self, all: bool) -> Result<(), Error> {
        let receipted = self.vault.cases_in_state(CaseState::Receipted)?;
        let box_ms = self.box_ms(&self.now()?)?;
        let (mut due, mut purged) = (Vec::new(), false);
        for case in receipted {
            let Some(row) = self.unless_damaged(self.vault.case(case).map_err(Error::from))? else { continue };
            if all || self.is_due(&row, box_ms) {
                due.push(row);
            }
        }
        let Some(own_key) = self.own_key_for(&due)? else { return Ok(()) };
        for row in &due {
            if self.is_receipted(row, &own_key) {
                self.vault.purge(row.case, self.now()?)?;
                purged = true;
            } else {
                self.report_damage(&[Damage::of_receipt(row.case)])?;
            }
        }
        if purged {
            self.vault.restore_ballast();
        }
        Ok(())
    }

    /// Whether the time has come, as far as the row says; it is verified later.
    fn is_due(&self, row: &CaseRow, box_ms: i64) -> bool {
        let Retention { after_decision, after_ms } = self.config.retention;
        let stored_at = row.receipt.as_deref().and_then(|receipt| {
            let payload = unverified_payload(Namespace::Receipt, receipt).ok()?;
            Some(Receipt::decode(&payload).ok()?.stored_at)
        });
        // What cannot be read is not kept from being found out.
        let is_old =
            stored_at.is_none_or(|at| box_ms.saturating_sub(at) >= i64::try_from(after_ms).unwrap_or(i64::MAX));
        after_ms == 0 || is_old || after_decision && self.is_decided(row)
    }

    fn is_decided(&self, row: &CaseRow) -> bool {
        let decision = row.decision.as_deref().map(|bytes| Signed::<Decision>::verify(bytes, &self.config.box_key));
        decision.and_then(Result::ok).is_some_and(|decision| decision.payload().case == row.case)
    }

    /// The box's time, as far as it was told.
    fn box_ms(&self, now: &Moment) -> Result<i64, Error> {
        Ok(now.unix_ms().saturating_add(self.time_record()?.map_or(0, |record| record.ahead_ms)))
    }

    /// The key that manifests are verified with, unless there is nothing to verify or the signer does not answer now.
    fn own_key_for(&self, cases: &[CaseRow]) -> Result<Option<VerifyingKey>, Error> {
        if cases.is_empty() {
            return Ok(None);
        }
        match self.ports.signer.public_key() {
            Ok(key) => Ok(Some(VerifyingKey::from_sec1(&key)?)),
            Err(error) => {
                log::event("purging is put off", &[("error", &error)]);
                Ok(None)
            }
        }
    }

    fn is_receipted(&self, row: &CaseRow, own_key: &VerifyingKey) -> bool {
        let (Some(manifest), Some(receipt)) = (&row.manifest, &row.receipt) else { return false };
        let manifest = Signed::<Manifest>::verify(manifest, own_key);
        let receipt = Signed::<Receipt>::verify(receipt, &self.config.box_key);
        let (Ok(manifest), Ok(receipt)) = (manifest, receipt) else { return false };
        receipt.payload().covers(&manifest) && manifest.payload().case == row.case
    }
}
