//! Resumable uploads: the core of tus 1.0.0 on addresses that the manifest's answer announces.
//!
//! The box's own client needs no creation request; foreign ones have `creation.rs`, and neither can reset an upload. The
//! offset is what lies in the part, synced; a cut keeps what had arrived. Whether the bytes are right is decided once, by
//! the manifest's hash, when the last one is here; if they are wrong, the upload begins again at zero.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::domain::ObjectId;
use streife_core::seal::Hash;
use streife_core::sync::protocol::{CHUNK, ProblemType, TUS_VERSION};

use crate::auth::{Device, Ids};
use crate::body::{content_digest, require_type};
use crate::checksum::Stated;
use crate::error::Refusal;
use crate::intake::{Ended, Intake};
use crate::locks::Turn;
use crate::middleware::http_date;
use crate::state::{App, run};
use crate::store::{Blob, ObjectRow, UploadEnd};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
/// Bytes that are here.
pub const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// Bytes of the whole object.
pub const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// `HEAD /v1/uploads/{o}`
pub async fn head(
    State(app): State<App>,
    device: Device,
    Ids(object): Ids<ObjectId>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    require_version(&headers)?;
    // The request that may still be writing ends first: its phone has given it up.
    let _turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    require_alive(&app, &row).await?;
    let asked = row.clone();
    let held = run(&app, move |app| match app.part_length(asked.object)? {
        _ if asked.stored => Ok(asked.length),
        held if held < asked.length => Ok(held),
        // Whole, but the last request did not come to its end.
        _ => Ok(if app.settle(&asked, Blob::Part(asked.object))? { asked.length } else { 0 }),
    });
    let held = held.await?;
    let head = [(OFFSET, HeaderValue::from(held)), (LENGTH, HeaderValue::from(row.length))];
    let response = (head, [(header::CACHE_CONTROL, "no-store")]).into_response();
    expires(&app, &row, held, response).await
}

/// `PATCH /v1/uploads/{o}`
pub async fn patch(
    State(app): State<App>,
    device: Device,
    Ids(object): Ids<ObjectId>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    require_version(&parts.headers)?;
    require_type(&parts.headers, CHUNK)?;
    let offset = stated_offset(&parts.headers)?;
    let mut turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    if row.stored {
        return at_end(offset, row.length);
    }
    require_alive(&app, &row).await?;
    let held = take_chunk(&app, &row, &parts.headers, body, (offset, &mut turn)).await?;
    let response = (StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(held))]).into_response();
    expires(&app, &row, held, response).await
}

/// Takes a chunk at an offset; the bytes that are here afterwards. The last one completes the object.
pub async fn take_chunk(
    app: &App,
    row: &ObjectRow,
    headers: &HeaderMap,
    body: Body,
    (offset, turn): (u64, &mut Turn),
) -> Result<u64, Refusal> {
    let (stated, checksum) = (content_digest(headers)?, Stated::read(headers)?);
    let mut intake = Intake::append(app, Blob::Part(row.object)).await?;
    if intake.length() != offset {
        return Err(Refusal::offset(intake.length()));
    }
    let mut body = match &checksum {
        Some(checksum) => checksum.watch(body),
        None => body,
    };
    let ended = intake.take(&mut body, turn, row.length).await?;
    let refusal = match ended {
        Ended::Whole if checksum.is_some_and(|checksum| !checksum.holds()) => {
            Some(Refusal::from(ProblemType::ChecksumMismatch))
        }
        Ended::Whole if stated.is_some_and(|stated| stated != intake.hash()) => {
            Some(Refusal::from(ProblemType::DigestMismatch))
        }
        Ended::Whole => None,
        Ended::TooLong => Some(Refusal::from(ProblemType::TooLarge)),
        Ended::Cut => return Err(keep(app, row, Refusal::malformed("The body ended early")).await?),
        Ended::Superseded => return Err(superseded()),
    };
    if let Some(refusal) = refusal {
        intake.take_back().await?;
        return Err(refusal);
    }
    finish(app, row, offset, (intake.length(), intake.whole_hash())).await?;
    Ok(intake.length())
}

/// `DELETE /v1/uploads/{o}`: forgets what has arrived of an unfinished upload.
pub async fn delete(
    State(app): State<App>,
    device: Device,
    Ids(object): Ids<ObjectId>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    require_version(&headers)?;
    let _turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    if row.stored {
        return Err(ProblemType::ObjectConflict.into());
    }
    run(&app, move |app| {
        app.blobs.remove(Blob::Part(object))?;
        Ok(app.store.forget_upload(object)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every answer names the protocol's version.
pub async fn tus_headers(mut response: Response) -> Response {
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    response.headers_mut().insert(VERSION, HeaderValue::from_static(TUS_VERSION));
    response
}

/// An object that one of the device's manifests lists.
pub async fn announced(app: &App, device: &Device, object: ObjectId) -> Result<ObjectRow, Refusal> {
    let device = device.id;
    run(app, move |app| {
        let row = app.store.object(object)?.filter(|row| row.device == device);
        row.ok_or_else(|| ProblemType::ObjectUnknown.into())
    })
    .await
}

/// A newer request for the same object has arrived.
pub fn superseded() -> Refusal {
    Refusal::new(ProblemType::RateLimited, StatusCode::LOCKED, "A newer request writes this object")
}

/// Verifies the object if this was its last byte, and keeps what has arrived if it was not.
async fn finish(app: &App, row: &ObjectRow, offset: u64, (held, hash): (u64, Option<Hash>)) -> Result<(), Refusal> {
    let row = row.clone();
    run(app, move |app| {
        if held < row.length {
            app.store.keep_upload(row.object, app.now_ms(), app.upload_life_ms)?;
            return Ok(());
        }
        let is_right = app.take_over(&row, hash)?;
        if offset > 0 {
            app.store.forget_upload(row.object)?;
        }
        if is_right { Ok(()) } else { Err(ProblemType::ObjectDigestMismatch.into()) }
    })
    .await
}

/// Says until when an unfinished upload is kept. One that nobody has begun has no end.
pub async fn expires(app: &App, row: &ObjectRow, held: u64, mut response: Response) -> Result<Response, Refusal> {
    let (object, is_whole) = (row.object, row.stored || held == row.length);
    let end = run(app, move |app| if is_whole { Ok(None) } else { Ok(app.store.upload_end(object)?) }).await?;
    if let Some(UploadEnd::At(at)) = end
        && let Some(date) = http_date(at)
    {
        response.headers_mut().insert(EXPIRES, date);
    }
    Ok(response)
}

/// Refuses an upload whose time is over.
async fn require_alive(app: &App, row: &ObjectRow) -> Result<(), Refusal> {
    let (object, stored) = (row.object, row.stored);
    let is_over = run(app, move |app| if stored { Ok(false) } else { Ok(app.expire_if_due(object)?) }).await?;
    if is_over { Err(ProblemType::UploadExpired.into()) } else { Ok(()) }
}

/// Keeps what had arrived when the connection was lost.
async fn keep(app: &App, row: &ObjectRow, refusal: Refusal) -> Result<Refusal, Refusal> {
    let object = row.object;
    run(app, move |app| Ok(app.store.keep_upload(object, app.now_ms(), app.upload_life_ms)?)).await?;
    Ok(refusal)
}

fn at_end(offset: u64, length: u64) -> Result<Response, Refusal> {
    if offset != length {
        return Err(Refusal::offset(length));
    }
    Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(length))]).into_response())
}

/// Refuses other versions of the protocol.
pub fn require_version(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(RESUMABLE).is_some_and(|version| version == TUS_VERSION) {
        return Ok(());
    }
    let title = "The upload protocol is tus 1.0.0";
    Err(Refusal::new(ProblemType::Malformed, StatusCode::PRECONDITION_FAILED, title))
}

fn stated_offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    let offset = headers.get(OFFSET).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    offset.ok_or_else(|| Refusal::malformed("Upload-Offset is not a number"))
}
