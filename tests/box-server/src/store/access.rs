//! Enrolment, what platforms say about keys, and devices that are being drained.
//!
//! Two kinds of revocation: a stolen device is shut out (`devices.revoked`), a drained one brings home what it has and
//! begins nothing. The mark that a case came late is made by a trigger with the case itself.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};
use streife_core::domain::{CaseId, DeviceId};
use streife_core::seal::{Hash, VerifyingKey};

use super::{Put, Store, fixed};
use crate::BoxError;

/// A device that wants to be enrolled.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: &'a VerifyingKey,
    /// What its platform says about the key, JSON.
    pub attestation: &'a str,
    /// Hash of the one-time code that it shows; none with the shared one.
    pub code: Option<Hash>,
}

impl Store {
    /// Enrols a device and uses its code up, both or neither. `None`: another device has used the code.
    pub fn enrol(&self, newcomer: &Newcomer<'_>, now_ms: i64) -> Result<Option<Put>, BoxError> {
        let (device, key) = (newcomer.device.as_bytes(), newcomer.key.to_sec1());
        self.write(|tx| {
            let known = "SELECT key = ?2 FROM devices WHERE device = ?1";
            if let Some(same) = tx.query_row(known, params![device, key], |row| row.get(0)).optional()? {
                return Ok(Some(if same { Put::Same } else { Put::Other }));
            }
            if let Some(code) = newcomer.code {
                let used = "SELECT EXISTS (SELECT 1 FROM used_codes WHERE hash = ?1)";
                if tx.query_row(used, [code.0], |row| row.get(0))? {
                    return Ok(None);
                }
            }
            let insert = "INSERT INTO devices (device, key, enrolled_at) VALUES (?1, ?2, ?3)";
            tx.execute(insert, params![device, key, now_ms])?;
            let insert = "INSERT INTO attestations (device, chain) VALUES (?1, ?2)";
            tx.execute(insert, params![device, newcomer.attestation])?;
            if let Some(code) = newcomer.code {
                tx.execute("INSERT INTO used_codes (hash, device) VALUES (?1, ?2)", params![code.0, device])?;
            }
            Ok(Some(Put::New))
        })
    }

    /// What a device's platform said about its key at enrolment, JSON.
    pub fn attestation(&self, device: DeviceId) -> Result<Option<String>, BoxError> {
        let query = "SELECT chain FROM attestations WHERE device = ?1";
        Ok(self.db().query_row(query, [device.as_bytes()], |row| row.get(0)).optional()?)
    }

    /// From now on a device may only bring home what it has. `false`: it is not enrolled.
    pub fn drain(&self, device: DeviceId, now_ms: i64) -> Result<bool, BoxError> {
        self.write(|tx| {
            let insert = "INSERT INTO drains (device, since) SELECT device, ?2 FROM devices WHERE device = ?1
                ON CONFLICT DO NOTHING";
            tx.execute(insert, params![device.as_bytes(), now_ms])?;
            let query = "SELECT EXISTS (SELECT 1 FROM drains WHERE device = ?1)";
            Ok(tx.query_row(query, [device.as_bytes()], |row| row.get(0))?)
        })
    }

    /// Whether a device may only bring home what it has.
    pub fn is_draining(&self, device: DeviceId) -> Result<bool, BoxError> {
        let query = "SELECT EXISTS (SELECT 1 FROM drains WHERE device = ?1)";
        Ok(self.db().query_row(query, [device.as_bytes()], |row| row.get(0))?)
    }

    /// Those of the cases behind an index that came from a device being drained.
    pub fn late_cases_after(&self, index: u64) -> Result<HashSet<CaseId>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT case_id FROM late_cases JOIN cases USING (case_id) WHERE log > ?1")?;
        let rows = query.query_map([i64::try_from(index).unwrap_or(i64::MAX)], |row| fixed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
