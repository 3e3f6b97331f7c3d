//! Storage receipt: the box says over its signature what it has stored, and the phone may let go.

use ciborium::Value;

use super::cbor::{self, MapReader, MapWriter};
use super::{Hash, Manifest, Namespace, SealError, Signed, SignedPayload};
use crate::domain::{BoxId, CaseId, ObjectId};

/// One stored object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptObject {
    /// The object.
    pub object: ObjectId,
    /// Length of its sealed file.
    pub length: u64,
    /// Hash of its sealed file.
    pub hash: Hash,
}

/// What the box has stored of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The case.
    pub case: CaseId,
    /// Hash of the signed manifest's bytes.
    pub manifest: Hash,
    /// All objects in the manifest's order.
    pub objects: Vec<ReceiptObject>,
    /// When the last object was verified, unix milliseconds by the box's clock.
    pub stored_at: i64,
    /// The box.
    pub box_id: BoxId,
    /// Position in the box's log, if it keeps one.
    pub log_index: Option<u64>,
}

impl Receipt {
    /// Whether this receipt covers exactly what the manifest lists: same bytes, same objects, same hashes.
    #[must_use]
    pub fn covers(&self, manifest: &Signed<Manifest>) -> bool {
        let payload = manifest.payload();
        let listed = payload.objects.iter().map(|o| ReceiptObject { object: o.object, length: o.length, hash: o.hash });
        self.case == payload.case
            && self.manifest == Hash::of(&[manifest.as_bytes()])
            && self.objects.iter().copied().eq(listed)
    }
}

impl SignedPayload for Receipt {
    const NAMESPACE: Namespace = Namespace::Receipt;

    fn encode(&self) -> Vec<u8> {
        let object = |o: &ReceiptObject| {
            Value::Array(vec![cbor::bytes(o.object.as_bytes()), Value::from(o.length), cbor::bytes(o.hash.0)])
        };
        let map = MapWriter::default()
            .bytes(1, self.case.as_bytes())
            .bytes(2, self.manifest.0)
            .put(3, Value::Array(self.objects.iter().map(object).collect()))
            .put(4, self.stored_at)
            .bytes(5, self.box_id.as_bytes())
            .put_opt(6, self.log_index);
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "receipt")?, "receipt")?;
        let case = map.fixed(1)?;
        let manifest = map.fixed(2)?;
        let objects = map.array(3)?.into_iter().map(object).collect::<Result<_, _>>()?;
        let stored_at = map.time(4)?;
        let box_id = map.fixed(5)?;
        let log_index = map.opt(6).map(|index| map.as_uint(&index)).transpose()?;
        map.finish()?;
        Ok(Self { case, manifest, objects, stored_at, box_id, log_index })
    }
}

fn object(value: Value) -> Result<ReceiptObject, SealError> {
    let malformed = SealError::Malformed("receipt");
    let [object, length, hash] =
        <[Value; 3]>::try_from(value.into_array().map_err(|_| malformed)?).map_err(|_| malformed)?;
    let object = object.into_bytes().map_err(|_| malformed)?;
    let length = length.as_integer().and_then(|length| length.try_into().ok()).ok_or(malformed)?;
    let hash = hash.into_bytes().map_err(|_| malformed)?;
    Ok(ReceiptObject {
        object: ObjectId::try_from(object.as_slice()).map_err(|_| malformed)?,
        length,
        hash: Hash::try_from(hash.as_slice())?,
    })
}
