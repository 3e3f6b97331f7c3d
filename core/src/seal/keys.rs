//! Keys and how they descend from each other (FORMATS 2).
//!
//! A root key of an epoch seals what belongs to the phone. A case key is made for each case; the view key, the
//! object keys and the key commitment are derived from it one way.
//!
//! Every key lies in one place of the heap: moving it moves a pointer and leaves no copy behind, and where it lies it is
//! wiped when it is dropped.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Hash, Scope};
use crate::domain::{CaseId, ObjectId};
use crate::ports::{Entropy, EntropyError};

macro_rules! key_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name(Box<[u8; 32]>);

        impl $name {
            /// Takes over key bytes.
            #[must_use]
            pub fn new(mut bytes: [u8; 32]) -> Self {
                let mut key = Self::blank();
                key.0.copy_from_slice(&bytes);
                bytes.zeroize();
                key
            }

            /// Takes key bytes from where they lie; none if they are not 32.
            #[must_use]
            pub fn copied(bytes: &[u8]) -> Option<Self> {
                let mut key = Self::blank();
                (bytes.len() == key.0.len()).then(|| key.0.copy_from_slice(bytes))?;
                Some(key)
            }

            fn blank() -> Self {
                Self(Box::new([0; 32]))
            }

            /// The bytes, for wrapping and sealing only.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

key_type!(
    /// Root key of one epoch. Wrapped by the hardware key, or by HPKE to the recovery key alone.
    RootKey
);
key_type!(
    /// Key of one generation of journal entries. Carried from root to root, so that entries outlive the epoch they were
    /// written in.
    JournalKey
);
key_type!(
    /// Key of one case: opens everything in it.
    CaseKey
);
key_type!(
    /// Key of what the citizen may see of a case. Cannot be turned back into the case key.
    ViewKey
);
key_type!(
    /// Key of one sealed object.
    ObjectKey
);

impl ObjectKey {
    /// Derives a key for one sealed value of its own.
    pub(super) fn derived(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Self {
        Self(derive(ikm, salt, info))
    }
}

impl RootKey {
    /// Makes a new root key.
    ///
    /// # Errors
    /// [`EntropyError`] if randomness fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Self::blank();
        entropy.fill(&mut *key.0).map(|()| key)
    }

    /// The key for values that a root key seals directly: case keys, journal keys, settings.
    #[must_use]
    pub fn object_key(&self) -> ObjectKey {
        ObjectKey(self.0.clone())
    }
}

impl JournalKey {
    /// Makes a new journal key.
    ///
    /// # Errors
    /// [`EntropyError`] if randomness fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Self::blank();
        entropy.fill(&mut *key.0).map(|()| key)
    }

    /// The key for entries, which a journal key seals directly.
    #[must_use]
    pub fn object_key(&self) -> ObjectKey {
        ObjectKey(self.0.clone())
    }
}

impl CaseKey {
    /// Makes a new case key.
    ///
    /// # Errors
    /// [`EntropyError`] if randomness fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Self::blank();
        entropy.fill(&mut *key.0).map(|()| key)
    }

    /// The key of the citizen's view.
    #[must_use]
    pub fn view_key(&self, case: CaseId) -> ViewKey {
        ViewKey(derive(&*self.0, case.as_bytes(), &[b"streife/1 view"]))
    }

    /// The key of one object of the case.
    #[must_use]
    pub fn object_key(&self, case: CaseId, scope: Scope, object: ObjectId) -> ObjectKey {
        match scope {
            Scope::Full => ObjectKey(derive(&*self.0, case.as_bytes(), &[b"streife/1 object", object.as_bytes()])),
            Scope::View => self.view_key(case).object_key(case, object),
        }
    }

    /// Key commitment: stands in the manifest and is checked on opening, because the cipher does not commit.
    #[must_use]
    pub fn commitment(&self, case: CaseId) -> Hash {
        Hash(*derive(&*self.0, case.as_bytes(), &[b"streife/1 commit"]))
    }
}

impl ViewKey {
    /// The key of one object in the citizen's scope.
    #[must_use]
    pub fn object_key(&self, case: CaseId, object: ObjectId) -> ObjectKey {
        ObjectKey(derive(&*self.0, case.as_bytes(), &[b"streife/1 object", object.as_bytes()]))
    }
}

/// HKDF-SHA256, extract and expand, 32 bytes.
pub(super) fn derive(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Box<[u8; 32]> {
    let mut out = Box::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand_multi_info(info, &mut *out)
        .expect("32 bytes are within HKDF's limit of 8160");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: CaseId = CaseId::new([7; 16]);

    #[test]
    fn keys_of_two_objects_scopes_and_cases_differ() {
        let key = CaseKey::new([1; 32]);
        let object = ObjectId::new([2; 16]);
        let all = [
            *key.object_key(CASE, Scope::Full, object).as_bytes(),
            *key.object_key(CASE, Scope::View, object).as_bytes(),
            *key.object_key(CASE, Scope::Full, ObjectId::new([3; 16])).as_bytes(),
            *key.object_key(CaseId::new([8; 16]), Scope::Full, object).as_bytes(),
            *key.view_key(CASE).as_bytes(),
            key.commitment(CASE).0,
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|other| other != one), "{i}");
        }
    }

    #[test]
    fn a_key_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", CaseKey::new([0xab; 32])), "CaseKey(..)");
    }
}
