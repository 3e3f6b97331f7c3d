//! Devices in memory.

use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, JournalHead, VerifyingKey};

use super::MemoryMeta;
use crate::BoxError;
use crate::store::rules::{self, HeadNews};
use crate::store::{Alarm, DeviceRow, Devices, Newcomer, Put, TokenRow};

/// A device.
pub struct Device {
    /// Its signing key.
    pub key: VerifyingKey,
    /// Whether its cases are late.
    pub is_draining: bool,
    is_revoked: bool,
    attestation: String,
    head: Option<JournalHead>,
}

/// A token.
pub struct Token {
    device: DeviceId,
    thumbprint: String,
    expires_at: i64,
}

impl Device {
    fn row(&self, device: DeviceId) -> DeviceRow {
        DeviceRow { device, key: self.key.clone(), revoked: self.is_revoked }
    }
}

impl Devices for MemoryMeta {
    fn enrol(&self, newcomer: &Newcomer<'_>, _now_ms: i64) -> Result<Option<Put>, BoxError> {
        let mut state = self.state();
        if let Some(known) = state.devices.get(&newcomer.device) {
            return Ok(Some(super::met(&known.key.to_sec1(), &newcomer.key.to_sec1())));
        }
        if newcomer.code.is_some_and(|code| state.used_codes.contains(&code)) {
            return Ok(None);
        }
        state.used_codes.extend(newcomer.code);
        let device = Device {
            key: newcomer.key.clone(),
            is_draining: false,
            is_revoked: false,
            attestation: newcomer.attestation.to_owned(),
            head: None,
        };
        state.devices.insert(newcomer.device, device);
        Ok(Some(Put::New))
    }

    fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, BoxError> {
        Ok(self.state().devices.get(&device).map(|row| row.row(device)))
    }

    fn devices(&self) -> Result<Vec<DeviceRow>, BoxError> {
        Ok(self.state().devices.iter().map(|(device, row)| row.row(*device)).collect())
    }

    fn attestation(&self, device: DeviceId) -> Result<Option<String>, BoxError> {
        Ok(self.state().devices.get(&device).map(|row| row.attestation.clone()))
    }

    fn revoke(&self, device: DeviceId) -> Result<(), BoxError> {
        if let Some(row) = self.state().devices.get_mut(&device) {
            row.is_revoked = true;
        }
        Ok(())
    }

    fn drain(&self, device: DeviceId, _now_ms: i64) -> Result<bool, BoxError> {
        let mut state = self.state();
        let Some(row) = state.devices.get_mut(&device) else { return Ok(false) };
        row.is_draining = true;
        Ok(true)
    }

    fn is_draining(&self, device: DeviceId) -> Result<bool, BoxError> {
        Ok(self.state().devices.get(&device).is_some_and(|row| row.is_draining))
    }

    fn put_token(
        &self,
        hash: Hash,
        device: DeviceId,
        thumbprint: &str,
        (now_ms, expires_at): (i64, i64),
    ) -> Result<(), BoxError> {
        let mut state = self.state();
        state.device(device)?;
        if state.tokens.get(&hash).is_some_and(|token| token.expires_at > now_ms) {
            return Err(BoxError::Damaged("a token that is kept already"));
        }
        state.tokens.retain(|_, token| token.expires_at > now_ms);
        state.tokens.insert(hash, Token { device, thumbprint: thumbprint.to_owned(), expires_at });
        Ok(())
    }

    fn token(&self, hash: Hash, now_ms: i64) -> Result<Option<TokenRow>, BoxError> {
        let state = self.state();
        let Some(token) = state.tokens.get(&hash).filter(|token| token.expires_at > now_ms) else { return Ok(None) };
        let device = state.device(token.device)?.row(token.device);
        Ok(Some(TokenRow { device, thumbprint: token.thumbprint.clone() }))
    }

    fn note_head(&self, device: DeviceId, told: JournalHead, now_ms: i64) -> Result<Option<JournalHead>, BoxError> {
        let mut state = self.state();
        let known = state.device(device)?.head;
        match rules::head_news(known, told) {
            HeadNews::Further => {
                if let Some(row) = state.devices.get_mut(&device) {
                    row.head = Some(told);
                }
            }
            HeadNews::Same => {}
            HeadNews::Alarm(known) => {
                if !state.alarms.iter().any(|alarm| (alarm.device, alarm.told) == (device, told)) {
                    state.alarms.push(Alarm { device, at: now_ms, known, told });
                }
            }
        }
        Ok(known)
    }

    fn alarms(&self) -> Result<Vec<Alarm>, BoxError> {
        Ok(self.state().alarms.clone())
    }
}
