//! What the desk decides, signed by the box.
//!
//! A case gets one decision, and it is final: a phone may have let go of the case because of it. What the desk thinks of
//! the matter later belongs to its own proceedings.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use streife_core::domain::{CaseId, EventId};
use streife_core::seal::{Decision, DecisionKind, Namespace, SignedPayload, sign_payload};
use streife_core::sync::protocol::{COSE, ProblemType};

use super::cases::missing;
use crate::auth::{Desk, Ids, Reader};
use crate::body::JsonBody;
use crate::error::Refusal;
use crate::state::{App, Shared, run};

/// What the desk says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    decision: Word,
    reason: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Accepted,
    Rejected,
}

/// `PUT /v1/cases/{c}/decision/{event}`
pub async fn put(
    State(app): State<App>,
    _: Desk,
    Ids((case, event)): Ids<(CaseId, EventId)>,
    JsonBody(verdict): JsonBody<Verdict>,
) -> Result<Response, Refusal> {
    let (status, cose) = run(&app, move |app| decide(app, case, event, verdict)).await?;
    Ok((status, [(header::CONTENT_TYPE, COSE)], cose).into_response())
}

/// `GET /v1/cases/{c}/decision`
pub async fn get(State(app): State<App>, reader: Reader, Ids(case): Ids<CaseId>) -> Result<Response, Refusal> {
    let cose = run(&app, move |app| {
        reader.case(app, case)?;
        app.store.decision(case)?.ok_or_else(|| ProblemType::NotFound.into())
    });
    Ok(([(header::CONTENT_TYPE, COSE)], cose.await?).into_response())
}

fn decide(app: &Shared, case: CaseId, event: EventId, verdict: Verdict) -> Result<(StatusCode, Vec<u8>), Refusal> {
    if !Decision::is_reason(&verdict.reason) {
        return Err(Refusal::malformed("The reason is not a code of 1 to 32 letters and hyphens"));
    }
    let row = app.store.case(case)?.ok_or(ProblemType::CaseUnknown)?;
    if row.receipt.is_none() {
        return Err(Refusal::incomplete(missing(app, &row)?.iter().map(|object| object.object).collect()));
    }
    let kind = match verdict.decision {
        Word::Accepted => DecisionKind::Accepted,
        Word::Rejected => DecisionKind::Rejected,
    };
    let decided_at = app.now_ms();
    let decision = Decision { event, case, kind, reason: verdict.reason, decided_at, box_id: app.identity.box_id };
    let sign = || Ok(sign_payload(Namespace::Decision, decision.encode(), &app.identity.key)?);
    let (put, cose) = app.store.put_decision(&decision, &sign)?;
    Ok((put.status(ProblemType::EventConflict)?, cose))
}
