//! Ports that do something at every call: fail, panic, or take a picture of the disk as a kill would leave it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use streife_core::client::Ports;
use streife_core::ports::{Clock, ClockReading, Entropy, EntropyError, KeyStore, KeyStoreError};

use super::Phone;

/// What the store does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Fails(KeyStoreError),
    Panics,
}

/// A key store whose n-th call and all behind it go wrong.
pub struct FaultyStore {
    pub inner: Arc<dyn KeyStore>,
    pub fault: Fault,
    /// Calls that are still answered.
    pub left: AtomicU32,
    pub armed: AtomicBool,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn KeyStore>, fault: Fault, answered: u32) -> Arc<Self> {
        Arc::new(Self { inner, fault, left: AtomicU32::new(answered), armed: AtomicBool::new(false) })
    }

    pub fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::SeqCst);
    }

    fn pass(&self) -> Result<(), KeyStoreError> {
        let answered = |left: u32| left.checked_sub(1);
        if !self.armed.load(Ordering::SeqCst)
            || self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, answered).is_ok()
        {
            return Ok(());
        }
        match self.fault {
            Fault::Fails(error) => Err(error),
            Fault::Panics => std::panic::resume_unwind(Box::new("as the test asks")), // without the noise of a hook
        }
    }
}

impl KeyStore for FaultyStore {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.pass()?;
        self.inner.create(alias)
    }
    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        self.pass()?;
        self.inner.wrap(alias, key)
    }
    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        self.pass()?;
        self.inner.unwrap(alias, wrapped)
    }
    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.pass()?;
        self.inner.delete(alias)
    }
}

/// Copies the phone's folder whenever a port is called, before and behind each call of the key store: what lies on the
/// disk is what a kill at that moment would leave.
pub struct Camera {
    of: PathBuf,
    armed: AtomicBool,
    pictures: Mutex<Vec<tempfile::TempDir>>,
}

impl Camera {
    pub fn new(phone: &Phone) -> Arc<Self> {
        let of = phone.folder.path().to_owned();
        Arc::new(Self { of, armed: AtomicBool::new(false), pictures: Mutex::default() })
    }

    pub fn arm(&self, armed: bool) {
        self.armed.store(armed, Ordering::SeqCst);
    }

    pub fn pictures(&self) -> Vec<tempfile::TempDir> {
        std::mem::take(&mut *self.pictures.lock().expect("no holder panics"))
    }

    /// The phone's ports, each with the camera before it.
    pub fn ports(self: &Arc<Self>, phone: &Phone) -> Ports {
        let inner = phone.ports();
        Ports {
            entropy: Arc::new(Watched { inner: inner.entropy, camera: self.clone() }),
            clock: Arc::new(Watched { inner: inner.clock, camera: self.clone() }),
            key_store: Arc::new(Watched { inner: inner.key_store, camera: self.clone() }),
            ..phone.ports()
        }
    }

    pub fn shoot(&self) {
        if self.armed.load(Ordering::SeqCst) {
            let copy = tempfile::tempdir().expect("folder");
            copy_all(&self.of, copy.path());
            self.pictures.lock().expect("no holder panics").push(copy);
        }
    }
}

struct Watched<T: ?Sized> {
    inner: Arc<T>,
    camera: Arc<Camera>,
}

impl Entropy for Watched<dyn Entropy> {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.camera.shoot();
        self.inner.fill(out)
    }
}

impl Clock for Watched<dyn Clock> {
    fn read(&self) -> ClockReading {
        self.camera.shoot();
        self.inner.read()
    }
}

impl<T: ?Sized> Watched<T> {
    fn around<R>(&self, call: impl FnOnce(&T) -> R) -> R {
        self.camera.shoot();
        let result = call(&self.inner);
        self.camera.shoot();
        result
    }
}

impl KeyStore for Watched<dyn KeyStore> {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.around(|store| store.create(alias))
    }
    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        self.around(|store| store.wrap(alias, key))
    }
    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        self.around(|store| store.unwrap(alias, wrapped))
    }
    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.around(|store| store.delete(alias))
    }
}

/// Copies a folder with all that is in it.
pub fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("lists") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copies");
        }
    }
}
