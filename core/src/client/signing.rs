//! Signing what waits for the hardware key.
//!
//! Every structure is complete and stored before it is signed. A signer that does not answer costs nothing but time:
//! the next call that signs takes up what waits. What the journal does not tell of is not signed, and keeps nothing
//! else from being signed.
//!
//! Calls may sign at the same time, and a signer may call back, so nothing is locked while the hardware works. Two may
//! sign the same; the first to store its signature wins, and the other's is dropped.

use super::Client;
use crate::error::Error;
use crate::log;
use crate::seal::{Manifest, Namespace, SealError, SignedPayload, sign_payload};
use crate::vault::{CaseState, Salvaged, VaultError};

impl Client {
    /// Signs all that waits; a signer that is not available leaves it waiting.
    ///
    /// # Errors
    /// [`Error`] of the vault. An unavailable signer is a state: see [`super::Status::unsigned`].
    pub fn sign_pending(&self) -> Result<(), Error> {
        match self.sign_all() {
            Err(Error::Seal(SealError::Signer(error))) => {
                log::event("the signer is not available", &[("error", &error)]);
                Ok(())
            }
            other => other,
        }
    }

    /// Signs behind a commit. The call it belongs to has done its work, whatever becomes of the signature: a full disk,
    /// too, leaves it to the next call that signs.
    pub(super) fn sign_behind_commit(&self) {
        if let Err(error) = self.sign_pending() {
            log::event("signing is put off", &[("error", &error)]);
        }
    }

    fn sign_all(&self) -> Result<(), Error> {
        let shifts = self.vault.unsealed_shifts()?;
        // What a salvage did not find is not made a second time: the box may hold the first.
        for row in shifts.iter().filter(|row| row.opening.is_none() && row.salvaged != Salvaged::Unopened) {
            let Some(opening) = self.unless_damaged(self.opening_of(row))? else { continue };
            unless_signed(self.vault.store_opening(row.shift, &self.sign(Namespace::Shift, opening.encode())?))?;
        }
        for case in self.vault.cases_in_state(CaseState::Unsigned)? {
            let payload = self.unless_damaged(self.vault.payload_to_sign(case).map_err(Error::from))?.flatten();
            let Some(payload) = payload else { continue };
            let shift = Manifest::decode(&payload)?.shift;
            unless_signed(self.vault.store_manifest(case, shift, &self.sign(Namespace::Manifest, payload)?))?;
        }
        for event in self.vault.unsigned_events()? {
            let row = self.unless_damaged(self.vault.event_to_sign(event).map_err(Error::from))?.flatten();
            let Some(row) = row else { continue };
            unless_signed(self.vault.sign_event(row.event, row.case, &self.sign(Namespace::Event, row.payload)?))?;
        }
        for row in &shifts {
            if let (Some(last), None, Salvaged::No) = (row.last_n, &row.seal, row.salvaged) {
                let Some(seal) = self.unless_damaged(self.seal_of(row, last))? else { continue };
                unless_signed(self.vault.store_seal(row.shift, &self.sign(Namespace::Seal, seal.encode())?))?;
            }
        }
        Ok(())
    }

    fn sign(&self, namespace: Namespace, payload: Vec<u8>) -> Result<Vec<u8>, Error> {
        Ok(sign_payload(namespace, payload, &*self.ports.signer)?)
    }
}

/// What another call has signed meanwhile is signed.
fn unless_signed(stored: Result<(), VaultError>) -> Result<(), VaultError> {
    match stored {
        Err(VaultError::State) => Ok(()),
        other => other,
    }
}
