//! Who is asking: a device by its token and a proof for this very request (RFC 9449), or a case worker's tool.
//!
//! A token alone opens nothing: each request carries a signature of the session key the token is bound to, over
//! method, address, token and the box's nonce, good for five minutes and once.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use streife_core::domain::{CaseId, DeviceId, ShiftId};
use streife_core::seal::jose::{self, Jwk, ProofClaims};
use streife_core::seal::{Hash, Signed, SignedPayload, VerifyingKey};
use streife_core::sync::protocol::ProblemType;

use crate::error::Refusal;
use crate::replay::SKEW_S;
use crate::state::{App, Shared, run};
use crate::store::{CaseRow, DeviceRow, ShiftRow};

/// The device that asks, with a valid token and a fresh proof.
#[derive(Clone, Debug)]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    key: VerifyingKey,
}

impl Device {
    /// Verifies a structure against the device's enrolled key.
    pub fn verify<T: SignedPayload>(&self, bytes: &[u8]) -> Result<Signed<T>, Refusal> {
        Ok(Signed::verify(bytes, &self.key)?)
    }

    /// A case of this device.
    pub fn case(&self, app: &Shared, case: CaseId) -> Result<CaseRow, Refusal> {
        let found = app.store.case(case)?.filter(|case| case.device == self.id);
        found.ok_or_else(|| ProblemType::CaseUnknown.into())
    }

    /// A shift of this device.
    pub fn shift(&self, app: &Shared, shift: ShiftId) -> Result<ShiftRow, Refusal> {
        let found = app.store.shift(shift)?.filter(|shift| shift.device == self.id);
        found.ok_or_else(|| ProblemType::ShiftUnknown.into())
    }
}

impl FromRequestParts<App> for Device {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let token = credentials(&parts.headers, "DPoP").ok_or(ProblemType::TokenInvalid)?;
        let proof = proof(&parts.headers)?;
        let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
        run(app, move |app| {
            let (claims, jwk) = verify_proof(app, &proof, &method, &path)?;
            let expected = jose::token_hash(&token);
            let row = app.store.token(Hash::of(&[token.as_bytes()]), app.now_ms())?;
            let row = row.filter(|row| row.thumbprint == jwk.thumbprint() && claims.ath == Some(expected));
            let row = row.ok_or(ProblemType::TokenInvalid)?;
            once(app, &row.thumbprint, &claims.jti, claims.iat)?;
            admitted(row.device)
        })
        .await
    }
}

/// Refuses a revoked device.
pub fn admitted(row: DeviceRow) -> Result<Device, Refusal> {
    if row.revoked {
        return Err(ProblemType::DeviceRevoked.into());
    }
    Ok(Device { id: row.device, key: row.key })
}

/// The proof in the header.
pub fn proof(headers: &HeaderMap) -> Result<String, Refusal> {
    let proof = headers.get("dpop").and_then(|value| value.to_str().ok());
    proof.map(str::to_owned).ok_or_else(|| ProblemType::TokenInvalid.into())
}

/// Verifies a proof for a request to one of the box's own addresses, made now. The caller must still ask [`once`].
pub fn verify_proof(app: &Shared, proof: &str, method: &str, path: &str) -> Result<(ProofClaims, Jwk), Refusal> {
    let (claims, jwk) = jose::verify_proof(proof).map_err(|_| ProblemType::TokenInvalid)?;
    if claims.htm != method || !app.is_own_url(&claims.htu, path) {
        return Err(ProblemType::TokenInvalid.into());
    }
    require_now(app, claims.iat)?;
    require_nonce(app, claims.nonce.as_deref())?;
    Ok((claims, jwk))
}

/// Refuses a proof without a fresh nonce. Asked after the time, so that a phone whose clock is wrong hears that first.
fn require_nonce(app: &Shared, nonce: Option<&str>) -> Result<(), Refusal> {
    let is_fresh = nonce.is_some_and(|nonce| app.access.nonces.is_fresh(nonce, app.now_ms()));
    if is_fresh || !app.access.demand_nonces { Ok(()) } else { Err(ProblemType::UseDpopNonce.into()) }
}

/// Refuses what was issued at another time.
pub fn require_now(app: &Shared, iat: i64) -> Result<(), Refusal> {
    let skew = iat.abs_diff(app.now_ms().div_euclid(1000));
    if skew > SKEW_S.unsigned_abs() { Err(ProblemType::ClockSkew.into()) } else { Ok(()) }
}

/// Refuses what was shown before. Asked last, so that only issuers the box knows take up its memory.
pub fn once(app: &Shared, issuer: &str, jti: &str, iat: i64) -> Result<(), Refusal> {
    let is_first = app.replay.is_first(issuer, jti, iat, app.now_ms().div_euclid(1000));
    if is_first { Ok(()) } else { Err(ProblemType::TokenInvalid.into()) }
}

/// A case worker's tool.
#[derive(Clone, Copy, Debug)]
pub struct Desk;

impl FromRequestParts<App> for Desk {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let token = credentials(&parts.headers, "Bearer").ok_or(ProblemType::DeskRefused)?;
        // Hashes are compared, so the time it takes tells nothing about the token.
        let is_right = Hash::of(&[token.as_bytes()]) == app.identity.desk;
        if is_right { Ok(Self) } else { Err(ProblemType::DeskRefused.into()) }
    }
}

/// A device or a case worker's tool, for what both may read.
#[derive(Clone, Debug)]
pub enum Reader {
    /// A device reads its own cases.
    Device(Device),
    /// A case worker reads all.
    Desk,
}

impl Reader {
    /// A case that the reader may see.
    pub fn case(&self, app: &Shared, case: CaseId) -> Result<CaseRow, Refusal> {
        match self {
            Self::Device(device) => device.case(app, case),
            Self::Desk => app.store.case(case)?.ok_or_else(|| ProblemType::CaseUnknown.into()),
        }
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if credentials(&parts.headers, "Bearer").is_some() {
            return Desk::from_request_parts(parts, app).await.map(|_| Self::Desk);
        }
        Device::from_request_parts(parts, app).await.map(Self::Device)
    }
}

/// Ids in the path; anything else than their one spelling is refused.
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Ids<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| Refusal::malformed("The address holds no valid id"))
    }
}

/// What stands in `Authorization` behind this scheme.
pub fn credentials(headers: &HeaderMap, scheme: &str) -> Option<String> {
    let (found, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| value.trim().to_owned())
}
