//! Paths of the box, relative to its origin.

use crate::domain::{CaseId, DeviceId, EventId, ObjectId, RangeRequestId, ShiftId};

/// Capabilities.
pub const BOX: &str = "/v1/box";
/// Access tokens.
pub const TOKEN: &str = "/v1/token";
/// Recipient set.
pub const RECIPIENTS: &str = "/v1/recipients";
/// Offence catalogue.
pub const OFFENCES: &str = "/v1/catalogues/offences";
/// The rule set.
pub const RULES: &str = "/v1/catalogues/rules";

/// Signed time.
#[must_use]
pub fn time(nonce: &str) -> String {
    format!("/v1/time?nonce={nonce}")
}

/// Enrolment of a device.
#[must_use]
pub fn device(device: DeviceId) -> String {
    format!("/v1/devices/{device}")
}

/// Case numbers for a device.
#[must_use]
pub fn numbers(device: DeviceId, request: RangeRequestId) -> String {
    format!("/v1/devices/{device}/numbers/{request}")
}

/// Opening of a shift.
#[must_use]
pub fn shift(shift: ShiftId) -> String {
    format!("/v1/shifts/{shift}")
}

/// Seal of a shift.
#[must_use]
pub fn seal(shift: ShiftId) -> String {
    format!("/v1/shifts/{shift}/seal")
}

/// A case.
#[must_use]
pub fn case(case: CaseId) -> String {
    format!("/v1/cases/{case}")
}

/// Receipt of a case.
#[must_use]
pub fn receipt(case: CaseId) -> String {
    format!("/v1/cases/{case}/receipt")
}

/// An object of a case, in one request.
#[must_use]
pub fn object(case: CaseId, object: ObjectId) -> String {
    format!("/v1/cases/{case}/objects/{object}")
}

/// An event of a case.
#[must_use]
pub fn event(case: CaseId, event: EventId) -> String {
    format!("/v1/cases/{case}/events/{event}")
}

/// A resumable upload.
#[must_use]
pub fn upload(object: ObjectId) -> String {
    format!("/v1/uploads/{object}")
}
/// The cases of a device as the box has them, behind a place in its log.
#[must_use]
pub fn device_cases(device: DeviceId, after: u64) -> String {
    format!("/v1/devices/{device}/cases?after={after}")
}

/// Proof that the log holds a case.
#[must_use]
pub fn proof(case: CaseId) -> String {
    format!("/v1/cases/{case}/proof")
}

/// The log's newest checkpoint.
pub const CHECKPOINT: &str = "/v1/log/checkpoint";
/// Where foreign clients create uploads.
pub const UPLOADS: &str = "/v1/uploads";
/// What follows the first entries of the log.
#[must_use]
pub fn log_entries(after: u64) -> String {
    format!("/v1/log/entries?after={after}")
}

/// Proof that the log only grew between two sizes.
#[must_use]
pub fn log_consistency(from: u64, to: u64) -> String {
    format!("/v1/log/consistency?from={from}&to={to}")
}
