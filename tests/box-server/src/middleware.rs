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
use axum::response::{IntoResponse, Response};
use streife_core::domain::{BootId, Moment};
use streife_core::sync::protocol::ProblemType;

use crate::body::{LentBody, drain};
use crate::chaos;
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
        None => {
            let response = handled(&app, route, request, next).await;
            chaos::overtaken(&app, route).await;
            response
        }
        Some(fault) => chaos::faulty(&app, fault, peer, (route, request, next)).await,
    };
    app.traffic.answer(route, response.status().as_u16());
    dated(&app, response)
}

/// Runs the handler to its end, then reads away what it left of the body; not so for a request that a newer one has
/// replaced, because nobody sends the rest of that.
pub async fn handled(app: &App, route: Route, request: Request, next: Next) -> Response {
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
