//! Nonces for DPoP proofs (RFC 9449, section 8): a proof must be made now, and cannot be made beforehand by somebody who
//! has the session key for a moment.
//!
//! A nonce is the HMAC of a window of time under a key that lives as long as the process. So the box remembers nothing
//! per phone, a phone needs a new one only once in a window, and after a restart every phone asks once more. The newest
//! window and the one before it count: a nonce is good for at least three minutes, which is longer than a slow request
//! takes to begin, and for at most six, which is hardly longer than the clocks may differ.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use ring::hmac;
use streife_core::domain::to_hex;
use streife_core::ports::{Entropy, EntropyError};
use streife_core::sync::protocol::path;

use crate::state::App;

const WINDOW_MS: i64 = 180_000;
const HEADER: HeaderName = HeaderName::from_static("dpop-nonce");

/// Makes and knows nonces.
#[derive(Debug)]
pub struct Nonces(hmac::Key);

impl Nonces {
    /// With a key of its own.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &entropy.array::<32>()?)))
    }

    /// The newest one.
    pub fn newest(&self, now_ms: i64) -> String {
        self.of(now_ms.div_euclid(WINDOW_MS))
    }

    /// Whether this is the newest one or the one before it.
    pub fn is_fresh(&self, nonce: &str, now_ms: i64) -> bool {
        let window = now_ms.div_euclid(WINDOW_MS);
        // Nobody can find a nonce by the time that comparing takes: it is handed out to everybody who asks.
        [window, window.saturating_sub(1)].iter().any(|window| self.of(*window) == nonce)
    }

    fn of(&self, window: i64) -> String {
        let tag = hmac::sign(&self.0, &window.to_be_bytes());
        to_hex(tag.as_ref().get(..16).unwrap_or_default())
    }
}

/// Hands the newest nonce out: with time and tokens, with every 401, and to everybody who shows a proof.
pub async fn offer(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = request.headers().contains_key("dpop") || matches!(request.uri().path(), "/v1/time" | path::TOKEN);
    let mut response = next.run(request).await;
    if asked || response.status() == StatusCode::UNAUTHORIZED {
        let nonce = app.access.nonces.newest(app.now_ms());
        if let Ok(nonce) = HeaderValue::try_from(nonce) {
            response.headers_mut().insert(HEADER, nonce);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use streife_core::ports::OsEntropy;

    use super::*;

    #[test]
    fn a_nonce_is_good_in_its_window_and_the_next_and_for_its_box() {
        let nonces = Nonces::new(&OsEntropy).expect("a key");
        let nonce = nonces.newest(WINDOW_MS);
        assert!(nonces.is_fresh(&nonce, WINDOW_MS) && nonces.is_fresh(&nonce, 3 * WINDOW_MS - 1));
        assert!(!nonces.is_fresh(&nonce, 3 * WINDOW_MS) && !nonces.is_fresh(&nonce, WINDOW_MS - 1));
        assert!(!Nonces::new(&OsEntropy).expect("a key").is_fresh(&nonce, WINDOW_MS));
    }
}
