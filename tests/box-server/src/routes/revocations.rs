//! What the agency knows of a device besides its key: what its platform said, and that it is lost or goes out of use.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use streife_core::domain::DeviceId;
use streife_core::sync::protocol::ProblemType;

use crate::auth::{Desk, Ids};
use crate::body::JsonBody;
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// How a device is revoked.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationKind {
    /// Somebody else may hold it: it is shut out.
    Stolen,
    /// It goes out of use: it brings home what it has and begins nothing.
    Drain,
}

/// A revocation in JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    kind: RevocationKind,
}

/// What a device's platform said of its key.
#[derive(Serialize)]
pub struct Attestation {
    device: DeviceId,
    attestation: Vec<String>,
}

/// `PUT /v1/devices/{device}/revocation`. A drained device can be shut out, a stolen one does not come back.
pub async fn put(
    State(app): State<App>,
    _: Desk,
    Ids(device): Ids<DeviceId>,
    JsonBody(Revocation { kind }): JsonBody<Revocation>,
) -> Result<StatusCode, Refusal> {
    run(&app, move |app| {
        known(app, device)?;
        match kind {
            RevocationKind::Stolen => app.store.revoke(device)?,
            RevocationKind::Drain => drop(app.store.drain(device, app.now_ms())?),
        }
        tracing::info!(%device, ?kind, "revoked");
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `GET /v1/devices/{device}/revocation`
pub async fn get(State(app): State<App>, _: Desk, Ids(device): Ids<DeviceId>) -> Result<Json<Revocation>, Refusal> {
    run(&app, move |app| {
        let is_stolen = known(app, device)?;
        let kind = match (is_stolen, app.store.is_draining(device)?) {
            (true, _) => RevocationKind::Stolen,
            (false, true) => RevocationKind::Drain,
            (false, false) => return Err(ProblemType::NotFound.into()),
        };
        Ok(Json(Revocation { kind }))
    })
    .await
}

/// `GET /v1/devices/{device}/attestation`
pub async fn attestation(
    State(app): State<App>,
    _: Desk,
    Ids(device): Ids<DeviceId>,
) -> Result<Json<Attestation>, Refusal> {
    run(&app, move |app| {
        known(app, device)?;
        let chain = app.store.attestation(device)?.unwrap_or_else(|| "[]".to_owned());
        let attestation = serde_json::from_str(&chain).map_err(std::io::Error::from)?;
        Ok(Json(Attestation { device, attestation }))
    })
    .await
}

/// Whether the device is shut out.
fn known(app: &Shared, device: DeviceId) -> Result<bool, Refusal> {
    Ok(app.store.device(device)?.ok_or(ProblemType::NotFound)?.revoked)
}
