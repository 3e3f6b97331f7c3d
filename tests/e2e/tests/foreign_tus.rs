//! The phone's engine against servers of resumable uploads that nobody here wrote (tests/peers/tus).
//!
//! Everything goes to the box but requests for uploads: those go to the foreign server, where the upload was created as
//! its own clients do it. The engine does not know. The link to the foreign server is cut before, within and behind
//! bodies; what lies there in the end must be the sealed file byte for byte, and the phone must have let nothing go,
//! because a foreign server signs no receipt.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use streife_core::client::SyncEnd;
use streife_core::http::HttpTransport;
use streife_core::ports::{Body, Cancel, Clock, Method, Request, Response, Transport, TransportError};
use streife_core::sync::Network;
use streife_core::sync::protocol::{CaseAnswer, TUS_VERSION, UploadProtocol};
use streife_core::vault::CaseState;
use streife_e2e::{Rig, sync};

#[test]
fn the_npm_server_gets_every_byte_through_cuts() {
    let Some(peers) = peers("@tus/server", "node_modules") else { return };
    handed_over(&mut Command::new("node"), &peers.join("server.mjs"));
}

#[test]
fn the_pypi_server_gets_every_byte_through_cuts() {
    let Some(peers) = peers("tuspyserver", "venv") else { return };
    handed_over(&mut Command::new(peers.join("venv/bin/python")), &peers.join("server.py"));
}

#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a test's host is its environment")]
fn peers(name: &str, installed: &str) -> Option<PathBuf> {
    let peers = std::env::var("STREIFE_TUS_PEERS").ok().map(PathBuf::from);
    let peers = peers.filter(|peers| peers.join(installed).is_dir());
    if peers.is_none() {
        println!("SKIPPED: {name}: it is not installed where STREIFE_TUS_PEERS says; see tests/peers/tus");
    }
    peers
}

fn handed_over(program: &mut Command, script: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(program.arg(script).arg(folder.path()));
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 2);
    drop(client);
    let http = rig.http(rig.connection().ca_pem.as_bytes());
    let foreign = Arc::new(Foreign::new(http, server.port));
    let client = rig.open_over(foreign.clone());
    let mut rounds = 0;
    while !foreign.is_done() {
        rounds += 1;
        assert!(rounds < 300, "does not come to its end: {foreign:?}");
        if let SyncEnd::WaitUntil(until) = sync(&client, Network::Unmetered).end {
            rig.clock.advance_ms(u32::try_from((until - rig.clock.read().unix_ms).max(0)).expect("in bounds"));
        }
    }
    for (object, id) in foreign.uploads() {
        let sealed = std::fs::read(rig.vault_folder().join("objects").join(format!("{object}.sbx"))).expect("is kept");
        let arrived = std::fs::read(folder.path().join(id)).expect("is there");
        assert!(sealed == arrived, "{object} is not the same there");
    }
    assert_eq!(foreign.state.lock().expect("no holder panics").cuts.len(), 0, "all cuts were met");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed, "no receipt, nothing let go");
    drop(client);
    let client = rig.open();
    let _waits = rig.drain(&client);
    assert_eq!(client.case(case).expect("the tombstone").state, CaseState::Purged);
}

/// A foreign server in a process of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the foreign server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("says its port");
        Self { child, port: line.trim().parse().expect("a port") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How a request to the foreign server ends too early.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// When so many bytes of the body are sent.
    Within(u64),
    /// When all is sent and nothing is answered yet.
    Behind,
}

/// A way to the box on which uploads lead elsewhere.
struct Foreign {
    http: HttpTransport,
    port: u16,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Length and, once created, id at the foreign server, by path at the box.
    uploads: BTreeMap<String, (u64, Option<String>)>,
    done: Vec<String>,
    /// One for each request with a body.
    cuts: VecDeque<Cut>,
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}

impl Foreign {
    fn new(http: HttpTransport, port: u16) -> Self {
        let cuts = [0, 1, 70_000, 150_000].map(Cut::Within).into_iter().chain([Cut::Behind]).collect();
        Self { http, port, state: Mutex::new(State { cuts, ..State::default() }) }
    }

    fn is_done(&self) -> bool {
        let state = self.state.lock().expect("no holder panics");
        !state.uploads.is_empty() && state.uploads.keys().all(|path| state.done.contains(path))
    }

    /// Objects with their ids at the foreign server.
    fn uploads(&self) -> Vec<(String, String)> {
        let state = self.state.lock().expect("no holder panics");
        let name = |path: &String| path.rsplit('/').next().expect("a name").to_owned();
        state.uploads.iter().map(|(path, (_, id))| (name(path), id.clone().expect("was created"))).collect()
    }

    /// Remembers what the box announces.
    fn announce(&self, answer: &Response) {
        let Ok(told) = serde_json::from_slice::<CaseAnswer>(&answer.body) else { return };
        let mut state = self.state.lock().expect("no holder panics");
        for upload in told.uploads.into_iter().filter(|upload| upload.protocol == UploadProtocol::Tus) {
            state.uploads.entry(upload.url).or_insert((upload.length, None));
        }
    }

    /// The upload's address at the foreign server, where it is created as that server's own clients do it.
    fn created(&self, path: &str) -> Result<(String, u64), TransportError> {
        let mut state = self.state.lock().expect("no holder panics");
        let (length, id) = state.uploads.get_mut(path).expect("was announced");
        let length = *length;
        if id.is_none() {
            let headers =
                format!("upload-length: {length}\r\nupload-metadata: filename cGhvdG8=,filetype aW1hZ2UvanBlZw==\r\n");
            let answer = exchange(self.port, "POST", "/files", &headers, (&Body::Empty, None))?;
            assert_eq!(answer.status, 201, "{answer:?}");
            *id = answer.header("location").and_then(|place| place.rsplit('/').next()).map(str::to_owned);
        }
        Ok((format!("/files/{}", id.as_deref().expect("says where")), length))
    }

    fn upload(&self, request: &Request) -> Result<Response, TransportError> {
        let (target, length) = self.created(&request.path)?;
        let has_body = request.method == Method::Patch;
        let cut = if has_body { self.state.lock().expect("no holder panics").cuts.pop_front() } else { None };
        let said = request.headers.iter().filter(|(name, _)| name.starts_with("upload-") || *name == "content-type");
        let headers: String = said.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let answer = exchange(self.port, request.method.as_str(), &target, &headers, (&request.body, cut))?;
        if answer.header("upload-offset").is_some_and(|offset| offset == length.to_string()) {
            self.state.lock().expect("no holder panics").done.push(request.path.clone());
        }
        Ok(answer)
    }
}

impl Transport for Foreign {
    fn origin(&self) -> &str {
        self.http.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if request.path.starts_with("/v1/uploads/") {
            return self.upload(request);
        }
        let answer = self.http.send(request, cancel)?;
        self.announce(&answer);
        Ok(answer)
    }
}

/// One exchange in clear on a connection of its own.
fn exchange(
    port: u16,
    method: &str,
    path: &str,
    headers: &str,
    (body, cut): (&Body, Option<Cut>),
) -> Result<Response, TransportError> {
    let lost = |_| TransportError::Lost;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|_| TransportError::Unreachable)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ntus-resumable: {TUS_VERSION}\r\nconnection: close\r\n\
         content-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).map_err(lost)?;
    let mut bytes = read(body);
    if let Some(Cut::Within(after)) = cut {
        bytes.truncate(usize::try_from(after).expect("a few"));
    }
    stream.write_all(&bytes).map_err(lost)?;
    if cut.is_some() {
        drop(stream.shutdown(Shutdown::Both));
        return Err(TransportError::Lost);
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(lost)?;
    parse(&String::from_utf8_lossy(&answer)).ok_or(TransportError::Lost)
}

fn read(body: &Body) -> Vec<u8> {
    match body {
        Body::Empty => Vec::new(),
        Body::Bytes(bytes) => bytes.clone(),
        Body::FileRange { path, offset, length } => {
            let mut file = File::open(path).expect("is there");
            file.seek(SeekFrom::Start(*offset)).expect("reaches");
            let mut bytes = Vec::new();
            file.take(*length).read_to_end(&mut bytes).expect("reads");
            bytes
        }
    }
}

/// Status and headers; the bodies of these answers say nothing.
fn parse(answer: &str) -> Option<Response> {
    let mut lines = answer.split("\r\n\r\n").next()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some(Response { status, headers: lines.filter_map(header).collect(), body: Vec::new() })
}
