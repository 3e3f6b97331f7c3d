//! The ports of one opened app: software twins that ask their fate before each call.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use streife_core::client::Ports;
use streife_core::http::HttpTransport;
use streife_core::ports::{
    Anchor, AnchorError, Body, Cancel, Clock, ClockReading, Entropy, EntropyError, FileAnchor, KeyStore, KeyStoreError,
    Method, Request, Response, Signer, SignerError, Transport, TransportError,
};
use streife_core::testing::{DangerousSeededEntropy, DangerousSoftwareKeyStore, DangerousSoftwareSigner, SimClock};

use crate::fate::Fate;
use crate::steps::Cut;

/// What outlives an app: clock, randomness, signing key, and the way to the box.
pub struct Outside {
    pub clock: Arc<SimClock>,
    pub entropy: Arc<DangerousSeededEntropy>,
    pub signer: Arc<DangerousSoftwareSigner>,
    pub link: Arc<HttpTransport>,
}

/// A port under a fate.
struct Fated<T> {
    port: T,
    fate: Arc<Fate>,
}

/// The ports of an app whose folder is `life`; keys and anchor lie in it as a kill would leave them.
pub fn ports(outside: &Outside, life: &Path, fate: &Arc<Fate>) -> (Ports, Arc<DangerousSoftwareKeyStore>) {
    let key_store = Arc::new(DangerousSoftwareKeyStore::in_folder(&life.join("keys")).expect("makes the folder"));
    let ports = Ports {
        clock: Arc::new(Fated { port: outside.clock.clone(), fate: fate.clone() }),
        entropy: Arc::new(Fated { port: outside.entropy.clone(), fate: fate.clone() }),
        signer: Arc::new(Fated { port: outside.signer.clone(), fate: fate.clone() }),
        key_store: Arc::new(Fated { port: key_store.clone(), fate: fate.clone() }),
        anchor: Arc::new(Fated { port: FileAnchor::new(life.join("anchor")), fate: fate.clone() }),
        transport: Arc::new(Fated { port: outside.link.clone(), fate: fate.clone() }),
    };
    (ports, key_store)
}

impl Clock for Fated<Arc<SimClock>> {
    fn read(&self) -> ClockReading {
        drop(self.fate.call()); // a clock cannot fail
        self.port.read()
    }
}

impl Entropy for Fated<Arc<DangerousSeededEntropy>> {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.fate.draw().map_err(|_| EntropyError)?;
        self.port.fill(out)
    }
}

impl Signer for Fated<Arc<DangerousSoftwareSigner>> {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        self.fate.call_outside().map_err(|_| SignerError::Failed)?;
        self.port.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.fate.call_outside().map_err(|_| SignerError::Failed)?;
        self.port.sign(message)
    }
}

impl KeyStore for Fated<Arc<DangerousSoftwareKeyStore>> {
    fn create(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.fate.ask_key_store()?;
        self.port.create(alias).inspect_err(|error| self.fate.key_store_failed(*error))
    }

    fn wrap(&self, alias: &str, key: &[u8; 32]) -> Result<Vec<u8>, KeyStoreError> {
        self.fate.ask_key_store()?;
        self.port.wrap(alias, key)
    }

    fn unwrap(&self, alias: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyStoreError> {
        self.fate.ask_key_store()?;
        self.port.unwrap(alias, wrapped)
    }

    fn delete(&self, alias: &str) -> Result<(), KeyStoreError> {
        self.fate.ask_key_store()?;
        self.port.delete(alias)
    }
}

impl Anchor for Fated<FileAnchor> {
    fn load(&self) -> Result<Option<Vec<u8>>, AnchorError> {
        self.fate.call().map_err(|_| AnchorError::Failed)?;
        self.port.load()
    }

    fn store(&self, mark: &[u8]) -> Result<(), AnchorError> {
        self.fate.call().map_err(|_| AnchorError::Failed)?;
        self.fate.undisturbed(|| self.port.store(mark)).unwrap_or(Err(AnchorError::Failed))
    }
}

impl Transport for Fated<Arc<HttpTransport>> {
    fn origin(&self) -> &str {
        self.port.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        let answer = match self.fate.request().map_err(|_| TransportError::Unreachable)? {
            None => self.port.send(request, cancel),
            Some(cut) => self.cut(cut, request, cancel),
        };
        // Killed between the answer and what the app makes of it.
        self.fate.call_outside().map_err(|_| TransportError::Lost)?;
        answer
    }
}

impl Fated<Arc<HttpTransport>> {
    fn cut(&self, cut: Cut, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        match cut {
            Cut::Before => Err(TransportError::Unreachable),
            Cut::After => self.port.send(request, cancel).and(Err(TransportError::Lost)),
            Cut::Twice => self.port.send(request, cancel).and_then(|_| self.port.send(request, cancel)),
            Cut::Status(status, wait) => {
                let wait = wait.map(|seconds| ("retry-after".to_owned(), seconds.to_string()));
                Ok(Response { status, headers: wait.into_iter().collect(), body: Vec::new() })
            }
            Cut::Page => Ok(said("text/html", b"<html>Welcome</html>".to_vec())),
            Cut::Garbage => Ok(said("application/json", b"{\"uploads\":[],\"missing\":7}".to_vec())),
            Cut::Torn => self.torn(request, cancel),
            Cut::Half => self.port.send(request, cancel).map(|mut answer| {
                answer.body.truncate(answer.body.len() / 2);
                answer
            }),
        }
    }
}

impl Fated<Arc<HttpTransport>> {
    /// Sends a file that ends before its time, so that the connection breaks in the middle of the body.
    fn torn(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        let Body::FileRange { path, offset, length } = &request.body else { return self.port.send(request, cancel) };
        if request.method != Method::Patch {
            return self.port.send(request, cancel); // of a small object nothing is kept that could be gone on with
        }
        let sealed = std::fs::read(path).map_err(|_| TransportError::File)?;
        let (first, _) = sealed
            .split_at_checked(usize::try_from(offset + length / 2).unwrap_or_default())
            .ok_or(TransportError::File)?;
        let mut half = tempfile::NamedTempFile::new().expect("a file");
        half.write_all(first).expect("writes");
        let body = Body::FileRange { path: half.path().to_owned(), offset: *offset, length: *length };
        self.port.send(&Request { body, ..request.clone() }, cancel).and(Err(TransportError::Lost))
    }
}

fn said(kind: &str, body: Vec<u8>) -> Response {
    Response { status: 200, headers: vec![("content-type".to_owned(), kind.to_owned())], body }
}
