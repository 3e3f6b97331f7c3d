//! One root key: its canary, and the journal keys that it carries.

use zeroize::Zeroizing;

use super::{Record, VaultError};
use crate::domain::{CaseId, ObjectId};
use crate::ports::Entropy;
use crate::seal::{Binding, JournalKey, Kind, ObjectKey, RootKey, Scope, open, seal};

/// Stands for the case of what belongs to none.
pub(super) const NOWHERE: CaseId = CaseId::new([0; 16]);
const CANARY: ObjectId = ObjectId::new([0xca; 16]);
const CANARY_TEXT: &[u8] = b"streife/1 canary";

/// A root key before it is on the ring: when its epoch begins, and when the hardware gives it back.
pub(super) struct Root {
    pub(super) epoch: u16,
    pub(super) key: RootKey,
}

impl Root {
    /// What tells this root from a wrong one.
    pub(super) fn canary(&self, entropy: &dyn Entropy) -> Result<Vec<u8>, VaultError> {
        let binding = binding(Kind::WrappedKey, NOWHERE, CANARY, self.epoch);
        Ok(seal(&self.key.object_key(), &binding, CANARY_TEXT, entropy)?)
    }

    /// Whether a canary says that this is the right root.
    pub(super) fn proves(&self, canary: &[u8]) -> bool {
        let binding = binding(Kind::WrappedKey, NOWHERE, CANARY, self.epoch);
        open(&self.key.object_key(), &binding, canary).is_ok_and(|text| text == CANARY_TEXT)
    }

    /// Seals a journal key to be carried by this root.
    pub(super) fn carry(
        &self,
        generation: u16,
        key: &JournalKey,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        carry(self.epoch, &self.key, generation, key, entropy)
    }

    /// Opens a journal key that this root carries.
    pub(super) fn carried(&self, generation: u16, sealed: &[u8]) -> Result<JournalKey, VaultError> {
        let record = || Record::Epoch(self.epoch);
        let binding = binding(Kind::WrappedKey, NOWHERE, carried(generation), self.epoch);
        let plain = open_with(&self.key.object_key(), &binding, sealed, record())?;
        JournalKey::copied(&plain).ok_or_else(|| record().sealed())
    }
}

/// Seals a journal key to be carried by a root.
pub(super) fn carry(
    epoch: u16,
    root: &RootKey,
    generation: u16,
    key: &JournalKey,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let binding = binding(Kind::WrappedKey, NOWHERE, carried(generation), epoch);
    Ok(seal(&root.object_key(), &binding, key.as_bytes(), entropy)?)
}

/// The row's id in the sealed header: a journal key moved to another generation does not open.
fn carried(generation: u16) -> ObjectId {
    let [high, low] = generation.to_be_bytes();
    let j = 0x6a;
    ObjectId::new([j, j, j, j, j, j, j, j, j, j, j, j, j, j, high, low])
}

/// Where a value under a root belongs.
pub(super) const fn binding(kind: Kind, case: CaseId, object: ObjectId, epoch: u16) -> Binding {
    Binding { kind, case, object, epoch, schema: 1, scope: Scope::Full }
}

/// Opens a value, or names the record whose it is.
pub(super) fn open_with(
    key: &ObjectKey,
    binding: &Binding,
    sealed: &[u8],
    record: impl Into<Record>,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    open(key, binding, sealed).map(Zeroizing::new).map_err(|_| record.into().sealed())
}
