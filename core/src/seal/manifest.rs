//! The case manifest (FORMATS 6): signed once, stored, and sent as the same bytes on every retry.
//!
//! It tells the box what belongs to the case and proves to a court, once the record is open, every plaintext of it:
//! the salts of the commitments lie inside the sealed record.

use ciborium::Value;

use super::cbor::{self, MapReader, MapWriter};
use super::{
    CaseKey, Hash, JournalHead, Kem, Kind, Namespace, Recipient, RecipientPrivateKey, Scope, SealError, SignedPayload,
    Wrap,
};
use crate::domain::{Agency, CaseId, DeviceId, KeyId, ObjectId, ShiftId};
use crate::ports::Entropy;

/// One object of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestObject {
    /// The object.
    pub object: ObjectId,
    /// What it is.
    pub kind: Kind,
    /// Who may open it.
    pub scope: Scope,
    /// Media type of its plaintext.
    pub media_type: String,
    /// Length of its sealed file in bytes.
    pub length: u64,
    /// Hash of its sealed file.
    pub hash: Hash,
    /// Salted hash of its plaintext.
    pub commitment: Hash,
}

/// A 32-byte key wrapped for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The recipient.
    pub recipient: KeyId,
    /// Its mechanism.
    pub kem: Kem,
    /// The wrap.
    pub wrap: Wrap,
}

/// What the citizen's slip is bound by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestNotice {
    /// Number of the slip.
    pub number: String,
    /// Hash of the authorisation and sealed view key; missing where slips carry no code.
    pub sealed: Option<(Hash, Vec<u8>)>,
}

/// Which data and which build made the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Version of the offence catalogue.
    pub catalogue: String,
    /// Version of the app.
    pub app: String,
    /// Schema version of the record.
    pub record_schema: u16,
}

/// Whether the phone's clock agreed with the box's last statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ClockState {
    /// No statement since the shift began.
    #[default]
    Unchecked = 0,
    /// Within 60 seconds.
    Agrees = 1,
    /// More than 60 seconds apart.
    Differs = 2,
}

/// What bounds the time of sealing from outside.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClockEvidence {
    /// The last signed time statement as received, and the milliseconds that have passed since.
    pub statement: Option<(Vec<u8>, u64)>,
    /// State of the clock.
    pub state: ClockState,
}

/// The manifest of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The case.
    pub case: CaseId,
    /// The device.
    pub device: DeviceId,
    /// The shift.
    pub shift: ShiftId,
    /// Number within the shift, from 1.
    pub seq: u32,
    /// The journal just before this case's "sealed" entry.
    pub head: JournalHead,
    /// The authority.
    pub agency: Agency,
    /// At least the record.
    pub objects: Vec<ManifestObject>,
    /// The case key, wrapped for each recipient.
    pub wraps: Vec<WrappedKey>,
    /// Commitment to the case key.
    pub key_commitment: Hash,
    /// The citizen's slip.
    pub notice: Option<ManifestNotice>,
    /// Versions.
    pub build: Build,
    /// Time from outside.
    pub clock: ClockEvidence,
}

impl Manifest {
    /// Longest manifest that a box takes, signature included.
    pub const MAX_BYTES: usize = 65_536;

    /// Opens the case key with a recipient's private key and checks it against the commitment.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`] if the case is not wrapped for this key, [`SealError::Open`] if it does not open.
    pub fn open_case_key(&self, private: &RecipientPrivateKey) -> Result<CaseKey, SealError> {
        let id = private.public()?.id();
        let wrapped = self.wraps.iter().find(|wrap| wrap.recipient == id).ok_or(SealError::NoRecipient)?;
        let key = CaseKey::copied(&*private.unwrap(&wrapped.wrap, self.case.as_bytes())?).ok_or(SealError::Open)?;
        if key.commitment(self.case) == self.key_commitment { Ok(key) } else { Err(SealError::Open) }
    }
}

impl Manifest {
    /// One record, nothing listed twice, somebody who can open it.
    fn is_sound(&self) -> bool {
        let records = self.objects.iter().filter(|object| object.kind == Kind::Record).count();
        self.seq > 0
            && records == 1
            && !self.wraps.is_empty()
            && all_differ(self.objects.iter().map(|object| object.object))
            && all_differ(self.wraps.iter().map(|wrap| wrap.recipient))
    }
}

pub(super) fn all_differ<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

impl WrappedKey {
    /// Wraps a key for every recipient, bound to a 16-byte context.
    ///
    /// # Errors
    /// As [`super::RecipientPublicKey::wrap`].
    pub fn for_all(
        recipients: &[&Recipient],
        key: &[u8; 32],
        context: &[u8; 16],
        entropy: &dyn Entropy,
    ) -> Result<Vec<Self>, SealError> {
        let one = |recipient: &&Recipient| {
            let wrap = recipient.key.wrap(key, context, entropy)?;
            Ok(Self { recipient: recipient.key.id(), kem: recipient.key.kem(), wrap })
        };
        recipients.iter().map(one).collect()
    }

    pub(super) fn to_cbor(&self) -> Value {
        MapWriter::default()
            .bytes(1, self.recipient.as_bytes())
            .put(2, self.kem as u16)
            .bytes(3, &self.wrap.enc)
            .bytes(4, &self.wrap.ct)
            .done()
    }

    pub(super) fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "wrapped key")?;
        let recipient = map.fixed(1)?;
        let kem = Kem::from_number(map.uint(2)?).ok_or(SealError::UnknownFormat)?;
        let wrap = Wrap { enc: map.bytes(3)?, ct: map.bytes(4)? };
        map.finish()?;
        Ok(Self { recipient, kem, wrap })
    }
}

impl SignedPayload for Manifest {
    const NAMESPACE: Namespace = Namespace::Manifest;

    fn encode(&self) -> Vec<u8> {
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.case.as_bytes())
            .bytes(3, self.device.as_bytes())
            .bytes(4, self.shift.as_bytes())
            .put(5, self.seq)
            .put(6, self.head.to_cbor())
            .put(7, self.agency.0.as_str())
            .put(8, Value::Array(self.objects.iter().map(ManifestObject::to_cbor).collect()))
            .put(9, Value::Array(self.wraps.iter().map(WrappedKey::to_cbor).collect()))
            .bytes(10, self.key_commitment.0)
            .put_opt(11, self.notice.as_ref().map(ManifestNotice::to_cbor))
            .put(12, self.build.to_cbor())
            .put(13, self.clock.to_cbor());
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "manifest")?, "manifest")?;
        map.version_1()?;
        let manifest = Self {
            case: map.fixed(2)?,
            device: map.fixed(3)?,
            shift: map.fixed(4)?,
            seq: u32::try_from(map.uint(5)?).map_err(|_| map.malformed())?,
            head: JournalHead::from_cbor(map.get(6)?, "manifest")?,
            agency: Agency(map.text(7)?),
            objects: map.array(8)?.into_iter().map(ManifestObject::from_cbor).collect::<Result<_, _>>()?,
            wraps: map.array(9)?.into_iter().map(WrappedKey::from_cbor).collect::<Result<_, _>>()?,
            key_commitment: map.fixed(10)?,
            notice: map.opt(11).map(ManifestNotice::from_cbor).transpose()?,
            build: Build::from_cbor(map.get(12)?)?,
            clock: ClockEvidence::from_cbor(map.get(13)?)?,
        };
        map.finish()?;
        if manifest.is_sound() { Ok(manifest) } else { Err(SealError::Malformed("manifest")) }
    }
}

impl ManifestObject {
    /// Its one encoding, as it stands in a manifest.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&self.to_cbor())
    }

    fn to_cbor(&self) -> Value {
        MapWriter::default()
            .bytes(1, self.object.as_bytes())
            .put(2, self.kind as u8)
            .put(3, self.scope as u8)
            .put(4, self.media_type.as_str())
            .put(5, self.length)
            .bytes(6, self.hash.0)
            .bytes(7, self.commitment.0)
            .done()
    }

    fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "manifest object")?;
        let object = Self {
            object: map.fixed(1)?,
            kind: Kind::from_number(map.uint(2)?).ok_or(SealError::UnknownFormat)?,
            scope: Scope::from_number(map.uint(3)?).ok_or(SealError::UnknownFormat)?,
            media_type: map.text(4)?,
            length: map.uint(5)?,
            hash: map.fixed(6)?,
            commitment: map.fixed(7)?,
        };
        map.finish()?;
        Ok(object)
    }
}

impl ManifestNotice {
    fn to_cbor(&self) -> Value {
        let map = MapWriter::default().put(1, self.number.as_str());
        match &self.sealed {
            Some((auth, wrap)) => map.bytes(2, auth.0).bytes(3, wrap).done(),
            None => map.done(),
        }
    }

    fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "notice")?;
        let number = map.text(1)?;
        let sealed = match map.opt(2) {
            Some(auth) => {
                let auth = auth.into_bytes().map_err(|_| map.malformed())?;
                Some((Hash::try_from(auth.as_slice())?, map.bytes(3)?))
            }
            None => None,
        };
        map.finish()?;
        Ok(Self { number, sealed })
    }
}

impl Build {
    fn to_cbor(&self) -> Value {
        MapWriter::default().put(1, self.catalogue.as_str()).put(2, self.app.as_str()).put(3, self.record_schema).done()
    }

    fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "build")?;
        let catalogue = map.text(1)?;
        let app = map.text(2)?;
        let record_schema = u16::try_from(map.uint(3)?).map_err(|_| map.malformed())?;
        map.finish()?;
        Ok(Self { catalogue, app, record_schema })
    }
}

impl ClockEvidence {
    fn to_cbor(&self) -> Value {
        let map = MapWriter::default();
        let map = match &self.statement {
            Some((statement, elapsed_ms)) => map.bytes(1, statement).put(2, *elapsed_ms),
            None => map,
        };
        map.put(3, self.state as u8).done()
    }

    fn from_cbor(value: Value) -> Result<Self, SealError> {
        let mut map = MapReader::new(value, "clock evidence")?;
        let statement = match map.opt(1) {
            Some(statement) => Some((statement.into_bytes().map_err(|_| map.malformed())?, map.uint(2)?)),
            None => None,
        };
        let state = match map.uint(3)? {
            0 => ClockState::Unchecked,
            1 => ClockState::Agrees,
            2 => ClockState::Differs,
            _ => return Err(SealError::UnknownFormat),
        };
        map.finish()?;
        Ok(Self { statement, state })
    }
}
