//! Signatures: what was signed is what the journal tells of, by the right key, and its place is on the chain.

use rusqlite::Connection;

use super::Auditor;
use crate::seal::{CaseEvent, Hash, Manifest, Receipt, ShiftOpening, ShiftSeal, Signed, SignedPayload, merkle};
use crate::vault::cases::{CaseState, Secrets};
use crate::vault::damage::{Fault, Record};
use crate::vault::story::CaseStory;
use crate::vault::{CaseRow, EventRow, ShiftRow, VaultError};

impl Auditor<'_> {
    pub(super) fn case_signatures(
        &mut self,
        connection: &Connection,
        row: &CaseRow,
        secrets: &Secrets,
        told: &CaseStory,
    ) -> Result<(), VaultError> {
        let record = Record::Case(row.case);
        let manifest = self.manifest(row, told);
        let payload = secrets.payload.as_ref().and_then(|payload| Manifest::decode(payload).ok());
        if let Some(payload) = &payload {
            if row.state != CaseState::Draft && !self.is_own(connection, row, payload, told)? {
                self.damage(record.clone(), Fault::Changed, told.sealed.map(|(n, ..)| n));
            }
            self.commitment(row, secrets, payload)?;
        }
        let Some(bytes) = &row.receipt else { return Ok(()) };
        let receipt = self.verify::<Receipt>(bytes, self.keys.receipts);
        let covers = match (&receipt, &manifest) {
            (Some(receipt), Some(manifest)) => receipt.payload().covers(manifest),
            (Some(receipt), None) => receipt.payload().case == row.case,
            (None, _) => false,
        };
        if !covers {
            self.damage(record, Fault::Signature, told.receipt.map(|(n, _)| n));
        }
        Ok(())
    }

    fn manifest(&mut self, row: &CaseRow, told: &CaseStory) -> Option<Signed<Manifest>> {
        let (bytes, key) = (row.manifest.as_ref()?, self.keys.device?);
        let manifest = self.verify::<Manifest>(bytes, key);
        let fault = match &manifest {
            None => Some(Fault::Signature),
            Some(manifest) if Some(manifest.payload_hash()) != row.payload_hash => Some(Fault::Changed),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            self.damage(Record::Case(row.case), fault, told.sealed.map(|(n, ..)| n));
        }
        manifest.filter(|_| fault.is_none())
    }

    fn is_own(
        &mut self,
        connection: &Connection,
        row: &CaseRow,
        manifest: &Manifest,
        told: &CaseStory,
    ) -> Result<bool, VaultError> {
        let Some((n, _, journalled)) = told.sealed else { return Ok(true) };
        if Hash::of(&[&manifest.encode()]) != journalled {
            return Ok(false); // nothing in it can be trusted
        }
        self.on_chain(connection, manifest.head)?;
        let names = (manifest.case, manifest.shift, Some(manifest.seq)) == (row.case, row.shift, row.seq);
        self.device(manifest.device);
        Ok(names && self.is_before(manifest.head, n))
    }

    /// The id that was signed is the one in clear.
    fn device(&mut self, signed: crate::domain::DeviceId) {
        if self.device != Some(signed) {
            self.find(Record::Document("device".to_owned()), Fault::Changed);
        }
    }

    /// The case key on the phone is the one that the recipients were given.
    fn commitment(&mut self, row: &CaseRow, secrets: &Secrets, manifest: &Manifest) -> Result<(), VaultError> {
        let Some(wrapped) = &secrets.wrapped_key else { return Ok(()) };
        let key = self.vault.keys.open_case_key(secrets.epoch, row.case, wrapped);
        if self
            .opens(&Record::Case(row.case), key)?
            .is_some_and(|key| key.commitment(row.case) != manifest.key_commitment)
        {
            self.find(Record::Case(row.case), Fault::Changed);
        }
        Ok(())
    }

    pub(super) fn event_signature(
        &mut self,
        connection: &Connection,
        row: &EventRow,
        told: &CaseStory,
    ) -> Result<(), VaultError> {
        let (record, n) = (Record::Event { case: row.case, event: row.event }, told.voided.map(|(n, ..)| n));
        let Ok(event) = CaseEvent::decode(&row.payload) else {
            self.damage(record, Fault::Malformed, n);
            return Ok(());
        };
        if told.voided.is_some_and(|(.., payload)| payload != Hash::of(&[&row.payload])) {
            return Ok(()); // nothing in it can be trusted, and it is named already
        }
        self.on_chain(connection, event.head)?;
        if n.is_some_and(|n| !self.is_before(event.head, n)) || (event.event, event.case) != (row.event, row.case) {
            self.damage(record.clone(), Fault::Changed, n);
        }
        let (Some(bytes), Some(key)) = (&row.signed, self.keys.device) else { return Ok(()) };
        match self.verify::<CaseEvent>(bytes, key) {
            None => self.damage(record, Fault::Signature, n),
            Some(signed) if signed.payload_hash() != Hash::of(&[&row.payload]) => {
                self.damage(record, Fault::Changed, n);
            }
            Some(_) => {}
        }
        Ok(())
    }

    pub(super) fn shift_signatures(&mut self, connection: &Connection, row: &ShiftRow) -> Result<(), VaultError> {
        let Some(key) = self.keys.device else { return Ok(()) };
        if let Some(bytes) = &row.opening {
            let opening = self.verify::<ShiftOpening>(bytes, key).map(Signed::into_payload);
            match opening {
                None => self.damage(Record::Shift(row.shift), Fault::Signature, Some(row.first_n)),
                Some(opening) => {
                    self.device(opening.device);
                    self.on_chain(connection, opening.head)?;
                    if (opening.shift, opening.head.n) != (row.shift, row.first_n) {
                        self.damage(Record::Shift(row.shift), Fault::Changed, Some(row.first_n));
                    }
                }
            }
        }
        let Some(bytes) = &row.seal else { return Ok(()) };
        match self.verify::<ShiftSeal>(bytes, key).map(Signed::into_payload) {
            None => self.damage(Record::Shift(row.shift), Fault::Signature, row.last_n),
            Some(seal) => self.seal(connection, row, &seal)?,
        }
        Ok(())
    }

    fn seal(&mut self, connection: &Connection, row: &ShiftRow, seal: &ShiftSeal) -> Result<(), VaultError> {
        for head in seal.heads().unwrap_or_default() {
            self.on_chain(connection, head)?;
        }
        let root = match row.last_n.map(|last| self.vault.stretch_in(connection, row, last)).transpose() {
            Ok(stretch) => stretch.map(|stretch| merkle::root(&stretch.cases)),
            Err(error) if error.damage().is_some() => None,
            Err(error) => return Err(error),
        };
        let places = (seal.shift, seal.first, Some(seal.last)) == (row.shift, row.first_n, row.last_n);
        if !places || root.is_some_and(|root| root != seal.root) {
            self.damage(Record::Shift(row.shift), Fault::Changed, row.last_n);
        }
        Ok(())
    }
}
