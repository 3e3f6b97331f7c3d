//! Devices: enrolment, tokens, revocation, and how far their journals have come.

use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, JournalHead, VerifyingKey};

use super::Put;
use crate::BoxError;

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: VerifyingKey,
    /// Whether it may no longer hand anything over.
    pub revoked: bool,
}

/// An access token that is still valid.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Whose it is.
    pub device: DeviceRow,
    /// Thumbprint of the session key that proves each request.
    pub thumbprint: String,
}

/// A device that wants to be enrolled.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: &'a VerifyingKey,
    /// What its platform says about the key, JSON.
    pub attestation: &'a str,
    /// Hash of the one-time code that it shows; none with the shared one.
    pub code: Option<Hash>,
}

/// A device has told less of its journal than before, or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The device.
    pub device: DeviceId,
    /// When it told, unix milliseconds.
    pub at: i64,
    /// The highest place it had told before.
    pub known: JournalHead,
    /// What it told.
    pub told: JournalHead,
}

/// Enrolled devices.
///
/// There are two kinds of revocation: a stolen device is shut out, a drained one brings home what it has and begins nothing.
pub trait Devices: Send + Sync {
    /// Enrols a device and uses its code up, both or neither. `None`: another device has used the code. A device that is
    /// known needs no code and uses none up: `Same` with the key that it has, else `Other`. What its platform said first
    /// stays.
    fn enrol(&self, newcomer: &Newcomer<'_>, now_ms: i64) -> Result<Option<Put>, BoxError>;

    /// A device, if it is enrolled.
    fn device(&self, device: DeviceId) -> Result<Option<DeviceRow>, BoxError>;

    /// All devices by their ids.
    fn devices(&self) -> Result<Vec<DeviceRow>, BoxError>;

    /// What a device's platform said about its key at enrolment, JSON.
    fn attestation(&self, device: DeviceId) -> Result<Option<String>, BoxError>;

    /// Shuts a device out for good. One that is not enrolled is no error.
    fn revoke(&self, device: DeviceId) -> Result<(), BoxError>;

    /// From now on a device may only bring home what it has: its cases are late from here on. `false`: it is not
    /// enrolled. Again changes nothing.
    fn drain(&self, device: DeviceId, now_ms: i64) -> Result<bool, BoxError>;

    /// Whether a device may only bring home what it has.
    fn is_draining(&self, device: DeviceId) -> Result<bool, BoxError>;

    /// Keeps a token by its hash, and forgets those that have expired. `times` are now and the token's end, unix
    /// milliseconds. A hash that is kept already is an error.
    fn put_token(&self, hash: Hash, device: DeviceId, thumbprint: &str, times: (i64, i64)) -> Result<(), BoxError>;

    /// A token whose end is after `now_ms`. The device is as it is now, not as it was.
    fn token(&self, hash: Hash, now_ms: i64) -> Result<Option<TokenRow>, BoxError>;

    /// Notes what a device tells of its journal; returns the highest place it had told before. That place stays the mark:
    /// a lower one, or the same with another link, is kept as an alarm, each once.
    fn note_head(&self, device: DeviceId, told: JournalHead, now_ms: i64) -> Result<Option<JournalHead>, BoxError>;

    /// All alarms, oldest first.
    fn alarms(&self) -> Result<Vec<Alarm>, BoxError>;
}
