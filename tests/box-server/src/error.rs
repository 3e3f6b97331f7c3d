//! Two kinds of failure: the box cannot work ([`BoxError`]), or it says no to a request ([`Refusal`]).
//!
//! A refusal is a problem document (RFC 9457) of the closed list. What goes wrong inside is logged and reported as
//! `internal`, or as `maintenance` if the disk is full, because then the phone should come back later.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::ports::EntropyError;
use streife_core::seal::SealError;
use streife_core::sync::protocol::{PROBLEM, Problem, ProblemType};

use crate::store::Put;

/// Why a box cannot start or cannot work on.
#[derive(Debug, thiserror::Error)]
pub enum BoxError {
    /// A file, a folder or the socket.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// The store of metadata.
    #[error("the store failed: {source}")]
    Store {
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// Whether there is no room left: then phones are told to come back later.
        is_full: bool,
    },
    /// The data folder belongs to a newer version; nothing was changed.
    #[error("the data folder belongs to a newer version")]
    Newer,
    /// Only a data folder can do this.
    #[error("a box in memory has no data folder")]
    NoFolder,
    /// Something that must be in the data folder is missing or does not fit.
    #[error("the data folder is damaged: {0}")]
    Damaged(&'static str),
    /// Certificates could not be made.
    #[error("certificates could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// Signing or verifying failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl BoxError {
    fn is_full_disk(&self) -> bool {
        match self {
            Self::Io(error) => error.kind() == std::io::ErrorKind::StorageFull,
            Self::Store { is_full, .. } => *is_full,
            _ => false,
        }
    }
}

/// The box says no.
#[derive(Debug)]
pub struct Refusal {
    problem: Problem,
    retry_after_s: Option<u32>,
    length: Option<u64>,
}

impl Refusal {
    /// A refusal whose status or words differ from what is usual for its type.
    pub fn new(kind: ProblemType, status: StatusCode, title: &str) -> Self {
        let retry_after_s = matches!(status.as_u16(), 423 | 429 | 503).then_some(2);
        Self { problem: Problem::new(kind, status.as_u16(), title), retry_after_s, length: None }
    }

    /// Its type.
    pub fn kind(&self) -> Option<ProblemType> {
        self.problem.kind()
    }

    /// Come back after so many seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The object has so many bytes.
    pub fn of_length(self, length: u64) -> Self {
        Self { length: Some(length), ..self }
    }

    /// The request itself is wrong.
    pub fn malformed(title: &str) -> Self {
        Self::new(ProblemType::Malformed, StatusCode::BAD_REQUEST, title)
    }

    /// Objects are still missing.
    pub fn incomplete(missing: Vec<streife_core::domain::ObjectId>) -> Self {
        let mut refusal = Self::from(ProblemType::CaseIncomplete);
        refusal.problem.missing = Some(missing);
        refusal
    }

    /// What matters more comes first.
    pub fn busy(retry_after_s: u32) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::from(ProblemType::Busy) }
    }

    /// The upload stands elsewhere.
    pub fn offset(offset: u64) -> Self {
        let mut refusal = Self::from(ProblemType::UploadOffset);
        refusal.problem.offset = Some(offset);
        refusal
    }
}

impl Put {
    /// 201, 200, or the conflict.
    pub(crate) fn status(self, conflict: ProblemType) -> Result<StatusCode, Refusal> {
        match self {
            Self::New => Ok(StatusCode::CREATED),
            Self::Same => Ok(StatusCode::OK),
            Self::Other => Err(conflict.into()),
        }
    }
}

impl From<ProblemType> for Refusal {
    fn from(kind: ProblemType) -> Self {
        let (status, title) = usual(kind);
        Self::new(kind, status, title)
    }
}

/// Status and words of each type.
fn usual(kind: ProblemType) -> (StatusCode, &'static str) {
    use ProblemType as T;
    use StatusCode as S;
    match kind {
        T::Malformed => (S::BAD_REQUEST, "The request cannot be read"),
        T::UnsupportedMedia => (S::UNSUPPORTED_MEDIA_TYPE, "The content type is not the one of this address"),
        T::NotFound => (S::NOT_FOUND, "There is nothing at this address"),
        T::TooLarge => (S::PAYLOAD_TOO_LARGE, "The body is larger than this address takes"),
        T::SignatureInvalid => (S::UNPROCESSABLE_ENTITY, "The signature is not one of the device for this purpose"),
        T::DigestMismatch => (S::BAD_REQUEST, "The body does not have the digest that its header states"),
        T::DeviceUnknown => (S::UNAUTHORIZED, "The device is not enrolled"),
        T::DeviceRevoked => (S::FORBIDDEN, "The device has been revoked"),
        T::DeviceConflict => (S::CONFLICT, "The device is enrolled with another key"),
        T::EnrolmentRefused => (S::FORBIDDEN, "The enrolment code is not valid"),
        T::TokenInvalid => (S::UNAUTHORIZED, "The token or its proof is not valid"),
        T::UseDpopNonce => (S::UNAUTHORIZED, "The proof must carry the box's newest nonce"),
        T::ClockSkew => (S::UNAUTHORIZED, "The clocks differ by more than five minutes"),
        T::ShiftUnknown => (S::NOT_FOUND, "The shift has not been opened here"),
        T::ShiftConflict => (S::CONFLICT, "Other bytes are stored for this shift"),
        T::CaseUnknown => (S::NOT_FOUND, "The case has not been declared here"),
        T::CaseConflict => (S::CONFLICT, "Another manifest is stored for this case"),
        T::CaseIncomplete => (S::NOT_FOUND, "Objects of the case are missing"),
        T::ObjectUnknown => (S::NOT_FOUND, "No manifest lists this object"),
        T::ObjectConflict => (S::CONFLICT, "The object is stored or listed with other bytes"),
        T::ObjectDigestMismatch => (S::UNPROCESSABLE_ENTITY, "The object is not the one that the manifest lists"),
        T::UploadOffset => (S::CONFLICT, "The upload stands at another offset"),
        T::UploadExpired => (S::GONE, "The upload has expired"),
        T::ChecksumMismatch => {
            (StatusCode::from_u16(460).expect("three digits"), "The chunk does not have the checksum that was stated")
        }
        T::EventConflict => (S::CONFLICT, "Another event is stored under this id"),
        T::DeskRefused => (S::FORBIDDEN, "The desk token is not valid"),
        T::RateLimited => (S::TOO_MANY_REQUESTS, "Too many requests"),
        T::Busy => (S::SERVICE_UNAVAILABLE, "The box is busy with what matters more"),
        T::Maintenance => (S::SERVICE_UNAVAILABLE, "The box cannot store at the moment"),
        T::Internal => (S::INTERNAL_SERVER_ERROR, "The box failed"),
    }
}

impl From<BoxError> for Refusal {
    fn from(error: BoxError) -> Self {
        tracing::error!(%error, "request failed");
        if error.is_full_disk() { ProblemType::Maintenance.into() } else { ProblemType::Internal.into() }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        BoxError::from(error).into()
    }
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Signature => ProblemType::SignatureInvalid.into(),
            SealError::Malformed(_) | SealError::UnknownFormat | SealError::PublicKey => ProblemType::Malformed.into(),
            other => BoxError::from(other).into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge(self.problem.kind())));
        }
        if let Some(length) = self.length {
            headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(format!("bytes */{length}")).expect("digits"));
        }
        response
    }
}

const fn challenge(kind: Option<ProblemType>) -> &'static str {
    match kind {
        Some(ProblemType::UseDpopNonce) => r#"DPoP error="use_dpop_nonce", algs="ES256""#,
        _ => r#"DPoP error="invalid_token", algs="ES256""#,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statuses that the contract names for a type of problem, in its examples.
    fn contract(kind: ProblemType) -> Vec<u16> {
        let slug = Problem::new(kind, 0, "").type_uri;
        let lines: Vec<_> = include_str!("../../../schemas/openapi.yaml").lines().map(str::trim).collect();
        let named = lines.windows(4).filter(|window| window.first() == Some(&format!("type: {slug}").as_str()));
        let status = |window: &[&str]| window.iter().find_map(|line| line.strip_prefix("status: ")?.parse().ok());
        named.filter_map(status).collect()
    }

    #[test]
    fn every_problem_has_a_status_that_the_contract_names() {
        let all = r#"["malformed","unsupported-media","not-found","too-large","signature-invalid","digest-mismatch",
            "device-unknown","device-revoked","device-conflict","enrolment-refused","token-invalid","use-dpop-nonce","clock-skew",
            "shift-unknown","shift-conflict","case-unknown","case-conflict","case-incomplete","object-unknown",
            "object-conflict","object-digest-mismatch","upload-offset","upload-expired","checksum-mismatch","event-conflict","desk-refused","rate-limited","busy",
            "maintenance","internal"]"#;
        let all: Vec<ProblemType> = serde_json::from_str(all).expect("the closed list");
        for kind in all {
            let (status, _) = usual(kind);
            assert!(contract(kind).contains(&status.as_u16()), "{kind:?}: {status}, contract {:?}", contract(kind));
        }
    }
}
