//! What the box can do, and what time it has. Anyone may ask.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use streife_core::domain::from_hex;
use streife_core::seal::{Manifest, Namespace, ShiftSeal, SignedPayload, TimeStatement, sign_payload};
use streife_core::sync::protocol::{BoxInfo, BoxKeys, COSE, JSON, Limits, PUT_BYTES};

use super::lists::tagged;
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// Longest sealed object.
pub const OBJECT_BYTES: u64 = 64 * 1024 * 1024;

/// `GET /v1/box`
pub async fn capabilities(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    let json = serde_json::to_vec(&info(&app)).map_err(std::io::Error::from)?;
    Ok(tagged(&headers, JSON, json))
}

fn info(app: &Shared) -> BoxInfo {
    BoxInfo {
        box_id: app.identity.box_id,
        agency: app.identity.agency.0.clone(),
        protocols: vec!["put".to_owned(), "tus".to_owned()],
        limits: Limits {
            manifest_bytes: Manifest::MAX_BYTES as u64,
            seal_bytes: ShiftSeal::MAX_BYTES as u64,
            object_bytes: OBJECT_BYTES,
            put_bytes: PUT_BYTES,
        },
        keys: BoxKeys { receipt: app.identity.key.verifying_key().id() },
        hints: app.admission.hints(app.clock.read().mono_ms),
        min_app: "0.1.0".to_owned(),
    }
}

/// The phone's nonce.
#[derive(Deserialize)]
pub struct Nonce {
    nonce: String,
}

/// `GET /v1/time?nonce=`
pub async fn time(
    State(app): State<App>,
    query: Result<Query<Nonce>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refusal> {
    let malformed = || Refusal::malformed("The nonce is not 16 bytes in hexadecimal");
    let Query(Nonce { nonce }) = query.map_err(|_| malformed())?;
    let nonce = from_hex(&nonce).map_err(|_| malformed())?;
    let statement = run(&app, move |app| {
        let statement = TimeStatement { nonce, unix_ms: app.now_ms() };
        Ok(sign_payload(Namespace::Time, statement.encode(), &app.identity.key)?)
    });
    Ok(([(header::CONTENT_TYPE, COSE), (header::CACHE_CONTROL, "no-store")], statement.await?).into_response())
}
