//! What goes over the wire, and how a request is broken off.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use streife_core::client::{SyncEnd, SyncLimits};
use streife_core::http::HttpTransport;
use streife_core::ports::{Body, Cancel, Method, Request, Transport, TransportError};
use streife_core::sync::Network;
use streife_e2e::{Rig, sync};

#[test]
fn on_a_clean_link_little_more_is_sent_than_needed() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let cases: Vec<_> = (0..4).map(|_| rig.seal_case(&client, 3)).collect();
    let before = received(&rig);
    let report = sync(&client, Network::Unmetered);
    assert_eq!((report.end, report.receipts, report.retries), (SyncEnd::Idle, 4, 0));
    let stored = cases.iter().map(|case| {
        let stored = rig.server.ledger().case(*case).expect("reads").expect("is there");
        stored.manifest.len() as u64 + stored.objects.iter().map(|object| object.length).sum::<u64>()
    });
    let (sent, needed) = (received(&rig) - before, stored.sum::<u64>());
    println!("{sent} bytes for {needed}");
    assert_eq!(sent, report.bytes_sent, "the phone counts what the box does");
    assert!(needed > 4_000_000 && sent * 100 <= needed * 102, "{sent} bytes sent, {needed} needed");
    assert!(report.bytes_needed >= needed && report.bytes_needed <= sent);
}

fn received(rig: &Rig) -> u64 {
    rig.server.ledger().all_traffic().values().map(|traffic| traffic.body_bytes).sum()
}

/// Wishes to stop from the nth time on that it is asked.
struct StopsAt(AtomicU32);

impl Cancel for StopsAt {
    fn is_cancelled(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left <= 1
    }
}

#[test]
fn a_box_that_takes_the_connection_and_says_nothing_holds_nobody_who_wishes_to_stop() {
    let rig = Rig::new();
    let silent = TcpListener::bind("localhost:0").expect("binds");
    let origin = format!("https://localhost:{}", silent.local_addr().expect("is bound").port());
    let ca = rig.connection().ca_pem.as_bytes().to_vec();
    let http = HttpTransport::new(&origin, &ca).expect("sound settings");
    let body = Body::FileRange { path: rig.photo(1), offset: 0, length: 300_000 };
    let request = Request { method: Method::Put, path: "/v1/x".to_owned(), headers: Vec::new(), body };
    assert_eq!(http.send(&request, &StopsAt(AtomicU32::new(3))), Err(TransportError::Cancelled));
    // The same through the whole phone: nothing is lost, and nothing counts as a failure of the box.
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    drop(client);
    let client = rig.open_over(Arc::new(http));
    let stops = StopsAt(AtomicU32::new(4));
    let report = client.sync(&SyncLimits { cancel: &stops, ..SyncLimits::over(Network::Unmetered) }).expect("works");
    assert_eq!((report.requests, report.retries), (1, 0));
    drop(client);
    let client = rig.open();
    assert_eq!(rig.drain(&client), 0, "no wait");
    assert!(rig.server.ledger().case(case).expect("reads").is_some_and(|stored| stored.receipt.is_some()));
}

/// Bytes of a body that no socket holds at once.
const BODY: usize = 64 << 20;

/// Somebody behind TLS who reads a little, lets the caller stop, and tells how much came in all.
struct Slow {
    origin: String,
    authority: String,
    stop: Arc<AtomicBool>,
    go_on: Sender<()>,
    read: JoinHandle<usize>,
}

impl Slow {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("makes a certificate");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key).expect("a key pair");
        let listener = TcpListener::bind("localhost:0").expect("binds");
        let origin = format!("https://localhost:{}", listener.local_addr().expect("is bound").port());
        let (stop, (go_on, wait)) = (Arc::<AtomicBool>::default(), channel());
        let told = Arc::clone(&stop);
        let read = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("somebody comes");
            let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
            let mut stream = Stream::new(&mut session, &mut socket);
            let mut all = vec![0; 100_000];
            stream.read_exact(&mut all).expect("that much comes");
            told.store(true, Ordering::Relaxed);
            wait.recv().expect("the caller has stopped");
            let rest = (BODY - all.len()) as u64; // all of it, if nothing ends the connection
            drop(stream.take(rest).read_to_end(&mut all)); // one that breaks is an end, too
            all.len()
        });
        Self { origin, authority: made.cert.pem(), stop, go_on, read }
    }
}

/// What still arrives is what the system had taken; the rest of the file is not sent behind the caller's back.
#[test]
fn what_is_stopped_amid_a_body_loses_its_connection() {
    let slow = Slow::new();
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(BODY as u64).expect("lengthens");
    let http = HttpTransport::new(&slow.origin, slow.authority.as_bytes()).expect("sound settings");
    let body = Body::FileRange { path: file.path().to_owned(), offset: 0, length: BODY as u64 };
    let request = Request { method: Method::Put, path: "/v1/x".to_owned(), headers: Vec::new(), body };
    assert_eq!(http.send(&request, &Flag(slow.stop)), Err(TransportError::Cancelled));
    slow.go_on.send(()).expect("somebody waits");
    let read = slow.read.join().expect("ends");
    assert!(read < BODY / 2, "{read} bytes");
}

/// Wishes to stop once it is set.
struct Flag(Arc<AtomicBool>);

impl Cancel for Flag {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn the_end_of_the_time_breaks_a_request_off() {
    struct Short;
    impl Cancel for Short {
        fn is_cancelled(&self) -> bool {
            false
        }
        fn time_left_ms(&self) -> Option<u64> {
            Some(200)
        }
    }
    let rig = Rig::new();
    let silent = TcpListener::bind("localhost:0").expect("binds");
    let origin = format!("https://localhost:{}", silent.local_addr().expect("is bound").port());
    let http = HttpTransport::new(&origin, rig.connection().ca_pem.as_bytes()).expect("sound");
    let request = Request { method: Method::Get, path: "/v1/box".to_owned(), headers: Vec::new(), body: Body::Empty };
    assert!(http.send(&request, &Short).is_err(), "long before the minute that an exchange may take");
}

/// Nonces grow old between two cases, and with them the token; nobody waits for that.
#[test]
fn a_box_that_demands_fresh_nonces_gets_them_at_once() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    for hours in 0..3 {
        rig.clock.advance_ms(hours * 2 * 60 * 60 * 1_000);
        let case = rig.seal_case(&client, 1);
        assert_eq!(rig.drain(&client), 0, "after {hours} times two hours");
        assert!(rig.server.ledger().case(case).expect("reads").is_some_and(|stored| stored.receipt.is_some()));
    }
}

/// What the box has lost behind its receipt, and what its desk decides, over the real interface.
#[test]
fn a_phone_compares_itself_with_the_real_box_and_finds_nothing_missing() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let cases: Vec<_> = (0..3).map(|_| rig.seal_case(&client, 1)).collect();
    assert_eq!(rig.drain(&client), 0);
    let report = client.reconcile(&SyncLimits::over(Network::Unmetered)).expect("works");
    assert_eq!((report.end, report.retries, report.bytes_sent), (SyncEnd::Idle, 0, 0));
    assert_eq!(client.notices(), []);
    assert_eq!(client.receipts_export().expect("exports").len(), cases.len());
}
