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
use crate::state::{App, run};
use crate::store::Put;

/// `PUT /v1/devices/{id}`. The same key again needs no code: the answer to the first request may have been lost, and
/// the code may have expired since. Attestation is stored nowhere yet; the reference box believes the code.
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
        if Hash::of(&[enrolment.enrolment_code.as_bytes()]) != app.identity.enrolment {
            return Err(ProblemType::EnrolmentRefused.into());
        }
        tracing::info!(%device, "enrolled");
        app.store.put_device(device, &key, app.now_ms())?.status(ProblemType::DeviceConflict)
    });
    Ok((status.await?, Json(Enrolled { device })))
}
