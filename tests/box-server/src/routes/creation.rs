//! `POST /v1/uploads` for foreign tus clients, and what the box can do of the protocol.
//!
//! Creation is declaring what the manifest has announced already: the object's id stands in the metadata, so the address
//! is known beforehand, a second POST finds the first upload as it stands, and nothing that no manifest lists is ever
//! taken. A body that comes along is a first chunk; where bytes are here already it is left unread, and the client sees
//! in `Upload-Offset` where to go on.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use streife_core::domain::ObjectId;
use streife_core::sync::protocol::{CHUNK, ProblemType, TUS_VERSION, path};

use super::info::OBJECT_BYTES;
use super::uploads::{LENGTH, OFFSET, announced, expires, require_version, take_chunk};
use crate::auth::Device;
use crate::checksum::ALGORITHMS;
use crate::error::Refusal;
use crate::state::{App, run};
use crate::store::ObjectRow;

const EXTENSIONS: &str = "creation,creation-with-upload,checksum,termination,expiration";
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// `OPTIONS /v1/uploads` and `OPTIONS /v1/uploads/{o}`
pub async fn options() -> Response {
    let head = [
        ("tus-version", TUS_VERSION.to_owned()),
        ("tus-extension", EXTENSIONS.to_owned()),
        ("tus-checksum-algorithm", ALGORITHMS.to_owned()),
        ("tus-max-size", OBJECT_BYTES.to_string()),
    ];
    (StatusCode::NO_CONTENT, head).into_response()
}

/// `POST /v1/uploads`
pub async fn post(State(app): State<App>, device: Device, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    require_version(&parts.headers)?;
    let (object, length) = (named(&parts.headers)?, stated_length(&parts.headers)?);
    let mut turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    if row.length != length {
        return Err(Refusal::malformed("Upload-Length is not the length that the manifest lists"));
    }
    let (is_new, mut held) = begin(&app, &row).await?;
    let has_chunk = parts.headers.get(header::CONTENT_TYPE).is_some_and(|stated| stated == CHUNK);
    if has_chunk && held == 0 && !row.stored {
        held = take_chunk(&app, &row, &parts.headers, body, (0, &mut turn)).await?;
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = HeaderValue::try_from(path::upload(object)).map_err(std::io::Error::other)?;
    let head = [(header::LOCATION, location), (OFFSET, HeaderValue::from(held))];
    let response = (status, head).into_response();
    expires(&app, &row, held, response).await
}

/// Whether the upload begins with this request, and how much of it is here.
async fn begin(app: &App, row: &ObjectRow) -> Result<(bool, u64), Refusal> {
    if row.stored {
        return Ok((false, row.length));
    }
    let object = row.object;
    run(app, move |app| {
        app.expire_if_due(object)?;
        let is_new = app.store.keep_upload(object, app.now_ms(), app.upload_life_ms)?;
        Ok((is_new, app.part_length(object)?))
    })
    .await
}

/// The object in the metadata: pairs of key and base64, separated by commas.
fn named(headers: &HeaderMap) -> Result<ObjectId, Refusal> {
    let pairs = headers.get(METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut pairs = pairs.split(',').filter_map(|pair| pair.trim().split_once(' '));
    let value = pairs.find(|(key, _)| *key == "object").and_then(|(_, value)| BASE64.decode(value.trim()).ok());
    let object = value.and_then(|value| String::from_utf8(value).ok()).and_then(|id| id.parse().ok());
    object.ok_or_else(|| Refusal::malformed("Upload-Metadata names no object"))
}

fn stated_length(headers: &HeaderMap) -> Result<u64, Refusal> {
    let length = headers.get(LENGTH).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let length: u64 = length.ok_or_else(|| Refusal::malformed("Upload-Length is not a number"))?;
    if length > OBJECT_BYTES { Err(ProblemType::TooLarge.into()) } else { Ok(length) }
}
