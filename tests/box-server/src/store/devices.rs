//! Enrolled devices and their access tokens.

use rusqlite::{OptionalExtension, Row, params};
use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, VerifyingKey};

use super::{Store, fixed};
use crate::BoxError;

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: VerifyingKey,
    /// Whether it may no longer hand anything over.
    pub revoked: bool,
}

/// An access token that is still valid.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Whose it is.
    pub device: DeviceRow,
    /// Thumbprint of the session key that proves each request.
    pub thumbprint: String,
}

impl Store {
    /// A device, if it is enrolled.
    pub fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, BoxError> {
        let query = "SELECT device, key, revoked FROM devices WHERE device = ?1";
        let row = self.db().query_row(query, [device.as_bytes()], raw_device).optional()?;
        row.map(RawDevice::checked).transpose()
    }

    /// All devices.
    pub fn devices(&self) -> Result<Vec<DeviceRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT device, key, revoked FROM devices ORDER BY device")?;
        let rows = query.query_map([], raw_device)?;
        rows.map(|row| row?.checked()).collect()
    }

    /// Revokes a device.
    pub fn revoke(&self, device: DeviceId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE devices SET revoked = 1 WHERE device = ?1", [device.as_bytes()])?))?;
        Ok(())
    }

    /// Keeps a token by its hash, and forgets those that have expired.
    pub fn put_token(&self, hash: Hash, device: DeviceId, thumbprint: &str, times: (i64, i64)) -> Result<(), BoxError> {
        let (now_ms, expires_at) = times;
        self.write(|tx| {
            tx.execute("DELETE FROM tokens WHERE expires_at <= ?1", [now_ms])?;
            let insert = "INSERT INTO tokens (hash, device, thumbprint, expires_at) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(insert, params![hash.0, device.as_bytes(), thumbprint, expires_at])?;
            Ok(())
        })
    }

    /// A token, if it is valid now.
    pub fn token(&self, hash: Hash, now_ms: i64) -> Result<Option<TokenRow>, BoxError> {
        let query = "SELECT device, key, revoked, thumbprint FROM tokens JOIN devices USING (device)
            WHERE hash = ?1 AND expires_at > ?2";
        let read = |row: &Row<'_>| Ok((raw_device(row)?, row.get(3)?));
        let row = self.db().prepare_cached(query)?.query_row(params![hash.0, now_ms], read).optional()?;
        row.map(|(device, thumbprint)| Ok(TokenRow { device: device.checked()?, thumbprint })).transpose()
    }
}

struct RawDevice(DeviceId, Vec<u8>, bool);

fn raw_device(row: &Row<'_>) -> rusqlite::Result<RawDevice> {
    Ok(RawDevice(fixed(row, 0)?, row.get(1)?, row.get(2)?))
}

impl RawDevice {
    fn checked(self) -> Result<DeviceRow, BoxError> {
        let Self(device, key, revoked) = self;
        Ok(DeviceRow { device, key: VerifyingKey::from_sec1(&key)?, revoked })
    }
}
