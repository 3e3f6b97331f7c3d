//! What a citizen with a slip may see: the sealed view, and nothing that says more.
//!
//! Everybody else gets one and the same refusal, so that nobody can find out which numbers are in use, which codes are
//! nearly right, or which cases are old. The box cannot read what it hands out.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL};
use serde::Serialize;
use streife_core::domain::{CaseId, ObjectId};
use streife_core::seal::{Hash, Manifest, ManifestObject, Scope, Signed};
use streife_core::sync::protocol::ProblemType;

use super::download;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::store::ObjectRow;
use crate::{BoxError, auth};

/// How long a slip opens its case: a citizen has a week to answer, and the letter that follows takes over.
pub const OPEN_MS: i64 = 21 * 24 * 60 * 60 * 1000;

/// What the browser needs to open the view.
#[derive(Serialize)]
pub struct NoticeView {
    case: CaseId,
    number: String,
    wrap: String,
    objects: Vec<ViewObject>,
}

#[derive(Serialize)]
struct ViewObject {
    object: ObjectId,
    kind: u8,
    media_type: String,
    length: u64,
    hash: Hash,
    commitment: Hash,
}

/// A citizen who holds the slip of a case.
pub struct Citizen {
    case: CaseId,
}

impl FromRequestParts<App> for Citizen {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let names = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await.map_err(|_| refused())?;
        let number = names.0.into_iter().find(|(name, _)| name == "number").ok_or_else(refused)?.1;
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await.map_err(|_| refused())?;
        let shown = auth::credentials(&parts.headers, "Notice");
        let shown = shown.and_then(|shown| BASE64URL.decode(shown).ok());
        run(app, move |app| admit(app, &number, shown.as_deref(), peer.0.ip())).await
    }
}

/// `GET /v1/notices/{number}`
pub async fn get(State(app): State<App>, citizen: Citizen) -> Result<Json<NoticeView>, Refusal> {
    run(&app, move |app| {
        let manifest = manifest(app, citizen.case)?;
        let notice = manifest.notice.as_ref().ok_or_else(refused)?;
        let (_, wrap) = notice.sealed.as_ref().ok_or_else(refused)?;
        let stored = app.store.objects(citizen.case)?.into_iter().filter(|object| object.stored);
        let stored: Vec<ObjectId> = stored.map(|object| object.object).collect();
        let shown = visible(&manifest).filter(|object| stored.contains(&object.object));
        Ok(Json(NoticeView {
            case: citizen.case,
            number: notice.number.clone(),
            wrap: BASE64.encode(wrap),
            objects: shown.map(ViewObject::of).collect(),
        }))
    })
    .await
}

/// `GET /v1/notices/{number}/objects/{object}`
pub async fn object(
    State(app): State<App>,
    citizen: Citizen,
    names: Result<Path<(String, ObjectId)>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Path((_, object)) = names.map_err(|_| refused())?;
    let row = run(&app, move |app| shown(app, citizen.case, object)).await?;
    download::serve(&app, &row, &headers).await
}

impl ViewObject {
    fn of(object: &ManifestObject) -> Self {
        Self {
            object: object.object,
            kind: object.kind as u8,
            media_type: object.media_type.clone(),
            length: object.length,
            hash: object.hash,
            commitment: object.commitment,
        }
    }
}

fn admit(app: &Shared, number: &str, shown: Option<&[u8]>, from: IpAddr) -> Result<Citizen, Refusal> {
    let (now_ms, guesses) = (app.now_ms(), &app.access.guesses);
    if !guesses.may_try(number, from, now_ms) {
        return Err(Refusal::from(ProblemType::RateLimited).retry_after(60));
    }
    let case = match shown {
        Some(shown) => app.store.noticed_case(number, &Hash::of(&[shown]), now_ms)?,
        None => None,
    };
    case.map(|case| Citizen { case }).ok_or_else(|| {
        guesses.refused(number, from, now_ms);
        refused()
    })
}

/// The one refusal.
fn refused() -> Refusal {
    ProblemType::NotFound.into()
}

fn manifest(app: &Shared, case: CaseId) -> Result<Manifest, BoxError> {
    let row = app.store.case(case)?.ok_or(BoxError::Damaged("a notice without its case"))?;
    let device = app.store.device(row.device)?.ok_or(BoxError::Damaged("a case without its device"))?;
    Ok(Signed::<Manifest>::verify(&row.manifest, &device.key)?.into_payload())
}

fn visible(manifest: &Manifest) -> impl Iterator<Item = &ManifestObject> {
    manifest.objects.iter().filter(|object| object.scope == Scope::View)
}

fn shown(app: &Shared, case: CaseId, object: ObjectId) -> Result<ObjectRow, Refusal> {
    let manifest = manifest(app, case)?;
    if !visible(&manifest).any(|listed| listed.object == object) {
        return Err(refused());
    }
    app.store.object(object)?.filter(|row| row.case == case && row.stored).ok_or_else(refused)
}
