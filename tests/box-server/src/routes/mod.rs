//! One file a resource. Handlers are thin: extractors have checked who asks and what came, the store decides.

mod cases;
mod creation;
mod decisions;
mod desk;
mod device_cases;
mod devices;
mod download;
mod events;
mod feed;
mod info;
mod lists;
mod log;
mod notices;
mod numbers;
mod objects;
mod revocations;
mod shifts;
mod token;
mod uploads;
mod wraps;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post, put};
use streife_core::sync::protocol::{ProblemType, path};

use crate::error::Refusal;
use crate::middleware::around;
use crate::nonce::offer;
use crate::state::App;

/// All addresses of the box.
pub fn router(app: &App) -> Router {
    let uploads = Router::new()
        .route(path::UPLOADS, post(creation::post).options(creation::options))
        .route(
            "/v1/uploads/{object}",
            axum::routing::head(uploads::head).patch(uploads::patch).delete(uploads::delete).options(creation::options),
        )
        .layer(map_response(uploads::tus_headers));
    Router::new()
        .route("/v1/box", get(info::capabilities))
        .route("/v1/time", get(info::time))
        .route("/v1/recipients", get(lists::recipients))
        .route("/v1/catalogues/{name}", get(lists::catalogue))
        .route("/v1/devices/{device}", put(devices::put).get(desk::device))
        .route("/v1/devices/{device}/numbers/{request}", put(numbers::put))
        .route("/v1/devices/{device}/cases", get(device_cases::get))
        .route("/v1/devices/{device}/attestation", get(revocations::attestation))
        .route("/v1/devices/{device}/revocation", put(revocations::put).get(revocations::get))
        .route("/v1/registers/{name}", get(lists::register))
        .route("/v1/notices/{number}", get(notices::get))
        .route("/v1/notices/{number}/objects/{object}", get(notices::object))
        .route("/v1/events", get(feed::get))
        .route("/v1/alarms", get(desk::alarms))
        .route("/v1/token", post(token::post))
        .route("/v1/shifts/{shift}", put(shifts::put).get(desk::opening))
        .route("/v1/shifts/{shift}/seal", put(shifts::put_seal).get(desk::seal))
        .route("/v1/cases", get(desk::cases))
        .route("/v1/cases/{case}", put(cases::put).get(cases::get))
        .route("/v1/cases/{case}/receipt", get(cases::receipt))
        .route("/v1/cases/{case}/proof", get(log::proof))
        .route("/v1/log/checkpoint", get(log::checkpoint))
        .route("/v1/log/consistency", get(log::consistency))
        .route("/v1/log/entries", get(log::entries))
        .route("/v1/cases/{case}/manifest", get(desk::manifest))
        .route("/v1/cases/{case}/objects/{object}", put(objects::put).get(desk::object))
        .route("/v1/cases/{case}/events", get(desk::events))
        .route("/v1/cases/{case}/events/{event}", put(events::put).get(desk::event))
        .route("/v1/cases/{case}/decision", get(decisions::get))
        .route("/v1/cases/{case}/decision/{event}", put(decisions::put))
        .route("/v1/cases/{case}/wraps", get(wraps::get))
        .route("/v1/cases/{case}/wraps/{kid}", put(wraps::put))
        .merge(uploads)
        .fallback(|| async { Refusal::from(ProblemType::NotFound) })
        .method_not_allowed_fallback(|| async {
            Refusal::new(ProblemType::NotFound, StatusCode::METHOD_NOT_ALLOWED, "The address does not take this method")
        })
        .layer(from_fn_with_state(Arc::clone(app), around))
        .layer(from_fn_with_state(Arc::clone(app), offer))
        .with_state(Arc::clone(app))
}
