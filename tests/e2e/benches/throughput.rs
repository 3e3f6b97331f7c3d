//! How fast sealed photos reach the box, against `curl -T` of the same files to the same box.
//!
//! ```text
//! cargo bench -p streife-e2e --bench throughput -- [--rounds ROUNDS] [--cases CASES]
//! ```
//!
//! Two phones stand before one box on loopback, over the same TLS. Both have handed over everything but their photos;
//! then, in turn, the core sends those of the first, and one process of curl sends those of the second by PATCH to the
//! addresses that the box has announced, one after another over one connection, with the digest of each. What comes
//! behind the last photo, receipts included, is timed with the core's share. Payloads stay for as long as they do by default:
//! curl deletes nothing either.

#[path = "../../../core/benches/rounds/mod.rs"]
#[allow(dead_code, reason = "shared with the benchmarks of the core")]
mod rounds;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rounds::{Limit, Run, Table, in_turn, timed};
use streife_core::client::{Client, Retention};
use streife_core::domain::{PhotoClass, to_hex};
use streife_core::http::HttpTransport;
use streife_core::ports::{Body, Clock, Entropy, Method, NeverCancel, OsEntropy, Request, Transport};
use streife_core::seal::jose::{AssertionClaims, ProofClaims, sign_assertion, sign_proof, token_hash};
use streife_core::seal::{Hash, SoftwareKey};
use streife_core::sync::Network;
use streife_core::sync::protocol::{TokenAnswer, digest_header, path};
use streife_core::testing::photo;
use streife_e2e::{Rig, sync};

/// Photos of a case.
const PHOTOS: u64 = 3;

fn main() {
    let (mut rounds, mut cases) = (5_u32, 6_u32);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().and_then(|value| value.parse().ok()).expect("a number behind the option");
        match word.as_str() {
            "--rounds" => rounds = value(),
            "--cases" => cases = value(),
            "--bench" => {} // cargo's own
            other => panic!("unknown option {other}"),
        }
    }
    let picture = photo::make(&photo::PhotoSpec::default());
    let (ours, theirs) = (Phone::new(&picture), Phone::new(&picture));
    let [sent, copied] = in_turn(rounds as usize, [&mut || ours.sends(cases), &mut || theirs.copies(cases)]);
    let mut table = Table::default();
    table.add("photos to the box, against curl -T", &sent, &copied, Limit::AtMost(1.0 / 0.9));
    let megabytes = f64::from(cases) * 3.0 * kib(picture.len()) / 976.562_5;
    table.say(&format!(
        "{megabytes:.1} MB a run: {:.0} MB/s by the core, {:.0} MB/s by curl",
        rate(megabytes, sent.ms()),
        rate(megabytes, copied.ms())
    ));
    table.print();
}

fn kib(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).expect("a photo")) / 1_024.0
}

fn rate(megabytes: f64, ms: f64) -> f64 {
    megabytes / (ms / 1e3)
}

/// A phone and its box.
struct Phone<'a> {
    rig: Rig,
    client: Client,
    picture: &'a [u8],
    taken: std::cell::Cell<u64>,
}

impl<'a> Phone<'a> {
    fn new(picture: &'a [u8]) -> Self {
        let mut rig = Rig::new();
        rig.retention = Retention::default();
        let client = rig.on_patrol();
        Self { rig, client, picture, taken: std::cell::Cell::new(0) }
    }

    /// Records cases and hands over everything but their photos.
    fn record(&self, cases: u32) {
        for _ in 0..cases {
            let case = self.rig.draft_case(&self.client, 0);
            for _ in 0..PHOTOS {
                self.client.add_photo(case, &self.shoot(), PhotoClass::Overview).expect("adds");
            }
            self.client.seal_case(case, Vec::new()).expect("seals");
        }
        let report = sync(&self.client, Network::Metered);
        assert_eq!(report.receipts, 0, "the photos wait for a better link");
    }

    fn shoot(&self) -> PathBuf {
        self.taken.set(self.taken.get() + 1);
        let file = self.rig.folder.path().join("camera.jpg");
        std::fs::write(&file, [self.picture, &self.taken.get().to_be_bytes()].concat()).expect("writes");
        file
    }

    fn sends(&self, cases: u32) -> Run {
        self.record(cases);
        timed(|| assert_eq!(sync(&self.client, Network::Unmetered).receipts, cases))
    }

    fn copies(&self, cases: u32) -> Run {
        self.record(cases);
        let config = self.rig.folder.path().join("curl.config");
        let photos = self.waiting();
        assert_eq!(photos.len() as u64, u64::from(cases) * PHOTOS);
        std::fs::write(&config, Session::begin(&self.rig, &self.client).config(&self.rig, &photos)).expect("writes");
        let run = timed(|| {
            let done = Command::new("curl").arg("--config").arg(&config).output().expect("curl runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        });
        assert_eq!(sync(&self.client, Network::Unmetered).receipts, cases, "curl has sent every photo whole");
        run
    }

    /// Photos that the box waits for: their addresses there and their sealed files here.
    fn waiting(&self) -> Vec<(String, PathBuf)> {
        let cases = self.rig.server.ledger().cases().expect("reads");
        let missing = cases.iter().flat_map(|case| &case.objects).filter(|object| object.file.is_none());
        let file = |object| self.rig.vault_folder().join("objects").join(format!("{object}.sbx"));
        missing.map(|object| (path::upload(object.object), file(object.object))).collect()
    }
}

/// Access to the box for another program.
struct Session {
    key: SoftwareKey,
    token: String,
    nonce: Option<String>,
    ca: PathBuf,
}

impl Session {
    fn begin(rig: &Rig, client: &Client) -> Self {
        let http = Arc::new(rig.http(rig.connection().ca_pem.as_bytes()));
        let ca = rig.folder.path().join("ca.pem");
        std::fs::write(&ca, &rig.connection().ca_pem).expect("writes");
        let key = SoftwareKey::generate(&OsEntropy).expect("randomness");
        let mut session = Self { key, token: String::new(), nonce: None, ca };
        let ask = Request { method: Method::Get, path: path::time(&unique()), headers: Vec::new(), body: Body::Empty };
        session.nonce = http.send(&ask, &NeverCancel).expect("an answer").header("dpop-nonce").map(str::to_owned);
        session.log_in(rig, client, &http);
        session
    }

    fn log_in(&mut self, rig: &Rig, client: &Client, http: &HttpTransport) {
        let (device, iat) = (client.device().to_string(), now_s(rig));
        let aud = format!("{}{}", http.origin(), path::TOKEN);
        let claims =
            AssertionClaims { iss: device.clone(), sub: device, aud, jti: unique(), iat, exp: iat + 300, head: None };
        let assertion = sign_assertion(&claims, &*rig.signer).expect("signs");
        let form = format!(
            "grant_type=client_credentials&client_assertion_type=\
             urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        let headers = vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("content-digest", digest_header(&Hash::of(&[form.as_bytes()]))),
            ("dpop", self.proof(rig, "POST", path::TOKEN)),
        ];
        let body = Body::Bytes(form.into_bytes());
        let request = Request { method: Method::Post, path: path::TOKEN.to_owned(), headers, body };
        let answer = http.send(&request, &NeverCancel).expect("an answer");
        let answer: TokenAnswer = serde_json::from_slice(&answer.body).expect("a token");
        self.token = answer.access_token;
    }

    fn proof(&self, rig: &Rig, method: &str, path: &str) -> String {
        let claims = ProofClaims {
            jti: unique(),
            htm: method.to_owned(),
            htu: format!("{}{path}", rig.connection().origin),
            iat: now_s(rig),
            ath: (!self.token.is_empty()).then(|| token_hash(&self.token)),
            nonce: self.nonce.clone(),
        };
        sign_proof(&claims, &self.key).expect("signs")
    }

    /// What curl is told: one PATCH a photo.
    fn config(&self, rig: &Rig, photos: &[(String, PathBuf)]) -> String {
        let mut config = String::from("silent\nshow-error\nfail\n");
        for (index, (path, file)) in photos.iter().enumerate() {
            if index > 0 {
                config.push_str("next\nsilent\nshow-error\nfail\n");
            }
            let digest = digest_header(&digest(file));
            for line in [
                format!("url = \"{}{path}\"", rig.connection().origin),
                format!("cacert = \"{}\"", self.ca.display()),
                format!("upload-file = \"{}\"", file.display()),
                "request = \"PATCH\"\nhttp1.1\noutput = \"/dev/null\"\nheader = \"Expect:\"".to_owned(),
                format!("header = \"Authorization: DPoP {}\"", self.token),
                format!("header = \"DPoP: {}\"", self.proof(rig, "PATCH", path)),
                "header = \"Tus-Resumable: 1.0.0\"\nheader = \"Upload-Offset: 0\"".to_owned(),
                "header = \"Content-Type: application/offset+octet-stream\"".to_owned(),
                format!("header = \"Content-Digest: {digest}\""),
            ] {
                writeln!(config, "{line}").expect("a string grows");
            }
        }
        config
    }
}

fn digest(file: &Path) -> Hash {
    Hash::of(&[&std::fs::read(file).expect("reads")])
}

fn now_s(rig: &Rig) -> i64 {
    rig.clock.read().unix_ms / 1_000
}

fn unique() -> String {
    let entropy: &dyn Entropy = &OsEntropy;
    to_hex(&entropy.array::<16>().expect("randomness"))
}
