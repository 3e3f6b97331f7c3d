//! A phone that hands over one case after the other, whatever happens to the box, and remembers what it was told.

use std::sync::Arc;

use reqwest::Method;
use reqwest::blocking::{Client, Response};
use serde_json::json;
use streife_core::domain::{Agency, CaseId, DeviceId, ObjectId, ShiftId};
use streife_core::ports::{Clock, Entropy, OsEntropy, SystemClock};
use streife_core::seal::jose::{self, AssertionClaims, Jwk, ProofClaims};
use streife_core::seal::{
    Binding, Build, CaseKey, ClockEvidence, Hash, JournalHead, Kind, Manifest, ManifestObject, Namespace, RecipientSet,
    Scope, ShiftOpening, Signed, SignedPayload, SoftwareKey, VerifyingKey, WrappedKey, seal, sign_payload,
};
use streife_core::sync::protocol::{CHUNK, COSE, JSON, OCTETS, PUT_BYTES, TokenAnswer, digest_header, path};

use crate::world::{Agreement, Handed, Shared};

/// The connection was lost, or the box is down. What became of the request is not known.
#[derive(Debug)]
pub struct Lost;

pub struct Phone {
    shared: Arc<Shared>,
    http: Client,
    device: DeviceId,
    key: SoftwareKey,
    session: SoftwareKey,
    shift: ShiftId,
    case_key: CaseKey,
    wraps: Vec<WrappedKey>,
    token: String,
    nonce: Option<String>,
    seq: u32,
}

/// A case and the sealed files of its objects.
struct Case {
    id: CaseId,
    entry: Hash,
    signed: Vec<u8>,
    objects: Vec<(ObjectId, Vec<u8>)>,
}

impl Phone {
    /// A phone that the box does not know yet.
    pub fn new(shared: Arc<Shared>) -> Self {
        let key = || SoftwareKey::generate(&OsEntropy).expect("a key");
        let http = client(&shared.told);
        let (device, shift) = (DeviceId::new(random()), ShiftId::new(random()));
        let case_key = CaseKey::generate(&OsEntropy).expect("a key");
        let (key, session) = (key(), key());
        let (wraps, token) = (Vec::new(), String::new());
        Self { shared, http, device, key, session, shift, case_key, wraps, token, nonce: None, seq: 0 }
    }

    /// Enrols and then hands over until it is told to end; the case that it has begun it hands over in any case. Nothing if
    /// the box is given up.
    pub fn live(mut self) -> Option<()> {
        self.until_done(Self::enter)?;
        while !self.shared.is_over() {
            self.seq += 1;
            let case = self.next_case();
            self.shared.begin(case.id);
            let receipt = self.until_done(|phone| phone.hand_over(&case))?;
            let objects = case.objects.iter().map(|(object, sealed)| (*object, Hash::of(&[sealed]))).collect();
            self.shared.handed(Handed { case: case.id, entry: case.entry, receipt, objects });
            if self.seq.is_multiple_of(3) {
                let checkpoint = self.until_done(|phone| phone.get(path::CHECKPOINT))?;
                self.shared.seen(&checkpoint);
            }
        }
        Some(())
    }

    /// Tries until nothing is lost on the way, whenever there is a box.
    fn until_done<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T, Lost>) -> Option<T> {
        while self.shared.wait_for_box() {
            if let Ok(done) = work(self) {
                return Some(done);
            }
        }
        None
    }

    fn enter(&mut self) -> Result<(), Lost> {
        let body = json!({
            "jwk": Jwk::of(&self.key.verifying_key()), "attestation": [], "enrolment_code": self.shared.told.enrolment_code
        });
        let request = self.http.put(self.url(&path::device(self.device))).header("content-type", JSON);
        let body = body.to_string().into_bytes();
        let answer = request.header("content-digest", digest(&body)).body(body).send().map_err(|_| Lost)?;
        expect(answer, &[200, 201])?;
        self.log_in()?;
        let head = JournalHead { n: 1, link: Hash([1; 32]) };
        let opening = ShiftOpening { shift: self.shift, device: self.device, agency: self.agency(), head };
        let signed = sign_payload(Namespace::Shift, opening.encode(), &self.key).expect("signs");
        self.put(&path::shift(self.shift), COSE, signed)?;
        let set = self.get(path::RECIPIENTS)?;
        let root = VerifyingKey::from_sec1(&self.shared.told.agency_root).expect("a key");
        let set = Signed::<RecipientSet>::verify(&set, &root).expect("verifies").into_payload();
        let recipients = set.valid_for(&self.agency(), now_ms()).expect("valid");
        self.wraps = WrappedKey::for_all(&recipients, self.case_key.as_bytes(), &[0; 16], &OsEntropy).expect("wraps");
        Ok(())
    }

    fn log_in(&mut self) -> Result<(), Lost> {
        self.token.clear();
        let (device, iat) = (self.device.to_string(), now_ms() / 1000);
        let aud = self.url(path::TOKEN);
        for _ in 0..2 {
            let (iss, sub, aud) = (device.clone(), device.clone(), aud.clone());
            let claims = AssertionClaims { iss, sub, aud, jti: jti(), iat, exp: iat + 300, head: None };
            let assertion = jose::sign_assertion(&claims, &self.key).expect("signs");
            let body = format!(
                "grant_type=client_credentials&client_assertion_type=\
                 urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
            );
            let request = self.http.post(self.url(path::TOKEN)).header("dpop", self.proof("POST", path::TOKEN));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer =
                request.header("content-digest", digest(body.as_bytes())).body(body).send().map_err(|_| Lost)?;
            self.learn_nonce(&answer);
            if answer.status() == 200 {
                let answer: TokenAnswer = serde_json::from_slice(&expect(answer, &[200])?).expect("a token");
                self.token = answer.access_token;
                return Ok(());
            }
        }
        Err(Lost)
    }

    /// A record, and a photo that goes up in one request or in chunks.
    fn next_case(&self) -> Case {
        let id = CaseId::new(random());
        let photo = if self.seq.is_multiple_of(4) { 300_000 } else { 3_000 };
        let mut manifest = self.manifest(id);
        let mut objects = Vec::new();
        for (kind, size) in [(Kind::Record, 300), (Kind::Photo, photo)] {
            let object = ObjectId::new(random());
            let key = self.case_key.object_key(id, Scope::Full, object);
            let sealed = seal(&key, &Binding::of_case(kind, id, object), &vec![7; size], &OsEntropy).expect("seals");
            manifest.objects.push(ManifestObject {
                object,
                kind,
                scope: Scope::Full,
                media_type: "image/jpeg".to_owned(),
                length: sealed.len() as u64,
                hash: Hash::of(&[&sealed]),
                commitment: Hash([7; 32]),
            });
            objects.push((object, sealed));
        }
        let payload = manifest.encode();
        let entry = Hash::of(&[&payload]);
        Case { id, entry, signed: sign_payload(Namespace::Manifest, payload, &self.key).expect("signs"), objects }
    }

    fn manifest(&self, case: CaseId) -> Manifest {
        Manifest {
            case,
            device: self.device,
            shift: self.shift,
            seq: self.seq,
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

    fn hand_over(&mut self, case: &Case) -> Result<Vec<u8>, Lost> {
        self.put(&path::case(case.id), COSE, case.signed.clone())?;
        for (object, sealed) in &case.objects {
            if sealed.len() as u64 <= PUT_BYTES {
                self.put(&path::object(case.id, *object), OCTETS, sealed.clone())?;
            } else {
                self.upload(*object, sealed)?;
            }
        }
        self.get(&path::receipt(case.id))
    }

    /// In two chunks, from where the box says it stands.
    fn upload(&mut self, object: ObjectId, sealed: &[u8]) -> Result<(), Lost> {
        let path = path::upload(object);
        loop {
            let tus = [("tus-resumable", "1.0.0".to_owned())];
            let answer = self.send(Method::HEAD, &path, &tus, Vec::new())?;
            assert_eq!(answer.status(), 200, "the upload is known");
            let offset = answer.headers().get("upload-offset").and_then(|offset| offset.to_str().ok()?.parse().ok());
            let rest = sealed.get(offset.expect("an offset")..).expect("within the object");
            if rest.is_empty() {
                return Ok(());
            }
            let chunk = rest.get(..sealed.len() / 2).unwrap_or(rest).to_vec();
            let head = [
                ("tus-resumable", "1.0.0".to_owned()),
                ("upload-offset", offset.unwrap_or_default().to_string()),
                ("content-type", CHUNK.to_owned()),
            ];
            expect(self.send(Method::PATCH, &path, &head, chunk)?, &[204])?;
        }
    }

    fn put(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Result<(), Lost> {
        let answer = self.send(Method::PUT, path, &[("content-type", kind.to_owned())], body)?;
        expect(answer, &[200, 201]).map(drop)
    }

    fn get(&mut self, path: &str) -> Result<Vec<u8>, Lost> {
        expect(self.send(Method::GET, path, &[], Vec::new())?, &[200])
    }

    /// With token and proof; once more with a newer nonce if the box asks for it.
    fn send(&mut self, method: Method, path: &str, head: &[(&str, String)], body: Vec<u8>) -> Result<Response, Lost> {
        for last in [false, true] {
            let request = self.http.request(method.clone(), self.url(path));
            let request = request.header("authorization", format!("DPoP {}", self.token));
            let request = request.header("dpop", self.proof(method.as_str(), path));
            let request = request.header("content-digest", digest(&body));
            let request = head.iter().fold(request, |request, (name, value)| request.header(*name, value));
            let answer = request.body(body.clone()).send().map_err(|_| Lost)?;
            self.learn_nonce(&answer);
            if answer.status() != 401 || last {
                return Ok(answer);
            }
        }
        Err(Lost)
    }

    fn learn_nonce(&mut self, answer: &Response) {
        if let Some(nonce) = answer.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok()) {
            self.nonce = Some(nonce.to_owned());
        }
    }

    fn proof(&self, method: &str, path: &str) -> String {
        let ath = (!self.token.is_empty()).then(|| jose::token_hash(&self.token));
        let (htm, htu, nonce) = (method.to_owned(), self.url(path), self.nonce.clone());
        let claims = ProofClaims { jti: jti(), htm, htu, iat: now_ms() / 1000, ath, nonce };
        jose::sign_proof(&claims, &self.session).expect("signs")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.shared.told.origin)
    }

    fn agency(&self) -> Agency {
        Agency(self.shared.told.agency.clone())
    }
}

pub fn client(told: &Agreement) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another may have been first
    let ca = reqwest::Certificate::from_pem(told.ca_pem.as_bytes()).expect("a certificate");
    Client::builder().tls_certs_only([ca]).build().expect("a client")
}

/// The body of an answer that has one of these statuses.
fn expect(answer: Response, statuses: &[u16]) -> Result<Vec<u8>, Lost> {
    let status = answer.status().as_u16();
    let body = answer.bytes().map_err(|_| Lost)?.to_vec();
    assert!(statuses.contains(&status), "{status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
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
    SystemClock::new(streife_core::domain::BootId([0; 16])).read().unix_ms
}
