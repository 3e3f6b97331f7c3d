//! Opening and seal of a shift.

use axum::extract::State;
use axum::http::StatusCode;
use streife_core::domain::ShiftId;
use streife_core::seal::{ShiftOpening, ShiftSeal};
use streife_core::sync::protocol::ProblemType;

use crate::auth::{Device, Ids};
use crate::body::Cose;
use crate::error::Refusal;
use crate::state::{App, run};

/// `PUT /v1/shifts/{id}`
pub async fn put(
    State(app): State<App>,
    device: Device,
    Ids(shift): Ids<ShiftId>,
    Cose(bytes): Cose<65_536>,
) -> Result<StatusCode, Refusal> {
    run(&app, move |app| {
        let opening = device.verify::<ShiftOpening>(&bytes)?;
        let payload = opening.payload();
        if (payload.shift, payload.device) != (shift, device.id) || payload.agency != app.identity.agency {
            return Err(Refusal::malformed("The opening is not for this shift, device or agency"));
        }
        // What was opened before is welcome again; a device being drained begins nothing.
        if app.store.shift(shift)?.is_none() && app.store.is_draining(device.id)? {
            return Err(ProblemType::DeviceRevoked.into());
        }
        app.store.put_shift(&opening)?.status(ProblemType::ShiftConflict)
    })
    .await
}

/// `PUT /v1/shifts/{id}/seal`. That cases are missing or contradict the seal is flagged, never refused.
pub async fn put_seal(
    State(app): State<App>,
    device: Device,
    Ids(shift): Ids<ShiftId>,
    Cose(bytes): Cose<{ ShiftSeal::MAX_BYTES }>,
) -> Result<StatusCode, Refusal> {
    run(&app, move |app| {
        let seal = device.verify::<ShiftSeal>(&bytes)?;
        if (seal.payload().shift, seal.payload().device) != (shift, device.id) {
            return Err(Refusal::malformed("The seal is not for this shift or device"));
        }
        device.shift(app, shift)?;
        app.store.put_seal(&seal)?.status(ProblemType::ShiftConflict)
    })
    .await
}
