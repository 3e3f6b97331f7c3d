//! What case workers read: everything that is stored, exactly as it came.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::seal::jose::{HeadClaim, Jwk};
use streife_core::sync::protocol::{BoxCaseState, COSE, ProblemType};

use super::download;
use super::feed::AfterQuery;
use crate::auth::{Desk, Ids};
use crate::error::Refusal;
use crate::state::{App, run};
use crate::store::{Alarm, CaseRow};

/// Cases in one answer.
const PAGE: u32 = 500;

/// A page of the list of cases.
#[derive(Serialize)]
pub struct CaseList {
    cases: Vec<CaseLine>,
    next: u64,
}

#[derive(Serialize)]
struct CaseLine {
    case: CaseId,
    device: DeviceId,
    shift: ShiftId,
    seq: u32,
    state: BoxCaseState,
    index: u64,
    /// It came from a device being drained.
    late: bool,
}

impl CaseLine {
    fn of(row: CaseRow, late: &HashSet<CaseId>) -> Self {
        let CaseRow { case, device, shift, seq, state, index, .. } = row;
        Self { case, device, shift, seq, state, index, late: late.contains(&case) }
    }
}

/// `GET /v1/cases?after=`: `next` is what to ask after the next time, also when nothing came.
pub async fn cases(State(app): State<App>, _: Desk, AfterQuery(after): AfterQuery) -> Result<Json<CaseList>, Refusal> {
    run(&app, move |app| {
        let rows = app.store.cases_after(after, PAGE)?;
        let late = app.store.late_cases_after(after)?;
        let cases: Vec<CaseLine> = rows.into_iter().map(|row| CaseLine::of(row, &late)).collect();
        let next = cases.last().map_or(after, |case| case.index);
        Ok(Json(CaseList { cases, next }))
    })
    .await
}

/// `GET /v1/cases/{c}/manifest`
pub async fn manifest(State(app): State<App>, _: Desk, Ids(case): Ids<CaseId>) -> Result<Response, Refusal> {
    run(&app, move |app| Ok(cose(app.store.case(case)?.ok_or(ProblemType::CaseUnknown)?.manifest))).await
}

/// `GET /v1/cases/{c}/objects/{o}`
pub async fn object(
    State(app): State<App>,
    _: Desk,
    Ids((case, object)): Ids<(CaseId, ObjectId)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let row = run(&app, move |app| {
        let row = app.store.object(object)?.filter(|row| row.case == case && row.stored);
        row.ok_or_else(|| ProblemType::ObjectUnknown.into())
    })
    .await?;
    download::serve(&app, &row, &headers).await
}

/// `GET /v1/shifts/{id}`
pub async fn opening(State(app): State<App>, _: Desk, Ids(shift): Ids<ShiftId>) -> Result<Response, Refusal> {
    run(&app, move |app| Ok(cose(app.store.shift(shift)?.ok_or(ProblemType::ShiftUnknown)?.opening))).await
}

/// `GET /v1/shifts/{id}/seal`
pub async fn seal(State(app): State<App>, _: Desk, Ids(shift): Ids<ShiftId>) -> Result<Response, Refusal> {
    run(&app, move |app| {
        let shift = app.store.shift(shift)?.ok_or(ProblemType::ShiftUnknown)?;
        Ok(cose(shift.seal.ok_or(ProblemType::NotFound)?))
    })
    .await
}

/// A device's public key.
#[derive(Serialize)]
pub struct DeviceKey {
    device: DeviceId,
    jwk: Jwk,
}

/// `GET /v1/devices/{id}`
pub async fn device(State(app): State<App>, _: Desk, Ids(device): Ids<DeviceId>) -> Result<Json<DeviceKey>, Refusal> {
    run(&app, move |app| {
        let row = app.store.device(device)?.ok_or(ProblemType::NotFound)?;
        Ok(Json(DeviceKey { device, jwk: Jwk::of(&row.key) }))
    })
    .await
}

/// What devices have told against what they had told before.
#[derive(Serialize)]
pub struct AlarmList {
    alarms: Vec<AlarmLine>,
}

#[derive(Serialize)]
struct AlarmLine {
    device: DeviceId,
    at: i64,
    known: HeadClaim,
    told: HeadClaim,
}

/// `GET /v1/alarms`
pub async fn alarms(State(app): State<App>, _: Desk) -> Result<Json<AlarmList>, Refusal> {
    run(&app, move |app| {
        let line = |Alarm { device, at, known, told }| AlarmLine { device, at, known: known.into(), told: told.into() };
        Ok(Json(AlarmList { alarms: app.store.alarms()?.into_iter().map(line).collect() }))
    })
    .await
}

/// Ids of a case's events in order of arrival.
#[derive(Serialize)]
pub struct EventList {
    events: Vec<EventId>,
}

/// `GET /v1/cases/{c}/events`
pub async fn events(State(app): State<App>, _: Desk, Ids(case): Ids<CaseId>) -> Result<Json<EventList>, Refusal> {
    run(&app, move |app| {
        app.store.case(case)?.ok_or(ProblemType::CaseUnknown)?;
        let events = app.store.events(case)?;
        Ok(Json(EventList { events: events.into_iter().map(|event| event.event).collect() }))
    })
    .await
}

/// `GET /v1/cases/{c}/events/{e}`
pub async fn event(
    State(app): State<App>,
    _: Desk,
    Ids((case, event)): Ids<(CaseId, EventId)>,
) -> Result<Response, Refusal> {
    run(&app, move |app| Ok(cose(app.store.event(case, event)?.ok_or(ProblemType::NotFound)?.bytes))).await
}

fn cose(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, COSE)], bytes).into_response()
}
