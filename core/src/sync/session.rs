//! Access to the box: signed time, a token got with the hardware key, and a proof for each request.
//!
//! The hardware signs once for a token. Each request is then proved with a session key, which costs microseconds. Key and
//! token outlive the process, sealed in the engine's memory: an app that is started forty times a shift would else ask
//! hardware and box forty times, and nothing could go on in the background without the hardware.

use serde::{Deserialize, Serialize};

use super::protocol::{ASSERTION_TYPE, CLIENT_CREDENTIALS, TokenAnswer, digest_header, path};
use super::{Context, SyncError};
use crate::domain::{Moment, ShiftId, from_hex, to_hex};
use crate::ports::{Body, Method, Request, Response};
use crate::seal::jose::{AssertionClaims, HeadClaim, ProofClaims, sign_assertion, sign_proof, token_hash};
use crate::seal::{Hash, SealError, Signed, SoftwareKey, TimeStatement};

/// A token is renewed this long before it ends, so that no request outlives it on the way.
const RENEW_BEFORE_MS: i64 = 60_000;
/// A proof or assertion is good for this long; the box allows for clocks that differ by as much.
const ASSERTION_S: i64 = 300;

/// An access token and the key it is bound to.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub(super) struct Session {
    key: SoftwareKey,
    token: Option<(String, i64)>,
}

/// A session as it is stored, sealed: the key's scalar in hex.
#[derive(Serialize, Deserialize)]
struct Stored {
    key: String,
    token: Option<(String, i64)>,
}

impl From<Session> for Stored {
    fn from(session: Session) -> Self {
        Self { key: to_hex(&session.key.to_bytes()), token: session.token }
    }
}

impl TryFrom<Stored> for Session {
    type Error = SealError;
    fn try_from(Stored { key, token }: Stored) -> Result<Self, SealError> {
        let bytes: [u8; 32] = from_hex(&key).map_err(|_| SealError::PublicKey)?;
        Ok(Self { key: SoftwareKey::from_bytes(&bytes)?, token })
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.token == other.token && self.key.verifying_key() == other.key.verifying_key()
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn begin(context: &Context<'_>) -> Result<Self, SyncError> {
        let key = SoftwareKey::generate(context.entropy).map_err(SealError::from)?;
        Ok(Self { key, token: None })
    }

    pub(super) fn has_token(&self, now_ms: i64) -> bool {
        self.token.as_ref().is_some_and(|(_, until)| now_ms < *until)
    }

    pub(super) fn drop_token(&mut self) {
        self.token = None;
    }

    /// The request for a token. This is the one that needs the hardware key.
    pub(super) fn token_request(&self, context: &Context<'_>, times: Times<'_>) -> Result<Request, SyncError> {
        let device = context.device.to_string();
        let now = times.box_s;
        let claims = AssertionClaims {
            iss: device.clone(),
            sub: device,
            aud: format!("{}{}", context.origin, path::TOKEN),
            jti: context.unique()?,
            iat: now,
            exp: now + ASSERTION_S,
            head: Some(context.vault.head()?.into()),
        };
        let assertion = sign_assertion(&claims, context.signer)?;
        // None of these values needs escaping but the colons of the assertion type.
        let form = format!(
            "grant_type={CLIENT_CREDENTIALS}&client_assertion_type={}&client_assertion={assertion}",
            ASSERTION_TYPE.replace(':', "%3A")
        );
        let mut request = Request {
            method: Method::Post,
            path: path::TOKEN.to_owned(),
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
                ("content-digest", digest_header(&Hash::of(&[form.as_bytes()]))),
            ],
            body: Body::Bytes(form.into_bytes()),
        };
        self.prove(&mut request, context, times)?;
        Ok(request)
    }

    /// Takes the token out of an answer, and gives what the box knows of the journal; `None` if the answer is none of a
    /// box.
    pub(super) fn take_token(&mut self, answer: &Response, now_ms: i64) -> Option<Option<HeadClaim>> {
        let token: TokenAnswer = serde_json::from_slice(&answer.body).ok()?;
        if answer.status != 200 || token.token_type != "DPoP" {
            return None;
        }
        let until = now_ms + i64::from(token.expires_in) * 1_000 - RENEW_BEFORE_MS;
        self.token = Some((token.access_token, until));
        Some(token.head)
    }

    /// Adds proof and token to a request.
    pub(super) fn prove(
        &self,
        request: &mut Request,
        context: &Context<'_>,
        times: Times<'_>,
    ) -> Result<(), SyncError> {
        let path = request.path.split('?').next().unwrap_or_default();
        let token = self.token.as_ref().filter(|_| request.path != path::TOKEN).map(|(token, _)| token);
        let claims = ProofClaims {
            jti: context.unique()?,
            htm: request.method.as_str().to_owned(),
            htu: format!("{}{path}", context.origin),
            iat: times.box_s,
            ath: token.map(|token| token_hash(token)),
            nonce: times.nonce.map(str::to_owned),
        };
        request.headers.push(("dpop", sign_proof(&claims, &self.key)?));
        if let Some(token) = token {
            request.headers.push(("authorization", format!("DPoP {token}")));
        }
        Ok(())
    }
}

/// What makes a proof fresh.
#[derive(Clone, Copy)]
pub(super) struct Times<'a> {
    /// The box's time, unix seconds.
    pub(super) box_s: i64,
    /// The box's newest nonce.
    pub(super) nonce: Option<&'a str>,
}

/// The box's last word on time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRecord {
    /// The signed statement as received.
    pub statement: Vec<u8>,
    /// When it was received.
    pub received: Moment,
    /// The shift that was open then.
    pub shift: Option<ShiftId>,
    /// By how much the box's clock was ahead of the device's, milliseconds.
    pub ahead_ms: i64,
}

impl TimeRecord {
    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("bytes, numbers and a moment")
    }

    /// The record as the vault gives it; nothing if it does not parse.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// The question for the box's time, with a fresh nonce.
pub(super) fn ask_time(context: &Context<'_>) -> Result<([u8; 16], Request), SyncError> {
    let nonce = context.entropy.array::<16>().map_err(SealError::from)?;
    let path = path::time(&to_hex(&nonce));
    Ok((nonce, Request { method: Method::Get, path, headers: Vec::new(), body: Body::Empty }))
}

/// By how much the box's clock is ahead, in milliseconds, if the answer is signed by the box for the question that was
/// asked with `nonce` at `asked`. The way there and back is measured by the clock that nobody sets.
pub(super) fn time_told(context: &Context<'_>, nonce: [u8; 16], asked: &Moment, answer: &Response) -> Option<i64> {
    let statement = Signed::<TimeStatement>::verify(&answer.body, context.box_key).ok()?.into_payload();
    let middle = context.now.unix_ms() - context.now.since_ms(asked).max(0) / 2;
    (answer.status == 200 && statement.nonce == nonce).then_some(statement.unix_ms - middle)
}
