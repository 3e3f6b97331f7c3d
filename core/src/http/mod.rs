//! The built-in transport: reqwest over rustls, trusting the agency's authorities and nobody else.
//!
//! The trust store holds the agency's certificates only, so it is the pin, and the platform's verifier (which would
//! panic on Android when not set up) is never asked. No redirects, no proxies from the environment, no retries: the
//! engine decides.
//!
//! Exchanges run on one thread of the transport's own, and the caller waits for the outcome and for the wish to stop. What
//! is stopped loses its connection at once, and a box that answers a byte a second holds nobody up (ADR 0032).

mod body;
mod thread;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Body as WireBody, Client, RequestBuilder, Response as WireResponse};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use self::body::FileBody;
use self::thread::NetworkThread;
use crate::ports::{Body, Cancel, Method, Request, Response, Transport, TransportError};

/// Long enough for a train's tunnel, short enough for a job scheduler.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// What an exchange may take besides its bytes.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Slower than this is no link: 4 KiB a second.
const SLOWEST_BYTES_S: u64 = 4_096;
/// The wish to stop is asked for this often.
const LOOK: Duration = Duration::from_millis(50);
/// No answer of a box is longer; catalogues are the longest.
const ANSWER_BYTES: u64 = 16 << 20;

/// Why a transport could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No certificate, or one that cannot be read.
    #[error("the agency's certificate authorities cannot be read")]
    Authorities,
    /// The origin is not `https://host[:port]`.
    #[error("the box's origin is not https://host[:port]")]
    Origin,
    /// The TLS client could not be set up.
    #[error("the TLS client cannot be set up")]
    Tls,
    /// The system gives no thread.
    #[error("the transport's thread cannot be started")]
    Thread,
}

/// Sends requests to one box.
pub struct HttpTransport {
    client: Client,
    thread: NetworkThread,
    origin: String,
    patience: Option<Duration>,
}

impl HttpTransport {
    /// A transport to `origin` (`https://host[:port]`) that trusts the authorities in `authorities_pem` only; two may
    /// stand there while one replaces the other.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn new(origin: &str, authorities_pem: &[u8]) -> Result<Self, HttpError> {
        let host = origin.strip_prefix("https://").ok_or(HttpError::Origin)?;
        if host.is_empty() || host.contains(['/', '?', '#', '@']) {
            return Err(HttpError::Origin);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls(authorities_pem)?)
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|_| HttpError::Tls)?;
        let thread = NetworkThread::start().map_err(|_| HttpError::Thread)?;
        Ok(Self { client, thread, origin: origin.to_owned(), patience: None })
    }

    /// Gives an exchange up after so long, whatever its bytes may take. A phone in a tunnel has more patience; this is
    /// for tests of silence.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }
}

fn tls(authorities_pem: &[u8]) -> Result<ClientConfig, HttpError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities_pem) {
        let certificate = certificate.map_err(|_| HttpError::Authorities)?;
        roots.add(certificate).map_err(|_| HttpError::Authorities)?;
    }
    if roots.is_empty() {
        return Err(HttpError::Authorities);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| HttpError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl Transport for HttpTransport {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if cancel.is_cancelled() {
            return Err(TransportError::Cancelled);
        }
        let builder = self.begin(request, cancel.time_left_ms());
        let builder = request.headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, value));
        let builder = with_body(builder, &request.body)?;
        let (tell, told) = mpsc::channel();
        let exchange = self.thread.spawn(async move { drop(tell.send(exchange(builder).await)) });
        loop {
            match told.recv_timeout(LOOK) {
                // What ended because the caller's time did is no failure of the box.
                Ok(Err(_)) if cancel.is_cancelled() => return Err(TransportError::Cancelled),
                Ok(outcome) => return outcome,
                Err(RecvTimeoutError::Disconnected) => return Err(TransportError::Lost),
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                    exchange.abort();
                    return Err(TransportError::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

async fn exchange(builder: RequestBuilder) -> Result<Response, TransportError> {
    let answer = builder.send().await.map_err(|error| classify(&error))?;
    if answer.status().is_redirection() && answer.status() != reqwest::StatusCode::NOT_MODIFIED {
        return Err(TransportError::Redirected);
    }
    take(answer).await
}

impl HttpTransport {
    fn begin(&self, request: &Request, left_ms: Option<u64>) -> RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Put => reqwest::Method::PUT,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
        };
        let usual = EXCHANGE_TIMEOUT + Duration::from_secs(request.body.len() / SLOWEST_BYTES_S);
        let patience = self.patience.unwrap_or(usual);
        let patience = left_ms.map_or(patience, |left| patience.min(Duration::from_millis(left.max(1))));
        self.client.request(method, format!("{}{}", self.origin, request.path)).timeout(patience)
    }
}

fn with_body(builder: RequestBuilder, body: &Body) -> Result<RequestBuilder, TransportError> {
    Ok(match body {
        Body::Empty => builder,
        Body::Bytes(bytes) => builder.body(bytes.clone()),
        Body::FileRange { path, offset, length } => {
            let body = FileBody::open(path, *offset, *length).map_err(|_| TransportError::File)?;
            builder.body(WireBody::wrap(body))
        }
    })
}

async fn take(mut answer: WireResponse) -> Result<Response, TransportError> {
    let status = answer.status().as_u16();
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = answer.headers().iter().filter_map(header).collect();
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| TransportError::Lost)? {
        if (body.len() + piece.len()) as u64 > ANSWER_BYTES {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Response { status, headers, body })
}

/// Untrusted before unreachable before lost: what the certificate says is the news.
fn classify(error: &reqwest::Error) -> TransportError {
    if error.source().is_some_and(is_tls) {
        TransportError::Untrusted
    } else if error.is_connect() {
        TransportError::Unreachable
    } else {
        TransportError::Lost
    }
}

/// Whether a TLS error lies somewhere below. An I/O error hides what it wraps from `source`, so both ways are gone.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner)) || error.source().is_some_and(is_tls)
}
