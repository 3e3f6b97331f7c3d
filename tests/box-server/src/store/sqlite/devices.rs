//! Enrolled devices: keys, codes, what platforms say, tokens, revocation, and how far their journals have come.

use rusqlite::{Connection, OptionalExtension, Row, params};
use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, JournalHead, VerifyingKey};

use super::{SqliteMeta, fixed, number};
use crate::BoxError;
use crate::store::rules::{self, HeadNews};
use crate::store::{Alarm, DeviceRow, Devices, Newcomer, Put, TokenRow};

impl Devices for SqliteMeta {
    fn enrol(&self, newcomer: &Newcomer<'_>, now_ms: i64) -> Result<Option<Put>, BoxError> {
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

    fn attestation(&self, device: DeviceId) -> Result<Option<String>, BoxError> {
        let query = "SELECT chain FROM attestations WHERE device = ?1";
        Ok(self.db().query_row(query, [device.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn drain(&self, device: DeviceId, now_ms: i64) -> Result<bool, BoxError> {
        self.write(|tx| {
            let insert = "INSERT INTO drains (device, since) SELECT device, ?2 FROM devices WHERE device = ?1
                ON CONFLICT DO NOTHING";
            tx.execute(insert, params![device.as_bytes(), now_ms])?;
            let query = "SELECT EXISTS (SELECT 1 FROM drains WHERE device = ?1)";
            Ok(tx.query_row(query, [device.as_bytes()], |row| row.get(0))?)
        })
    }

    fn is_draining(&self, device: DeviceId) -> Result<bool, BoxError> {
        let query = "SELECT EXISTS (SELECT 1 FROM drains WHERE device = ?1)";
        Ok(self.db().query_row(query, [device.as_bytes()], |row| row.get(0))?)
    }

    fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, BoxError> {
        let query = "SELECT device, key, revoked FROM devices WHERE device = ?1";
        let row = self.db().query_row(query, [device.as_bytes()], raw_device).optional()?;
        row.map(RawDevice::checked).transpose()
    }

    fn devices(&self) -> Result<Vec<DeviceRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare("SELECT device, key, revoked FROM devices ORDER BY device")?;
        let rows = query.query_map([], raw_device)?;
        rows.map(|row| row?.checked()).collect()
    }

    fn revoke(&self, device: DeviceId) -> Result<(), BoxError> {
        self.write(|tx| Ok(tx.execute("UPDATE devices SET revoked = 1 WHERE device = ?1", [device.as_bytes()])?))?;
        Ok(())
    }

    fn put_token(&self, hash: Hash, device: DeviceId, thumbprint: &str, times: (i64, i64)) -> Result<(), BoxError> {
        let (now_ms, expires_at) = times;
        self.write(|tx| {
            tx.execute("DELETE FROM tokens WHERE expires_at <= ?1", [now_ms])?;
            let insert = "INSERT INTO tokens (hash, device, thumbprint, expires_at) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(insert, params![hash.0, device.as_bytes(), thumbprint, expires_at])?;
            Ok(())
        })
    }

    fn token(&self, hash: Hash, now_ms: i64) -> Result<Option<TokenRow>, BoxError> {
        let query = "SELECT device, key, revoked, thumbprint FROM tokens JOIN devices USING (device)
            WHERE hash = ?1 AND expires_at > ?2";
        let read = |row: &Row<'_>| Ok((raw_device(row)?, row.get(3)?));
        let row = self.db().prepare_cached(query)?.query_row(params![hash.0, now_ms], read).optional()?;
        row.map(|(device, thumbprint)| Ok(TokenRow { device: device.checked()?, thumbprint })).transpose()
    }

    fn note_head(&self, device: DeviceId, told: JournalHead, now_ms: i64) -> Result<Option<JournalHead>, BoxError> {
        let n = number(told.n);
        self.write(|tx| {
            let query = "SELECT n, link FROM heads WHERE device = ?1";
            let known = tx.query_row(query, [device.as_bytes()], |row| head(row, 0)).optional()?;
            match rules::head_news(known, told) {
                HeadNews::Further => {
                    let upsert = "INSERT INTO heads (device, n, link) VALUES (?1, ?2, ?3)
                        ON CONFLICT DO UPDATE SET n = excluded.n, link = excluded.link";
                    tx.execute(upsert, params![device.as_bytes(), n, told.link.0])?;
                }
                HeadNews::Same => {}
                HeadNews::Alarm(known) => alarm(tx, &Alarm { device, at: now_ms, known, told })?,
            }
            Ok(known)
        })
    }

    fn alarms(&self) -> Result<Vec<Alarm>, BoxError> {
        let db = self.db();
        let mut query =
            db.prepare("SELECT device, at, known_n, known_link, told_n, told_link FROM alarms ORDER BY id")?;
        let read = |row: &Row<'_>| {
            Ok(Alarm { device: fixed(row, 0)?, at: row.get(1)?, known: head(row, 2)?, told: head(row, 4)? })
        };
        let rows = query.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn alarm(tx: &Connection, alarm: &Alarm) -> Result<(), BoxError> {
    let insert = "INSERT INTO alarms (device, at, known_n, known_link, told_n, told_link)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let Alarm { device, at, known, told } = alarm;
    let values = params![device.as_bytes(), at, number(known.n), known.link.0, number(told.n), told.link.0];
    tx.execute(insert, values)?;
    Ok(())
}

fn head(row: &Row<'_>, column: usize) -> rusqlite::Result<JournalHead> {
    let n: i64 = row.get(column)?;
    Ok(JournalHead { n: u64::try_from(n).unwrap_or_default(), link: fixed::<Hash>(row, column + 1)? })
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
