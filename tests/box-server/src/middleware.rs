//! Around every request: counting, scripted faults, and finishing what was begun.
//!
//! A handler runs as a task of its own. If the phone goes away in the middle, the server drops the connection but the
//! handler still comes to its end, so no lock stays behind and no file stands between two names.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use streife_core::domain::{BootId, Moment};
use streife_core::sync::protocol::ProblemType;

use crate::admission::{self, Place};
use crate::body::{LentBody, drain, drain_some};
use crate::chaos;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::traffic::Route;

/// The outermost layer.
pub async fn around(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let route = Route::of(request.method(), request.uri().path());
    app.traffic.request(route);
    let response = match admit(&app, route, request.uri()).await {
        Ok(_place) => answered(&app, peer, route, request, next).await,
        Err(refusal) => sent_away(&app, route, request, refusal).await,
    };
    app.traffic.answer(route, response.status().as_u16());
    dated(&app, response)
}

async fn answered(app: &App, peer: SocketAddr, route: Route, request: Request, next: Next) -> Response {
    match app.chaos.due(route) {
        None => {
            let response = handled(app, route, request, next).await;
            chaos::overtaken(app, route).await;
            response
        }
        Some(fault) => chaos::faulty(app, fault, peer, (route, request, next)).await,
    }
}

/// A place inside for as long as the request takes, if its class needs one and there is room.
async fn admit(app: &App, route: Route, uri: &Uri) -> Result<Option<Place>, Refusal> {
    let uri = uri.clone();
    let class = match route {
        Route::ObjectPut | Route::UploadPatch => {
            run(app, move |app| Ok(admission::class_of(app, route, &uri)?)).await?
        }
        _ => admission::class_of(app, route, &uri)?,
    };
    let now = app.clock.read().mono_ms;
    class.map(|class| app.admission.enter(class, now).map_err(Refusal::busy)).transpose()
}

/// Answers before the body is read. A client that waits for `100 Continue` never sends it. Any other is sending already:
/// a little of it is read away, so that it sees the answer, and then the connection ends.
async fn sent_away(app: &App, route: Route, request: Request, refusal: Refusal) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = refusal.into_response();
    let is_small = body.size_hint().upper().is_some_and(|length| length <= DRAINED_WHOLE);
    if is_small && !expects_continue(&parts.headers) {
        let (body, _rest) = LentBody::lend(body, route, Arc::clone(&app.traffic));
        drain(body).await;
        return response;
    }
    if !expects_continue(&parts.headers) {
        let (mut body, _rest) = LentBody::lend(body, route, Arc::clone(&app.traffic));
        drain_some(&mut body, DRAINED_WHOLE).await;
    }
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Body that is read away when its request was refused before it was read.
const DRAINED_WHOLE: u64 = 65_536;

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Runs the handler to its end, then reads away what it left of the body; not so for a request that a newer one has
/// replaced, because nobody sends the rest of that.
pub async fn handled(app: &App, route: Route, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let lend = if expects_continue(&parts.headers) { LentBody::lend_awaited } else { LentBody::lend };
    let (body, rest) = lend(body, route, Arc::clone(&app.traffic));
    let task = tokio::spawn(next.run(Request::from_parts(parts, body)));
    let response = task.await.unwrap_or_else(|_| Refusal::from(ProblemType::Internal).into_response());
    match rest.await {
        Ok(rest) if response.status() != StatusCode::LOCKED => drain(rest).await,
        _ => {}
    }
    response
}

/// Answers without handling.
pub async fn instead(app: &App, route: Route, request: Request, response: Response) -> Response {
    let (body, _rest) = LentBody::lend(request.into_body(), route, Arc::clone(&app.traffic));
    drain(body).await;
    response
}

/// Every answer says what time the box has; the server's own date would ignore the box's clock.
fn dated(app: &Shared, mut response: Response<Body>) -> Response {
    if let Some(date) = http_date(app.now_ms()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// A time as headers have it (RFC 9110, section 5.6.7).
pub fn http_date(unix_ms: i64) -> Option<HeaderValue> {
    let civil = Moment::new(unix_ms, 0, 0, BootId([0; 16])).and_then(|moment| moment.civil()).ok()?;
    HeaderValue::try_from(civil.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
