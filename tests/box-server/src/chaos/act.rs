//! Acting out a fault: what happens to the request, and what goes out instead of its answer.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::bodies::{Cut, Trickling};
use super::{Fault, Late, Lie, answers};
use crate::middleware::{handled, instead};
use crate::state::App;
use crate::traffic::Route;

/// Longest body of a request that is handled twice or late.
const KEPT_BYTES: usize = 64 << 20;

type Call = (Route, Request, Next);

/// Answers a request as the fault says.
pub async fn faulty(app: &App, fault: Fault, peer: SocketAddr, call: Call) -> Response {
    tracing::warn!(route = ?call.0, ?fault, "scripted fault");
    match fault {
        Fault::DropBefore => lost(app, peer),
        Fault::DropInBody { after } => drop_in_body(app, peer, after, call).await,
        Fault::DropAfter => {
            let response = whole(app, call).await;
            app.connections.cut(peer);
            response
        }
        Fault::DropInAnswer => drop_in_answer(app, peer, whole(app, call).await).await,
        Fault::Twice => twice(app, call).await,
        Fault::Late => late(app, peer, call).await,
        Fault::Trickle => whole(app, call).await.map(|body| Body::new(Trickling::new(body))),
        Fault::Silence => {
            let _response = whole(app, call).await;
            std::future::pending().await // ends with the connection
        }
        Fault::Hold(gate) => {
            gate.pass().await;
            whole(app, call).await
        }
        Fault::Lie(lie) if is_told_behind(lie) => answers::twisted(app, lie, whole(app, call).await).await,
        fault => {
            let (route, request, _) = call;
            let response = answers::of(&fault, route, request.headers());
            instead(app, route, request, response).await
        }
    }
}

async fn whole(app: &App, (route, request, next): Call) -> Response {
    handled(app, route, request, next).await
}

/// Handles what a newer request of the kind has overtaken.
pub async fn overtaken(app: &App, route: Route) {
    for Late { route, request, next } in app.chaos.overtaken(route) {
        let response = handled(app, route, request, next).await;
        tracing::warn!(?route, status = %response.status(), "a late request was handled");
    }
}

/// Lies that need the right answer first.
const fn is_told_behind(lie: Lie) -> bool {
    !matches!(lie, Lie::Empty | Lie::EmptyObject | Lie::WrongObject | Lie::StoredNothing)
}

fn lost(app: &App, peer: SocketAddr) -> Response {
    app.connections.cut(peer);
    StatusCode::NO_CONTENT.into_response()
}

async fn drop_in_body(app: &App, peer: SocketAddr, after: u64, (route, request, next): Call) -> Response {
    let (parts, body) = request.into_parts();
    let connections = app.connections.clone();
    let body = Body::new(Cut::of_request(body, after, move || connections.cut(peer)));
    let response = whole(app, (route, Request::from_parts(parts, body), next)).await;
    app.connections.cut(peer); // the body may have been shorter
    response
}

async fn drop_in_answer(app: &App, peer: SocketAddr, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, KEPT_BYTES).await else { return lost(app, peer) };
    if bytes.is_empty() {
        app.connections.cut(peer);
        return Response::from_parts(parts, Body::empty());
    }
    let (half, connections) = (bytes.len() as u64 / 2, app.connections.clone());
    Response::from_parts(parts, Body::new(Cut::of_answer(Body::from(bytes), half, move || connections.cut(peer))))
}

async fn twice(app: &App, (route, request, next): Call) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, KEPT_BYTES).await else { return cut_short() };
    let again = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    let _first = whole(app, (route, Request::from_parts(parts, Body::from(bytes)), next.clone())).await;
    whole(app, (route, again, next)).await
}

async fn late(app: &App, peer: SocketAddr, (route, request, next): Call) -> Response {
    let (parts, body) = request.into_parts();
    if let Ok(bytes) = axum::body::to_bytes(body, KEPT_BYTES).await {
        let request = Request::from_parts(parts, Body::from(bytes));
        app.chaos.late.lock().expect("no holder panics").push(Late { route, request, next });
    }
    lost(app, peer)
}

fn cut_short() -> Response {
    StatusCode::BAD_REQUEST.into_response()
}
