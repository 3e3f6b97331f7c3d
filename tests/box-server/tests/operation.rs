//! What the operator of a box has: figures, log lines that tell nothing of people, and an end in order.

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use streife_box::{BoxConfig, Connection, Fault, Gate, Route, RunningBox};
use streife_core::domain::BoxId;
use streife_core::ports::{Clock, ClockReading};
use streife_core::testing::SimClock;
use support::{House, MORNING, Phone, random};

const SECONDS: Duration = Duration::from_secs(30);

/// A box that is set up otherwise.
fn house(change: impl FnOnce(&mut BoxConfig)) -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(SimClock::new(MORNING, 7200));
    let mut config = BoxConfig::local(folder.path());
    config.clock = Arc::<SimClock>::clone(&clock);
    change(&mut config);
    House { storage: config.storage.clone(), running: RunningBox::start(config).expect("starts"), folder, clock }
}

fn scrape(address: SocketAddr) -> String {
    let mut tcp = TcpStream::connect(address).expect("connects");
    write!(tcp, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("asks");
    let mut text = String::new();
    tcp.read_to_string(&mut text).expect("answers");
    text
}

/// The value behind a name with its labels.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

#[test]
fn figures_say_what_came_what_is_stored_and_how_long_it_took() {
    let house = house(|config| config.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0))));
    let address = house.running.metrics_address().expect("serves figures");
    assert!(value(&scrape(address), "streife_log_size") < 0.5);
    let phone = house.phone();
    let (whole, open) = (phone.case(1, &[100]), phone.case(2, &[100]));
    phone.declare(&whole);
    phone.send_objects(&whole);
    phone.declare(&open);
    assert_eq!(phone.put_case(&open).status(), 200);
    let text = scrape(address);
    for (name, expected) in [
        ("streife_log_size", 2.0),
        ("streife_cases_declared_total", 2.0),
        ("streife_cases_complete_total", 1.0),
        ("streife_requests_total{route=\"CasePut\",status=\"201\"}", 2.0),
        ("streife_requests_total{route=\"CasePut\",status=\"200\"}", 1.0),
        ("streife_requests_inside{class=\"photo\"}", 0.0),
        ("streife_requests_refused_total{class=\"manifest\"}", 0.0),
        ("streife_uploads_in_progress", 0.0),
    ] {
        assert!((value(&text, name) - expected).abs() < 0.5, "{name}: {text}");
    }
    assert!(value(&text, "streife_commit_seconds_count") >= 5.0);
    let last = value(&text, "streife_commit_seconds_bucket{le=\"+Inf\"}");
    assert!((last - value(&text, "streife_commit_seconds_count")).abs() < 0.5);
    assert!(value(&text, "streife_request_body_bytes_total{route=\"ObjectPut\"}") >= 100.0);
}

#[test]
fn without_being_asked_a_box_serves_no_figures() {
    assert_eq!(House::new().running.metrics_address(), None);
}

#[test]
fn a_box_that_stops_takes_nothing_new_and_ends_what_runs() {
    let house = house(|config| config.grace = SECONDS);
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    let (address, running) = (house.running.address(), house.running);
    let (held, stopped) = std::thread::scope(|scope| {
        let held = scope.spawn(|| phone.put_case(&case).status());
        assert!(gate.wait_for_arrival(SECONDS));
        let stopped = scope.spawn(move || running.stop().is_ok());
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now(); // until it listens no more; the request it holds keeps it from ending
        }
        gate.open();
        (held.join().expect("ends"), stopped.join().expect("ends"))
    });
    assert_eq!((held.as_u16(), stopped), (201, true));
    let again = RunningBox::start(BoxConfig::local(house.folder.path())).expect("starts");
    assert_eq!(again.ledger().cases().expect("reads").len(), 1);
}

#[test]
fn a_request_that_does_not_end_does_not_keep_the_box_from_ending() {
    let house = house(|config| config.grace = Duration::ZERO);
    let phone = house.phone();
    let case = phone.case(1, &[100]);
    let gate = Gate::new();
    house.running.chaos().script(Route::CasePut, 1, Fault::Hold(gate.clone()));
    let running = house.running;
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            let request = phone.request(reqwest::Method::PUT, &format!("/v1/cases/{}", case.id));
            support::with_body(request, "application/cose", case.signed.clone()).send().is_err()
        });
        assert!(gate.wait_for_arrival(SECONDS));
        running.stop().expect("ends");
        assert!(held.join().expect("ends"));
    });
}

/// The program with its standard error in a file.
struct Program {
    child: Child,
    connection: Connection,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let data = folder.join("data");
        let mut child = Command::new(env!("CARGO_BIN_EXE_streife-box"))
            .args(["--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
            .arg(&data)
            .env("RUST_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log")).expect("creates"))
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let lines: Vec<String> = output.lines().take(5).map(|line| line.expect("text")).collect();
        let origin = lines.first().and_then(|line| line.split_whitespace().nth(1)).expect("an address").to_owned();
        let file = |name| std::fs::read_to_string(data.join("dev").join(name)).expect("reads");
        let agency: Value = serde_json::from_str(&file("agency.json")).expect("a document");
        let text = |name: &str| agency.get(name).and_then(Value::as_str).expect("text").to_owned();
        let point = |name| streife_core::domain::from_hex::<65>(&text(name)).expect("a point").to_vec();
        let connection = Connection {
            origin,
            ca_pem: file("ca.pem"),
            agency: text("agency"),
            agency_root: point("agency_root"),
            box_key: point("box_key"),
            box_id: BoxId::new([0; 16]),
            enrolment_code: text("enrolment_code"),
            desk_token: text("desk_token"),
        };
        Self { child, connection }
    }

    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().expect("asks").success());
        assert!(self.child.wait().expect("ends").success());
    }
}

/// The program's clock is the real one, so this phone's is, too.
fn clock() -> Arc<SimClock> {
    let real = streife_core::ports::SystemClock::new(streife_core::domain::BootId([0; 16])).read();
    let clock = Arc::new(SimClock::new(real.unix_ms, 0));
    clock.set(ClockReading { ..real });
    clock
}

#[test]
fn the_most_talkative_log_holds_ids_and_nothing_that_opens_or_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path());
    let mut phone = Phone::new(program.connection.clone(), clock());
    assert_eq!(phone.enrol().status(), 201);
    phone.log_in();
    assert_eq!(phone.open_shift().status(), 201);
    let case = phone.case(1, &[100, 300_000]);
    phone.declare(&case);
    phone.send_objects(&case);
    let event = streife_core::domain::EventId::new(random());
    let canary = "M-XY 4711 Hansastrasse";
    let void = phone.void(case.id, event, canary);
    assert_eq!(phone.put_cose(&format!("/v1/cases/{}/events/{event}", case.id), &void).status(), 201);
    let (connection, token) = (phone.connection.clone(), phone.token.clone());
    phone.token = "0".repeat(64);
    assert_eq!(phone.get(&format!("/v1/cases/{}", case.id)).status(), 401);
    let desk = phone.http.get(format!("{}/v1/cases", connection.origin));
    let desk = desk.header("authorization", format!("Bearer {}", connection.desk_token));
    assert_eq!(desk.send().expect("an answer").status(), 200);
    program.stop();
    let log = std::fs::read_to_string(folder.path().join("log")).expect("reads");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("one document a line");
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    assert!(log.contains(&case.id.to_string()) && log.contains(&phone.device.to_string()), "ids are there: {log}");
    let secrets = [&connection.enrolment_code, &connection.desk_token, &token, &phone.token, canary];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let agency = streife_core::domain::to_hex(&phone.key.to_bytes());
    assert!(!log.contains(&agency) && !log.contains("eyJ"), "a key, a proof or an assertion is in the log");
}
