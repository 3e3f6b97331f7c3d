//! Shifts: opening, seal, and whether the seal and the cases agree.
//!
//! A seal is never refused because cases are missing: they may come after it. The flag says what is true now, and is
//! judged again whenever a case or the seal arrives. Each signature was verified when its structure came, before it was
//! stored; judging reads the payloads alone, because it happens within the one transaction that writes.

use rusqlite::{Connection, OptionalExtension, params};
use streife_core::domain::{DeviceId, ShiftId};
use streife_core::seal::{Hash, Manifest, ShiftOpening, ShiftSeal, Signed, SignedPayload, merkle, unverified_payload};

use super::{Put, Store, fixed};
use crate::BoxError;

/// What the seal of a shift says about the cases that are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealFlag {
    /// There is no seal yet.
    Open = 0,
    /// The seal counts more cases than are here.
    Waiting = 1,
    /// Chain, count and root fit the opening and every manifest.
    Fits = 2,
    /// They do not, and no further case can mend it.
    Contradicts = 3,
}

impl SealFlag {
    const fn of(number: i64) -> Self {
        match number {
            0 => Self::Open,
            1 => Self::Waiting,
            2 => Self::Fits,
            _ => Self::Contradicts,
        }
    }
}

/// A shift.
#[derive(Clone, Debug)]
pub struct ShiftRow {
    /// The shift.
    pub shift: ShiftId,
    /// Its device.
    pub device: DeviceId,
    /// Signed opening.
    pub opening: Vec<u8>,
    /// Signed seal.
    pub seal: Option<Vec<u8>>,
    /// Whether seal and cases agree.
    pub flag: SealFlag,
}

const COLUMNS: &str = "SELECT shift, device, opening, seal, seal_flag FROM shifts";

impl Store {
    /// Stores an opening.
    pub fn put_shift(&self, opening: &Signed<ShiftOpening>) -> Result<Put, BoxError> {
        let (payload, bytes) = (opening.payload(), opening.as_bytes());
        self.write(|tx| {
            let insert = "INSERT INTO shifts (shift, device, opening) VALUES (?1, ?2, ?3)
                ON CONFLICT (shift) DO NOTHING";
            let changed = tx.execute(insert, params![payload.shift.as_bytes(), payload.device.as_bytes(), bytes])?;
            Put::of(changed, || {
                let same = "SELECT opening = ?2 FROM shifts WHERE shift = ?1";
                Ok(tx.query_row(same, params![payload.shift.as_bytes(), bytes], |row| row.get(0))?)
            })
        })
    }

    /// Stores the seal of a shift that is here.
    pub fn put_seal(&self, seal: &Signed<ShiftSeal>) -> Result<Put, BoxError> {
        let (shift, bytes) = (seal.payload().shift, seal.as_bytes());
        self.write(|tx| {
            let update = "UPDATE shifts SET seal = ?2 WHERE shift = ?1 AND seal IS NULL";
            let put = Put::of(tx.execute(update, params![shift.as_bytes(), bytes])?, || {
                let same = "SELECT seal = ?2 FROM shifts WHERE shift = ?1";
                Ok(tx.query_row(same, params![shift.as_bytes(), bytes], |row| row.get(0))?)
            })?;
            judge_seal(tx, shift)?;
            Ok(put)
        })
    }

    /// A shift, if it is here.
    pub fn shift(&self, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError> {
        find(&self.db(), shift)
    }

    /// All shifts.
    pub fn shifts(&self) -> Result<Vec<ShiftRow>, BoxError> {
        let db = self.db();
        let mut query = db.prepare(&format!("{COLUMNS} ORDER BY shift"))?;
        let rows = query.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn find(db: &Connection, shift: ShiftId) -> Result<Option<ShiftRow>, BoxError> {
    let mut query = db.prepare_cached(&format!("{COLUMNS} WHERE shift = ?1"))?;
    Ok(query.query_row([shift.as_bytes()], read).optional()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<ShiftRow> {
    Ok(ShiftRow {
        shift: fixed(row, 0)?,
        device: fixed(row, 1)?,
        opening: row.get(2)?,
        seal: row.get(3)?,
        flag: SealFlag::of(row.get(4)?),
    })
}

/// Sets the flag of a shift anew. Without a seal there is nothing to judge.
pub(super) fn judge_seal(tx: &Connection, shift: ShiftId) -> Result<(), BoxError> {
    let Some(ShiftRow { opening, seal: Some(seal), .. }) = find(tx, shift)? else { return Ok(()) };
    let flag = verdict(&stored(&opening)?.0, &stored(&seal)?.0, &manifests(tx, shift)?);
    tx.execute("UPDATE shifts SET seal_flag = ?2 WHERE shift = ?1", params![shift.as_bytes(), flag as i64])?;
    Ok(())
}

/// The payload of a stored structure and its hash.
fn stored<T: SignedPayload>(bytes: &[u8]) -> Result<(T, Hash), BoxError> {
    let payload = unverified_payload(T::NAMESPACE, bytes)?;
    Ok((T::decode(&payload)?, Hash::of(&[&payload])))
}

fn manifests(tx: &Connection, shift: ShiftId) -> Result<Vec<(Manifest, Hash)>, BoxError> {
    let mut query = tx.prepare("SELECT manifest FROM cases WHERE shift = ?1 ORDER BY seq, log")?;
    let rows = query.query_map([shift.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|bytes| stored(&bytes?)).collect()
}

fn verdict(opening: &ShiftOpening, seal: &ShiftSeal, manifests: &[(Manifest, Hash)]) -> SealFlag {
    let Some(heads) = seal.heads() else { return SealFlag::Contradicts };
    let on_chain =
        heads.contains(&opening.head) && manifests.iter().all(|(manifest, _)| heads.contains(&manifest.head));
    let leaves: Vec<_> = manifests.iter().map(|(_, hash)| *hash).collect();
    match (leaves.len() as u64).cmp(&seal.count) {
        _ if !on_chain => SealFlag::Contradicts,
        std::cmp::Ordering::Less => SealFlag::Waiting,
        std::cmp::Ordering::Equal if merkle::root(&leaves) == seal.root => SealFlag::Fits,
        _ => SealFlag::Contradicts,
    }
}
