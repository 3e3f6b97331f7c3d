//! Around every request: counting, scripted faults, and finishing what was begun.
//!
//! A handler runs as a task of its own. If the phone goes away in the middle, the server drops the connection but the
//! handler still comes to its end, so no lock stays behind and no file stands between two names.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use streife_core::domain::{BootId, Moment};
use streife_core::sync::protocol::ProblemType;

use crate::body::{LentBody, drain};
use crate::chaos::Fault;
use crate::error::Refusal;
use crate::state::{App, Shared};
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
    let response = match app.chaos.due(route) {
        None => handled(&app, route, request, next).await,
        Some(fault) => faulty(&app, fault, peer, (route, request, next)).await,
    };
    app.traffic.answer(route, response.status().as_u16());
    dated(&app, response)
}

async fn faulty(app: &App, fault: Fault, peer: SocketAddr, (route, request, next): (Route, Request, Next)) -> Response {
    tracing::warn!(?route, ?fault, "scripted fault");
    match fault {
        Fault::DropBefore => {
            app.connections.cut(peer);
            StatusCode::NO_CONTENT.into_response()
        }
        Fault::DropAfter => {
            let response = handled(app, route, request, next).await;
            app.connections.cut(peer);
            response
        }
        Fault::Hold(gate) => {
            gate.pass().await;
            handled(app, route, request, next).await
        }
        Fault::Status { status, retry_after_s } => instead(app, route, request, scripted(status, retry_after_s)).await,
        Fault::Html => instead(app, route, request, Html("<!doctype html><title>Log in</title>").into_response()).await,
    }
}

/// Runs the handler to its end, then reads away what it left of the body; not so for a request that a newer one has
/// replaced, because nobody sends the rest of that.
async fn handled(app: &App, route: Route, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (body, rest) = LentBody::lend(body, route, Arc::clone(&app.traffic));
    let task = tokio::spawn(next.run(Request::from_parts(parts, body)));
    let response = task.await.unwrap_or_else(|_| Refusal::from(ProblemType::Internal).into_response());
    match rest.await {
        Ok(rest) if response.status() != StatusCode::LOCKED => drain(rest).await,
        _ => {}
    }
    response
}

/// Answers without handling.
async fn instead(app: &App, route: Route, request: Request, response: Response) -> Response {
    let (body, _rest) = LentBody::lend(request.into_body(), route, Arc::clone(&app.traffic));
    drain(body).await;
    response
}

fn scripted(status: u16, retry_after_s: Option<u32>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => ProblemType::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => ProblemType::Maintenance,
        StatusCode::UNAUTHORIZED => ProblemType::TokenInvalid,
        _ => ProblemType::Internal,
    };
    let mut response = Refusal::new(kind, status, "Scripted").into_response();
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
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
