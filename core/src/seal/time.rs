//! The box's statement of its time, so that a wrong phone clock shows in the evidence.

use super::cbor::{self, MapReader, MapWriter};
use super::{Namespace, SealError, SignedPayload};

/// The box's time, bound to a nonce of the asking phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeStatement {
    /// What the phone sent.
    pub nonce: [u8; 16],
    /// The box's clock, unix milliseconds.
    pub unix_ms: i64,
}

impl SignedPayload for TimeStatement {
    const NAMESPACE: Namespace = Namespace::Time;

    fn encode(&self) -> Vec<u8> {
        cbor::encode(&MapWriter::default().bytes(1, self.nonce).put(2, self.unix_ms).done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "time")?, "time")?;
        let nonce = map.bytes(1)?.as_slice().try_into().map_err(|_| SealError::Malformed("time"))?;
        let unix_ms = map.time(2)?;
        map.finish()?;
        Ok(Self { nonce, unix_ms })
    }
}
