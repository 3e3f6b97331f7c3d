//! Problem documents (RFC 9457) with a closed list of types.

use serde::{Deserialize, Serialize};

use super::PROBLEM_BASE;
use crate::domain::ObjectId;

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
    UseDpopNonce,
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
    UploadExpired,
    ChecksumMismatch,
    EventConflict,
    DeskRefused,
    RateLimited,
    Busy,
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
}
