//! Case numbers for the phones, in ranges.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use streife_core::domain::{DeviceId, NumberRange, RangeRequestId};
use streife_core::seal::{GrantedNumbers, Namespace, SignedPayload, sign_payload};
use streife_core::sync::protocol::{COSE, ProblemType};

use crate::BoxError;
use crate::auth::{Device, Ids};
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// `PUT /v1/devices/{device}/numbers/{request}`. The same request again gets the same bytes, whatever became of the first
/// answer.
pub async fn put(
    State(app): State<App>,
    asking: Device,
    Ids((device, request)): Ids<(DeviceId, RangeRequestId)>,
) -> Result<Response, Refusal> {
    if asking.id != device {
        return Err(ProblemType::NotFound.into());
    }
    let (status, cose) = run(&app, move |app| give(app, device, request)).await?;
    Ok((status, [(header::CONTENT_TYPE, COSE), (header::CACHE_CONTROL, "no-store")], cose).into_response())
}

fn give(app: &Shared, device: DeviceId, request: RangeRequestId) -> Result<(StatusCode, Vec<u8>), Refusal> {
    if app.store.is_draining(device)? {
        return Err(ProblemType::DeviceRevoked.into());
    }
    let (prefix, count) = app.identity.numbers;
    let agency = || app.identity.agency.clone();
    let now_ms = app.now_ms();
    let given = app.store.put_range(device, request, now_ms, &|range| {
        let numbers = NumberRange { prefix, range, count };
        if !numbers.is_sound() {
            return Err(BoxError::Damaged("all case numbers of this prefix are given, or a range has no due size"));
        }
        let granted = GrantedNumbers { device, request, agency: agency(), numbers, granted_at: now_ms };
        tracing::info!(%device, range, "case numbers given");
        Ok(sign_payload(Namespace::Numbers, granted.encode(), &app.identity.key)?)
    })?;
    let (put, cose) = given.ok_or(ProblemType::RateLimited)?;
    Ok((put.status(ProblemType::NotFound)?, cose))
}
