//! Resumable uploads: the core of tus 1.0.0 on addresses that the manifest's answer announces.
//!
//! There is no creation request, so none can reset an upload. The offset is what lies in the file, synced; a cut keeps
//! what had arrived. Whether the bytes are right is decided once, by the manifest's hash, when the last one is here;
//! if they are wrong, the upload begins again at zero.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::domain::ObjectId;
use streife_core::sync::protocol::{CHUNK, ProblemType, TUS_VERSION};

use crate::auth::{Device, Ids};
use crate::body::{content_digest, require_type};
use crate::error::Refusal;
use crate::files;
use crate::intake::{Ended, Intake};
use crate::state::{App, run};
use crate::store::ObjectRow;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");

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
    let length = row.length;
    let offset = run(&app, move |app| match app.blobs.part_length(row.object)? {
        _ if row.stored => Ok(row.length),
        held if held < row.length => Ok(held),
        // Whole, but the last request did not come to its end.
        _ => Ok(if app.settle(&row, &app.blobs.part(row.object))? { row.length } else { 0 }),
    });
    let head = [(OFFSET, HeaderValue::from(offset.await?)), (LENGTH, HeaderValue::from(length))];
    Ok((head, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// `PATCH /v1/uploads/{o}`
pub async fn patch(
    State(app): State<App>,
    device: Device,
    Ids(object): Ids<ObjectId>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, mut body) = request.into_parts();
    require_version(&parts.headers)?;
    require_type(&parts.headers, CHUNK)?;
    let offset = stated_offset(&parts.headers)?;
    let stated = content_digest(&parts.headers)?;
    let mut turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    if row.stored {
        return at_end(offset, row.length);
    }
    let mut intake = Intake::append(&app.blobs.part(object)).await?;
    if intake.length() != offset {
        return Err(Refusal::offset(intake.length()));
    }
    if offset == 0 {
        // The file's name must outlive a power cut like its bytes.
        run(&app, |app| Ok(app.blobs.sync_uploads()?)).await?;
    }
    let ended = intake.take(&mut body, &mut turn, row.length).await?;
    let is_wrong = stated.is_some_and(|stated| stated != intake.hash());
    let refusal = match ended {
        Ended::Whole if is_wrong => Some(Refusal::from(ProblemType::DigestMismatch)),
        Ended::TooLong => Some(Refusal::from(ProblemType::TooLarge)),
        Ended::Whole => None,
        Ended::Cut => return Err(Refusal::malformed("The body ended early")),
        Ended::Superseded => return Err(superseded()),
    };
    if let Some(refusal) = refusal {
        intake.take_back().await?;
        return Err(refusal);
    }
    finish(&app, row, &intake).await
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
    run(&app, move |app| Ok(files::remove(&app.blobs.part(object))?)).await?;
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

/// Verifies the object if this was its last byte.
async fn finish(app: &App, row: ObjectRow, intake: &Intake) -> Result<Response, Refusal> {
    let (held, hash) = (intake.length(), intake.whole_hash());
    if held == row.length {
        let is_right = run(app, move |app| Ok(app.take_over(&row, &app.blobs.part(row.object), hash)?)).await?;
        if !is_right {
            return Err(ProblemType::ObjectDigestMismatch.into());
        }
    }
    Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(held))]).into_response())
}

fn at_end(offset: u64, length: u64) -> Result<Response, Refusal> {
    if offset != length {
        return Err(Refusal::offset(length));
    }
    Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(length))]).into_response())
}

fn require_version(headers: &HeaderMap) -> Result<(), Refusal> {
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
