//! What a good answer brings, checked before it is believed.

use super::protocol::{self, CaseAnswer, Problem, ProblemType};
use super::requests::{UploadState, is_own_path};
use super::{Context, SyncError};
use crate::domain::{BoxId, CaseId, ObjectId};
use crate::ports::Response;
use crate::seal::{Hash, Manifest, Receipt, Signed};
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

/// Seconds to wait, if the box says so.
pub(super) fn retry_after(answer: &Response) -> Option<u64> {
    answer.header("retry-after")?.parse().ok()
}

/// What has come of an item.
pub(super) enum Arrival {
    /// The opening of a shift.
    Opening,
    /// The seal of a shift, or an event.
    Plain,
    /// A manifest: these objects go there.
    Manifest(Vec<(ObjectId, String)>),
    /// More of an object, or less: the upload as it stands.
    Part(String),
    /// An object, whole.
    Object,
    /// A receipt of this box.
    Receipt(BoxId),
}

/// Reads a success; `None` if it is not what a box would say.
pub(super) fn read(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Arrival>, SyncError> {
    if !is_from_a_box(answer) {
        return Ok(None);
    }
    Ok(match item.kind {
        // A box answers these with no body, and nothing later would show that it never had them.
        ItemKind::ShiftOpening | ItemKind::ShiftSeal | ItemKind::Event if !answer.body.is_empty() => None,
        ItemKind::ShiftOpening => Some(Arrival::Opening),
        ItemKind::ShiftSeal | ItemKind::Event => Some(Arrival::Plain),
        ItemKind::Manifest => manifest(item, answer),
        ItemKind::Object => object(item, answer),
        ItemKind::Receipt => return receipt(context, item, answer),
    })
}

/// A box answers a success with nothing or with one of its own types. A page comes from somewhere in between.
fn is_from_a_box(answer: &Response) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    answer.body.is_empty() || kind.starts_with(protocol::COSE) || kind.starts_with(protocol::JSON)
}

fn manifest(item: &Item, answer: &Response) -> Option<Arrival> {
    let told = serde_json::from_slice::<CaseAnswer>(&answer.body).ok()?;
    let case = CaseId::new(item.target);
    let announced = told.uploads.iter().all(|upload| is_own_path(upload, case));
    let complete = told.missing.iter().all(|object| told.uploads.iter().any(|upload| upload.object == *object));
    let state = |upload: protocol::Upload| (upload.object, UploadState { upload, certain: true }.to_json());
    (announced && complete).then(|| Arrival::Manifest(told.uploads.into_iter().map(state).collect()))
}

fn object(item: &Item, answer: &Response) -> Option<Arrival> {
    let mut state = UploadState::of(item)?;
    if state.upload.protocol == protocol::UploadProtocol::Tus {
        let offset = answer.header("upload-offset")?.parse().ok()?;
        if offset < item.size {
            (state.upload.offset, state.certain) = (offset, true);
            return Some(Arrival::Part(state.to_json()));
        }
    }
    Some(Arrival::Object)
}

/// A receipt counts only if the pinned box signed it and it covers every byte of the case. The signature of the own
/// manifest is checked with the own key, so that a damaged row cannot pass for what was sent.
fn receipt(context: &Context<'_>, item: &Item, answer: &Response) -> Result<Option<Arrival>, SyncError> {
    let row = context.vault.case(CaseId::new(item.target))?;
    let Some(bytes) = row.manifest else { return Ok(None) };
    let own_key = crate::seal::VerifyingKey::from_sec1(&context.signer.public_key()?)?;
    let Ok(manifest) = Signed::<Manifest>::verify(&bytes, &own_key) else { return Ok(None) };
    let Ok(receipt) = Signed::<Receipt>::verify(&answer.body, context.box_key) else { return Ok(None) };
    let is_pinned = is_known_box(context, receipt.payload().box_id)?;
    Ok((is_pinned && receipt.payload().covers(&manifest)).then(|| Arrival::Receipt(receipt.payload().box_id)))
}

/// Whether a box is the one whose first receipt was verified. Two boxes with one key are a mistake of the agency, or a
/// copy of the key; either must not take a phone's cases apart.
pub(super) fn is_known_box(context: &Context<'_>, told: BoxId) -> Result<bool, SyncError> {
    Ok(context.vault.known_box()?.is_none_or(|known| known == told))
}

/// The hash of the manifest that a stored receipt stands for, if the pinned box has signed it for this case.
pub(super) fn receipted_manifest(context: &Context<'_>, case: CaseId, receipt: &[u8]) -> Option<Hash> {
    let receipt = Signed::<Receipt>::verify(receipt, context.box_key).ok()?.into_payload();
    (receipt.case == case).then_some(receipt.manifest)
}

/// After a failure nobody knows how much has arrived; the box is asked before more is sent. The upload as it is then
/// stored, if that changes it.
pub(super) fn forgotten_offset(item: &Item) -> Option<String> {
    let mut state = UploadState::of(item).filter(|state| state.certain)?;
    state.certain = false;
    (state.upload.protocol == protocol::UploadProtocol::Tus).then(|| state.to_json())
}
