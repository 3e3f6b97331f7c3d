//! The program as a developer starts it.

mod support;

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use streife_box::Connection;
use streife_core::domain::{BootId, BoxId};
use streife_core::ports::{Clock, SystemClock};
use streife_core::sync::protocol::ProblemType;
use streife_core::testing::SimClock;
use support::{Phone, problem};

/// The program, killed when it is dropped.
struct Program {
    process: Child,
    lines: Vec<String>,
    _rest: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streife-box"));
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().expect("starts");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let lines = output.by_ref().take(5).map(|line| line.expect("text")).collect();
        Self { process, lines, _rest: output }
    }

    fn said(&self, label: &str) -> String {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(label)).expect("a line");
        line.trim().to_owned()
    }

    /// As far as the lines tell.
    fn connection(&self) -> Connection {
        Connection {
            origin: self.said("box").split(' ').next().expect("an address").to_owned(),
            ca_pem: std::fs::read_to_string(self.said("trust")).expect("a certificate"),
            agency: String::new(),
            agency_root: Vec::new(),
            box_key: Vec::new(),
            box_id: BoxId::new([0; 16]),
            enrolment_code: self.said("enrolment code"),
            desk_token: String::new(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended
        let _ = self.process.wait();
    }
}

#[test]
fn the_program_says_where_it_is_and_ends_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Program::start(folder.path(), &["--agency", "Neustadt"]);
    assert!(program.said("box").ends_with("(Neustadt)"));
    let connection = program.connection();
    let answer = support::client(&connection).get(format!("{}/v1/box", connection.origin)).send().expect("an answer");
    assert_eq!(answer.status(), 200);
    for file in ["agency.json", "case-worker.json", "case-worker.key", "recovery.key", "ca.pem"] {
        assert!(Path::new(&program.said("agency's files")).join(file).exists(), "{file}");
    }
    let asked = Command::new("kill").arg(program.process.id().to_string()).status().expect("asks");
    assert!(asked.success());
    assert!(program.process.wait().expect("ends").success());
}

#[test]
fn the_program_misbehaves_as_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let chaos = ["--chaos", "box-get:2:status=503,7", "--chaos", "time-get:1:drop-before"];
    let program = Program::start(folder.path(), &chaos);
    let connection = program.connection();
    let client = support::client(&connection);
    let ask = || client.get(format!("{}/v1/box", connection.origin)).send().expect("an answer");
    assert_eq!(ask().status(), 200);
    let refused = ask();
    assert_eq!((refused.status().as_u16(), support::number(&refused, "retry-after")), (503, 7));
    assert_eq!(ask().status(), 200);
    let time = format!("{}/v1/time?nonce=00000000000000000000000000000000", connection.origin);
    assert!(client.get(time).send().is_err());
}

#[test]
fn the_program_takes_a_proof_without_a_nonce_only_if_it_is_told_to() {
    for (arguments, status) in [(&[][..], 401), (&["--optional-nonces"], 200)] {
        let folder = tempfile::tempdir().expect("a folder");
        let program = Program::start(folder.path(), arguments);
        let now = SystemClock::new(BootId([0; 16])).read().unix_ms;
        let phone = Phone::new(program.connection(), Arc::new(SimClock::new(now, 7_200)));
        assert_eq!(phone.enrol().status(), 201);
        let answer = phone.ask_token(&phone.assertion(), &phone.proof_claims("POST", "/v1/token"));
        assert_eq!(answer.status(), status, "{arguments:?}");
        if status == 401 {
            assert_eq!(problem(answer), (status, ProblemType::UseDpopNonce));
        }
    }
}

#[test]
fn the_program_runs_in_memory_and_says_that_nothing_survives() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args(["--listen", "127.0.0.1:0", "--memory"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(program.stdout.take().expect("a pipe"));
    let last = output.lines().map(|line| line.expect("text")).find(|line| line.starts_with("in memory"));
    assert!(last.expect("a warning").contains("nothing survives"));
    program.kill().expect("ends");
    program.wait().expect("ends");
    let both = ["--memory", "--data", "nowhere"];
    for words in [&both[..], &[]] {
        let refused = Command::new(env!("CARGO_BIN_EXE_streife-box")).args(words).output().expect("starts");
        assert!(!refused.status.success(), "a folder or memory, one of the two");
    }
}

#[test]
fn a_wrong_word_of_chaos_names_the_right_ones() {
    let refused = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args(["--data", "nowhere", "--chaos", "case-put:1:explode"])
        .output()
        .expect("starts");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("drop-in-answer"));
}
