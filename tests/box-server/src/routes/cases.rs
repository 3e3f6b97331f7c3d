//! Declaring a case, asking how far it is, and its receipt.
//!
//! There is no request that commits a case: the last verified object does.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::domain::CaseId;
use streife_core::seal::Manifest;
use streife_core::sync::protocol::{COSE, CaseAnswer, PUT_BYTES, ProblemType, Upload, UploadProtocol, path};

use super::info::OBJECT_BYTES;
use crate::BoxError;
use crate::auth::{Device, Ids, Reader};
use crate::body::Cose;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::store::{CaseRow, ObjectRow};

const OBJECTS: usize = 256;

/// `PUT /v1/cases/{id}`
pub async fn put(
    State(app): State<App>,
    device: Device,
    Ids(case): Ids<CaseId>,
    Cose(bytes): Cose<{ Manifest::MAX_BYTES }>,
) -> Result<(StatusCode, Json<CaseAnswer>), Refusal> {
    run(&app, move |app| {
        let manifest = device.verify::<Manifest>(&bytes)?;
        check(app, manifest.payload(), &device, case)?;
        device.shift(app, manifest.payload().shift)?;
        let put = app.store.put_case(&manifest)?.ok_or(ProblemType::ObjectConflict)?;
        let status = put.status(ProblemType::CaseConflict)?;
        Ok((status, Json(answer(app, &device.case(app, case)?)?)))
    })
    .await
}

/// `GET /v1/cases/{id}`
pub async fn get(State(app): State<App>, reader: Reader, Ids(case): Ids<CaseId>) -> Result<Json<CaseAnswer>, Refusal> {
    run(&app, move |app| Ok(Json(answer(app, &reader.case(app, case)?)?))).await
}

/// `GET /v1/cases/{id}/receipt`
pub async fn receipt(State(app): State<App>, reader: Reader, Ids(case): Ids<CaseId>) -> Result<Response, Refusal> {
    let receipt = run(&app, move |app| {
        let row = reader.case(app, case)?;
        let missing = missing(app, &row)?.iter().map(|object| object.object).collect();
        row.receipt.ok_or_else(|| Refusal::incomplete(missing))
    });
    let head = [(header::CONTENT_TYPE, COSE), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")];
    Ok((head, receipt.await?).into_response())
}

fn check(app: &Shared, manifest: &Manifest, device: &Device, case: CaseId) -> Result<(), Refusal> {
    if (manifest.case, manifest.device) != (case, device.id) || manifest.agency != app.identity.agency {
        return Err(Refusal::malformed("The manifest is not for this case, device or agency"));
    }
    if manifest.objects.len() > OBJECTS || manifest.objects.iter().any(|object| object.length > OBJECT_BYTES) {
        return Err(ProblemType::TooLarge.into());
    }
    let ids: HashSet<_> = manifest.objects.iter().map(|object| object.object).collect();
    if ids.len() < manifest.objects.len() {
        return Err(Refusal::malformed("The manifest lists an object twice"));
    }
    if !manifest.wraps.iter().any(|wrap| app.knows_recipient(wrap.recipient)) {
        let title = "Nobody of the agency could open the case";
        return Err(Refusal::new(ProblemType::Malformed, StatusCode::UNPROCESSABLE_ENTITY, title));
    }
    Ok(())
}

fn missing(app: &Shared, case: &CaseRow) -> Result<Vec<ObjectRow>, BoxError> {
    let objects = app.store.objects(case.case)?;
    Ok(objects.into_iter().filter(|object| !object.stored).collect())
}

fn answer(app: &Shared, case: &CaseRow) -> Result<CaseAnswer, BoxError> {
    let missing = missing(app, case)?;
    Ok(CaseAnswer {
        state: case.state,
        missing: missing.iter().map(|object| object.object).collect(),
        uploads: missing.iter().map(|object| upload(app, object)).collect::<Result<_, _>>()?,
    })
}

fn upload(app: &Shared, object: &ObjectRow) -> Result<Upload, BoxError> {
    let (case, object, length) = (object.case, object.object, object.length);
    if length <= PUT_BYTES {
        let url = path::object(case, object);
        return Ok(Upload { object, url, protocol: UploadProtocol::Put, offset: 0, length });
    }
    let offset = app.blobs.part_length(object)?;
    Ok(Upload { object, url: path::upload(object), protocol: UploadProtocol::Tus, offset, length })
}
