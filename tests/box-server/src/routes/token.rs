//! Access tokens (RFC 6749, 7523, 9449): the device's hardware key signs once, a session key proves each request after.
//!
//! With the assertion a device tells how far its journal has come, and with the token it is reminded of how far the box
//! knew it to be. A journal that has become shorter, or another, is an alarm for the desk; it refuses no delivery.

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::{Method, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use streife_core::domain::DeviceId;
use streife_core::seal::jose::{self, AssertionClaims, HeadClaim};
use streife_core::seal::{Hash, JournalHead};
use streife_core::sync::protocol::{ASSERTION_TYPE, CLIENT_CREDENTIALS, ProblemType, SCOPE_DRAIN, TokenAnswer, path};

use crate::BoxError;
use crate::auth::{Device, admitted, once, proof, require_now, verify_proof};
use crate::body::{read_whole, require_type};
use crate::error::Refusal;
use crate::replay::SKEW_S;
use crate::state::{App, Shared, run};

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_BYTES: usize = 8192;
/// Twelve hours: longer than a shift.
const EXPIRES_IN_S: u32 = 43_200;

#[derive(Deserialize)]
struct Form {
    grant_type: String,
    client_assertion_type: String,
    client_assertion: String,
}

/// `POST /v1/token`
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    require_type(&parts.headers, FORM)?;
    let form = form(read_whole(&parts.headers, body, FORM_BYTES).await?)?;
    let proof = proof(&parts.headers)?;
    let answer = run(&app, move |app| grant(app, &form, &proof)).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// A form's body and a query have one grammar.
fn form(body: Vec<u8>) -> Result<Form, Refusal> {
    let malformed = || Refusal::malformed("The body is not the form of a token request");
    let query = String::from_utf8(body).map_err(|_| malformed())?;
    let uri: Uri = format!("/?{query}").parse().map_err(|_| malformed())?;
    let Query(form) = Query::<Form>::try_from_uri(&uri).map_err(|_| malformed())?;
    let is_known = form.grant_type == CLIENT_CREDENTIALS && form.client_assertion_type == ASSERTION_TYPE;
    if is_known { Ok(form) } else { Err(malformed()) }
}

fn grant(app: &Shared, form: &Form, proof: &str) -> Result<TokenAnswer, Refusal> {
    let (device, head) = authenticate(app, &form.client_assertion)?;
    let (claims, session) = verify_proof(app, proof, Method::POST.as_str(), path::TOKEN)?;
    once(app, &session.thumbprint(), &claims.jti, claims.iat)?;
    let token = app.secret()?;
    let now_ms = app.now_ms();
    let expires_at = now_ms.saturating_add(i64::from(EXPIRES_IN_S) * 1000);
    let hash = Hash::of(&[token.as_bytes()]);
    app.store.put_token(hash, device.id, &session.thumbprint(), (now_ms, expires_at))?;
    let known = head.map(|head| note_head(app, device.id, head.into(), now_ms)).transpose()?.flatten();
    Ok(TokenAnswer {
        access_token: token,
        token_type: "DPoP".to_owned(),
        expires_in: EXPIRES_IN_S,
        scope: app.store.is_draining(device.id)?.then(|| SCOPE_DRAIN.to_owned()),
        head: known.map(HeadClaim::from),
    })
}

/// Notes how far a device says its journal has come; how far it had been before.
fn note_head(app: &Shared, device: DeviceId, told: JournalHead, now_ms: i64) -> Result<Option<JournalHead>, BoxError> {
    let known = app.store.note_head(device, told, now_ms)?;
    if let Some(known) = known.filter(|known| told.n <= known.n && told != *known) {
        tracing::warn!(%device, known = known.n, told = told.n, "a journal was set back, or is another");
    }
    Ok(known)
}

/// The device, and how far it says its journal has come.
fn authenticate(app: &Shared, assertion: &str) -> Result<(Device, Option<HeadClaim>), Refusal> {
    let issuer = jose::unverified_issuer(assertion).map_err(|_| ProblemType::TokenInvalid)?;
    let id: DeviceId = issuer.parse().map_err(|_| ProblemType::TokenInvalid)?;
    let row = app.store.device(id)?.ok_or(ProblemType::DeviceUnknown)?;
    let claims = jose::verify_assertion(assertion, &row.key).map_err(|_| ProblemType::TokenInvalid)?;
    if !is_for_us(app, &claims) {
        return Err(ProblemType::TokenInvalid.into());
    }
    require_now(app, claims.iat)?;
    once(app, &issuer, &claims.jti, claims.iat)?;
    Ok((admitted(row)?, claims.head))
}

fn is_for_us(app: &Shared, claims: &AssertionClaims) -> bool {
    let lifetime = claims.exp.saturating_sub(claims.iat);
    claims.sub == claims.iss && app.is_token_url(&claims.aud) && (0..=SKEW_S).contains(&lifetime)
}
