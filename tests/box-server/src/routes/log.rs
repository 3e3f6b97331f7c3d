//! The box's log: a case's place in it, its size and root, and that it only grew.
//!
//! Checkpoint and consistency are open to anyone: hashes of sealed cases tell nothing, and a log is worth what strangers can
//! hold against it. The list of entries is for the desk, whose monitor rebuilds the tree.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use streife_core::domain::CaseId;
use streife_core::seal::{Checkpoint, Hash, Namespace, SignedPayload, sign_payload};
use streife_core::sync::protocol::{COSE, ProblemType};

use super::feed::AfterQuery;
use crate::auth::{Desk, Ids, Reader};
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// Entries in one answer.
const PAGE: u32 = 10_000;
/// A checkpoint of the same size is signed anew after so many milliseconds, so that strangers cannot keep the key busy.
const FRESH_MS: u64 = 1_000;

/// `GET /v1/cases/{c}/proof`
pub async fn proof(State(app): State<App>, reader: Reader, Ids(case): Ids<CaseId>) -> Result<Response, Refusal> {
    run(&app, move |app| {
        reader.case(app, case)?;
        let size = app.store.log_size()?;
        let proof = app.store.log_proof(case, size)?.ok_or(ProblemType::CaseUnknown)?;
        let root = app.store.log_root(size)?;
        Ok(signed(proof.sign(&root, &app.identity.key)?))
    })
    .await
}

/// `GET /v1/log/checkpoint`
pub async fn checkpoint(State(app): State<App>) -> Result<Response, Refusal> {
    run(&app, |app| Ok(signed(newest(app)?))).await
}

fn newest(app: &Shared) -> Result<Vec<u8>, Refusal> {
    let mut last = app.checkpoint.lock().expect("no holder panics");
    let (size, unix_ms) = (app.store.log_size()?, app.now_ms());
    if let Some((known, bytes)) = last.as_ref()
        && known.size == size
        && known.unix_ms.abs_diff(unix_ms) < FRESH_MS
    {
        return Ok(bytes.clone());
    }
    let checkpoint = Checkpoint { box_id: app.identity.box_id, size, root: app.store.log_root(size)?, unix_ms };
    let bytes = sign_payload(Namespace::Checkpoint, checkpoint.encode(), &app.identity.key)?;
    *last = Some((checkpoint, bytes.clone()));
    Ok(bytes)
}

/// Between which sizes.
#[derive(Deserialize)]
pub struct Sizes {
    from: u64,
    to: Option<u64>,
}

/// `GET /v1/log/consistency?from=&to=`; without `to` as large as the log is.
pub async fn consistency(
    State(app): State<App>,
    query: Result<Query<Sizes>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Sizes { from, to }) = query.map_err(|_| Refusal::malformed("`from` and `to` are not two sizes"))?;
    run(&app, move |app| {
        let size = app.store.log_size()?;
        let to = to.unwrap_or(size);
        if !(1..=to).contains(&from) || to > size {
            return Err(Refusal::malformed("The sizes are not 0 < from <= to <= size of the log"));
        }
        let proof = app.store.log_consistency(from, to)?;
        Ok(signed(proof.sign(&app.store.log_root(to)?, &app.identity.key)?))
    })
    .await
}

/// A page of the log's entries.
#[derive(Serialize)]
pub struct EntryList {
    entries: Vec<Hash>,
    next: u64,
}

/// `GET /v1/log/entries?after=`: what follows the first `after` entries; `next` is what to ask after the next time.
pub async fn entries(
    State(app): State<App>,
    _: Desk,
    AfterQuery(after): AfterQuery,
) -> Result<Json<EntryList>, Refusal> {
    run(&app, move |app| {
        let entries = app.store.log_entries(after, PAGE)?;
        let next = after.saturating_add(entries.len() as u64);
        Ok(Json(EntryList { entries, next }))
    })
    .await
}

fn signed(cose: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, COSE), (header::CACHE_CONTROL, "no-store")], cose).into_response()
}
