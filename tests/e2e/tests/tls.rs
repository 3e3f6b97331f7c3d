//! F16: whoever is not the agency's box gets no byte of what the phone has to say.
//!
//! Each stranger listens where the box should be and counts what it can read: bytes behind TLS, if a session comes about,
//! and what comes in clear before it. The phone must call the other side untrusted, send nothing, and keep everything.
//! Revocation is not checked: there is no list that a phone in a garage could ask, so an authority that is not trusted
//! any more is taken out of the app's settings (rotation).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use streife_core::client::SyncEnd;
use streife_core::error::ErrorKind;
use streife_core::http::HttpTransport;
use streife_core::ports::{Body, Clock, Method, NeverCancel, Request, Transport, TransportError};
use streife_core::sync::Network;
use streife_core::vault::CaseState;
use streife_e2e::{Rig, sync};

#[test]
fn nobody_but_the_agencys_box_gets_a_byte() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    drop(client);
    let pinned = Authority::new("the agency's");
    for (name, stranger) in strangers(&pinned) {
        let listener = Listener::new(stranger);
        let http = HttpTransport::new(&listener.origin(), pinned.pem().as_bytes()).expect("sound settings");
        let client = rig.open_over(Arc::new(http));
        assert_eq!(client.enrol("code").expect_err(name).kind(), ErrorKind::Untrusted, "{name}");
        let report = sync(&client, Network::Unmetered);
        assert!(matches!(report.end, SyncEnd::WaitUntil(_)), "{name}: {report:?}");
        assert!(report.requests <= 1, "{name}: {report:?}");
        assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed, "{name}");
        let seen = listener.seen();
        assert!(seen.connections > 0, "{name}: nobody came");
        assert_eq!(seen.inside, 0, "{name}: bytes behind TLS");
        assert!(seen.in_clear.iter().all(|first| first.first() == Some(&HANDSHAKE)), "{name}: something in clear");
        // The next stranger listens elsewhere, and what was to be waited for is over.
        if let SyncEnd::WaitUntil(until) = report.end {
            rig.clock.advance_ms(u32::try_from(until - rig.clock.read().unix_ms).expect("ahead"));
        }
    }
    assert_eq!(rig.drain(&rig.open()), 0, "nothing was lost");
    assert!(rig.server.ledger().case(case).expect("reads").expect("is there").receipt.is_some());
}

/// The control of the test above: with a right certificate, through an intermediate that is sent, bytes do arrive.
#[test]
fn the_agencys_box_gets_bytes() {
    let pinned = Authority::new("the agency's");
    let middle = pinned.intermediate();
    let (leaf, key) = middle.leaf(&named("localhost"));
    let listener = Listener::new(Stranger::Tls(tls(vec![leaf.der().clone(), middle.der()], &key)));
    assert_eq!(ask(&listener, &pinned.pem()), Ok(200));
    assert!(listener.seen().inside > 0);
}

#[test]
fn while_one_authority_replaces_the_other_both_are_trusted_and_then_one() {
    let (old, new) = (Authority::new("the old one"), Authority::new("the new one"));
    let listening = |authority: &Authority| {
        let (leaf, key) = authority.leaf(&named("localhost"));
        Listener::new(Stranger::Tls(tls(vec![leaf.der().clone()], &key)))
    };
    let both = format!("{}{}", old.pem(), new.pem());
    assert_eq!(ask(&listening(&old), &both), Ok(200));
    assert_eq!(ask(&listening(&new), &both), Ok(200));
    assert_eq!(ask(&listening(&new), &new.pem()), Ok(200));
    let refused = listening(&old);
    assert_eq!(ask(&refused, &new.pem()), Err(TransportError::Untrusted));
    assert_eq!(refused.seen().inside, 0);
}

fn ask(listener: &Listener, authorities: &str) -> Result<u16, TransportError> {
    let http = HttpTransport::new(&listener.origin(), authorities.as_bytes()).expect("sound settings");
    let request = Request { method: Method::Get, path: "/v1/box".to_owned(), headers: Vec::new(), body: Body::Empty };
    http.send(&request, &NeverCancel).map(|answer| answer.status)
}

/// First byte of a TLS handshake's record.
const HANDSHAKE: u8 = 22;

fn strangers(pinned: &Authority) -> Vec<(&'static str, Stranger)> {
    let right = || named("localhost");
    let (other, middle) = (Authority::new("the agency's"), pinned.intermediate());
    let by = |authority: &Authority, params: CertificateParams| {
        let (leaf, key) = authority.leaf(&params);
        Stranger::Tls(tls(vec![leaf.der().clone()], &key))
    };
    let mut long_ago = right();
    (long_ago.not_before, long_ago.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    let mut some_day = right();
    (some_day.not_before, some_day.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    let mut for_clients = right();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    vec![
        ("an authority of the user's or of the system's", by(&other, right())),
        ("an expired certificate", by(pinned, long_ago)),
        ("a certificate of the future", by(pinned, some_day)),
        ("a certificate of another name", by(pinned, named("other.example"))),
        ("a certificate for clients", by(pinned, for_clients)),
        ("an intermediate that is not sent", by(&middle, right())),
        ("a certificate that signs itself", signs_itself()),
        ("a certificate signed by one that may not", signed_by_a_leaf(pinned)),
        ("TLS 1.1 by its hello", Stranger::Says(HELLO_OF_TLS_1_1.to_vec())),
        ("TLS 1.1 by its alert", Stranger::Says(vec![21, 3, 2, 0, 2, 2, 70])),
        ("plain HTTP", Stranger::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec())),
    ]
}

/// A record with a ServerHello of TLS 1.1 and a cipher suite of its time.
const HELLO_OF_TLS_1_1: [u8; 47] = [
    22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 0, 0, 47, 0,
];

fn signs_itself() -> Stranger {
    let key = KeyPair::generate().expect("a key");
    let leaf = named("localhost").self_signed(&key).expect("signs");
    Stranger::Tls(tls(vec![leaf.der().clone()], &key))
}

fn signed_by_a_leaf(pinned: &Authority) -> Stranger {
    let (leaf, key) = pinned.leaf(&named("localhost"));
    let issuer = Issuer::new(named("localhost"), key);
    let (own, forged) = (KeyPair::generate().expect("a key"), named("localhost"));
    let forged = forged.signed_by(&own, &issuer).expect("signs");
    Stranger::Tls(tls(vec![forged.der().clone(), leaf.der().clone()], &own))
}

fn named(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, host);
    params
}

/// A certificate authority.
struct Authority {
    certificate: Certificate,
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().expect("a key"));
        Self { certificate: params.self_signed(&key).expect("signs"), params, key }
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn intermediate(&self) -> Self {
        let (params, key) = (Self::params("in the middle"), KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &self.issuer()).expect("signs");
        Self { certificate, params, key }
    }

    fn leaf(&self, params: &CertificateParams) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer()).expect("signs"), key)
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    fn pem(&self) -> String {
        self.certificate.pem()
    }

    fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }
}

fn tls(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    Arc::new(config.with_single_cert(chain, key).expect("a key of its own"))
}

/// Who listens where the box should be.
enum Stranger {
    /// Somebody who speaks TLS and answers 200 to everything.
    Tls(Arc<ServerConfig>),
    /// Somebody who says this.
    Says(Vec<u8>),
}

/// What a stranger has seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    connections: u32,
    /// Bytes behind TLS.
    inside: usize,
    /// What came first of each connection that speaks no TLS.
    in_clear: Vec<Vec<u8>>,
}

struct Listener {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    fn new(stranger: Stranger) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (address, seen) = (listener.local_addr().expect("is bound"), Arc::<Mutex<Seen>>::default());
        let (ends, counting) = (Arc::<AtomicBool>::default(), Arc::clone(&seen));
        let ending = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                stranger.meet(stream.expect("a connection"), &counting);
            }
        });
        Self { address, seen, ends, thread: Some(thread) }
    }

    fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    fn seen(&self) -> Seen {
        self.seen.lock().expect("no holder panics").clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
    }
}

impl Stranger {
    fn meet(&self, mut stream: TcpStream, seen: &Mutex<Seen>) {
        seen.lock().expect("no holder panics").connections += 1;
        match self {
            Self::Tls(config) => {
                let mut session = ServerConnection::new(Arc::clone(config)).expect("a session");
                serve(&mut Stream::new(&mut session, &mut stream), seen);
            }
            Self::Says(words) => {
                let mut first = vec![0; 4_096];
                let read = stream.read(&mut first).unwrap_or_default();
                first.truncate(read);
                seen.lock().expect("no holder panics").in_clear.push(first);
                drop(stream.write_all(words)); // the phone may be gone
                drop(stream.read_to_end(&mut Vec::new()));
            }
        }
    }
}

/// Reads a request's head and answers; a session that does not come about has no bytes.
fn serve(stream: &mut impl ReadWrite, seen: &Mutex<Seen>) {
    let (mut head, mut piece) = (Vec::new(), [0; 4_096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let Ok(read @ 1..) = stream.read(&mut piece) else { return };
        head.extend_from_slice(piece.get(..read).expect("was read"));
        seen.lock().expect("no holder panics").inside += read;
    }
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"));
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}
