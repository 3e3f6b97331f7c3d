//! The box's protocol as types: paths, headers, JSON bodies and problem types (`schemas/openapi.yaml`).
//!
//! The box uses the same types, so that the two cannot drift apart; a stranger finds them in the OpenAPI document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::seal::Hash;

mod message;
pub mod path;
mod problem;

pub use message::{
    BoxCaseState, BoxInfo, BoxKeys, CaseAnswer, DeviceCase, DeviceCases, Enrolled, Enrolment, Hints, Limits,
    TokenAnswer, Upload, UploadProtocol,
};
pub use problem::{Problem, ProblemType};

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
/// Scope of a token with which a device brings home what it has and begins nothing.
pub const SCOPE_DRAIN: &str = "drain";
/// What problem types begin with.
pub const PROBLEM_BASE: &str = "https://streife.example/problems/";
/// Largest object that is sent in one request and not as a resumable upload.
pub const PUT_BYTES: u64 = 262_144;

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
    fn a_digest_header_comes_back_among_others() {
        let hash = Hash::of(&[b"x"]);
        let header = format!("sha-512=:AAAA:, {}", digest_header(&hash));
        assert_eq!(parse_digest_header(&header), Some(hash));
        assert_eq!(parse_digest_header("sha-256=nonsense"), None);
    }
}
