//! From an item of the queue to the request that sends it.

use serde::{Deserialize, Serialize};

use super::protocol::{self, Upload, UploadProtocol, path};
use super::{Context, SyncError};
use crate::domain::{CaseId, EventId, ObjectId, ShiftId};
use crate::ports::{Body, HeaderName, Method, Request};
use crate::seal::Hash;
use crate::vault::{Item, ItemKind, Vault, VaultError};

/// Where an upload stands, as stored with its item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UploadState {
    pub(super) upload: Upload,
    /// Whether the box has said so itself since the last failure.
    pub(super) certain: bool,
}

impl UploadState {
    pub(super) fn of(item: &Item) -> Option<Self> {
        serde_json::from_str(item.upload.as_deref()?).ok()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a struct of strings and numbers")
    }
}

/// What is sent for an item.
pub(super) enum Sending {
    /// This request.
    Request(Request),
    /// Nothing: the upload is not known any more and the case must be declared again.
    Undeclared,
    /// Nothing: what is left of the time is too short for a chunk.
    NoTime,
}

/// `chunk` is what goes at once; nothing if not even the smallest would.
pub(super) fn for_item(vault: &Vault, item: &Item, chunk: Option<u64>) -> Result<Sending, SyncError> {
    let request = match item.kind {
        ItemKind::ShiftOpening => {
            let shift = ShiftId::new(item.target);
            signed(path::shift(shift), stored(vault.shift(shift)?.opening)?)
        }
        ItemKind::ShiftSeal => {
            let shift = ShiftId::new(item.target);
            signed(path::seal(shift), stored(vault.shift(shift)?.seal)?)
        }
        ItemKind::Manifest => {
            let case = CaseId::new(item.target);
            signed(path::case(case), stored(vault.case(case)?.manifest)?)
        }
        ItemKind::Event => {
            let event = EventId::new(item.target);
            let row = vault.event(event)?;
            signed(path::event(row.case, event), stored(row.signed)?)
        }
        ItemKind::Receipt => {
            let path = path::receipt(CaseId::new(item.target));
            Request { method: Method::Get, path, headers: Vec::new(), body: Body::Empty }
        }
        // A path that was changed on the disk leads nowhere else: the box is asked anew.
        ItemKind::Object => match UploadState::of(item).filter(|state| leads_to(state, item)) {
            Some(state) => return upload(vault, item, &state, chunk),
            None => return Ok(Sending::Undeclared),
        },
    };
    Ok(Sending::Request(request))
}

/// A queued structure is always signed; a row without one was not written by this library.
fn stored(bytes: Option<Vec<u8>>) -> Result<Vec<u8>, VaultError> {
    bytes.ok_or(VaultError::Malformed { record: "outbox".into() })
}

fn signed(path: String, bytes: Vec<u8>) -> Request {
    let digest = protocol::digest_header(&Hash::of(&[&bytes]));
    let headers = vec![("content-type", protocol::COSE.to_owned()), ("content-digest", digest)];
    Request { method: Method::Put, path, headers, body: Body::Bytes(bytes) }
}

fn upload(vault: &Vault, item: &Item, state: &UploadState, chunk: Option<u64>) -> Result<Sending, SyncError> {
    let object = ObjectId::new(item.target);
    let row = vault.object(object)?.object;
    let file = |offset, length| Body::FileRange { path: vault.object_path(object), offset, length };
    let path = state.upload.url.clone();
    let tus = ("tus-resumable", protocol::TUS_VERSION.to_owned());
    let request = match state.upload.protocol {
        UploadProtocol::Put => {
            let digest = protocol::digest_header(&row.hash);
            let headers = vec![
                ("content-type", protocol::OCTETS.to_owned()),
                ("content-digest", digest.clone()),
                ("repr-digest", digest),
            ];
            Request { method: Method::Put, path, headers, body: file(0, row.length) }
        }
        UploadProtocol::Tus if !state.certain => {
            Request { method: Method::Head, path, headers: vec![tus], body: Body::Empty }
        }
        UploadProtocol::Tus => {
            let offset = state.upload.offset.min(row.length);
            let Some(chunk) = chunk else { return Ok(Sending::NoTime) };
            let length = (row.length - offset).min(chunk);
            let whole = length == row.length;
            let hash = if whole { row.hash } else { vault.hash_range(object, offset, length)? };
            let headers: Vec<(HeaderName, String)> = vec![
                tus,
                ("content-type", protocol::CHUNK.to_owned()),
                ("upload-offset", offset.to_string()),
                ("content-digest", protocol::digest_header(&hash)),
            ];
            Request { method: Method::Patch, path, headers, body: file(offset, length) }
        }
    };
    Ok(Sending::Request(request))
}

fn leads_to(state: &UploadState, item: &Item) -> bool {
    state.upload.object == ObjectId::new(item.target) && is_own_path(&state.upload, CaseId::new(item.owner))
}

/// An upload that leads off the box's own paths is not followed: no token goes elsewhere.
pub(super) fn is_own_path(upload: &Upload, case: CaseId) -> bool {
    let expected = match upload.protocol {
        UploadProtocol::Tus => path::upload(upload.object),
        UploadProtocol::Put => path::object(case, upload.object),
    };
    upload.url == expected
}

impl Context<'_> {
    /// A fresh token id.
    pub(super) fn unique(&self) -> Result<String, SyncError> {
        let bytes = self.entropy.array::<16>().map_err(crate::seal::SealError::from)?;
        Ok(crate::domain::to_hex(&bytes))
    }
}
