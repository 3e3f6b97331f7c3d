//! JSON bodies of requests and answers.

use serde::{Deserialize, Serialize};

use crate::domain::{BoxId, CaseId, DeviceId, KeyId, ObjectId};
use crate::seal::Hash;
use crate::seal::jose::{HeadClaim, Jwk};

/// What a box can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxInfo {
    /// The box.
    pub box_id: BoxId,
    /// The agency it serves.
    pub agency: String,
    /// Upload protocols: `put`, `tus`.
    pub protocols: Vec<String>,
    /// Limits in bytes.
    pub limits: Limits,
    /// Keys it signs with.
    pub keys: BoxKeys,
    /// How it would like to be used.
    pub hints: Hints,
    /// Oldest app it serves.
    pub min_app: String,
}

/// Limits of a box in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest manifest.
    pub manifest_bytes: u64,
    /// Longest shift seal.
    pub seal_bytes: u64,
    /// Longest object.
    pub object_bytes: u64,
    /// Longest object that is sent in one request.
    pub put_bytes: u64,
}

/// Keys of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxKeys {
    /// The key that signs receipts and times.
    pub receipt: KeyId,
}

/// How a box would like to be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// Spread of manifests, seconds.
    pub manifest_window_s: u32,
    /// Spread of photos, seconds.
    pub photo_window_s: u32,
    /// Larger objects wait for an unmetered link.
    pub unmetered_above_bytes: u64,
}

/// Enrolment of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The device's signing key.
    pub jwk: Jwk,
    /// The platform's statement about that key, base64, outermost first.
    pub attestation: Vec<String>,
    /// One-time code.
    pub enrolment_code: String,
}

/// An enrolled device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The device.
    pub device: DeviceId,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The token.
    pub access_token: String,
    /// Always `DPoP`.
    pub token_type: String,
    /// Seconds of validity.
    pub expires_in: u32,
    /// What it is good for, if that is less than all: [`super::SCOPE_DRAIN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The highest place of the device's journal that the box knew before this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadClaim>,
}

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoxCaseState {
    /// Its manifest is there, objects are missing.
    Declared,
    /// All objects are there.
    Complete,
    /// A case worker has accepted it.
    Accepted,
    /// A case worker has rejected it.
    Rejected,
    /// A void event is there.
    Voided,
}

/// What the box has of a case, and where to send the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAnswer {
    /// State.
    pub state: BoxCaseState,
    /// Objects that are missing.
    pub missing: Vec<ObjectId>,
    /// Where they go.
    pub uploads: Vec<Upload>,
}

/// Where one object goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The object.
    pub object: ObjectId,
    /// Path on the box's origin.
    pub url: String,
    /// How it is sent.
    pub protocol: UploadProtocol,
    /// Bytes the box already holds.
    pub offset: u64,
    /// Bytes of the whole object.
    pub length: u64,
}

/// How an object is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UploadProtocol {
    /// Resumable, tus 1.0.0 core.
    Tus,
    /// In one request.
    Put,
}

/// A page of a device's own cases as the box has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCases {
    /// In the order of the box's log.
    pub cases: Vec<DeviceCase>,
    /// What to ask after the next time, also when nothing came.
    pub next: u64,
}

/// One of a device's own cases as the box has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCase {
    /// The case.
    pub case: CaseId,
    /// Its place in the box's log.
    pub index: u64,
    /// Hash of the signed manifest's bytes.
    pub manifest: Hash,
    /// How far it has come.
    pub state: BoxCaseState,
    /// Objects that are missing.
    pub missing: Vec<ObjectId>,
    /// The desk's decision as the box has signed it, base64, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
}
