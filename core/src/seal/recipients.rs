//! The recipient set: who may open cases, signed by the agency root that the app pins.
//!
//! Without that signature the box's operator could name itself a recipient. An expired, foreign or unsigned set makes
//! sealing fail closed; capturing goes on.

use ciborium::Value;

use super::cbor::{self, MapReader, MapWriter};
use super::hpke::{Kem, RecipientPublicKey};
use super::manifest::all_differ;
use super::{Namespace, SealError, SignedPayload};
use crate::domain::{Agency, KeyId};

/// What a recipient is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// Opens cases to decide them.
    CaseWorker = 1,
    /// Opens what nobody else can any more.
    Recovery = 2,
    /// Shows citizens their case where slips carry no code.
    Portal = 3,
}

/// One recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its public key.
    pub key: RecipientPublicKey,
    /// What it is for.
    pub role: Role,
    /// First moment of validity, unix milliseconds.
    pub not_before: i64,
    /// Last moment of validity, unix milliseconds.
    pub not_after: i64,
}

/// All recipients of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientSet {
    /// The agency they belong to.
    pub agency: Agency,
    /// When the set was signed, unix milliseconds.
    pub issued_at: i64,
    /// When the set ends, unix milliseconds.
    pub expires_at: i64,
    /// The recipients.
    pub recipients: Vec<Recipient>,
}

impl RecipientSet {
    /// Recipients that a case of `agency` sealed at `unix_ms` must be wrapped for.
    ///
    /// # Errors
    /// [`SealError::RecipientSet`] for another agency or an expired set, [`SealError::NoRecipient`] if no case worker
    /// or no recovery key is valid.
    pub fn valid_for(&self, agency: &Agency, unix_ms: i64) -> Result<Vec<&Recipient>, SealError> {
        if self.agency != *agency || unix_ms > self.expires_at {
            return Err(SealError::RecipientSet);
        }
        let is_valid = |recipient: &&Recipient| (recipient.not_before..=recipient.not_after).contains(&unix_ms);
        let valid: Vec<_> = self.recipients.iter().filter(is_valid).collect();
        let has = |role| valid.iter().any(|recipient| recipient.role == role);
        if has(Role::CaseWorker) && has(Role::Recovery) { Ok(valid) } else { Err(SealError::NoRecipient) }
    }
}

impl SignedPayload for RecipientSet {
    const NAMESPACE: Namespace = Namespace::Recipients;

    fn encode(&self) -> Vec<u8> {
        let map = MapWriter::default()
            .put(1, 1)
            .put(2, self.agency.0.as_str())
            .put(3, self.issued_at)
            .put(4, self.expires_at)
            .put(5, Value::Array(self.recipients.iter().map(Recipient::to_cbor).collect()));
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "recipient set")?, "recipient set")?;
        map.version_1()?;
        let agency = Agency(map.text(2)?);
        let issued_at = map.time(3)?;
        let expires_at = map.time(4)?;
        let recipients = map.array(5)?.into_iter().map(Recipient::from_cbor).collect::<Result<Vec<_>, _>>()?;
        map.finish()?;
        let set = Self { agency, issued_at, expires_at, recipients };
        let distinct = all_differ(set.recipients.iter().map(|recipient| recipient.key.id()));
        if distinct { Ok(set) } else { Err(SealError::Malformed("recipient set")) }
    }
}

impl Recipient {
    fn to_cbor(&self) -> Value {
        MapWriter::default()
            .bytes(1, self.key.id().as_bytes())
            .put(2, self.key.kem() as u16)
            .bytes(3, self.key.as_bytes())
            .put(4, self.role as u8)
            .put(5, self.not_before)
            .put(6, self.not_after)
            .done()
    }

    fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "recipient")?;
        let id: KeyId = map.fixed(1)?;
        let kem = Kem::from_number(map.uint(2)?).ok_or(SealError::UnknownFormat)?;
        let key = RecipientPublicKey::new(kem, &map.bytes(3)?)?;
        let role = match map.uint(4)? {
            1 => Role::CaseWorker,
            2 => Role::Recovery,
            3 => Role::Portal,
            _ => return Err(SealError::UnknownFormat),
        };
        let not_before = map.time(5)?;
        let not_after = map.time(6)?;
        map.finish()?;
        if key.id() == id { Ok(Self { key, role, not_before, not_after }) } else { Err(SealError::PublicKey) }
    }
}
