//! What a good answer brings, checked before it is believed.

use super::protocol::{self, CaseAnswer, Problem, ProblemType};
use super::requests::{UploadState, is_own_path};
use super::{Context, Progress, SyncError};
use crate::domain::CaseId;
use crate::ports::Response;
use crate::seal::{Manifest, Receipt, Signed};
use crate::vault::{Item, ItemKind};

/// Type of the problem document, if the body is one.
pub(super) fn problem(answer: &Response) -> Option<ProblemType> {
    let is_problem = answer.header("content-type").is_some_and(|kind| kind.starts_with(protocol::PROBLEM));
    if !is_problem {
        return None;
    }
    serde_json::from_slice::<Problem>(&answer.body).ok()?.kind()
}

/// Why an item is quarantined, as a code.
pub(super) fn reason(answer: &Response, problem: Option<ProblemType>) -> String {
    let slug = problem.and_then(|kind| serde_json::to_value(kind).ok());
    let slug = slug.as_ref().and_then(serde_json::Value::as_str).unwrap_or("refused");
    format!("{slug} ({})", answer.status)
}

/// Takes a success into the queue; `None` if it is not what a box would say.
pub(super) fn take(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Progress>, SyncError> {
    if !is_from_a_box(answer) {
        return Ok(None);
    }
    match item.kind {
        // A box answers these with no body, and nothing later would show that it never had them.
        ItemKind::ShiftOpening | ItemKind::ShiftSeal | ItemKind::Event if !answer.body.is_empty() => return Ok(None),
        ItemKind::ShiftOpening => context.vault.opening_arrived(item, context.now)?,
        ItemKind::ShiftSeal | ItemKind::Event => context.vault.item_arrived(item, context.now)?,
        ItemKind::Manifest => return manifest(context, item, answer),
        ItemKind::Object => return object(context, item, answer),
        ItemKind::Receipt => return receipt(context, item, answer),
    }
    Ok(Some(Progress::Arrived(item.kind)))
}

/// A box answers a success with nothing or with one of its own types. A page comes from somewhere in between.
fn is_from_a_box(answer: &Response) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    answer.body.is_empty() || kind.starts_with(protocol::COSE) || kind.starts_with(protocol::JSON)
}

fn manifest(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Progress>, SyncError> {
    let Ok(told) = serde_json::from_slice::<CaseAnswer>(&answer.body) else { return Ok(None) };
    let case = CaseId::new(item.target);
    let announced = told.uploads.iter().all(|upload| is_own_path(upload, case));
    let complete = told.missing.iter().all(|object| told.uploads.iter().any(|upload| upload.object == *object));
    if !announced || !complete {
        return Ok(None);
    }
    let state = |upload: protocol::Upload| (upload.object, UploadState { upload, certain: true }.to_json());
    let uploads: Vec<_> = told.uploads.into_iter().map(state).collect();
    context.vault.manifest_arrived(item, &uploads)?;
    Ok(Some(Progress::Arrived(item.kind)))
}

fn object(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Progress>, SyncError> {
    let Some(mut state) = UploadState::of(item) else { return Ok(None) };
    if state.upload.protocol == protocol::UploadProtocol::Tus {
        let Some(offset) = answer.header("upload-offset").and_then(|offset| offset.parse().ok()) else {
            return Ok(None);
        };
        if offset < item.size {
            (state.upload.offset, state.certain) = (offset, true);
            context.vault.upload_moved(item, &state.to_json())?;
            return Ok(Some(Progress::Step));
        }
    }
    context.vault.object_arrived(item)?;
    Ok(Some(Progress::Arrived(item.kind)))
}

/// A receipt counts only if the box signed it and it covers every byte of the case. The signature of the own manifest
/// is checked with the own key, so that a damaged row cannot pass for what was sent.
fn receipt(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Progress>, SyncError> {
    let row = context.vault.case(CaseId::new(item.target))?;
    let Some(bytes) = row.manifest else { return Ok(None) };
    let own_key = crate::seal::VerifyingKey::from_sec1(&context.signer.public_key()?)?;
    let Ok(manifest) = Signed::<Manifest>::verify(&bytes, &own_key) else { return Ok(None) };
    match Signed::<Receipt>::verify(&answer.body, context.box_key) {
        Ok(receipt) if receipt.payload().covers(&manifest) => {
            context.vault.receipt_arrived(item, &answer.body, context.now)?;
            Ok(Some(Progress::Arrived(item.kind)))
        }
        _ => Ok(None),
    }
}

/// After a failure nobody knows how much has arrived; the box is asked before more is sent.
pub(super) fn forget_offset(context: &Context<'_>, item: &Item) -> Result<(), SyncError> {
    let Some(mut state) = UploadState::of(item).filter(|state| state.certain) else { return Ok(()) };
    if state.upload.protocol == protocol::UploadProtocol::Tus {
        state.certain = false;
        context.vault.upload_moved(item, &state.to_json())?;
    }
    Ok(())
}
