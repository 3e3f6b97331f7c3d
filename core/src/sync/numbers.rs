//! Case numbers from the box: one request while few are left, asked again under the same id until it is answered.

use super::Context;
use super::SyncError;
use super::protocol::path;
use crate::domain::RangeRequestId;
use crate::ports::{Body, Method, Request, Response};
use crate::seal::{GrantedNumbers, Signed};
use crate::vault::VaultError;

pub(super) fn request(context: &Context<'_>, request: RangeRequestId) -> Request {
    let path = path::numbers(context.device, request);
    Request { method: Method::Put, path, headers: Vec::new(), body: Body::Empty }
}

/// Takes numbers over, if the box has signed them for this device and request. `false` if the answer is none of a box,
/// or brings nothing new.
pub(super) fn take(context: &Context<'_>, request: RangeRequestId, answer: &Response) -> Result<bool, SyncError> {
    if !matches!(answer.status, 200 | 201) {
        return Ok(false);
    }
    let Ok(granted) = Signed::<GrantedNumbers>::verify(&answer.body, context.box_key) else { return Ok(false) };
    let GrantedNumbers { device, request: answered, agency, numbers, .. } = granted.into_payload();
    if (device, answered) != (context.device, request) || agency != *context.agency {
        return Ok(false);
    }
    match context.vault.range_granted(request, numbers, context.now) {
        Err(VaultError::State) => Ok(false), // given up meanwhile
        taken => Ok(taken?),
    }
}
