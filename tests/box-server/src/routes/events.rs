//! Events that a device appends to its cases.

use axum::extract::State;
use axum::http::StatusCode;
use streife_core::domain::{CaseId, EventId};
use streife_core::seal::{CaseEvent, EventKind};
use streife_core::sync::protocol::ProblemType;

use crate::auth::{Device, Ids};
use crate::body::Cose;
use crate::error::Refusal;
use crate::state::{App, run};

/// `PUT /v1/cases/{c}/events/{e}`. Whether a case is accepted is not the device's to say.
pub async fn put(
    State(app): State<App>,
    device: Device,
    Ids((case, event)): Ids<(CaseId, EventId)>,
    Cose(bytes): Cose<{ CaseEvent::MAX_BYTES }>,
) -> Result<StatusCode, Refusal> {
    run(&app, move |app| {
        let signed = device.verify::<CaseEvent>(&bytes)?;
        let payload = signed.payload();
        if (payload.case, payload.event) != (case, event) {
            return Err(Refusal::malformed("The event is not for this case"));
        }
        if !matches!(payload.kind, EventKind::Void | EventKind::Amend) {
            return Err(Refusal::malformed("A device does not decide its own cases"));
        }
        device.case(app, case)?;
        app.store.put_event(&signed)?.status(ProblemType::EventConflict)
    })
    .await
}
