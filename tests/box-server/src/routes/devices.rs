//! Enrolment: a device's id is bound to the public half of its hardware key, once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use streife_core::domain::DeviceId;
use streife_core::seal::Hash;
use streife_core::sync::protocol::{Enrolled, Enrolment, ProblemType};

use crate::auth::Ids;
use crate::body::JsonBody;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::store::{Newcomer, Put};

/// `PUT /v1/devices/{id}`. The same key again needs no code: the answer to the first request may have been lost, and
/// the code is used up. What the platform says about the key is kept for the desk to judge; the box believes the code.
pub async fn put(
    State(app): State<App>,
    Ids(device): Ids<DeviceId>,
    JsonBody(enrolment): JsonBody<Enrolment>,
) -> Result<(StatusCode, Json<Enrolled>), Refusal> {
    let status = run(&app, move |app| {
        let key = enrolment.jwk.key()?;
        if let Some(known) = app.store.device(device)? {
            let put = if known.key == key { Put::Same } else { Put::Other };
            return put.status(ProblemType::DeviceConflict);
        }
        let code = admission(app, &enrolment.enrolment_code)?;
        let attestation = serde_json::to_string(&enrolment.attestation).map_err(std::io::Error::from)?;
        let newcomer = Newcomer { device, key: &key, attestation: &attestation, code };
        let put = app.store.enrol(&newcomer, app.now_ms())?.ok_or(ProblemType::EnrolmentRefused)?;
        tracing::info!(%device, "enrolled");
        code.map_or(Ok(()), |code| app.access.codes.forget(&code))?;
        put.status(ProblemType::DeviceConflict)
    });
    Ok((status.await?, Json(Enrolled { device })))
}

/// The one-time code that is used up by this enrolment; none if it is the shared one.
fn admission(app: &Shared, code: &str) -> Result<Option<Hash>, Refusal> {
    let hash = Hash::of(&[code.as_bytes()]);
    if app.access.shared_code && hash == app.identity.enrolment {
        return Ok(None);
    }
    let counts = app.access.codes.counts(&hash, app.now_ms())?;
    if counts { Ok(Some(hash)) } else { Err(ProblemType::EnrolmentRefused.into()) }
}
