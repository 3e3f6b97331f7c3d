//! Declaring a case, asking how far it is, and its receipt.
//!
//! There is no request that commits a case: the last verified object does.

use std::collections::HashSet;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use streife_core::domain::CaseId;
use streife_core::seal::Manifest;
use streife_core::sync::protocol::{COSE, CaseAnswer, PUT_BYTES, ProblemType, Upload, UploadProtocol, path};

use super::info::OBJECT_BYTES;
use super::lists::tagged;
use super::notices::OPEN_MS;
use crate::BoxError;
use crate::auth::{Device, Ids, Reader};
use crate::body::Cose;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::store::{CaseRow, ObjectRow};

const OBJECTS: usize = 256;
/// Shorter than what proxies and phones take for silence.
const LONGEST_WAIT_S: u64 = 30;
const FOR_EVER: &str = "private, max-age=31536000, immutable";
const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

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
        if let Some(notice) = &manifest.payload().notice {
            app.store.put_notice(case, notice, app.now_ms().saturating_add(OPEN_MS))?;
        }
        app.store.renew_uploads(case)?;
        Ok((status, Json(answer(app, &device.case(app, case)?)?)))
    })
    .await
}

/// `GET /v1/cases/{id}`
pub async fn get(State(app): State<App>, reader: Reader, Ids(case): Ids<CaseId>) -> Result<Json<CaseAnswer>, Refusal> {
    run(&app, move |app| Ok(Json(answer(app, &reader.case(app, case)?)?))).await
}

/// `GET /v1/cases/{id}/receipt`. With `Prefer: wait=N` (RFC 7240) the answer waits for the last object.
pub async fn receipt(
    State(app): State<App>,
    reader: Reader,
    Ids(case): Ids<CaseId>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let patience = patience(&headers);
    let receipt = match patience {
        None => find_receipt(&app, &reader, case).await?,
        Some(seconds) => {
            let wait = tokio::time::timeout(Duration::from_secs(seconds), await_receipt(&app, &reader, case));
            match wait.await {
                Ok(found) => found?,
                Err(_over) => find_receipt(&app, &reader, case).await?,
            }
        }
    };
    let mut response = tagged(&headers, COSE, receipt);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    if let Some(applied) = patience.and_then(|seconds| HeaderValue::try_from(format!("wait={seconds}")).ok()) {
        response.headers_mut().insert(APPLIED, applied);
    }
    Ok(response)
}

async fn await_receipt(app: &App, reader: &Reader, case: CaseId) -> Result<Vec<u8>, Refusal> {
    loop {
        let mut stored = app.waiting.subscribe(case); // before the look, so that nothing falls in between
        match find_receipt(app, reader, case).await {
            Err(refusal) if refusal.kind() == Some(ProblemType::CaseIncomplete) => drop(stored.changed().await),
            found => return found,
        }
    }
}

async fn find_receipt(app: &App, reader: &Reader, case: CaseId) -> Result<Vec<u8>, Refusal> {
    let reader = reader.clone();
    run(app, move |app| {
        let row = reader.case(app, case)?;
        let missing = missing(app, &row)?.iter().map(|object| object.object).collect();
        row.receipt.ok_or_else(|| Refusal::incomplete(missing))
    })
    .await
}

/// Seconds that the client would rather wait than come again.
fn patience(headers: &HeaderMap) -> Option<u64> {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = preferences.flat_map(|value| value.split([',', ';'])).map(str::trim);
    let seconds = preferences.find_map(|preference| preference.strip_prefix("wait=")?.parse::<u64>().ok())?;
    Some(seconds.min(LONGEST_WAIT_S))
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

/// Objects that are missing.
pub fn missing(app: &Shared, case: &CaseRow) -> Result<Vec<ObjectRow>, BoxError> {
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
    let offset = app.part_length(object)?;
    Ok(Upload { object, url: path::upload(object), protocol: UploadProtocol::Tus, offset, length })
}
