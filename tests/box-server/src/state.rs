//! What all requests share, and the few deeds that need more than one part of it.

use std::sync::{Arc, Mutex};

use streife_core::domain::{Agency, BoxId, KeyId, NumberPrefix, ObjectId, to_hex};
use streife_core::ports::{Clock, Entropy};
use streife_core::seal::{
    Checkpoint, Hash, Kem, Namespace, Receipt, ReceiptObject, RecipientSet, SignedPayload, sign_payload,
};
use streife_core::sync::protocol::path;

use crate::BoxError;
use crate::access::Access;
use crate::admission::Admission;
use crate::chaos::Chaos;
use crate::connection::Connections;
use crate::error::Refusal;
use crate::key::BoxKey;
use crate::locks::Locks;
use crate::metrics::Latency;
use crate::replay::ReplayCache;
use crate::store::{Blob, BlobStore, CaseRow, MetaStore, ObjectRow, UploadEnd};
use crate::traffic::Traffic;
use crate::waiting::Waiting;

/// Handle that every request has.
pub type App = Arc<Shared>;

/// Shared state of a running box.
pub struct Shared {
    /// Everything small.
    pub store: Arc<dyn MetaStore>,
    /// Sealed objects.
    pub blobs: Arc<dyn BlobStore>,
    /// Who writes which object.
    pub locks: Locks,
    /// Nonces, codes and limits.
    pub access: Access,
    /// Requests that wait for a case.
    pub waiting: Waiting,
    /// How long an unfinished upload is kept, milliseconds.
    pub upload_life_ms: i64,
    /// Who may come in.
    pub admission: Admission,
    /// Proofs seen.
    pub replay: ReplayCache,
    /// Counters.
    pub traffic: Arc<Traffic>,
    /// How long commits take.
    pub commits: Arc<Latency>,
    /// Scripted faults.
    pub chaos: Chaos,
    /// Open connections.
    pub connections: Connections,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Base addresses under which clients may reach the box.
    pub origins: Vec<String>,
    /// Identity of the box and its agency.
    pub identity: Identity,
    /// The newest checkpoint of the log that was signed.
    pub checkpoint: Mutex<Option<(Checkpoint, Vec<u8>)>>,
}

/// What the box is, as settled at its first start.
pub struct Identity {
    /// Signs receipts and times.
    pub key: BoxKey,
    /// The box.
    pub box_id: BoxId,
    /// The agency.
    pub agency: Agency,
    /// Hash of the enrolment code.
    pub enrolment: Hash,
    /// Hash of the desk token.
    pub desk: Hash,
    /// Recipient set, signed and read.
    pub recipients: (Vec<u8>, RecipientSet),
    /// Rule set, signed, if the agency has one of its own.
    pub rules: Option<Vec<u8>>,
    /// Offence catalogue, signed.
    pub offences: Vec<u8>,
    /// Geo pack and plate tables by name, signed.
    pub registers: Vec<(&'static str, Vec<u8>)>,
    /// What case numbers begin with, and how many a device gets at once.
    pub numbers: (NumberPrefix, u16),
}

/// Runs work that blocks or computes away from the threads that serve connections.
pub async fn run<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Shared) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|_| Err(BoxError::Damaged("a request's work panicked").into()))
}

impl Shared {
    /// Milliseconds since 1970 by the box's clock.
    pub fn now_ms(&self) -> i64 {
        self.clock.read().unix_ms
    }

    /// Whether a URL is one of this box's addresses followed by `path`.
    pub fn is_own_url(&self, url: &str, path: &str) -> bool {
        url.strip_suffix(path).is_some_and(|origin| self.origins.iter().any(|own| own == origin))
    }

    /// Address of the token endpoint below any of the box's origins.
    pub fn is_token_url(&self, url: &str) -> bool {
        self.is_own_url(url, path::TOKEN)
    }

    /// A new secret in hexadecimal.
    pub fn secret(&self) -> Result<String, BoxError> {
        Ok(to_hex(&self.entropy.array::<32>()?))
    }

    /// Whether a recipient is in the set that the agency root signed.
    pub fn knows_recipient(&self, id: KeyId) -> bool {
        self.identity.recipients.1.recipients.iter().any(|recipient| recipient.key.id() == id)
    }

    /// Whether a recipient of this mechanism is in that set.
    pub fn is_recipient(&self, id: KeyId, kem: Kem) -> bool {
        let mut all = self.identity.recipients.1.recipients.iter();
        all.any(|recipient| recipient.key.id() == id && recipient.key.kem() == kem)
    }

    /// Drops what has arrived of an upload whose time is over; `true` if it is. The caller holds the object's turn.
    pub fn expire_if_due(&self, object: ObjectId) -> Result<bool, BoxError> {
        match self.store.upload_end(object)? {
            Some(UploadEnd::At(at)) if at <= self.now_ms() => {
                self.blobs.remove(Blob::Part(object))?; // before the mark: a part that is marked would stay for ever
                self.store.expire_upload(object)?;
                tracing::info!(%object, "upload expired");
                Ok(true)
            }
            end => Ok(end == Some(UploadEnd::Expired)),
        }
    }

    /// Bytes that are here of an unfinished upload.
    pub fn part_length(&self, object: ObjectId) -> std::io::Result<u64> {
        self.blobs.length(Blob::Part(object)).map(Option::unwrap_or_default)
    }

    /// Takes over a whole, synced part. If one request brought all of it, its hash is known and nothing is read back.
    /// `false`: it is not the object; the part is gone.
    pub fn take_over(&self, object: &ObjectRow, known: Option<Hash>) -> Result<bool, BoxError> {
        let part = Blob::Part(object.object);
        match known {
            Some(hash) if hash == object.hash => self.adopt(object, part).map(|()| true),
            Some(_) => self.blobs.remove(part).map(|()| false).map_err(BoxError::from),
            None => self.settle(object, part),
        }
    }

    /// Verifies whole bytes and takes them over. `false`: they are not the object; they are gone.
    pub fn settle(&self, object: &ObjectRow, blob: Blob) -> Result<bool, BoxError> {
        if !self.blobs.verify(blob, object.length, &object.hash)? {
            self.blobs.remove(blob)?;
            return Ok(false);
        }
        self.adopt(object, blob)?;
        Ok(true)
    }

    /// Takes over bytes that are verified and synced.
    pub fn adopt(&self, object: &ObjectRow, blob: Blob) -> Result<(), BoxError> {
        self.blobs.promote(blob)?;
        self.store.mark_stored(object, &|case, objects, leaf| self.receipt(case, objects, leaf))?;
        self.waiting.stored(object.case);
        tracing::info!(object = %object.object, case = %object.case, "stored");
        Ok(())
    }

    fn receipt(&self, case: &CaseRow, objects: &[ObjectRow], leaf: u64) -> Result<Vec<u8>, BoxError> {
        let line = |o: &ObjectRow| ReceiptObject { object: o.object, length: o.length, hash: o.hash };
        let receipt = Receipt {
            case: case.case,
            manifest: Hash::of(&[&case.manifest]),
            objects: objects.iter().map(line).collect(),
            stored_at: self.now_ms(),
            box_id: self.identity.box_id,
            log_index: Some(leaf),
        };
        Ok(sign_payload(Namespace::Receipt, receipt.encode(), &self.identity.key)?)
    }

    /// Puts the two stores in step after whatever ended the last run.
    pub fn recheck(&self) -> Result<(), BoxError> {
        for object in self.blobs.recover()? {
            self.recheck_part(object)?;
        }
        for object in self.store.all_objects()? {
            self.recheck_object(&object)?;
        }
        Ok(())
    }

    /// Keeps parts of announced objects; a whole one is taken over or dropped, everything else is dropped.
    fn recheck_part(&self, object: ObjectId) -> Result<(), BoxError> {
        let length = self.part_length(object)?;
        match self.store.object(object)?.filter(|object| !object.stored) {
            Some(row) if length < row.length => {
                // A crash in the middle of the first chunk leaves a part without an end.
                if self.store.upload_end(object)?.is_none() {
                    self.store.keep_upload(object, self.now_ms(), self.upload_life_ms)?;
                }
            }
            Some(row) => drop(self.settle(&row, Blob::Part(object))?),
            None => self.blobs.remove(Blob::Part(object))?,
        }
        Ok(())
    }

    fn recheck_object(&self, object: &ObjectRow) -> Result<(), BoxError> {
        let blob = Blob::Stored(object.object);
        match (object.stored, self.blobs.length(blob)?) {
            (true, Some(length)) if length == object.length => {}
            (false, None) => {}
            (false, Some(_)) => drop(self.settle(object, blob)?),
            (true, found) => {
                tracing::error!(object = %object.object, ?found, "a stored object is lost and asked for again");
                self.store.mark_lost(object.object)?;
            }
        }
        Ok(())
    }
}
