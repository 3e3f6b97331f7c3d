//! Signed lists that change rarely: recipients and catalogues. The agency signed them; the box only hands them out.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::seal::Hash;
use streife_core::sync::protocol::{COSE, ProblemType};

use crate::error::Refusal;
use crate::state::App;

/// `GET /v1/recipients`
pub async fn recipients(State(app): State<App>, headers: HeaderMap) -> Response {
    tagged(&headers, COSE, app.identity.recipients.0.clone())
}

/// `GET /v1/catalogues/{name}`
pub async fn catalogue(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    match name.as_str() {
        "offences" => Ok(tagged(&headers, COSE, app.identity.offences.clone())),
        "rules" => match &app.identity.rules {
            Some(rules) => Ok(tagged(&headers, COSE, rules.clone())),
            None => Err(ProblemType::NotFound.into()),
        },
        _ => Err(ProblemType::NotFound.into()),
    }
}

/// `GET /v1/registers/{name}`. Not compressed: a geo pack is coded tightly already, the tables are small, and each is
/// fetched once a year and then found unchanged.
pub async fn register(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let found = app.identity.registers.iter().find(|(known, _)| *known == name);
    let (_, signed) = found.ok_or(ProblemType::NotFound)?;
    Ok(tagged(&headers, COSE, signed.clone()))
}

/// A body under an entity tag made of its hash; 304 if the client has it already.
pub fn tagged(headers: &HeaderMap, content_type: &'static str, body: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", Hash::of(&[&body]));
    let has_it = has(headers, &tag);
    let head = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if has_it {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// Whether the client has this version.
pub fn has(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, tag))
}

fn names(value: &HeaderValue, tag: &str) -> bool {
    let tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.map(|named| named.strip_prefix("W/").unwrap_or(named)).any(|named| named == tag || named == "*")
}
