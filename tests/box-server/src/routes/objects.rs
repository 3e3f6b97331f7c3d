//! Small objects in one request.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::sync::protocol::{OCTETS, PUT_BYTES, ProblemType};

use super::info::OBJECT_BYTES;
use super::uploads::announced;
use crate::auth::{Device, Ids};
use crate::body::{content_digest, read_hash, repr_digest, require_type};
use crate::error::Refusal;
use crate::intake::{Ended, Intake};
use crate::locks::Turn;
use crate::state::{App, run};
use crate::store::{Blob, ObjectRow};

/// `PUT /v1/cases/{c}/objects/{o}`
pub async fn put(
    State(app): State<App>,
    device: Device,
    Ids((case, object)): Ids<(CaseId, ObjectId)>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let (parts, mut body) = request.into_parts();
    require_type(&parts.headers, OCTETS)?;
    let mut turn = app.locks.take(object).await;
    let row = announced(&app, &device, object).await?;
    if row.case != case {
        return Err(ProblemType::ObjectUnknown.into());
    }
    if row.stored {
        return again(&parts.headers, &mut body, &row).await;
    }
    if row.length > PUT_BYTES {
        return Err(ProblemType::TooLarge.into());
    }
    let upload = Blob::OneShot(object);
    let taken = take(&app, &parts.headers, &mut body, (&row, &mut turn)).await;
    if taken.is_err() {
        run(&app, move |app| Ok(app.blobs.remove(upload)?)).await?;
    }
    taken?;
    run(&app, move |app| Ok(app.adopt(&row, upload)?)).await?;
    Ok(StatusCode::CREATED)
}

/// The object is here already: the same bytes are welcome, other bytes are not, and neither are kept.
async fn again(headers: &HeaderMap, body: &mut Body, row: &ObjectRow) -> Result<StatusCode, Refusal> {
    let hash = read_hash(body, OBJECT_BYTES).await?;
    if content_digest(headers)? != Some(hash) {
        return Err(ProblemType::DigestMismatch.into());
    }
    if hash == row.hash { Ok(StatusCode::OK) } else { Err(ProblemType::ObjectConflict.into()) }
}

async fn take(
    app: &App,
    headers: &HeaderMap,
    body: &mut Body,
    (row, turn): (&ObjectRow, &mut Turn),
) -> Result<(), Refusal> {
    let stated = content_digest(headers)?.ok_or(ProblemType::DigestMismatch)?;
    if repr_digest(headers)?.is_some_and(|digest| digest != row.hash) {
        return Err(ProblemType::ObjectDigestMismatch.into());
    }
    let upload = Blob::OneShot(row.object);
    run(app, move |app| Ok(app.blobs.remove(upload)?)).await?;
    let mut intake = Intake::append(app, upload).await?;
    match intake.take(body, turn, row.length).await? {
        Ended::Whole if intake.hash() != stated => Err(ProblemType::DigestMismatch.into()),
        Ended::Whole if intake.hash() == row.hash => Ok(()),
        Ended::Whole | Ended::TooLong => Err(ProblemType::ObjectDigestMismatch.into()),
        Ended::Cut => Err(Refusal::malformed("The body ended early")),
        Ended::Superseded => Err(super::uploads::superseded()),
    }
}
