//! Software twins of the phone's key hardware.
//!
//! They behave like the hardware does where the core can see it: the store refuses foreign blobs, the signer answers
//! in DER. And they can be told to fail, each way that a platform fails.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zeroize::Zeroizing;

use crate::domain::{CaseId, ObjectId};
use crate::ports::{Entropy, KeyStore, KeyStoreError, OsEntropy, Signer, SignerError};
use crate::seal::{Binding, Kind, ObjectKey, SoftwareKey, open, seal};

/// A key store that keeps its keys in memory or in files beside the vault, where a finder could read them.
#[derive(Debug, Default)]
pub struct DangerousSoftwareKeyStore {
    keys: Mutex<HashMap<String, [u8; 32]>>,
    folder: Option<PathBuf>,
    failure: Mutex<Option<KeyStoreError>>,
}

impl DangerousSoftwareKeyStore {
    /// Keeps keys in a folder, so that they outlive the process as hardware keys do.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn in_folder(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: Some(folder.to_owned()), ..Self::default() })
    }

    /// Fails every call in this way until told otherwise.
    pub fn fail_with(&self, failure: Option<KeyStoreError>) {
        *self.failure.lock().expect("no holder panics") = failure;
    }

    fn key(&self, alias: &str) -> Result<ObjectKey, KeyStoreError> {
        if let Some(failure) = *self.failure.lock().expect("no holder panics") {
            return Err(failure);
        }
        if let Some(key) = self.keys.lock().expect("no holder panics").get(alias) {
            return Ok(ObjectKey::new(*key));
        }
        let bytes = self.file(alias).and_then(|file| std::fs::read(file).ok()).ok_or(KeyStoreError::Gone)?;
        bytes.try_into().map(ObjectKey::new).map_err(|_| KeyStoreError::Failed)
    }

    fn file(&self, alias: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{alias}.key")))
    }
}

const WRAPPED: Binding = Binding::of_case(Kind::WrappedKey, CaseId::new([0; 16]), ObjectId::new([0xff; 16]));

impl KeyStore for DangerousSoftwareKeyStore {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        match self.key(alias) {
            Err(KeyStoreError::Gone) => {}
            other => return other.map(drop),
        }
        let entropy: &dyn Entropy = &OsEntropy;
        let key = entropy.array().map_err(|_| KeyStoreError::Failed)?;
        if let Some(file) = self.file(alias) {
            // As hardware does it: a key is there whole or not at all, also behind a kill.
            let unfinished = file.with_extension("new");
            std::fs::write(&unfinished, key).map_err(|_| KeyStoreError::Failed)?;
            std::fs::rename(unfinished, file).map_err(|_| KeyStoreError::Failed)?;
        }
        self.keys.lock().expect("no holder panics").insert(alias.to_owned(), key);
        Ok(())
    }

    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        seal(&self.key(alias)?, &WRAPPED, key, &OsEntropy).map_err(|_| KeyStoreError::Failed)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        let key = Zeroizing::new(open(&self.key(alias)?, &WRAPPED, wrapped).map_err(|_| KeyStoreError::WrongKey)?);
        key.as_slice().try_into().map_err(|_| KeyStoreError::WrongKey)
    }

    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.keys.lock().expect("no holder panics").remove(alias);
        match self.file(alias).map(std::fs::remove_file) {
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => Err(KeyStoreError::Failed),
            _ => Ok(()),
        }
    }
}

/// A signer whose key lies in memory.
#[derive(Debug)]
pub struct DangerousSoftwareSigner {
    key: SoftwareKey,
    failure: Mutex<Option<SignerError>>,
}

impl DangerousSoftwareSigner {
    /// Signs with this key.
    #[must_use]
    pub const fn new(key: SoftwareKey) -> Self {
        Self { key, failure: Mutex::new(None) }
    }

    /// Fails every call in this way until told otherwise.
    pub fn fail_with(&self, failure: Option<SignerError>) {
        *self.failure.lock().expect("no holder panics") = failure;
    }

    fn state(&self) -> Result<(), SignerError> {
        self.failure.lock().expect("no holder panics").map_or(Ok(()), Err)
    }
}

impl Signer for DangerousSoftwareSigner {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        self.state()?;
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.state()?;
        self.key.sign(message)
    }
}
