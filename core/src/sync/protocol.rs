//! The box's protocol as types: paths, headers, JSON bodies and problem types (`schemas/openapi.yaml`).
//!
//! The box uses the same types, so that the two cannot drift apart; a stranger finds them in the OpenAPI document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::domain::{BoxId, CaseId, DeviceId, EventId, KeyId, ObjectId, RangeRequestId, ShiftId};
use crate::seal::Hash;
use crate::seal::jose::{HeadClaim, Jwk};

/// Content type of signed structures.
pub const COSE: &str = "application/cose";
/// Content type of JSON bodies.
pub const JSON: &str = "application/json";
/// Content type of sealed objects.
pub const OCTETS: &str = "application/octet-stream";
/// Content type of a resumable upload's chunk.
pub const CHUNK: &str = "application/offset+octet-stream";
/// Content type of problem documents (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";
/// Version of the resumable upload protocol (tus).
pub const TUS_VERSION: &str = "1.0.0";
/// Grant type of the token request.
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// Assertion type of the token request (RFC 7523).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What problem types begin with.
pub const PROBLEM_BASE: &str = "https://streife.example/problems/";
/// Largest object that is sent in one request and not as a resumable upload.
pub const PUT_BYTES: u64 = 262_144;

/// Paths of the box, relative to its origin.
pub mod path {
    use super::{CaseId, DeviceId, EventId, ObjectId, RangeRequestId, ShiftId};

    /// Capabilities.
    pub const BOX: &str = "/v1/box";
    /// Access tokens.
    pub const TOKEN: &str = "/v1/token";
    /// Recipient set.
    pub const RECIPIENTS: &str = "/v1/recipients";
    /// Offence catalogue.
    pub const OFFENCES: &str = "/v1/catalogues/offences";
    /// The rule set.
    pub const RULES: &str = "/v1/catalogues/rules";

    /// Signed time.
    #[must_use]
    pub fn time(nonce: &str) -> String {
        format!("/v1/time?nonce={nonce}")
    }

    /// Enrolment of a device.
    #[must_use]
    pub fn device(device: DeviceId) -> String {
        format!("/v1/devices/{device}")
    }

    /// Case numbers for a device.
    #[must_use]
    pub fn numbers(device: DeviceId, request: RangeRequestId) -> String {
        format!("/v1/devices/{device}/numbers/{request}")
    }

    /// Opening of a shift.
    #[must_use]
    pub fn shift(shift: ShiftId) -> String {
        format!("/v1/shifts/{shift}")
    }

    /// Seal of a shift.
    #[must_use]
    pub fn seal(shift: ShiftId) -> String {
        format!("/v1/shifts/{shift}/seal")
    }

    /// A case.
    #[must_use]
    pub fn case(case: CaseId) -> String {
        format!("/v1/cases/{case}")
    }

    /// Receipt of a case.
    #[must_use]
    pub fn receipt(case: CaseId) -> String {
        format!("/v1/cases/{case}/receipt")
    }

    /// An object of a case, in one request.
    #[must_use]
    pub fn object(case: CaseId, object: ObjectId) -> String {
        format!("/v1/cases/{case}/objects/{object}")
    }

    /// An event of a case.
    #[must_use]
    pub fn event(case: CaseId, event: EventId) -> String {
        format!("/v1/cases/{case}/events/{event}")
    }

    /// A resumable upload.
    #[must_use]
    pub fn upload(object: ObjectId) -> String {
        format!("/v1/uploads/{object}")
    }
}

/// Types of problem a box reports. The list is closed: a client acts on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the documentation; schemas/openapi.yaml says where each occurs")]
pub enum ProblemType {
    Malformed,
    UnsupportedMedia,
    NotFound,
    TooLarge,
    SignatureInvalid,
    DigestMismatch,
    DeviceUnknown,
    DeviceRevoked,
    DeviceConflict,
    EnrolmentRefused,
    TokenInvalid,
    ClockSkew,
    ShiftUnknown,
    ShiftConflict,
    CaseUnknown,
    CaseConflict,
    CaseIncomplete,
    ObjectUnknown,
    ObjectConflict,
    ObjectDigestMismatch,
    UploadOffset,
    EventConflict,
    DeskRefused,
    RateLimited,
    Maintenance,
    Internal,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Address of the type.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// One line for people.
    pub title: String,
    /// The status code again.
    pub status: u16,
    /// Objects that are missing, with `case-incomplete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<ObjectId>>,
    /// Bytes the box holds, with `upload-offset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Problem {
    /// A problem of a type.
    #[must_use]
    pub fn new(kind: ProblemType, status: u16, title: &str) -> Self {
        let slug =
            serde_json::to_value(kind).ok().and_then(|slug| slug.as_str().map(str::to_owned)).unwrap_or_default();
        Self { type_uri: format!("{PROBLEM_BASE}{slug}"), title: title.to_owned(), status, missing: None, offset: None }
    }

    /// Its type, if it is one of the closed list.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemType> {
        let slug = self.type_uri.strip_prefix(PROBLEM_BASE)?;
        serde_json::from_value(serde_json::Value::from(slug)).ok()
    }
}

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

/// Value of `Content-Digest` and `Repr-Digest` (RFC 9530).
#[must_use]
pub fn digest_header(hash: &Hash) -> String {
    format!("sha-256=:{}:", BASE64.encode(hash.0))
}

/// Reads the SHA-256 out of a digest header.
#[must_use]
pub fn parse_digest_header(value: &str) -> Option<Hash> {
    let member = value.split(',').map(str::trim).find_map(|member| member.strip_prefix("sha-256=:"))?;
    let bytes = BASE64.decode(member.strip_suffix(':')?).ok()?;
    bytes.try_into().ok().map(Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_type_has_one_address_and_comes_back_from_it() {
        let problem = Problem::new(ProblemType::ObjectDigestMismatch, 422, "no");
        assert_eq!(problem.type_uri, "https://streife.example/problems/object-digest-mismatch");
        assert_eq!(problem.kind(), Some(ProblemType::ObjectDigestMismatch));
        let foreign = Problem { type_uri: "about:blank".to_owned(), ..problem };
        assert_eq!(foreign.kind(), None);
    }

    #[test]
    fn a_digest_header_comes_back_among_others() {
        let hash = Hash::of(&[b"x"]);
        let header = format!("sha-512=:AAAA:, {}", digest_header(&hash));
        assert_eq!(parse_digest_header(&header), Some(hash));
        assert_eq!(parse_digest_header("sha-256=nonsense"), None);
    }
}
