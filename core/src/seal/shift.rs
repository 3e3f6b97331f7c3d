//! Opening and seal of a shift (FORMATS 9).
//!
//! The opening tells the box where the shift begins in the journal. The seal lists the hashes of all journal entries
//! of the shift, so anyone can recompute the chain without a key and find each manifest's place on it, and the
//! Merkle root over the manifests, so a missing case shows.

use ciborium::Value;

use super::cbor::{self, MapReader, MapWriter};
use super::{Hash, Namespace, SealError, SignedPayload, chain};
use crate::domain::{Agency, DeviceId, ShiftId};

/// A place in the journal: entry number and link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// Number of the entry, 0 before the first.
    pub n: u64,
    /// Its link.
    pub link: Hash,
}

impl JournalHead {
    /// Before the first entry.
    pub const GENESIS: Self = Self { n: 0, link: chain::GENESIS };

    pub(super) fn to_cbor(self) -> Value {
        Value::Array(vec![Value::from(self.n), cbor::bytes(self.link.0)])
    }

    pub(super) fn from_cbor(value: Value, what: &'static str) -> Result<Self, SealError> {
        let malformed = SealError::Malformed(what);
        let [n, link] = <[Value; 2]>::try_from(value.into_array().map_err(|_| malformed)?).map_err(|_| malformed)?;
        let n = n.as_integer().and_then(|n| n.try_into().ok()).ok_or(malformed)?;
        let link = link.into_bytes().map_err(|_| malformed)?;
        Ok(Self { n, link: Hash::try_from(link.as_slice())? })
    }
}

/// Opening of a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftOpening {
    /// The shift.
    pub shift: ShiftId,
    /// The device.
    pub device: DeviceId,
    /// The authority.
    pub agency: Agency,
    /// The journal's "shift opened" entry.
    pub head: JournalHead,
}

impl SignedPayload for ShiftOpening {
    const NAMESPACE: Namespace = Namespace::Shift;

    fn encode(&self) -> Vec<u8> {
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.shift.as_bytes())
            .bytes(3, self.device.as_bytes())
            .put(4, self.agency.0.as_str())
            .put(5, self.head.to_cbor());
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "shift opening")?, "shift opening")?;
        map.version_1()?;
        let shift = map.fixed(2)?;
        let device = map.fixed(3)?;
        let agency = Agency(map.text(4)?);
        let head = JournalHead::from_cbor(map.get(5)?, "shift opening")?;
        map.finish()?;
        Ok(Self { shift, device, agency, head })
    }
}

/// Seal of a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftSeal {
    /// The shift.
    pub shift: ShiftId,
    /// The device.
    pub device: DeviceId,
    /// Number of the "shift opened" entry.
    pub first: u64,
    /// Link before it.
    pub before: Hash,
    /// Hashes of the stored entries from first to last.
    pub entries: Vec<Hash>,
    /// Number of the "shift closed" entry.
    pub last: u64,
    /// Link behind it.
    pub link: Hash,
    /// How many cases the shift has.
    pub count: u64,
    /// Merkle root over the hashes of their manifest payloads, by sequence number.
    pub root: Hash,
}

impl ShiftSeal {
    /// Longest seal that a box takes, signature included: 30,000 entries. A shift of 300 cases has some 9,000.
    pub const MAX_BYTES: usize = 1_048_576;

    /// All places of the journal that the seal fixes, or `None` if its own numbers do not fit together.
    #[must_use]
    pub fn heads(&self) -> Option<Vec<JournalHead>> {
        let mut heads = Vec::with_capacity(self.entries.len());
        let mut head = JournalHead { n: self.first.checked_sub(1)?, link: self.before };
        for entry in &self.entries {
            let n = head.n.checked_add(1)?;
            head = JournalHead { n, link: chain::link(&head.link, n, entry) };
            heads.push(head);
        }
        (head == JournalHead { n: self.last, link: self.link }).then_some(heads)
    }
}

impl SignedPayload for ShiftSeal {
    const NAMESPACE: Namespace = Namespace::Seal;

    fn encode(&self) -> Vec<u8> {
        let entries = self.entries.iter().map(|hash| cbor::bytes(hash.0)).collect();
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.shift.as_bytes())
            .bytes(3, self.device.as_bytes())
            .put(4, self.first)
            .bytes(5, self.before.0)
            .put(6, Value::Array(entries))
            .put(7, self.last)
            .bytes(8, self.link.0)
            .put(9, self.count)
            .bytes(10, self.root.0);
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "shift seal")?, "shift seal")?;
        map.version_1()?;
        let shift = map.fixed(2)?;
        let device = map.fixed(3)?;
        let first = map.uint(4)?;
        let before = map.fixed(5)?;
        let hash = |value: Value| {
            Hash::try_from(value.into_bytes().map_err(|_| SealError::Malformed("shift seal"))?.as_slice())
        };
        let entries = map.array(6)?.into_iter().map(hash).collect::<Result<_, _>>()?;
        let last = map.uint(7)?;
        let link = map.fixed(8)?;
        let count = map.uint(9)?;
        let root = map.fixed(10)?;
        map.finish()?;
        Ok(Self { shift, device, first, before, entries, last, link, count, root })
    }
}
