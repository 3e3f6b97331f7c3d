//! JSON Web Signatures (RFC 7515, compact, ES256) for the box's access protocol: client assertions and DPoP proofs.
//!
//! Evidence is never signed this way; these tokens only open the door to the box. Parsing takes exactly the forms
//! that are written here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::{Deserialize, Serialize};

use super::{Hash, JournalHead, SealError, VerifyingKey, cose::raw_signature};
use crate::ports::Signer;

/// Public P-256 key as a JSON Web Key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// Coordinate, base64url.
    pub x: String,
    /// Coordinate, base64url.
    pub y: String,
}

impl Jwk {
    /// The JWK of a key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        let point = key.to_sec1();
        let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
        Self { kty: "EC".to_owned(), crv: "P-256".to_owned(), x: BASE64URL.encode(x), y: BASE64URL.encode(y) }
    }

    /// The key of a JWK.
    ///
    /// # Errors
    /// [`SealError::PublicKey`] unless it is a point of P-256.
    pub fn key(&self) -> Result<VerifyingKey, SealError> {
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(SealError::PublicKey);
        }
        let part = |text: &str| BASE64URL.decode(text).map_err(|_| SealError::PublicKey);
        VerifyingKey::from_sec1(&[vec![4], part(&self.x)?, part(&self.y)?].concat())
    }

    /// Thumbprint of RFC 7638, base64url: what a token is bound to.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{}"}}"#, self.crv, self.kty, self.x, self.y);
        BASE64URL.encode(Hash::of(&[canonical.as_bytes()]).0)
    }
}

/// Header of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always `ES256`.
    pub alg: String,
    /// `JWT` or `dpop+jwt`.
    pub typ: String,
    /// The key itself, in DPoP proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk: Option<Jwk>,
    /// Name of the key, in client assertions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
}

/// How far the device's journal has come, as an assertion tells it and a token's answer reminds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadClaim {
    /// Number of the newest entry.
    pub n: u64,
    /// Link behind it, hex.
    pub link: Hash,
}

impl From<JournalHead> for HeadClaim {
    fn from(head: JournalHead) -> Self {
        Self { n: head.n, link: head.link }
    }
}

impl From<HeadClaim> for JournalHead {
    fn from(claim: HeadClaim) -> Self {
        Self { n: claim.n, link: claim.link }
    }
}

/// Claims of a client assertion (RFC 7523).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssertionClaims {
    /// The device.
    pub iss: String,
    /// The device.
    pub sub: String,
    /// Address of the token endpoint.
    pub aud: String,
    /// Unique id.
    pub jti: String,
    /// Issued at, unix seconds.
    pub iat: i64,
    /// Expires at, unix seconds.
    pub exp: i64,
    /// The device's journal. Older devices do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadClaim>,
}

/// Claims of a DPoP proof (RFC 9449).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofClaims {
    /// Unique id.
    pub jti: String,
    /// Method of the request.
    pub htm: String,
    /// Address of the request without query.
    pub htu: String,
    /// Issued at, unix seconds.
    pub iat: i64,
    /// Hash of the access token, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ath: Option<String>,
    /// The newest nonce that the box has handed out (RFC 9449, section 8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// Hash of an access token as a DPoP proof names it.
#[must_use]
pub fn token_hash(token: &str) -> String {
    BASE64URL.encode(Hash::of(&[token.as_bytes()]).0)
}

/// Signs a client assertion with the device's key.
///
/// # Errors
/// [`SealError::Signer`].
pub fn sign_assertion(claims: &AssertionClaims, signer: &dyn Signer) -> Result<String, SealError> {
    let key = VerifyingKey::from_sec1(&signer.public_key()?)?;
    let header = Header { alg: "ES256".to_owned(), typ: "JWT".to_owned(), jwk: None, kid: Some(key.id().to_string()) };
    sign(&header, claims, signer, &key)
}

/// Signs a DPoP proof with the session's key.
///
/// # Errors
/// [`SealError::Signer`].
pub fn sign_proof(claims: &ProofClaims, signer: &dyn Signer) -> Result<String, SealError> {
    let key = VerifyingKey::from_sec1(&signer.public_key()?)?;
    let header = Header { alg: "ES256".to_owned(), typ: "dpop+jwt".to_owned(), jwk: Some(Jwk::of(&key)), kid: None };
    sign(&header, claims, signer, &key)
}

/// Verifies a client assertion against the device's enrolled key.
///
/// # Errors
/// [`SealError::Signature`] for a bad signature, [`SealError::Malformed`] for any other form.
pub fn verify_assertion(token: &str, key: &VerifyingKey) -> Result<AssertionClaims, SealError> {
    let parsed = Parsed::read(token)?;
    if parsed.header.typ != "JWT" || parsed.header.jwk.is_some() {
        return Err(MALFORMED);
    }
    parsed.claims(key)
}

/// Verifies a DPoP proof against the key it carries; returns that key, too.
///
/// # Errors
/// As [`verify_assertion`].
pub fn verify_proof(token: &str) -> Result<(ProofClaims, Jwk), SealError> {
    let parsed = Parsed::read(token)?;
    let jwk = parsed.header.jwk.clone().filter(|_| parsed.header.typ == "dpop+jwt").ok_or(MALFORMED)?;
    Ok((parsed.claims(&jwk.key()?)?, jwk))
}

/// Reads the device that an assertion claims to come from, to look up its key. Nothing is verified yet.
///
/// # Errors
/// [`SealError::Malformed`].
pub fn unverified_issuer(token: &str) -> Result<String, SealError> {
    Parsed::read(token)?.json::<AssertionClaims>().map(|claims| claims.iss)
}

const MALFORMED: SealError = SealError::Malformed("web signature");

fn sign(
    header: &Header,
    claims: &impl Serialize,
    signer: &dyn Signer,
    key: &VerifyingKey,
) -> Result<String, SealError> {
    let encode = |json: Result<Vec<u8>, _>| json.map(|json| BASE64URL.encode(json)).map_err(|_| MALFORMED);
    let signed = format!("{}.{}", encode(serde_json::to_vec(header))?, encode(serde_json::to_vec(claims))?);
    let signature = raw_signature(signed.as_bytes(), signer, key)?;
    Ok(format!("{signed}.{}", BASE64URL.encode(signature)))
}

struct Parsed<'a> {
    header: Header,
    signed: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Parsed<'a> {
    fn read(token: &'a str) -> Result<Self, SealError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, claims) = signed.split_once('.').ok_or(MALFORMED)?;
        let decode = |text: &str| BASE64URL.decode(text).map_err(|_| MALFORMED);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| MALFORMED)?;
        if header.alg != "ES256" {
            return Err(MALFORMED);
        }
        Ok(Self { header, signed, claims: decode(claims)?, signature: decode(signature)? })
    }

    fn claims<T: for<'de> Deserialize<'de>>(&self, key: &VerifyingKey) -> Result<T, SealError> {
        // Other libraries do not bring s into its lower half; tokens are no evidence, so both halves pass.
        let signature = p256::ecdsa::Signature::from_slice(&self.signature).map_err(|_| SealError::Signature)?;
        key.verify(self.signed.as_bytes(), &signature.normalize_s().to_bytes())?;
        self.json()
    }

    fn json<T: for<'de> Deserialize<'de>>(&self) -> Result<T, SealError> {
        serde_json::from_slice(&self.claims).map_err(|_| MALFORMED)
    }
}
