//! Small objects in one request.
//!
//! The body is taken whole into memory, 256 KiB at most, and then one piece of blocking work verifies, writes and marks it:
//! each hop to another thread costs as much as the writing. Photos stream ([`super::uploads`]).

use std::io;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::seal::Hash;
use streife_core::sync::protocol::{OCTETS, PUT_BYTES, ProblemType};

use super::info::OBJECT_BYTES;
use super::uploads::announced;
use crate::BoxError;
use crate::auth::{Device, Ids};
use crate::body::{content_digest, read_hash, repr_digest, require_type};
use crate::error::Refusal;
use crate::intake::{self, Ended};
use crate::state::{App, Shared, run};
use crate::store::{Blob, BlobStore, ObjectRow};

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
    let stated = content_digest(&parts.headers)?.ok_or(ProblemType::DigestMismatch)?;
    if repr_digest(&parts.headers)?.is_some_and(|digest| digest != row.hash) {
        return Err(ProblemType::ObjectDigestMismatch.into());
    }
    let bytes = match intake::whole(&mut body, &mut turn, row.length).await {
        (bytes, Ended::Whole) => bytes,
        (_, Ended::TooLong) => return Err(ProblemType::ObjectDigestMismatch.into()),
        (_, Ended::Cut) => return Err(Refusal::malformed("The body ended early")),
        (_, Ended::Superseded) => return Err(super::uploads::superseded()),
    };
    run(&app, move |app| store(app, &row, &bytes, stated)).await?;
    Ok(StatusCode::CREATED)
}

/// Takes the bytes over if they are the ones that were stated and that the manifest lists.
fn store(app: &Shared, row: &ObjectRow, bytes: &[u8], stated: Hash) -> Result<(), Refusal> {
    match Hash::of(&[bytes]) {
        hash if hash != stated => return Err(ProblemType::DigestMismatch.into()),
        hash if hash != row.hash => return Err(ProblemType::ObjectDigestMismatch.into()),
        _ => {}
    }
    let upload = Blob::OneShot(row.object);
    let written = write(app.blobs.as_ref(), upload, bytes).map_err(BoxError::from);
    let stored = written.and_then(|()| app.adopt(row, upload));
    if stored.is_err() {
        app.blobs.remove(upload)?;
    }
    Ok(stored?)
}

/// Writes all of an upload, in the place of whatever a crash has left there.
fn write(blobs: &dyn BlobStore, upload: Blob, bytes: &[u8]) -> io::Result<()> {
    blobs.remove(upload)?;
    let mut file = blobs.append(upload)?;
    file.write(bytes)?;
    file.sync()
}

/// The object is here already: the same bytes are welcome, other bytes are not, and neither are kept.
async fn again(headers: &HeaderMap, body: &mut Body, row: &ObjectRow) -> Result<StatusCode, Refusal> {
    let hash = read_hash(body, OBJECT_BYTES).await?;
    if content_digest(headers)? != Some(hash) {
        return Err(ProblemType::DigestMismatch.into());
    }
    if hash == row.hash { Ok(StatusCode::OK) } else { Err(ProblemType::ObjectConflict.into()) }
}
