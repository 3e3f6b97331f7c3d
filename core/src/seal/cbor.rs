//! Deterministic CBOR (RFC 8949 section 4.2.1) with integer-keyed maps, written and read strictly.
//!
//! Writers build maps with ascending keys; readers encode what they parsed again and compare, so one structure has
//! one encoding and nothing can hide in another spelling of it. Unknown keys are refused.

use ciborium::Value;

use super::{Hash, SealError};

/// Builds a map; keys must be given in ascending order.
#[derive(Default)]
pub struct MapWriter(Vec<(Value, Value)>);

impl MapWriter {
    pub fn put(mut self, key: i64, value: impl Into<Value>) -> Self {
        self.0.push((Value::from(key), value.into()));
        self
    }

    pub fn put_opt(self, key: i64, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub fn bytes(self, key: i64, bytes: impl AsRef<[u8]>) -> Self {
        self.put(key, Value::Bytes(bytes.as_ref().to_vec()))
    }

    pub fn done(self) -> Value {
        debug_assert!(self.0.is_sorted_by_key(|(key, _)| key.as_integer()), "keys ascend");
        Value::Map(self.0)
    }
}

pub fn bytes(bytes: impl AsRef<[u8]>) -> Value {
    Value::Bytes(bytes.as_ref().to_vec())
}

pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("a Vec takes all bytes");
    out
}

/// Parses exactly one value in its deterministic encoding.
pub fn decode(encoded: &[u8], what: &'static str) -> Result<Value, SealError> {
    let value: Value = ciborium::from_reader(encoded).map_err(|_| SealError::Malformed(what))?;
    if encode(&value) == encoded { Ok(value) } else { Err(SealError::Malformed(what)) }
}

/// Takes the members of a map one by one; [`MapReader::finish`] refuses what is left.
pub struct MapReader {
    members: std::iter::Peekable<std::vec::IntoIter<(i128, Value)>>,
    what: &'static str,
}

impl MapReader {
    pub fn new(value: Value, what: &'static str) -> Result<Self, SealError> {
        let malformed = SealError::Malformed(what);
        let Value::Map(entries) = value else { return Err(malformed) };
        let mut members = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = key.as_integer().ok_or(malformed)?.into();
            members.push((key, value));
        }
        // Ascending and distinct: otherwise two members could claim one key.
        let ascending = members.is_sorted_by(|(one, _), (other, _)| one < other);
        if ascending { Ok(Self { members: members.into_iter().peekable(), what }) } else { Err(malformed) }
    }

    pub fn opt(&mut self, key: i64) -> Option<Value> {
        self.members.next_if(|(found, _)| *found == i128::from(key)).map(|(_, value)| value)
    }

    pub fn get(&mut self, key: i64) -> Result<Value, SealError> {
        self.opt(key).ok_or(SealError::Malformed(self.what))
    }

    pub fn uint(&mut self, key: i64) -> Result<u64, SealError> {
        let value = self.get(key)?;
        self.as_uint(&value)
    }

    pub fn as_uint(&self, value: &Value) -> Result<u64, SealError> {
        let integer = value.as_integer().ok_or(SealError::Malformed(self.what))?;
        integer.try_into().map_err(|_| SealError::Malformed(self.what))
    }

    /// Unix milliseconds: like an unsigned integer, within the range of `i64`.
    pub fn time(&mut self, key: i64) -> Result<i64, SealError> {
        i64::try_from(self.uint(key)?).map_err(|_| SealError::Malformed(self.what))
    }

    pub fn bytes(&mut self, key: i64) -> Result<Vec<u8>, SealError> {
        self.get(key)?.into_bytes().map_err(|_| SealError::Malformed(self.what))
    }

    /// An id or hash: exactly as many bytes as the type has.
    pub fn fixed<T: for<'a> TryFrom<&'a [u8]>>(&mut self, key: i64) -> Result<T, SealError> {
        T::try_from(self.bytes(key)?.as_slice()).map_err(|_| SealError::Malformed(self.what))
    }

    pub fn text(&mut self, key: i64) -> Result<String, SealError> {
        self.get(key)?.into_text().map_err(|_| SealError::Malformed(self.what))
    }

    pub fn array(&mut self, key: i64) -> Result<Vec<Value>, SealError> {
        self.get(key)?.into_array().map_err(|_| SealError::Malformed(self.what))
    }

    /// Refuses any version but 1 under key 1.
    pub fn version_1(&mut self) -> Result<(), SealError> {
        if self.uint(1)? == 1 { Ok(()) } else { Err(SealError::UnknownFormat) }
    }

    pub fn finish(mut self) -> Result<(), SealError> {
        if self.members.next().is_none() { Ok(()) } else { Err(SealError::Malformed(self.what)) }
    }

    pub const fn malformed(&self) -> SealError {
        SealError::Malformed(self.what)
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = SealError;
    fn try_from(bytes: &[u8]) -> Result<Self, SealError> {
        bytes.try_into().map(Self).map_err(|_| SealError::Malformed("hash"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_the_same_value_are_refused() {
        let good = encode(&MapWriter::default().put(1, 1).put(2, "a").done());
        assert!(decode(&good, "test").is_ok());
        let long_integer = [0xa1, 0x01, 0x18, 0x01];
        let indefinite = [0xbf, 0x01, 0x01, 0xff];
        for encoded in [&long_integer[..], &indefinite[..], &[&good[..], &[0]].concat()] {
            assert_eq!(decode(encoded, "test"), Err(SealError::Malformed("test")));
        }
    }

    #[test]
    fn descending_or_doubled_or_unknown_keys_are_refused() {
        let map = |keys: [i64; 2]| Value::Map(keys.map(|key| (Value::from(key), Value::from(0))).to_vec());
        assert!(MapReader::new(map([2, 1]), "test").is_err());
        assert!(MapReader::new(map([1, 1]), "test").is_err());
        let mut reader = MapReader::new(map([1, 9]), "test").expect("ascending");
        assert_eq!(reader.uint(1), Ok(0));
        assert_eq!(reader.finish(), Err(SealError::Malformed("test")));
    }
}
