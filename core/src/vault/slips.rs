//! Which slips this phone has left, so that one that is scanned twice is noticed.
//!
//! No number is kept: what is, is a salted hash and when it is forgotten, in sixteen sealed settings chosen by the
//! hash, so that a seal writes one short value. It is a help for the officer, not evidence: what does not open counts as
//! absent.

use rusqlite::{Connection, Transaction};

use super::{Vault, VaultError, settings};
use crate::domain::Moment;
use crate::seal::Hash;

/// Slips are forgotten after 30 days: longer than the 21 days in which the portal shows a case.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// At most so many of one setting are kept, the newest: some 16,000 slips in all.
const KEPT: usize = 1_000;
const SALT: &str = "slips-salt";
const MARK: usize = 16;
const ROW: usize = MARK + 8;

/// Where a slip is noted, and as what.
struct Place {
    setting: String,
    mark: [u8; MARK],
}

impl Place {
    fn of(salt: &[u8], number: &str) -> Self {
        let Hash(hash) = Hash::of(&[b"streife/1 slip", salt, number.as_bytes()]);
        let (mark, rest) = hash.split_first_chunk::<MARK>().expect("16 of 32 bytes");
        let bucket = rest.first().copied().unwrap_or_default() & 15;
        Self { setting: format!("slips-{bucket:x}"), mark: *mark }
    }
}

impl Vault {
    /// Whether a slip with this number was left with a sealed case of this phone within the last 30 days.
    ///
    /// # Errors
    /// [`VaultError`] of the database.
    pub fn has_left_slip(&self, number: &str, now: Moment) -> Result<bool, VaultError> {
        let Some(salt) = self.setting(SALT)? else { return Ok(false) };
        let place = Place::of(&salt, number);
        let rows = self.setting(&place.setting)?.unwrap_or_default();
        Ok(kept(&rows, now).any(|(mark, _)| mark == place.mark))
    }

    /// Notes a slip in the transaction that seals its case.
    pub(super) fn remember_slip(
        &self,
        transaction: &Transaction<'_>,
        number: &str,
        now: Moment,
    ) -> Result<(), VaultError> {
        let salt = if let Some(salt) = self.own(transaction, SALT)? {
            salt
        } else {
            let salt = self.entropy.array::<16>()?.to_vec();
            settings::put(transaction, &self.keys, SALT, &salt, &*self.entropy)?;
            salt
        };
        let place = Place::of(&salt, number);
        let before = self.own(transaction, &place.setting)?.unwrap_or_default();
        let until = now.unix_ms().saturating_add(KEPT_MS);
        let older = kept(&before, now).filter(|(mark, _)| *mark != place.mark);
        let mut rows: Vec<_> = older.chain(std::iter::once((place.mark, until))).collect();
        rows.drain(..rows.len().saturating_sub(KEPT));
        let bytes: Vec<u8> =
            rows.iter().flat_map(|(mark, until)| mark.iter().copied().chain(until.to_be_bytes())).collect();
        settings::put(transaction, &self.keys, &place.setting, &bytes, &*self.entropy)
    }

    fn own(&self, connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        match settings::get(connection, &self.keys, name) {
            Ok(value) => Ok(value.map(|value| value.to_vec())),
            Err(VaultError::KeyMissing { .. }) => Ok(None),
            Err(error) if error.is_damage() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Marks that are not forgotten yet. A clock that was set back keeps none for longer.
fn kept(rows: &[u8], now: Moment) -> impl Iterator<Item = ([u8; MARK], i64)> {
    let latest = now.unix_ms().saturating_add(KEPT_MS);
    let row = |row: &[u8]| {
        let (mark, until) = row.split_first_chunk::<MARK>()?;
        Some((*mark, i64::from_be_bytes(until.try_into().ok()?)))
    };
    let rows = rows.chunks_exact(ROW).filter_map(row);
    rows.map(move |(mark, until)| (mark, until.min(latest))).filter(move |(_, until)| *until > now.unix_ms())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    fn at(unix_ms: i64) -> Moment {
        Moment::new(unix_ms, 0, 0, BootId([0; 16])).expect("in the calendar")
    }

    #[test]
    fn marks_are_forgotten_after_their_time_and_never_kept_longer() {
        let rows = |until: i64| [&[7; MARK][..], &until.to_be_bytes()].concat();
        assert_eq!(kept(&rows(KEPT_MS), at(0)).collect::<Vec<_>>(), [([7; MARK], KEPT_MS)]);
        assert_eq!(kept(&rows(KEPT_MS), at(KEPT_MS)).count(), 0);
        assert_eq!(kept(&rows(i64::MAX), at(0)).collect::<Vec<_>>(), [([7; MARK], KEPT_MS)]);
        let torn = [rows(KEPT_MS), vec![1, 2, 3]].concat();
        assert_eq!(kept(&torn, at(0)).count(), 1);
    }

    #[test]
    fn the_same_number_has_another_mark_under_another_salt() {
        let (one, other) = (Place::of(b"one", "4711"), Place::of(b"two", "4711"));
        assert_ne!(one.mark, other.mark);
        assert_eq!(Place::of(b"one", "4711").mark, one.mark);
        assert_ne!(Place::of(b"one", "4712").mark, one.mark);
    }
}
