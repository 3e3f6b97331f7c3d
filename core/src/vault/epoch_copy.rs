//! A copy of an epoch beside the database: `spare/epoch-<e>.cbor` (FORMATS 16). Its keys are wrapped and sealed as in
//! the rows.

use ciborium::Value;
use rusqlite::{Connection, Row, Transaction};

use super::{VaultError, epochs};
use crate::seal::SealError;
use crate::seal::cbor::{self, MapReader, MapWriter};

/// An epoch's row with the journal keys that its root seals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochCopy {
    /// Its number.
    pub epoch: u16,
    /// How far it has come, as the row has it.
    pub state: u8,
    /// Name of the hardware key.
    pub alias: Option<String>,
    /// The root, wrapped by the hardware key.
    pub wrapped: Option<Vec<u8>>,
    /// What tells a wrong root.
    pub canary: Option<Vec<u8>>,
    /// The root, wrapped for the recovery keys.
    pub recovery: Option<Vec<u8>>,
    /// Sealed journal keys by generation.
    pub journal: Vec<(u16, Vec<u8>)>,
}

const WHAT: &str = "epoch copy";

impl EpochCopy {
    /// Name of the file that holds the copy.
    pub(super) fn name(&self) -> String {
        format!("epoch-{}.cbor", self.epoch)
    }

    /// All epochs as the rows have them.
    pub(super) fn all(connection: &Connection) -> Result<Vec<Self>, VaultError> {
        let sql = format!(
            "SELECT epoch, state, alias, wrapped, canary, recovery FROM epochs WHERE {} AND state BETWEEN 0 AND 255
             ORDER BY epoch",
            epochs::NUMBERED
        );
        let mut statement = connection.prepare(&sql)?;
        let mut epochs = statement.query_map([], Self::read)?.collect::<Result<Vec<_>, _>>()?;
        let sql = "SELECT generation, sealed FROM journal_keys WHERE epoch = ?1 ORDER BY generation";
        let mut statement = connection.prepare(sql)?;
        for epoch in &mut epochs {
            let keys = statement.query_map([epoch.epoch], |row| Ok((row.get(0)?, row.get(1)?)))?;
            epoch.journal = keys.collect::<Result<_, _>>()?;
        }
        Ok(epochs)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            epoch: row.get(0)?,
            state: row.get(1)?,
            alias: row.get(2)?,
            wrapped: row.get(3)?,
            canary: row.get(4)?,
            recovery: row.get(5)?,
            journal: Vec::new(),
        })
    }

    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let sql = "INSERT INTO epochs (epoch, state, alias, wrapped, canary, recovery) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = (self.epoch, self.state, &self.alias, &self.wrapped, &self.canary, &self.recovery);
        transaction.execute(sql, values)?;
        let sql = "INSERT INTO journal_keys (epoch, generation, sealed) VALUES (?1, ?2, ?3)";
        for (generation, sealed) in &self.journal {
            transaction.execute(sql, (self.epoch, generation, sealed))?;
        }
        Ok(())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let key =
            |(generation, sealed): &(u16, Vec<u8>)| Value::Array(vec![Value::from(*generation), cbor::bytes(sealed)]);
        let bytes = |value: &Option<Vec<u8>>| value.clone().map(Value::Bytes);
        let map = MapWriter::default()
            .put(1, 1)
            .put(2, self.epoch)
            .put(3, self.state)
            .put_opt(4, self.alias.as_deref())
            .put_opt(5, bytes(&self.wrapped))
            .put_opt(6, bytes(&self.canary))
            .put_opt(7, bytes(&self.recovery))
            .put(8, Value::Array(self.journal.iter().map(key).collect()));
        cbor::encode(&map.done())
    }

    /// Reads a copy.
    ///
    /// # Errors
    /// [`SealError::Malformed`] or [`SealError::UnknownFormat`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let malformed = || SealError::Malformed(WHAT);
        let mut map = MapReader::new(cbor::decode(bytes, WHAT)?, WHAT)?;
        map.version_1()?;
        let epoch = u16::try_from(map.uint(2)?).map_err(|_| malformed())?;
        let state = u8::try_from(map.uint(3)?).map_err(|_| malformed())?;
        let alias = map.opt(4).map(Value::into_text).transpose().map_err(|_| malformed())?;
        let mut bytes = |key| map.opt(key).map(Value::into_bytes).transpose().map_err(|_| malformed());
        let (wrapped, canary, recovery) = (bytes(5)?, bytes(6)?, bytes(7)?);
        let journal = map.array(8)?.into_iter().map(carried).collect::<Result<_, _>>()?;
        map.finish()?;
        Ok(Self { epoch, state, alias, wrapped, canary, recovery, journal })
    }
}

fn carried(value: Value) -> Result<(u16, Vec<u8>), SealError> {
    let malformed = |_| SealError::Malformed(WHAT);
    let [generation, sealed] =
        <[Value; 2]>::try_from(value.into_array().map_err(malformed)?).map_err(|_| SealError::Malformed(WHAT))?;
    let generation = generation.as_integer().and_then(|number| u16::try_from(i128::from(number)).ok());
    Ok((generation.ok_or(SealError::Malformed(WHAT))?, sealed.into_bytes().map_err(malformed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_reads_as_it_was_written_and_a_torn_one_not_at_all() {
        let whole = EpochCopy {
            epoch: 7,
            state: 2,
            alias: Some("streife-epoch-7-00112233".to_owned()),
            wrapped: Some(vec![1; 48]),
            canary: Some(vec![2; 96]),
            recovery: None,
            journal: vec![(1, vec![3; 112]), (7, vec![4; 112])],
        };
        let bare = EpochCopy { epoch: 8, state: 4, ..EpochCopy::default() };
        for copy in [whole, bare] {
            let bytes = copy.encode();
            assert_eq!(EpochCopy::decode(&bytes), Ok(copy));
            for length in 0..bytes.len() {
                assert!(EpochCopy::decode(bytes.get(..length).expect("within")).is_err());
            }
        }
    }
}
