//! The case key, wrapped for somebody who joined the agency later.
//!
//! The manifest is signed by the device and never changes; further wraps stand beside it. They are not signed: whoever
//! opens one compares the key with the commitment in the manifest, and a wrong one shows.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use streife_core::domain::{CaseId, KeyId};
use streife_core::seal::{Kem, Wrap, WrappedKey};
use streife_core::sync::protocol::ProblemType;

use crate::auth::{Desk, Ids};
use crate::body::JsonBody;
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// A wrap in JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WrapBody {
    kem: u16,
    enc: String,
    ct: String,
}

/// All further wraps of a case.
#[derive(Serialize)]
pub struct WrapList {
    wraps: Vec<WrapLine>,
}

#[derive(Serialize)]
struct WrapLine {
    kid: KeyId,
    #[serde(flatten)]
    wrap: WrapBody,
}

/// `PUT /v1/cases/{c}/wraps/{kid}`
pub async fn put(
    State(app): State<App>,
    _: Desk,
    Ids((case, kid)): Ids<(CaseId, KeyId)>,
    JsonBody(body): JsonBody<WrapBody>,
) -> Result<StatusCode, Refusal> {
    run(&app, move |app| {
        let wrapped = read(app, kid, &body)?;
        app.store.case(case)?.ok_or(ProblemType::CaseUnknown)?;
        app.store.put_wrap(case, &wrapped)?.status(ProblemType::EventConflict)
    })
    .await
}

/// `GET /v1/cases/{c}/wraps`
pub async fn get(State(app): State<App>, _: Desk, Ids(case): Ids<CaseId>) -> Result<Json<WrapList>, Refusal> {
    run(&app, move |app| {
        app.store.case(case)?.ok_or(ProblemType::CaseUnknown)?;
        Ok(Json(WrapList { wraps: app.store.wraps(case)?.into_iter().map(line).collect() }))
    })
    .await
}

fn line(WrappedKey { recipient, kem, wrap }: WrappedKey) -> WrapLine {
    let wrap = WrapBody { kem: kem as u16, enc: BASE64.encode(wrap.enc), ct: BASE64.encode(wrap.ct) };
    WrapLine { kid: recipient, wrap }
}

fn read(app: &Shared, kid: KeyId, body: &WrapBody) -> Result<WrappedKey, Refusal> {
    let malformed = || Refusal::malformed("The wrap does not have the form of its mechanism");
    let kem = Kem::from_number(body.kem.into()).ok_or_else(malformed)?;
    let decode = |text: &str| BASE64.decode(text).map_err(|_| malformed());
    let wrap = Wrap { enc: decode(&body.enc)?, ct: decode(&body.ct)? };
    let enc = match kem {
        Kem::XWing => 1120,
        Kem::P256 => 65,
    };
    if (wrap.enc.len(), wrap.ct.len()) != (enc, 48) {
        return Err(malformed());
    }
    if !app.is_recipient(kid, kem) {
        let title = "The agency's recipient set has no such key";
        return Err(Refusal::new(ProblemType::Malformed, StatusCode::UNPROCESSABLE_ENTITY, title));
    }
    Ok(WrappedKey { recipient: kid, kem, wrap })
}
