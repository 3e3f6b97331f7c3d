//! The wrong answers themselves.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use streife_core::domain::CaseId;
use streife_core::ports::Signer;
use streife_core::seal::{Hash, Namespace, Receipt, SealError, Signed, SignedPayload, SoftwareKey, sign_payload};
use streife_core::sync::protocol::{BoxCaseState, COSE, CaseAnswer, JSON, ProblemType};

use super::{Fault, Lie};
use crate::error::Refusal;
use crate::state::{App, Shared};
use crate::traffic::Route;

/// Longer than a client reads of any answer.
const HUGE_BYTES: usize = (16 << 20) + 2;
/// More than a client reads of headers.
const FLOOD: usize = 400;
const ANSWER_BYTES: usize = 1 << 20;

/// The answer to a request that is not handled.
pub fn of(fault: &Fault, route: Route, headers: &HeaderMap) -> Response {
    match fault {
        Fault::Status { status, retry_after_s } => status_only(*status, *retry_after_s),
        Fault::Problem { kind, retry_after } => problem(*kind, retry_after.as_deref()),
        Fault::Html => page(),
        Fault::Portal => (StatusCode::NETWORK_AUTHENTICATION_REQUIRED, page()).into_response(),
        Fault::Redirect { status, location } => {
            let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"));
            (named(*status), [(header::LOCATION, location)]).into_response()
        }
        Fault::Lie(Lie::EmptyObject) => json(StatusCode::OK, "{}"),
        Fault::Lie(Lie::WrongObject) => json(StatusCode::OK, r#"{"state":7,"missing":"none","uploads":{}}"#),
        Fault::Lie(Lie::StoredNothing) => stored_nothing(route, headers),
        Fault::Lie(_) => (StatusCode::OK, [(header::CONTENT_TYPE, usual_type(route))]).into_response(),
        Fault::Huge => json(StatusCode::OK, Bytes::from(vec![b' '; HUGE_BYTES])),
        Fault::HeaderFlood => flood(),
        // These are acted out elsewhere.
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A right answer, made wrong.
pub async fn twisted(app: &App, lie: Lie, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, ANSWER_BYTES).await.unwrap_or_default();
    let wrong = match lie {
        Lie::Half => bytes.slice(..bytes.len() / 2),
        _ => forged(app, lie, &bytes).map_or_else(|_| bytes.clone(), Bytes::from),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(wrong))
}

fn forged(app: &Shared, lie: Lie, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut receipt = Signed::<Receipt>::verify(bytes, app.identity.key.verifying_key())?.into_payload();
    let stranger = SoftwareKey::generate(app.entropy.as_ref())?;
    let key: &dyn Signer = if lie == Lie::ReceiptByOtherKey { &stranger } else { &app.identity.key };
    match lie {
        Lie::ReceiptOfOtherCase => receipt.case = CaseId::new(app.entropy.array()?),
        Lie::ReceiptWithOtherHash => {
            if let Some(object) = receipt.objects.last_mut() {
                object.hash = Hash::of(&[&object.hash.0]);
            }
        }
        Lie::ReceiptOfLess => drop(receipt.objects.pop()),
        _ => {}
    }
    sign_payload(Namespace::Receipt, receipt.encode(), key)
}

fn status_only(status: u16, retry_after_s: Option<u32>) -> Response {
    let status = named(status);
    let kind = match status.as_u16() {
        401 => ProblemType::TokenInvalid,
        423 | 425 | 429 => ProblemType::RateLimited,
        503 => ProblemType::Maintenance,
        _ => ProblemType::Internal,
    };
    let response = Refusal::new(kind, status, "Scripted").into_response();
    with_retry_after(response, retry_after_s.map(HeaderValue::from))
}

fn problem(kind: ProblemType, retry_after: Option<&str>) -> Response {
    let retry_after = retry_after.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
    with_retry_after(Refusal::from(kind).into_response(), retry_after)
}

fn with_retry_after(mut response: Response, value: Option<HeaderValue>) -> Response {
    response.headers_mut().remove(header::RETRY_AFTER);
    value.into_iter().for_each(|value| drop(response.headers_mut().insert(header::RETRY_AFTER, value)));
    response
}

/// What a box says that has done all there was to do.
fn stored_nothing(route: Route, headers: &HeaderMap) -> Response {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    match route {
        Route::UploadPatch => {
            let offset = number("upload-offset").unwrap_or_default() + number("content-length").unwrap_or_default();
            let head = [(HeaderName::from_static("upload-offset"), HeaderValue::from(offset))];
            (StatusCode::NO_CONTENT, head).into_response()
        }
        Route::CasePut => {
            let done = CaseAnswer { state: BoxCaseState::Complete, missing: Vec::new(), uploads: Vec::new() };
            (StatusCode::CREATED, axum::Json(done)).into_response()
        }
        _ => StatusCode::CREATED.into_response(),
    }
}

fn usual_type(route: Route) -> &'static str {
    match route {
        Route::TimeGet | Route::ReceiptGet => COSE,
        _ => JSON,
    }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], body.into()).into_response()
}

fn page() -> Response {
    Html("<!doctype html><title>Log in</title>").into_response()
}

fn flood() -> Response {
    let mut response = json(StatusCode::OK, "{}");
    for n in 0..FLOOD {
        if let Ok(name) = HeaderName::try_from(format!("x-flood-{n}")) {
            response.headers_mut().insert(name, HeaderValue::from_static("0123456789abcdef0123456789abcdef"));
        }
    }
    response
}

fn named(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
