//! What case workers read: everything that is stored, exactly as it came.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use serde::{Deserialize, Serialize};
use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::seal::jose::{HeadClaim, Jwk};
use streife_core::sync::protocol::{BoxCaseState, COSE, OCTETS, ProblemType, digest_header};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use crate::auth::{Desk, Ids};
use crate::error::Refusal;
use crate::state::{App, run};
use crate::store::{Alarm, CaseRow};

/// Cases in one answer.
const PAGE: u32 = 500;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct After {
    #[serde(default)]
    pub after: u64,
}

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
}

impl From<CaseRow> for CaseLine {
    fn from(row: CaseRow) -> Self {
        let CaseRow { case, device, shift, seq, state, index, .. } = row;
        Self { case, device, shift, seq, state, index }
    }
}

/// `GET /v1/cases?after=`: `next` is what to ask after the next time, also when nothing came.
pub async fn cases(
    State(app): State<App>,
    _: Desk,
    query: Result<Query<After>, QueryRejection>,
) -> Result<Json<CaseList>, Refusal> {
    let Query(After { after }) = query.map_err(|_| Refusal::malformed("`after` is not a number"))?;
    run(&app, move |app| {
        let cases: Vec<CaseLine> = app.store.cases_after(after, PAGE)?.into_iter().map(CaseLine::from).collect();
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
) -> Result<Response, Refusal> {
    let row = run(&app, move |app| {
        let row = app.store.object(object)?.filter(|row| row.case == case && row.stored);
        row.ok_or_else(|| ProblemType::ObjectUnknown.into())
    })
    .await?;
    let file = File::open(app.blobs.object(object)).await?;
    let digest = digest_header(&row.hash);
    let head = [(header::CONTENT_TYPE.as_str(), OCTETS), ("repr-digest", &digest), ("content-digest", &digest)];
    Ok((head, Body::new(FileBody { file, left: row.length })).into_response())
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

/// A file, piece by piece.
struct FileBody {
    file: File,
    left: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let mut piece = vec![0; 1 << 16];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.file).poll_read(cx, &mut buffer))?;
        let bytes = Bytes::copy_from_slice(buffer.filled());
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
