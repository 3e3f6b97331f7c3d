//! A small phone and small cases, written by hand against the contract, so that the box is tested without the core's
//! own client.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;
use std::sync::Arc;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::json;
use streife_box::store::{Blob, BlobStore, FileBlobs, MemoryBlobs, MemoryMeta};
use streife_box::{BoxConfig, Connection, RunningBox, Storage};
use streife_core::domain::{Agency, CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::ports::{Clock, Entropy, OsEntropy};
use streife_core::seal::jose::{self, AssertionClaims, Jwk, ProofClaims};
use streife_core::seal::{
    Binding, Build, CaseEvent, CaseKey, ClockEvidence, EventKind, Hash, JournalHead, Kind, Manifest, ManifestObject,
    Namespace, RecipientSet, Scope, ShiftOpening, ShiftSeal, Signed, SignedPayload, SoftwareKey, VerifyingKey,
    WrappedKey, chain, merkle, seal, sign_payload,
};
use streife_core::sync::protocol::{CaseAnswer, Problem, ProblemType, TokenAnswer, digest_header};
use streife_core::testing::SimClock;

/// 15 June 2026, 08:00 in Germany.
pub const MORNING: i64 = 1_781_503_200_000;

/// Makes a database one of version 3: without log, decisions, feed, one-time codes, ends of uploads and slips.
pub const BACK_TO_VERSION_3: &str = "DROP TRIGGER feed_declared; DROP TRIGGER feed_complete; DROP TRIGGER feed_event;
    DROP TRIGGER case_is_late; DROP INDEX cases_of_device; DROP TABLE decisions; DROP TABLE wraps; DROP TABLE feed;
    DROP TABLE used_codes; DROP TABLE attestations; DROP TABLE drains; DROP TABLE late_cases; DROP TABLE uploads;
    DROP TABLE notices; DROP TABLE log; DROP TABLE log_nodes; DROP INDEX cases_incomplete;
    ALTER TABLE objects DROP COLUMN kind; PRAGMA user_version = 3;";

/// Whether boxes of this test program keep everything but their keys in memory: those of `in_memory.rs`, which takes the
/// tests of other programs in.
pub const IN_MEMORY: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"in_memory");

/// A box in a folder of its own, with a clock that obeys.
pub struct House {
    pub folder: tempfile::TempDir,
    pub storage: Storage,
    pub clock: Arc<SimClock>,
    pub running: RunningBox,
}

impl House {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A box with other settings.
    pub fn with(change: impl FnOnce(&mut BoxConfig)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(SimClock::new(MORNING, 7200));
        let storage = storage(folder.path());
        let mut config = config(&storage, &clock);
        change(&mut config);
        Self { folder, storage, clock, running: RunningBox::start(config).expect("starts") }
    }

    /// Leaves bytes among the objects of a box, as a crash does.
    pub fn leave(&self, blob: Blob, bytes: &[u8]) {
        let files = FileBlobs::open(self.folder.path()).expect("opens");
        let blobs: &dyn BlobStore = match &self.storage {
            Storage::Own { blobs, .. } => blobs.as_ref(),
            _ => &files,
        };
        let upload = if matches!(blob, Blob::Stored(_)) { Blob::Part(blob.object()) } else { blob };
        let mut end = blobs.append(upload).expect("begins");
        end.write(bytes).and_then(|()| end.sync()).expect("writes");
        if upload != blob {
            blobs.promote(upload).expect("promotes");
        }
    }

    /// A request of the desk.
    pub fn desk(&self, method: Method, path: &str) -> RequestBuilder {
        let connection = self.running.connection();
        let request = client(connection).request(method, format!("{}{path}", connection.origin));
        request.header("authorization", format!("Bearer {}", connection.desk_token))
    }

    /// What the desk reads.
    pub fn desk_json(&self, path: &str) -> serde_json::Value {
        let answer = self.desk(Method::GET, path).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_slice(&answer.bytes().expect("a body")).expect("JSON")
    }

    /// What the desk writes.
    pub fn desk_put(&self, path: &str, body: &serde_json::Value) -> Response {
        let request = self.desk(Method::PUT, path);
        with_body(request, "application/json", body.to_string().into_bytes()).send().expect("an answer")
    }

    /// Stops the box and starts it again on the same port.
    pub fn restart(self) -> Self {
        let address = self.running.address().to_string();
        self.running.stop().expect("stops");
        let running = start(&self.storage, &self.clock, &address);
        Self { running, ..self }
    }

    /// Stops the box and starts it again on the same port with other settings.
    pub fn restart_like(self, change: impl FnOnce(&mut BoxConfig)) -> Self {
        let listen = self.running.address();
        self.running.stop().expect("stops");
        let mut config = BoxConfig { listen, ..config(&self.storage, &self.clock) };
        change(&mut config);
        Self { running: RunningBox::start(config).expect("starts"), ..self }
    }

    /// Stops the box, does something to its folder, and starts it again on the same port.
    pub fn restart_with(self, work: impl FnOnce(&Path)) -> Self {
        let address = self.running.address().to_string();
        self.running.stop().expect("stops");
        work(self.folder.path());
        let running = start(&self.storage, &self.clock, &address);
        Self { running, ..self }
    }

    /// Kills the box and starts it again on the same port.
    pub fn restart_after_kill(self) -> Self {
        let address = self.running.address().to_string();
        self.running.kill().expect("ends");
        let running = start(&self.storage, &self.clock, &address);
        Self { running, ..self }
    }

    /// An enrolled phone with a token and an open shift.
    pub fn phone(&self) -> Phone {
        let mut phone = Phone::new(self.running.connection().clone(), Arc::clone(&self.clock));
        assert_eq!(phone.enrol().status(), 201);
        phone.log_in();
        assert_eq!(phone.open_shift().status(), 201);
        phone
    }
}

fn start(storage: &Storage, clock: &Arc<SimClock>, listen: &str) -> RunningBox {
    let listen = listen.parse().expect("an address");
    RunningBox::start(BoxConfig { listen, ..config(storage, clock) }).expect("starts")
}

fn config(storage: &Storage, clock: &Arc<SimClock>) -> BoxConfig {
    let clock: Arc<dyn Clock> = Arc::<SimClock>::clone(clock);
    BoxConfig { clock, storage: storage.clone(), ..BoxConfig::in_memory() }
}

/// A folder, or a folder for keys and stores that outlive the box as a folder does.
fn storage(folder: &Path) -> Storage {
    if IN_MEMORY {
        let (meta, blobs) = (Arc::<MemoryMeta>::default(), Arc::<MemoryBlobs>::default());
        return Storage::Own { keys: folder.to_owned(), meta, blobs };
    }
    Storage::Folder(folder.to_owned())
}

pub fn random<const N: usize>() -> [u8; N] {
    let entropy: &dyn Entropy = &OsEntropy;
    entropy.array().expect("randomness")
}

pub fn client(connection: &Connection) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    let ca = reqwest::Certificate::from_pem(connection.ca_pem.as_bytes()).expect("a certificate");
    Client::builder().tls_certs_only([ca]).build().expect("a client")
}

/// Status and problem type of a refusal.
pub fn problem(response: Response) -> (u16, ProblemType) {
    let status = response.status().as_u16();
    assert_eq!(response.headers().get("content-type").expect("a type"), "application/problem+json");
    let problem: Problem = serde_json::from_slice(&response.bytes().expect("a body")).expect("a problem");
    assert_eq!(problem.status, status);
    (status, problem.kind().expect("of the closed list"))
}

pub struct Phone {
    pub http: Client,
    pub connection: Connection,
    pub clock: Arc<SimClock>,
    pub device: DeviceId,
    pub key: SoftwareKey,
    pub session: SoftwareKey,
    pub token: String,
    pub nonce: Option<String>,
    pub shift: ShiftId,
}

impl Phone {
    pub fn new(connection: Connection, clock: Arc<SimClock>) -> Self {
        Self {
            http: client(&connection),
            connection,
            clock,
            device: DeviceId::new(random()),
            key: SoftwareKey::generate(&OsEntropy).expect("a key"),
            session: SoftwareKey::generate(&OsEntropy).expect("a key"),
            token: String::new(),
            nonce: None,
            shift: ShiftId::new(random()),
        }
    }

    pub fn now_s(&self) -> i64 {
        self.clock.read().unix_ms / 1000
    }

    pub fn enrol(&self) -> Response {
        self.enrol_with(&self.key.verifying_key(), &self.connection.enrolment_code)
    }

    pub fn enrol_with(&self, key: &VerifyingKey, code: &str) -> Response {
        let body = json!({"jwk": Jwk::of(key), "attestation": [], "enrolment_code": code}).to_string();
        let request = self.http.put(format!("{}/v1/devices/{}", self.connection.origin, self.device));
        with_body(request, "application/json", body.into_bytes()).send().expect("an answer")
    }

    pub fn assertion(&self) -> AssertionClaims {
        let (device, iat) = (self.device.to_string(), self.now_s());
        let aud = format!("{}/v1/token", self.connection.origin);
        AssertionClaims { iss: device.clone(), sub: device, aud, jti: jti(), iat, exp: iat + 300, head: None }
    }

    pub fn proof_claims(&self, method: &str, path: &str) -> ProofClaims {
        let path = path.split('?').next().unwrap_or_default();
        let htu = format!("{}{path}", self.connection.origin);
        let ath = (!self.token.is_empty()).then(|| jose::token_hash(&self.token));
        ProofClaims { jti: jti(), htm: method.to_owned(), htu, iat: self.now_s(), ath, nonce: self.nonce.clone() }
    }

    pub fn ask_token(&self, assertion: &AssertionClaims, proof: &ProofClaims) -> Response {
        let assertion = jose::sign_assertion(assertion, &self.key).expect("signs");
        let proof = jose::sign_proof(proof, &self.session).expect("signs");
        let form = format!(
            "grant_type=client_credentials&client_assertion_type=\
             urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        let request = self.http.post(format!("{}/v1/token", self.connection.origin)).header("dpop", proof);
        with_body(request, "application/x-www-form-urlencoded", form.into_bytes()).send().expect("an answer")
    }

    /// Takes the box's newest nonce into every proof from here on: needed once a window, and after a restart.
    pub fn learn_nonce(&mut self) {
        let time = format!("{}/v1/time?nonce={}", self.connection.origin, "0".repeat(32));
        let answer = self.http.get(time).send().expect("an answer");
        let nonce = answer.headers().get("dpop-nonce").expect("a nonce").to_str().expect("text");
        self.nonce = Some(nonce.to_owned());
    }

    /// A token, and the nonce that its request needs.
    pub fn log_in(&mut self) {
        self.token.clear();
        self.learn_nonce();
        let answer = self.ask_token(&self.assertion(), &self.proof_claims("POST", "/v1/token"));
        assert_eq!(answer.status(), 200);
        let answer: TokenAnswer = serde_json::from_slice(&answer.bytes().expect("a body")).expect("a token");
        assert_eq!((answer.token_type.as_str(), answer.expires_in), ("DPoP", 43_200));
        self.token = answer.access_token;
    }

    /// A request with token and proof.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let claims = self.proof_claims(method.as_str(), path);
        self.request_with(method, path, &claims)
    }

    pub fn request_with(&self, method: Method, path: &str, claims: &ProofClaims) -> RequestBuilder {
        let proof = jose::sign_proof(claims, &self.session).expect("signs");
        let request = self.http.request(method, format!("{}{path}", self.connection.origin));
        request.header("authorization", format!("DPoP {}", self.token)).header("dpop", proof)
    }

    pub fn put_cose(&self, path: &str, bytes: &[u8]) -> Response {
        with_body(self.request(Method::PUT, path), "application/cose", bytes.to_vec()).send().expect("an answer")
    }

    pub fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().expect("an answer")
    }

    pub fn opening(&self, n: u64) -> Vec<u8> {
        let head = JournalHead { n, link: Hash([1; 32]) };
        let agency = Agency(self.connection.agency.clone());
        let opening = ShiftOpening { shift: self.shift, device: self.device, agency, head };
        sign_payload(Namespace::Shift, opening.encode(), &self.key).expect("signs")
    }

    pub fn open_shift(&self) -> Response {
        self.put_cose(&format!("/v1/shifts/{}", self.shift), &self.opening(1))
    }

    pub fn put_case(&self, case: &TestCase) -> Response {
        self.put_cose(&format!("/v1/cases/{}", case.id), &case.signed)
    }

    pub fn declare(&self, case: &TestCase) -> CaseAnswer {
        let answer = self.put_case(case);
        assert_eq!(answer.status(), 201);
        serde_json::from_slice(&answer.bytes().expect("a body")).expect("an answer")
    }

    pub fn put_object(&self, case: &TestCase, (object, bytes): &(ObjectId, Vec<u8>)) -> Response {
        let digest = digest_header(&Hash::of(&[bytes]));
        let request = self.request(Method::PUT, &format!("/v1/cases/{}/objects/{object}", case.id));
        let request = request.header("repr-digest", digest);
        with_body(request, "application/octet-stream", bytes.clone()).send().expect("an answer")
    }

    pub fn head_upload(&self, object: ObjectId) -> Response {
        let request = self.request(Method::HEAD, &format!("/v1/uploads/{object}"));
        request.header("tus-resumable", "1.0.0").send().expect("an answer")
    }

    pub fn offset(&self, object: ObjectId) -> u64 {
        number(&self.head_upload(object), "upload-offset")
    }

    pub fn patch(&self, object: ObjectId, offset: u64, bytes: &[u8]) -> Response {
        let request = self.request(Method::PATCH, &format!("/v1/uploads/{object}"));
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", offset);
        with_body(request, "application/offset+octet-stream", bytes.to_vec()).send().expect("an answer")
    }

    /// Sends every object the way its size asks for.
    pub fn send_objects(&self, case: &TestCase) {
        for object in &case.objects {
            if object.1.len() <= 262_144 {
                assert_eq!(self.put_object(case, object).status(), 201);
            } else {
                assert_eq!(self.patch(object.0, 0, &object.1).status(), 204);
            }
        }
    }

    pub fn void(&self, case: CaseId, event: EventId, reason: &str) -> Vec<u8> {
        let head = JournalHead { n: 9, link: Hash([9; 32]) };
        let event = CaseEvent { event, case, kind: EventKind::Void, reason: reason.to_owned(), note: None, head };
        sign_payload(Namespace::Event, event.encode(), &self.key).expect("signs")
    }

    /// A case with objects of these plaintext sizes, sealed for the agency's recipients. The first is its record.
    pub fn case(&self, seq: u32, sizes: &[usize]) -> TestCase {
        let key = CaseKey::generate(&OsEntropy).expect("a key");
        let id = CaseId::new(random());
        let mut case = TestCase { id, manifest: self.manifest(id, seq, &key), signed: Vec::new(), objects: Vec::new() };
        for (place, size) in sizes.iter().enumerate() {
            let kind = if place == 0 { Kind::Record } else { Kind::Photo };
            let object = ObjectId::new(random());
            let plain: Vec<u8> = random::<1>().into_iter().cycle().take(*size).collect();
            let binding = Binding::of_case(kind, id, object);
            let sealed = seal(&key.object_key(id, Scope::Full, object), &binding, &plain, &OsEntropy).expect("seals");
            case.manifest.objects.push(ManifestObject { kind, ..listed(object, &sealed) });
            case.objects.push((object, sealed));
        }
        case.sign(&self.key);
        case
    }

    fn manifest(&self, case: CaseId, seq: u32, key: &CaseKey) -> Manifest {
        let agency = Agency(self.connection.agency.clone());
        let set = self.recipients();
        let recipients = set.valid_for(&agency, MORNING).expect("valid");
        Manifest {
            case,
            device: self.device,
            shift: self.shift,
            seq,
            head: JournalHead { n: 1, link: Hash([1; 32]) },
            agency,
            objects: Vec::new(),
            wraps: WrappedKey::for_all(&recipients, key.as_bytes(), case.as_bytes(), &OsEntropy).expect("wraps"),
            key_commitment: key.commitment(case),
            notice: None,
            build: Build { catalogue: "c".to_owned(), app: "a".to_owned(), record_schema: 1 },
            clock: ClockEvidence::default(),
        }
    }

    pub fn recipients(&self) -> RecipientSet {
        let answer = self.http.get(format!("{}/v1/recipients", self.connection.origin)).send().expect("an answer");
        let root = VerifyingKey::from_sec1(&self.connection.agency_root).expect("a key");
        let bytes = answer.bytes().expect("a body");
        Signed::<RecipientSet>::verify(&bytes, &root).expect("verifies").into_payload()
    }
}

/// A seal over an opening at entry 1 and these cases.
pub fn shift_seal(phone: &Phone, cases: &[&TestCase], count: u64) -> Vec<u8> {
    let (before, entry) = (Hash([0; 32]), Hash([7; 32]));
    let leaves: Vec<_> = cases.iter().map(|case| Hash::of(&[&case.manifest.encode()])).collect();
    let seal = ShiftSeal {
        shift: phone.shift,
        device: phone.device,
        first: 1,
        before,
        entries: vec![entry],
        last: 1,
        link: chain::link(&before, 1, &entry),
        count,
        root: merkle::root(&leaves),
    };
    sign_payload(Namespace::Seal, seal.encode(), &phone.key).expect("signs")
}

/// The place that [`shift_seal`] fixes.
pub fn sealed_head() -> JournalHead {
    JournalHead { n: 1, link: chain::link(&Hash([0; 32]), 1, &Hash([7; 32])) }
}

#[derive(Clone)]
pub struct TestCase {
    pub id: CaseId,
    pub manifest: Manifest,
    pub signed: Vec<u8>,
    pub objects: Vec<(ObjectId, Vec<u8>)>,
}

impl TestCase {
    pub fn sign(&mut self, key: &SoftwareKey) {
        self.signed = sign_payload(Namespace::Manifest, self.manifest.encode(), key).expect("signs");
    }
}

pub fn listed(object: ObjectId, sealed: &[u8]) -> ManifestObject {
    ManifestObject {
        object,
        kind: Kind::Photo,
        scope: Scope::Full,
        media_type: "image/jpeg".to_owned(),
        length: sealed.len() as u64,
        hash: Hash::of(&[sealed]),
        commitment: Hash([7; 32]),
    }
}

pub fn with_body(request: RequestBuilder, content_type: &str, body: Vec<u8>) -> RequestBuilder {
    let digest = digest_header(&Hash::of(&[&body]));
    request.header("content-type", content_type).header("content-digest", digest).body(body)
}

pub fn number(response: &Response, header: &str) -> u64 {
    let value = response.headers().get(header).expect("the header").to_str().expect("text");
    value.parse().expect("a number")
}

fn jti() -> String {
    Hash(random()).to_string()
}
