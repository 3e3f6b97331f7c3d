//! What the box has of a device's own cases, so that the phone can find what one of the two has lost.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use streife_core::domain::DeviceId;
use streife_core::seal::Hash;
use streife_core::sync::protocol::{DeviceCase, DeviceCases, ProblemType};

use super::cases::missing;
use super::feed::AfterQuery;
use crate::BoxError;
use crate::auth::{Device, Ids};
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::store::CaseRow;

/// Cases in one answer.
const PAGE: u32 = 200;

/// `GET /v1/devices/{device}/cases?after=`. Another device's cases are nobody's.
pub async fn get(
    State(app): State<App>,
    asking: Device,
    Ids(device): Ids<DeviceId>,
    AfterQuery(after): AfterQuery,
) -> Result<Json<DeviceCases>, Refusal> {
    if asking.id != device {
        return Err(ProblemType::NotFound.into());
    }
    run(&app, move |app| {
        let rows = app.store.cases_of_device(device, after, PAGE)?;
        let next = rows.last().map_or(after, |row| row.index);
        let cases = rows.iter().map(|row| line(app, row)).collect::<Result<_, _>>()?;
        Ok(Json(DeviceCases { cases, next }))
    })
    .await
}

fn line(app: &Shared, row: &CaseRow) -> Result<DeviceCase, BoxError> {
    Ok(DeviceCase {
        case: row.case,
        index: row.index,
        manifest: Hash::of(&[&row.manifest]),
        state: row.state,
        missing: missing(app, row)?.iter().map(|object| object.object).collect(),
        decision: app.store.decision(row.case)?.map(|decision| BASE64.encode(decision)),
    })
}
