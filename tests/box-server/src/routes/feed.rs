//! The feed: what happened to cases, one line each, for the desk to pull.
//!
//! A line only says where to look, so a line that is read twice does no harm. There is no push and no waiting: a portal
//! asks as often as it likes and keeps `next`.

use axum::Json;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use streife_core::domain::{CaseId, to_hex};

use crate::auth::Desk;
use crate::error::Refusal;
use crate::state::{App, run};
use crate::store::{FeedKind, FeedRow};

/// Lines in one answer.
const PAGE: u32 = 1000;

/// Where a list goes on.
pub struct AfterQuery(pub u64);

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

impl FromRequestParts<App> for AfterQuery {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let query = Query::<After>::from_request_parts(parts, app).await;
        query.map(|Query(After { after })| Self(after)).map_err(|_| Refusal::malformed("`after` is not a number"))
    }
}

/// A page of the feed.
#[derive(Serialize)]
pub struct Feed {
    events: Vec<FeedLine>,
    next: u64,
}

#[derive(Serialize)]
struct FeedLine {
    n: u64,
    kind: FeedKind,
    case: CaseId,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl From<FeedRow> for FeedLine {
    fn from(FeedRow { n, kind, case, id }: FeedRow) -> Self {
        Self { n, kind, case, id: id.map(|id| to_hex(&id)) }
    }
}

/// `GET /v1/events?after=`
pub async fn get(State(app): State<App>, _: Desk, AfterQuery(after): AfterQuery) -> Result<Json<Feed>, Refusal> {
    run(&app, move |app| {
        let events: Vec<FeedLine> = app.store.feed_after(after, PAGE)?.into_iter().map(FeedLine::from).collect();
        let next = events.last().map_or(after, |line| line.n);
        Ok(Json(Feed { events, next }))
    })
    .await
}
