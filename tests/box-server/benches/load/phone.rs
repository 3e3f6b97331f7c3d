//! A phone that has signed all it will send, and then sends it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use streife_box::Connection;
use streife_core::domain::{Agency, CaseId, DeviceId, ObjectId, ShiftId};
use streife_core::ports::{Clock, Entropy, OsEntropy};
use streife_core::seal::jose::{self, AssertionClaims, Jwk, ProofClaims};
use streife_core::seal::{
    Binding, Build, CaseKey, ClockEvidence, Hash, JournalHead, Kind, Manifest, ManifestObject, Namespace, Receipt,
    RecipientSet, Scope, ShiftOpening, Signed, SignedPayload, SoftwareKey, VerifyingKey, WrappedKey, seal,
    sign_payload,
};
use streife_core::sync::protocol::{CHUNK, COSE, OCTETS, PUT_BYTES, TokenAnswer, digest_header, path};

use crate::figures::Run;

/// How far cases are handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The manifest alone.
    Declared,
    /// All of it, until the receipt is here.
    Receipted,
}

/// A request with its signatures.
pub struct Prepared {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    expected: u16,
}

/// All requests of one case; the last one gets the receipt.
pub struct PreparedCase {
    case: CaseId,
    requests: Vec<Prepared>,
}

#[derive(Clone)]
pub struct Phone {
    client: Client,
    connection: Arc<Connection>,
    device: DeviceId,
    key: SoftwareKey,
    session: SoftwareKey,
    shift: ShiftId,
    case_key: CaseKey,
    wraps: Vec<WrappedKey>,
    box_key: VerifyingKey,
    /// Token, nonce of the box, last case number.
    state: Arc<Mutex<(String, Option<String>, u32)>>,
}

pub fn client(connection: &Connection) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another may have been first
    let ca = reqwest::Certificate::from_pem(connection.ca_pem.as_bytes()).expect("a certificate");
    Client::builder().tls_certs_only([ca]).build().expect("a client")
}

impl Phone {
    /// Enrols a new device, gets it a token and opens its shift.
    pub async fn enrolled(client: Client, connection: Arc<Connection>) -> Self {
        let key = || SoftwareKey::generate(&OsEntropy).expect("a key");
        let case_key = CaseKey::generate(&OsEntropy).expect("a key");
        let box_key = VerifyingKey::from_sec1(&connection.box_key).expect("a key");
        let (device, shift) = (DeviceId::new(random()), ShiftId::new(random()));
        let (key, session, state) = (key(), key(), Arc::default());
        let mut phone =
            Self { client, connection, device, key, session, shift, case_key, wraps: Vec::new(), box_key, state };
        phone.enrol().await;
        phone.log_in().await;
        phone.open_shift().await;
        phone.wraps = phone.wrap_for(&phone.recipients().await);
        phone
    }

    async fn enrol(&self) {
        let jwk = Jwk::of(&self.key.verifying_key());
        let code = &self.connection.enrolment_code;
        let body = json!({"jwk": jwk, "attestation": [], "enrolment_code": code}).to_string().into_bytes();
        let headers = vec![("content-type", "application/json".to_owned()), ("content-digest", digest(&body))];
        let path = path::device(self.device);
        self.send(Prepared { method: "PUT", path, headers, body, expected: 201 }).await;
    }

    /// Gets a token, and the nonce of the box for every proof from here on.
    pub async fn log_in(&self) {
        self.state().0.clear();
        let time = self.client.get(self.url(&path::time(&"0".repeat(32)))).send().await.expect("an answer");
        self.learn_nonce(&time);
        let iat = now_ms() / 1000;
        let (device, origin) = (self.device.to_string(), &self.connection.origin);
        let aud = format!("{origin}{}", path::TOKEN);
        let claims =
            AssertionClaims { iss: device.clone(), sub: device, aud, jti: jti(), iat, exp: iat + 300, head: None };
        let assertion = jose::sign_assertion(&claims, &self.key).expect("signs");
        let body = format!(
            "grant_type=client_credentials&client_assertion_type=\
             urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        let answer = self.ask_token(body.into_bytes()).await;
        assert_eq!(answer.status(), 200, "a token");
        self.learn_nonce(&answer);
        let answer: TokenAnswer = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a token");
        self.state().0 = answer.access_token;
    }

    async fn ask_token(&self, body: Vec<u8>) -> reqwest::Response {
        let url = self.url(path::TOKEN);
        let request = self.client.post(url).header("dpop", self.proof("POST", path::TOKEN));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("content-digest", digest(&body)).body(body).send().await.expect("an answer")
    }

    fn learn_nonce(&self, answer: &reqwest::Response) {
        let nonce = answer.headers().get("dpop-nonce").expect("a nonce");
        self.state().1 = Some(nonce.to_str().expect("text").to_owned());
    }

    async fn open_shift(&self) {
        let head = JournalHead { n: 1, link: Hash([1; 32]) };
        let opening = ShiftOpening { shift: self.shift, device: self.device, agency: self.agency(), head };
        let body = sign_payload(Namespace::Shift, opening.encode(), &self.key).expect("signs");
        self.send(self.prepared("PUT", path::shift(self.shift), COSE, body, 201)).await;
    }

    async fn recipients(&self) -> RecipientSet {
        let url = self.url(path::RECIPIENTS);
        let bytes = self.client.get(url).send().await.expect("an answer").bytes().await.expect("a body");
        let root = VerifyingKey::from_sec1(&self.connection.agency_root).expect("a key");
        Signed::<RecipientSet>::verify(&bytes, &root).expect("verifies").into_payload()
    }

    /// One case key for all cases: the box cannot tell, and wrapping is the phone's cost.
    fn wrap_for(&self, set: &RecipientSet) -> Vec<WrappedKey> {
        let recipients = set.valid_for(&self.agency(), now_ms()).expect("valid");
        WrappedKey::for_all(&recipients, self.case_key.as_bytes(), &[0; 16], &OsEntropy).expect("wraps")
    }

    /// Signs so many cases and every request for them: a record of 300 bytes, and photos of these plaintext sizes.
    pub fn prepare(&self, cases: usize, depth: Depth, photos: &[usize]) -> Vec<PreparedCase> {
        (0..cases).map(|_| self.prepare_case(depth, photos)).collect()
    }

    fn prepare_case(&self, depth: Depth, photos: &[usize]) -> PreparedCase {
        let case = CaseId::new(random());
        let mut manifest = self.manifest(case);
        let kinds = std::iter::once((Kind::Record, 300)).chain(photos.iter().map(|size| (Kind::Photo, *size)));
        let mut objects = Vec::new();
        for (kind, size) in kinds {
            let (object, sealed) = self.object(case, kind, size);
            manifest.objects.push(listed(object, kind, &sealed));
            objects.push((object, sealed));
        }
        let signed = sign_payload(Namespace::Manifest, manifest.encode(), &self.key).expect("signs");
        let mut requests = vec![self.prepared("PUT", path::case(case), COSE, signed, 201)];
        if depth == Depth::Declared {
            return PreparedCase { case, requests };
        }
        requests.extend(objects.into_iter().map(|(object, sealed)| self.upload(case, object, sealed)));
        requests.push(self.prepared("GET", path::receipt(case), "", Vec::new(), 200));
        PreparedCase { case, requests }
    }

    fn object(&self, case: CaseId, kind: Kind, size: usize) -> (ObjectId, Vec<u8>) {
        let object = ObjectId::new(random());
        let key = self.case_key.object_key(case, Scope::Full, object);
        let binding = Binding::of_case(kind, case, object);
        (object, seal(&key, &binding, &vec![7; size], &OsEntropy).expect("seals"))
    }

    fn upload(&self, case: CaseId, object: ObjectId, sealed: Vec<u8>) -> Prepared {
        if sealed.len() as u64 <= PUT_BYTES {
            return self.prepared("PUT", path::object(case, object), OCTETS, sealed, 201);
        }
        let mut patch = self.prepared("PATCH", path::upload(object), CHUNK, sealed, 204);
        patch.headers.extend([("tus-resumable", "1.0.0".to_owned()), ("upload-offset", "0".to_owned())]);
        patch
    }

    fn manifest(&self, case: CaseId) -> Manifest {
        let seq = {
            let mut state = self.state();
            state.2 += 1;
            state.2
        };
        Manifest {
            case,
            device: self.device,
            shift: self.shift,
            seq,
            head: JournalHead { n: 1, link: Hash([1; 32]) },
            agency: self.agency(),
            objects: Vec::new(),
            wraps: self.wraps.clone(),
            key_commitment: self.case_key.commitment(case),
            notice: None,
            build: Build { catalogue: "c".to_owned(), app: "a".to_owned(), record_schema: 1 },
            clock: ClockEvidence::default(),
        }
    }

    /// Sends all of it, one request after the other. How long each case took until its receipt was verified.
    pub async fn hand_over(&self, cases: Vec<PreparedCase>) -> Vec<Duration> {
        let mut latencies = Vec::with_capacity(cases.len());
        for PreparedCase { case, requests } in cases {
            let (run, mut last, is_whole) = (Run::begin(), Vec::new(), requests.len() > 1);
            for request in requests {
                last = self.send(request).await;
            }
            if is_whole {
                let receipt = Signed::<Receipt>::verify(&last, &self.box_key).expect("the box's receipt");
                assert_eq!(receipt.payload().case, case);
            }
            latencies.push(run.elapsed());
        }
        latencies
    }

    async fn send(&self, request: Prepared) -> Vec<u8> {
        let Prepared { method, path, headers, body, expected } = request;
        let request = self.client.request(method.parse().expect("a method"), self.url(&path));
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = request.body(body).send().await.expect("an answer");
        let (status, body) = (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec());
        assert_eq!(status, expected, "{method} {path}: {}", String::from_utf8_lossy(&body));
        body
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.connection.origin)
    }

    fn prepared(&self, method: &'static str, path: String, kind: &str, body: Vec<u8>, expected: u16) -> Prepared {
        let mut headers = vec![
            ("authorization", format!("DPoP {}", self.state().0)),
            ("dpop", self.proof(method, &path)),
            ("content-digest", digest(&body)),
        ];
        if !kind.is_empty() {
            headers.push(("content-type", kind.to_owned()));
        }
        Prepared { method, path, headers, body, expected }
    }

    fn proof(&self, method: &str, path: &str) -> String {
        let (token, nonce) = {
            let state = self.state();
            (state.0.clone(), state.1.clone())
        };
        let ath = (!token.is_empty()).then(|| jose::token_hash(&token));
        let htu = self.url(path);
        let claims = ProofClaims { jti: jti(), htm: method.to_owned(), htu, iat: now_ms() / 1000, ath, nonce };
        jose::sign_proof(&claims, &self.session).expect("signs")
    }

    fn agency(&self) -> Agency {
        Agency(self.connection.agency.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, (String, Option<String>, u32)> {
        self.state.lock().expect("no holder panics")
    }
}

fn listed(object: ObjectId, kind: Kind, sealed: &[u8]) -> ManifestObject {
    ManifestObject {
        object,
        kind,
        scope: Scope::Full,
        media_type: "image/jpeg".to_owned(),
        length: sealed.len() as u64,
        hash: Hash::of(&[sealed]),
        commitment: Hash([7; 32]),
    }
}

fn digest(body: &[u8]) -> String {
    digest_header(&Hash::of(&[body]))
}

fn random<const N: usize>() -> [u8; N] {
    let entropy: &dyn Entropy = &OsEntropy;
    entropy.array().expect("randomness")
}

fn jti() -> String {
    Hash(random()).to_string()
}

fn now_ms() -> i64 {
    streife_core::ports::SystemClock::new(streife_core::domain::BootId([0; 16])).read().unix_ms
}
