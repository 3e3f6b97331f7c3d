//! A root key wrapped for the agency's recovery keys (FORMATS 4): what opens a phone whose key store does not.
//!
//! It lies beside the root that the hardware wraps. The phone can make it and never open it.

use ciborium::Value;

use super::{RecipientPrivateKey, RecipientSet, Role, RootKey, SealError, WrappedKey, cbor};
use crate::ports::Entropy;

/// The root key of one epoch, once for each recovery key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootEscrow {
    /// The wraps.
    pub wraps: Vec<WrappedKey>,
}

impl RootEscrow {
    /// Wraps a root for every recovery key of a set, valid now or not: a phone that is silent for long is opened by
    /// whoever still has a key.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`] if the set has no recovery key; else as [`WrappedKey::for_all`].
    pub fn seal(epoch: u16, root: &RootKey, set: &RecipientSet, entropy: &dyn Entropy) -> Result<Self, SealError> {
        let keys: Vec<_> = set.recipients.iter().filter(|recipient| recipient.role == Role::Recovery).collect();
        if keys.is_empty() {
            return Err(SealError::NoRecipient);
        }
        Ok(Self { wraps: WrappedKey::for_all(&keys, root.as_bytes(), &context(epoch), entropy)? })
    }

    /// Opens the root with a recovery key.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`] if it is not wrapped for this key, [`SealError::Open`] if it does not open.
    pub fn open(&self, epoch: u16, private: &RecipientPrivateKey) -> Result<RootKey, SealError> {
        let id = private.public()?.id();
        let wrapped = self.wraps.iter().find(|wrap| wrap.recipient == id).ok_or(SealError::NoRecipient)?;
        RootKey::copied(&*private.unwrap(&wrapped.wrap, &context(epoch))?).ok_or(SealError::Open)
    }

    /// As it is stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&Value::Array(self.wraps.iter().map(WrappedKey::to_cbor).collect()))
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let malformed = SealError::Malformed("root escrow");
        let wraps = cbor::decode(bytes, "root escrow")?.into_array().map_err(|_| malformed)?;
        Ok(Self { wraps: wraps.into_iter().map(WrappedKey::from_cbor).collect::<Result<_, _>>()? })
    }
}

/// No case and no event has an id that begins with 14 zero bytes.
fn context(epoch: u16) -> [u8; 16] {
    let [high, low] = epoch.to_be_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Agency;
    use crate::ports::OsEntropy;
    use crate::seal::{Kem, Recipient};

    #[test]
    fn a_root_opens_for_every_recovery_key_and_in_its_epoch_only() {
        let key = |byte, kem| RecipientPrivateKey::derive(kem, &[byte; 32]);
        let recipient = |key: &RecipientPrivateKey, role| Recipient {
            key: key.public().expect("valid"),
            role,
            not_before: 0,
            not_after: 1,
        };
        let (worker, one, other) = (key(1, Kem::XWing), key(2, Kem::XWing), key(3, Kem::P256));
        let recipients = vec![
            recipient(&worker, Role::CaseWorker),
            recipient(&one, Role::Recovery),
            recipient(&other, Role::Recovery),
        ];
        let set = RecipientSet { agency: Agency("A".to_owned()), issued_at: 0, expires_at: 1, recipients };
        let root = RootKey::new([7; 32]);
        let escrow = RootEscrow::seal(2, &root, &set, &OsEntropy).expect("seals");
        let escrow = RootEscrow::decode(&escrow.encode()).expect("reads back");
        for key in [&one, &other] {
            assert_eq!(escrow.open(2, key).expect("opens").as_bytes(), root.as_bytes());
            assert_eq!(escrow.open(3, key).map(drop), Err(SealError::Open));
        }
        assert_eq!(escrow.open(2, &worker).map(drop), Err(SealError::NoRecipient));
        let none = RecipientSet { recipients: Vec::new(), ..set };
        assert_eq!(RootEscrow::seal(2, &root, &none, &OsEntropy), Err(SealError::NoRecipient));
    }
}
